-- Owns judging the texts of a whole document, and what its "accept" says: findings that the author knows of and
-- answers for, for everybody to read. A finding that nobody made accepts nothing, so it is refused: it would hide one
-- that a later revision brings.

-- LB014 is found when a document is staged; what the others would find, only its activation knows.
create function levelb._accept_rules()
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array(select r.rule from levelb._rules() r where r.accepted_as is not null order by r.rule collate "C");
comment on function levelb._accept_rules() is 'Rules whose findings a document may accept.';

create function levelb._is_accepted(
  accept jsonb,
  rule text,
  object text
)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return accept @> jsonb_build_array(jsonb_build_object('rule', rule, 'object', object));
comment on function levelb._is_accepted(jsonb, text, text) is
  'Whether "accept" of a document names this rule and object.';

-- Approvers agreed to each entry, so the record says of each whether it came to that: one that was never found is a
-- risk that nobody needed to take. LB014 was found when the document was staged, else it would not be here, and so was
-- what a protection would change; what a rollback leaves is looked for by a rollback alone, and what the lint finds by no activation.
create function levelb._acceptances(
  manifest levelb.manifest,
  found jsonb
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select jsonb_agg(jsonb_build_object('rule', a ->> 'rule', 'object', a ->> 'object',
      'found', a ->> 'rule' = 'LB014' or (manifest).kind = 'protect' and a ->> 'rule' in ('rights_of_others', 'row_security_of_owner')
        or levelb._is_accepted(found, a ->> 'rule', a ->> 'object')) order by n)
    from jsonb_array_elements((manifest).content::jsonb -> 'accept') with ordinality t (a, n)
   where ((manifest).kind = 'rollback' or not exists (select from levelb._rules() r where r.rule = a ->> 'rule' and r.code = 'LB310'))
     and not levelb._is_lint_rule(a ->> 'rule'));
comment on function levelb._acceptances(levelb.manifest, jsonb) is
  'What a document accepts, and whether an activation found it; null for nothing.';

-- What a rule returns that found only what is accepted.
create function levelb._accepted_findings(
  rule text,
  objects text[]
)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (select coalesce(jsonb_agg(jsonb_build_object('rule', rule, 'object', o)), '[]') from unnest(objects) o);
comment on function levelb._accepted_findings(text, text[]) is 'Accepted findings of a rule: [{rule, object}, …].';

create function levelb._check_accept(
  path text,
  accept jsonb,
  rules text[] default levelb._accept_rules(),
  lint boolean default false
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_accept$
declare
  v_accept constant jsonb := levelb._json_array(path, accept, 0, 1000);
  v_result jsonb := '[]';
  v_path text;
  v_entry jsonb;
begin
  for i in 0 .. jsonb_array_length(v_accept) - 1 loop
    v_path := format('%s[%s]', path, i);
    v_entry := levelb._json_object(v_path, v_accept -> i, array['rule', 'object', 'reason']);
    if not (lint and levelb._is_lint_rule(v_entry ->> 'rule')) then
      perform levelb._json_choice(v_path || '.rule', v_entry -> 'rule', rules);
    end if;
    perform levelb._check_text(v_path || '.object', levelb._json_text(v_path || '.object', v_entry -> 'object'), 1000);
    perform levelb._check_text(v_path || '.reason', levelb._json_text(v_path || '.reason', v_entry -> 'reason'), 2000,
      multiline => true);
    if levelb._is_accepted(v_result, v_entry ->> 'rule', v_entry ->> 'object') then
      perform levelb._invalid(v_path, 'is given twice');
    end if;
    v_result := v_result || v_entry;
  end loop;
  return v_result;
end
$_check_accept$;
comment on function levelb._check_accept(text, jsonb, text[], boolean) is
  'Return [{rule, object, reason}, …] of a document, else raise; with lint, its rules may be named too.';

create type levelb._document_text as (
  field     text,
  source    text,
  is_sql    boolean,
  required  boolean
);
comment on type levelb._document_text is 'A text of a migration document.';
comment on column levelb._document_text.field is 'Where it stands: steps[0].apply.';
comment on column levelb._document_text.source is 'The text.';
comment on column levelb._document_text.is_sql is 'Whether it will run.';
comment on column levelb._document_text.required is
  'Whether it must hold a statement; a rollback may say in a comment that there is nothing to undo.';

create function levelb._document_texts(document jsonb)
  returns setof levelb._document_text
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_document_texts$
  select t.field, t.source, t.is_sql, t.required
    from (
      select 0 as n, k.i as part, 0 as entry, k.key as field, document ->> k.key as source, false as is_sql, false as required
        from unnest(array['title', 'description', 'change_ref']) with ordinality k (key, i)
      union all
      select s.n, k.i, 0, format('steps[%s].%s', s.n - 1, k.key), s.step ->> k.key, true, k.key <> 'rollback'
        from jsonb_array_elements(document -> 'steps') with ordinality s (step, n),
          unnest(array['apply', 'rollback', 'verify']) with ordinality k (key, i)
      union all
      select s.n, 0, e.n, format('steps[%s].roles.set[%s].value', s.n - 1, e.n - 1), e.entry ->> 'value', false, false
        from jsonb_array_elements(document -> 'steps') with ordinality s (step, n),
          jsonb_array_elements(s.step -> 'roles' -> 'set') with ordinality e (entry, n)
    ) t
   where t.source is not null order by t.n, t.part, t.entry
$_document_texts$;
comment on function levelb._document_texts(jsonb) is 'Texts of a checked document that people wrote, in its order.';

-- After everything else of the document: it takes the longest.
create function levelb._check_texts(document jsonb)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_texts$
declare
  v_text levelb._document_text;
  v_used jsonb := '[]';
  v_unused bigint;
begin
  for v_text in select t.* from levelb._document_texts(document) t loop
    if not levelb._is_accepted(document -> 'accept', 'LB014', v_text.field) then
      perform levelb._refuse_secret(v_text.field, v_text.source);
    elsif (levelb._find_secret(v_text.source)).position is not null then
      v_used := v_used || jsonb_build_array(v_text.field);
    end if;
    if v_text.is_sql then
      perform levelb._check_statements(v_text.field, v_text.source, v_text.required, document ->> 'kind' = 'attended');
    end if;
  end loop;
  select min(a.n) into v_unused from jsonb_array_elements(document -> 'accept') with ordinality a (entry, n)
   where a.entry ->> 'rule' = 'LB014' and not v_used ? (a.entry ->> 'object');
  if v_unused is not null then
    perform levelb._invalid(format('accept[%s]', v_unused - 1), 'accepts nothing: LB014 finds nothing there');
  end if;
end
$_check_texts$;
comment on function levelb._check_texts(jsonb) is
  'Raise LB011 or LB014 for the first finding in the texts of a checked document that it does not accept.';
