-- Owns what a document may say of its own lint: findings that were made where a parser of SQL is, before it was staged,
-- and names of rules of that lint in "accept". The database has no parser, so it knows neither the rules nor whether
-- they found this: it keeps what approvers read, under the hash. Who reviews with the command line has it compared.

create function levelb._is_lint_rule(rule text)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return coalesce(rule ~ '^lint:[A-Za-z][A-Za-z0-9-]{0,62}$', false);
comment on function levelb._is_lint_rule(text) is 'Whether an acceptance names a rule of the lint, by its shape.';

create function levelb._check_finding(
  path text,
  finding jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_finding$
declare
  v_finding constant jsonb := levelb._json_object(path, finding, array['rule', 'step', 'part', 'position', 'object', 'why']);
  v_rule constant text := levelb._json_text(path || '.rule', v_finding -> 'rule');
begin
  if v_rule is null then
    perform levelb._invalid(path || '.rule', 'is required');
  elsif not levelb._is_lint_rule('lint:' || v_rule) then
    perform levelb._invalid(path || '.rule', 'must be the name of a rule of levelb lint');
  end if;
  perform levelb._check_name(path || '.step', levelb._json_text(path || '.step', v_finding -> 'step'));
  perform levelb._json_choice(path || '.part', v_finding -> 'part', array['apply', 'rollback', 'verify', 'roles']);
  perform levelb._json_integer(path || '.position', v_finding -> 'position', 1, 1048576);
  perform levelb._check_text(path || '.object', levelb._json_text(path || '.object', v_finding -> 'object'), 1000);
  perform levelb._check_text(path || '.why', levelb._json_text(path || '.why', v_finding -> 'why'), 1000);
  return v_finding;
end
$_check_finding$;
comment on function levelb._check_finding(text, jsonb) is 'Return one finding of the lint, else raise.';

-- Every finding is shown under its step, so it must have one: nobody would see it elsewhere.
create function levelb._check_findings(
  path text,
  findings jsonb,
  steps jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_findings$
declare
  v_findings constant jsonb := levelb._json_array(path, findings, 0, 200);
  v_result jsonb := '[]';
  v_finding jsonb;
begin
  for i in 0 .. jsonb_array_length(v_findings) - 1 loop
    v_finding := levelb._check_finding(format('%s[%s]', path, i), v_findings -> i);
    if not exists (select from jsonb_array_elements(steps) s
        where s ->> 'name' = v_finding ->> 'step' and s ? (v_finding ->> 'part')) then
      perform levelb._invalid(format('%s[%s].step', path, i), 'is no step of the document, or has no such part');
    end if;
    v_result := v_result || v_finding;
  end loop;
  return v_result;
end
$_check_findings$;
comment on function levelb._check_findings(text, jsonb, jsonb) is
  'Return [{rule, step, part, position, object, why}, …] of a document, else raise.';
