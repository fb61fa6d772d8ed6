-- Owns that no code of others runs as levelb_deploy while text runs: what the text calls, and what the views, defaults,
-- checks, policies, casts, domains and indexes that it uses call.
--
-- The server counts calls of functions where track_functions says so, which only a superuser, and whom it granted that,
-- can change; levelb_owner was, and levelb_deploy was not. A call counts although it was in a savepoint that was rolled
-- back, and a function that failed has an entry with no calls. Parsing the text, or following what it could call, would
-- find neither EXECUTE nor the one branch that runs.
--
-- Not counted is what is called by no name: the function behind an operator in ANY, NULLIF or IS DISTINCT FROM, those
-- of aggregates and operator classes, and functions in SQL that the planner writes out in place. In tables that the
-- text wrote to these are found by what the catalogs record; in what it read, and in the text itself, they are not
-- (docs/rules.md).

create type levelb._counted as (
  function    oid,
  written_by  text,
  calls       bigint
);
comment on type levelb._counted is 'A function of others: its oid, the xmin of its row, and how often it was called.';

create function levelb._foreign_functions()
  returns levelb._counted[]
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_foreign_functions$
declare
  v_trusted constant oid[] := levelb._trusted_owners();
  v_stray constant oid[] := levelb._stray_functions();
begin
  return array(
    select row(p.oid, p.xmin::text, pg_stat_get_xact_function_calls(p.oid))::levelb._counted
      from pg_proc p
     where p.oid >= 16384 and (p.proowner <> all(v_trusted) or p.oid = any(v_stray)));
end
$_foreign_functions$;
comment on function levelb._foreign_functions() is 'Functions of others, as they are now.';

-- Functions that the tables written to would call uncounted.
create function levelb._uncounted_functions()
  returns setof oid
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_uncounted_functions$
  with written (relation) as (
    select w from unnest(levelb._locked('RowExclusiveLock')) w join pg_class c on c.oid = w
     where c.relnamespace <> 'levelb'::regnamespace and c.relkind in ('r', 'p', 'f', 'v')
  ), code (code) as (
    select row(c.*)::levelb._code from written w, levelb._code_of(w.relation) c
    union
    -- what a column takes is checked by its domain as whoever writes
    select row(c.*)::levelb._code from levelb._reached_code(array(
      select row('pg_type'::regclass, t.oid, true)::levelb._code
        from written w join pg_attribute a on a.attrelid = w.relation and a.attnum > 0
          join pg_type t on t.oid = a.atttypid and t.typtype = 'd')) c
  )
  select distinct p.oid
    from code c join pg_proc p on p.oid = (c.code).object
   where (c.code).class = 'pg_proc'::regclass and p.oid >= 16384 and p.prokind <> 'a'
     -- of trigger functions, the rule of triggers knows which are enabled
     and p.prorettype <> 'trigger'::regtype
     and (not (c.code).is_counted
       or p.prolang = (select l.oid from pg_language l where l.lanname = 'sql') and not p.prosecdef
         and p.proconfig is null)
     and (p.proowner <> all((select levelb._trusted_owners())::oid[])
       or p.oid = any((select levelb._stray_functions())::oid[]))
$_uncounted_functions$;
comment on function levelb._uncounted_functions() is
  'Functions of others in tables that this transaction wrote to, of which no call is counted.';

-- Functions of PostgreSQL that run a text, or read what a name or number of theirs says, with the rights of whoever
-- calls. Whoever owns a table may put one into its default, and lay the deployer's rows into his own. None is counted,
-- and the catalogs record no dependency on what is pinned, so they are looked for in the expressions of what the text
-- wrote or read.
create function levelb._text_functions()
  returns oid[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array(
  select p.oid from pg_proc p
   where p.pronamespace = 'pg_catalog'::regnamespace and p.oid < 16384 and p.proname = any(array[
     'query_to_xml', 'query_to_xmlschema', 'query_to_xml_and_xmlschema', 'cursor_to_xml', 'cursor_to_xmlschema',
     'table_to_xml', 'table_to_xmlschema', 'table_to_xml_and_xmlschema', 'schema_to_xml', 'schema_to_xmlschema',
     'schema_to_xml_and_xmlschema', 'database_to_xml', 'database_to_xmlschema', 'database_to_xml_and_xmlschema',
     'ts_stat', 'ts_rewrite', 'lo_get', 'lo_open']));
comment on function levelb._text_functions() is
  'Functions of PostgreSQL that read what their arguments name, as whoever calls.';

create function levelb._text_functions_met()
  returns setof oid
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $_text_functions_met$
  with used (relation) as materialized (
    select u.relation from (
      select unnest(levelb._locked('RowExclusiveLock')) union select unnest(levelb._locked('AccessShareLock'))) u (relation)
      join pg_class c on c.oid = u.relation
     where c.relnamespace <> 'levelb'::regnamespace
  ), domain (type) as materialized (
    select t from levelb._base_types(array(
      select a.atttypid from used u join pg_attribute a on a.attrelid = u.relation and a.attnum > 0
       where a.atttypid >= 16384)) t
  ), expression (tree) as (
    select d.adbin::text from used u join pg_attrdef d on d.adrelid = u.relation
    union all select k.conbin::text from used u join pg_constraint k on k.conrelid = u.relation
    union all select concat(i.indexprs, i.indpred) from used u join pg_index i on i.indrelid = u.relation
    union all select concat(y.polqual, y.polwithcheck) from used u join pg_policy y on y.polrelid = u.relation
    union all select g.tgqual::text from used u join pg_trigger g on g.tgrelid = u.relation
    union all select concat(w.ev_qual, w.ev_action) from used u join pg_rewrite w on w.ev_class = u.relation
    union all select t.typdefaultbin::text from domain d join pg_type t on t.oid = d.type
    union all select k.conbin::text from domain d join pg_constraint k on k.contypid = d.type
  )
  select f from unnest(levelb._text_functions()) f
   where exists (select from expression e where e.tree ~ (':funcid ' || f || ' '))
$_text_functions_met$;
comment on function levelb._text_functions_met() is
  'Those among them that stand in what this transaction wrote or read.';

-- As a document accepts it: with the hash of what it was before the text, so that its owner cannot make it another one
-- after the approval. Without, and so not to be accepted, where it is gone or was changed meanwhile.
create function levelb._function_object(
  function oid,
  written_by text
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return coalesce((
  select concat_ws(' ', i.type, i.identity, case when p.xmin::text = written_by
      then 'sha256 ' || encode(levelb._sha256(pg_get_functiondef(p.oid)), 'hex') end)
    from pg_proc p, pg_identify_object('pg_proc'::regclass, p.oid, 0) i where p.oid = function),
  format('function %s, dropped', function));
comment on function levelb._function_object(oid, text) is 'Name and hash of a function of others.';

-- Returns what was found and is accepted.
create function levelb._refuse_code_that_ran(
  manifest levelb.manifest,
  before levelb._counted[]
)
  returns jsonb
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_refuse_code_that_ran$
declare
  v_accept constant jsonb := coalesce(manifest.content::jsonb -> 'accept', '[]');
  v_trusted constant oid[] := levelb._trusted_owners();
  v_stray constant oid[] := levelb._stray_functions();
  v_known constant oid[] := array(select b.function from unnest(before) b);
  v_accepted text[];
  v_found jsonb;
begin
  -- RESET ALL asks nobody, and nobody but levelb_owner can set it again.
  if current_setting('track_functions') <> 'all' then
    perform levelb._raise_rule('called_code_is_counted', '{}');
  end if;
  select array_agg(f.object) filter (where a.is_accepted),
      jsonb_agg(to_jsonb(f.object) order by f.object collate "C") filter (where not a.is_accepted)
    into v_accepted, v_found
    from (
      select levelb._function_object(b.function, b.written_by) as object
        from unnest(before) b
       where pg_stat_get_xact_function_calls(b.function) is distinct from b.calls
      union
      -- made by others meanwhile; what the text made itself was approved with it
      select levelb._function_object(n.oid, null)
        from pg_proc n
       where n.oid >= 16384 and pg_stat_get_xact_function_calls(n.oid) is not null
         and (n.proowner <> all(v_trusted) or n.oid = any(v_stray))
         and not levelb._is_ours(n.xmin::text) and n.oid <> all(v_known)
      union
      select levelb._function_object(u, b.written_by)
        from levelb._uncounted_functions() u left join unnest(before) b on b.function = u
      union
      select levelb._function_object(m, null) from levelb._text_functions_met() m
    ) f
      cross join lateral (
        select f.object ~ ' sha256 [0-9a-f]{64}$'
          and levelb._is_accepted(v_accept, 'code_of_others_ran', f.object) as is_accepted) a;
  if v_found is not null then
    perform levelb._raise_rule('code_of_others_ran', jsonb_build_object('functions', v_found),
      levelb._accept_hint('code_of_others_ran', (
        select jsonb_agg(o) from jsonb_array_elements(v_found) o where o #>> '{}' ~ ' sha256 [0-9a-f]{64}$'),
        manifest.kind));
  end if;
  return levelb._accepted_findings('code_of_others_ran', v_accepted);
end
$_refuse_code_that_ran$;
comment on function levelb._refuse_code_that_ran(levelb.manifest, levelb._counted[]) is
  'Refuse code of others that ran, or would have, with the rights of the text.';
