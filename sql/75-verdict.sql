-- Owns the word that is said of a migration before it runs.

create type levelb._verdict as (
  code       text,
  detail     jsonb,
  approvals  jsonb,
  hint       text
);
comment on type levelb._verdict is 'Judgement of a migration; code null means go.';
comment on column levelb._verdict.hint is 'The next step, where it is another than that of the registry.';

create function levelb._refusal(
  code text,
  detail jsonb,
  approvals jsonb default '[]',
  hint text default null
)
  returns levelb._verdict
  language sql immutable
  set search_path = pg_catalog, pg_temp
return row(code, detail, approvals, hint)::levelb._verdict;
comment on function levelb._refusal(text, jsonb, jsonb, text) is 'A judgement that says no.';
