-- Owns the rollback text that a migration can be given: what takes owners, rights, comments, settings of the database, views
-- and functions back, from what a rehearsal changed and what the catalogs say now. It is text like any author's: it is
-- staged, rehearsed and approved, and whatever it gets wrong is a difference there.

create type levelb.derived_rollback as (
  migration_id  levelb.slug,
  revision      integer,
  rollback      text,
  not_derived   text[]
);
comment on type levelb.derived_rollback is 'SQL that takes a migration back, as far as it could be derived.';
comment on column levelb.derived_rollback.migration_id is 'Migration.';
comment on column levelb.derived_rollback.revision is 'Its newest revision.';
comment on column levelb.derived_rollback.rollback is '@null

SQL that takes all of its steps back; comments in front say what it leaves to its author. Null where there is none.';
comment on column levelb.derived_rollback.not_derived is 'Effects that it does not take back, and statements whose effects are not known, a line each.';

create function levelb._routine_named(identity text)
  returns oid
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select f.oid from parse_ident(identity, false) p
    join pg_namespace n on n.nspname = p[1] join pg_proc f on f.pronamespace = n.oid and f.proname = p[2]
   where levelb._function_name(f.oid) = identity);
comment on function levelb._routine_named(text) is 'Function or procedure of an identity; null for none.';

create function levelb._owner_named(
  object_type text,
  identity text
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return levelb._role_name(case
  when object_type in ('function', 'procedure') then (select f.proowner from pg_proc f where f.oid = levelb._routine_named(identity))
  when object_type = 'schema' then (select n.nspowner from pg_namespace n where quote_ident(n.nspname) = identity)
  when object_type in ('table', 'view', 'materialized view', 'foreign table', 'sequence')
    then (select c.relowner from pg_class c where c.oid = levelb._relation_named(identity))
  when object_type = 'type' then (select t.typowner from pg_type t
    join parse_ident(identity, false) p on t.typname = p[2] join pg_namespace n on n.oid = t.typnamespace and n.nspname = p[1]) end);
comment on function levelb._owner_named(text, text) is 'Owner of an object today; null where it is not looked up.';

-- What stands for something that another statement cannot make again under its name: it goes and comes.
create type levelb._code_undo as (
  object_type  text,
  identity     text,
  object       oid,
  is_dropped   boolean,
  is_made      boolean,
  is_whole     boolean
);
comment on type levelb._code_undo is 'A view, function or procedure that is to be dropped, made, or replaced. is_whole: with rights and comments.';

-- A view loses no column by CREATE OR REPLACE.
create function levelb._code_undone(
  net jsonb,
  renames jsonb[]
)
  returns setof levelb._code_undo
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_code_undone$
  with touched as (
    select replace(e ->> 'object_type', ' column', '') as object_type, levelb._whole_identity(e) as identity,
        bool_or(e ->> 'attribute' = 'exists' and e ->> 'before' is null) as is_new,
        bool_or(e ->> 'attribute' = 'exists' and e ->> 'after' is null) as is_gone,
        bool_or(e ->> 'attribute' = 'exists' or e ->> 'attribute' = 'column') as is_other
      from jsonb_array_elements(net) e
     where e ->> 'object_type' in ('view', 'function', 'procedure') and e ->> 'class' not in ('acl', 'owner')
         and e ->> 'attribute' not in ('comment', 'name')
        or e ->> 'object_type' = 'view column' and e ->> 'attribute' = 'column'
     group by 1, 2
  )
  select t.object_type, t.identity, o.object, t.is_other and not t.is_gone, not t.is_new, t.is_other
    from touched t
      cross join lateral (select levelb._identity_before(jsonb_build_object('object_type', t.object_type, 'identity', t.identity,
        'attribute', 'definition'), renames) as name offset 0) n
      cross join lateral (select case when not t.is_new then case t.object_type when 'view' then levelb._relation_named(n.name)
        else levelb._routine_named(n.name) end end as object) o
   where t.is_new or o.object is not null
$_code_undone$;
comment on function levelb._code_undone(jsonb, jsonb[]) is 'Views and routines that effects made, dropped or changed.';

create function levelb._code_again_sql(code levelb._code_undo)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case (code).object_type
  when 'view' then format(E'create %sview %s%s as\n%s', case when (code).is_whole then '' else 'or replace ' end, (code).identity,
    levelb._view_options_before((code).object, '{}'), pg_get_viewdef((code).object))
  else rtrim(pg_get_functiondef((code).object), E'\n') || ';' end;
comment on function levelb._code_again_sql(levelb._code_undo) is 'SQL that makes a view or routine what it is now.';

-- Rights and comments of something that levelb_deploy has made again, as they are now.
create function levelb._rights_again_sql(code levelb._code_undo)
  returns setof levelb._undo
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_rights_again_sql$
  with object (owner, acl, kind) as (
    select c.relowner, c.relacl, 'r'::"char" from pg_class c where (code).object_type = 'view' and c.oid = (code).object
    union all
    select f.proowner, f.proacl, 'f' from pg_proc f where (code).object_type <> 'view' and f.oid = (code).object
  ), entry as (
    select '' as columns, false as is_bare, k.label, levelb._acl_attributes(o.acl, o.kind, o.owner) ->> k.label as before,
        levelb._acl_attributes(null, o.kind, o.owner) ->> k.label as after
      from object o, lateral (
        select jsonb_object_keys(levelb._acl_attributes(o.acl, o.kind, o.owner) || levelb._acl_attributes(null, o.kind, o.owner))) k (label)
    union all
    select format(' (%I)', a.attname), true, k.key, k.value, null
      from object o join pg_attribute a on (code).object_type = 'view' and a.attrelid = (code).object and a.attacl is not null
        cross join lateral jsonb_each_text(levelb._acl_attributes(a.attacl, 'c', o.owner)) k
  )
  select case when substr(e.label, 5) = 'levelb_deploy' then 60 else 40 end + l.turn, (code).identity, l.line
    from object o, entry e, lateral levelb._acl_entry_sql('', levelb._sql_kind((code).object_type, true) || ' ' || (code).identity, e.columns,
      e.is_bare, case when substr(e.label, 5) = 'levelb_deploy' then levelb._role_name(o.owner) else 'levelb_deploy' end,
      substr(e.label, 5), e.before, e.after) l
   where e.before is distinct from e.after and e.label not like '% by %'
  union all
  select 50, (code).identity, format('alter %s %s owner to %s;', levelb._sql_kind((code).object_type, false), (code).identity,
      levelb._role_name(o.owner))
    from object o where levelb._role_name(o.owner) <> 'levelb_deploy'
  union all
  select 45, (code).identity, format('comment on %s is %L;', case d.objsubid when 0 then levelb._comment_target((code).object_type, (code).identity)
      else format('column %s.%I', (code).identity, a.attname) end, d.description)
    from pg_description d left join pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid and d.objsubid > 0
   where d.objoid = (code).object and d.classoid = case (code).object_type when 'view' then 'pg_class' else 'pg_proc' end::regclass
$_rights_again_sql$;
comment on function levelb._rights_again_sql(levelb._code_undo) is 'SQL that gives owner, rights and comments of today to what was made again.';

-- Before its owner goes back, the rights are the owner's of afterwards to give; what that one itself had, the former owner
-- gives again. Others who granted would have to do so themselves.
create function levelb._rights_undo_sql(
  effect jsonb,
  net jsonb,
  renames jsonb[]
)
  returns setof levelb._undo
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_rights_undo_sql$
declare
  v_type constant text := effect ->> 'object_type';
  v_is_column constant boolean := v_type like '% column';
  v_object_type constant text := replace(v_type, ' column', '');
  v_identity constant text := levelb._whole_identity(effect);
  v_label constant text := regexp_replace(effect ->> 'attribute', ' by levelb_deploy$', '');
  v_change constant jsonb := (
    select e from jsonb_array_elements(net) e where e ->> 'class' = 'owner' and e ->> 'attribute' = 'owner'
      and e ->> 'object_type' = v_object_type and e ->> 'identity' = v_identity);
  v_owner constant text := coalesce(v_change ->> 'after', levelb._owner_named(v_object_type, levelb._identity_before(
    jsonb_build_object('object_type', v_object_type, 'identity', v_identity, 'attribute', 'owner'), renames)));
  v_is_later constant boolean := coalesce(v_label = v_change ->> 'after', false);
  v_named text[];
begin
  if v_type = 'default acl' then
    v_named := regexp_match(v_identity, '^(for role ((?:"(?:[^"]|"")*"|[^ ]+)).*) on (.*)$');
    return query select 40 + l.turn, v_identity, l.line
      from levelb._acl_entry_sql('alter default privileges ' || v_named[1] || ' ', v_named[3], '', v_named[1] ~ ' in schema ', v_named[2],
        v_label, effect ->> 'before', effect ->> 'after') l;
    return;
  elsif v_owner is null or v_label ~ ' by ' then
    return;
  end if;
  return query
    with line as (
      select l.turn, l.line from levelb._acl_entry_sql('', levelb._sql_kind(v_type, true) || ' ' || v_identity,
        case when v_is_column then ' (' || substr(effect ->> 'identity', length(v_identity) + 2) || ')' else '' end, v_is_column,
        case when v_is_later then v_change ->> 'before' else v_owner end, v_label, effect ->> 'before', effect ->> 'after') l
    )
    select case when v_is_later then 60 else 40 end + l.turn, v_identity, l.line from line l
    union all
    -- a REVOKE on a table takes the rights on its columns too
    select case when v_is_later then 60 else 40 end + 4, v_identity, g.line
      from pg_attribute a
        cross join lateral levelb._acl_entry_sql('', levelb._sql_kind(v_type, true) || ' ' || v_identity, format(' (%I)', a.attname), true,
          v_owner, v_label, levelb._acl_attributes(a.attacl, 'c', (select c.relowner from pg_class c where c.oid = a.attrelid))
            ->> ('acl:' || v_label), null) g
     where not v_is_column and a.attacl is not null and exists (select from line l where l.turn <= 2)
       and v_object_type in ('table', 'view', 'materialized view', 'foreign table')
       and a.attrelid = levelb._relation_named(levelb._identity_before(
         jsonb_build_object('object_type', v_object_type, 'identity', v_identity, 'attribute', 'owner'), renames));
end
$_rights_undo_sql$;
comment on function levelb._rights_undo_sql(jsonb, jsonb, jsonb[]) is 'SQL that takes one effect of class acl back; no row where it cannot.';

-- One effect that no statement for a whole view or routine takes back.
create function levelb._effect_undo_sql(
  effect jsonb,
  net jsonb,
  renames jsonb[]
)
  returns setof levelb._undo
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_effect_undo_sql$
declare
  v_type constant text := effect ->> 'object_type';
  v_identity constant text := effect ->> 'identity';
begin
  if effect ->> 'class' = 'acl' then
    return query select u.* from levelb._rights_undo_sql(effect, net, renames) u;
  elsif effect ->> 'class' = 'owner' and effect ->> 'attribute' = 'owner' and effect ->> 'before' is not null then
    return next row(50, v_identity, format('alter %s %s owner to %s;', levelb._sql_kind(v_type, false), v_identity,
      effect ->> 'before'))::levelb._undo;
  elsif effect ->> 'attribute' = 'comment' and levelb._comment_target(v_type, v_identity) is not null then
    return next row(45, v_identity, format('comment on %s is %s;', levelb._comment_target(v_type, v_identity),
      coalesce(quote_literal(effect ->> 'before'), 'null')))::levelb._undo;
  elsif v_type = 'database setting' then
    return next row(70, v_identity, format('alter %s %s;', v_identity, levelb._setting_sql(effect ->> 'attribute',
      effect ->> 'before')))::levelb._undo;
  end if;
end
$_effect_undo_sql$;
comment on function levelb._effect_undo_sql(jsonb, jsonb, jsonb[]) is 'SQL that takes one effect back; no row where it cannot.';

create function levelb._is_undone_with(
  effect jsonb,
  code levelb._code_undo
)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case when effect ->> 'object_type' = (code).object_type and effect ->> 'identity' = (code).identity
    then (code).is_whole or effect ->> 'class' not in ('acl', 'owner') and effect ->> 'attribute' not in ('comment', 'name')
  else (code).is_whole and levelb._is_part_of(effect,
    jsonb_build_object('object_type', (code).object_type, 'identity', (code).identity)) end;
comment on function levelb._is_undone_with(jsonb, levelb._code_undo) is 'Whether the statement for a view or routine takes an effect back.';

create function levelb._derived_rollback(effects jsonb)
  returns levelb.derived_rollback
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_derived_rollback$
declare
  v_net constant jsonb := levelb._net_effects(effects);
  v_renames constant jsonb[] := array(select levelb._renames(v_net));
  v_code constant levelb._code_undo[] := array(select row(c.*)::levelb._code_undo from levelb._code_undone(v_net, v_renames) c);
  v_row levelb.derived_rollback;
begin
  with line as (
    select 10 as part, '' as place, format('drop %s %s;', case when c.object_type = 'view' then 'view' else 'routine' end,
        string_agg(c.identity, ', ' order by c.identity collate "C")) as line
      from unnest(v_code) c where c.is_dropped group by c.object_type = 'view'
    union all
    -- what others use is older than they are
    select 20, lpad(c.object::text, 10, '0'), levelb._code_again_sql(row(c.*)::levelb._code_undo) from unnest(v_code) c where c.is_made
    union all
    select u.part, u.place, u.line
      from unnest(v_code) c cross join lateral levelb._rights_again_sql(row(c.*)::levelb._code_undo) u where c.is_made and c.is_whole
    union all
    select u.part, u.place, u.line
      from jsonb_array_elements(v_net) e cross join lateral levelb._effect_undo_sql(e, v_net, v_renames) u
     where not exists (select from unnest(v_code) c where levelb._is_undone_with(e, row(c.*)::levelb._code_undo))
  ), effect as (
    -- role documents bring their own rollback, and code that is handed back is what it was
    select e from jsonb_array_elements(v_net) e
     where not exists (select from unnest(v_code) c where levelb._is_undone_with(e, row(c.*)::levelb._code_undo))
       and not exists (select from levelb._effect_undo_sql(e, v_net, v_renames))
       and e ->> 'object_type' not in ('role', 'role membership', 'role setting')
       and not (e ->> 'class' = 'owner' and e ->> 'attribute' = 'definition')
    union all
    select e from jsonb_array_elements(effects) e where e ->> 'class' = 'data'
  )
  select array(
      select levelb.effect_text(jsonb_populate_record(null::levelb.effect, f.e)) from effect f
      union all
      select format('trigger %s on view %s', t.tgname, c.identity)
        from unnest(v_code) c join pg_trigger t on t.tgrelid = c.object where c.object_type = 'view' and c.is_whole order by 1),
    (select string_agg(l.line, E'\n' order by l.part, l.place collate "C", l.line like 'drop view%' desc, l.line collate "C")
       from (select distinct * from line) l)
    into v_row.not_derived, v_row.rollback;
  return v_row;
end
$_derived_rollback$;
comment on function levelb._derived_rollback(jsonb) is 'SQL that takes effects back that have not happened yet.';

-- What it did is in no effect. Role documents bring their own rollback.
create function levelb._left_out_of(warnings jsonb)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array(
  select 'not rehearsed: ' || (s #>> '{}')
    from jsonb_path_query(warnings, '$[*] ? (@.kind == "not rehearsed here").detail[*] ? (@.part == "apply").statement') s);
comment on function levelb._left_out_of(jsonb) is 'Statements that a rehearsal could not run.';

create function levelb.derive_rollback(migration_id text)
  returns levelb.derived_rollback
  language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
  set standard_conforming_strings = on
as $derive_rollback$
declare
  v_manifest levelb.manifest;
  v_rehearsal levelb.rehearsal;
  v_row levelb.derived_rollback;
begin
  perform levelb._enter(array['author']);
  perform levelb._check_slug('migration_id', migration_id);
  v_manifest := levelb._newest(migration_id);
  if v_manifest.migration_id is null then
    perform levelb._raise('LB002', jsonb_build_object('field', 'migration_id', 'migration_id', migration_id));
  elsif levelb._is_activated(migration_id) then
    perform levelb._raise('LB008', jsonb_build_object('migration_id', migration_id),
      'What is in force is taken back with select * from levelb.stage_rollback(migration_id, reason).');
  end if;
  -- one that ran all of it knows more than a later one that did not
  select r.* into v_rehearsal from only levelb.rehearsal r
   where r.manifest_hash = v_manifest.manifest_hash and r.migration_id = v_manifest.migration_id and r.effects <> '[]'
   order by r.outcome in ('passed', 'failed') desc, r.rehearsal_id desc limit 1;
  -- those that its document claims are an author's text, and no names that PostgreSQL has written
  if not found then
    perform levelb._raise('LB001', jsonb_build_object('field', 'migration_id', 'problem', 'has no rehearsal that changed anything'),
      format('Its author: select outcome from levelb_sandbox.rehearse(%L).', migration_id));
  end if;
  -- a deparser locks what it reads: undone, so that an author who stays in the transaction keeps nobody waiting
  begin
    v_row := levelb._derived_rollback(v_rehearsal.effects);
    raise exception using errcode = 'UNDO0';
  exception when sqlstate 'UNDO0' then
    null;
  end;
  v_row.migration_id := v_manifest.migration_id;
  v_row.revision := v_manifest.revision;
  v_row.not_derived := v_row.not_derived || levelb._left_out_of(v_rehearsal.warnings);
  if v_row.rollback is not null then
    v_row.rollback := concat_ws(E'\n', (
      select string_agg('-- not derived: ' || levelb._visible(d), E'\n') from unnest(v_row.not_derived) d), v_row.rollback) || E'\n';
  end if;
  return v_row;
end
$derive_rollback$;
comment on function levelb.derive_rollback(text) is '@raises LB001 LB002 LB008 LB201 LB202

Write the rollback text of a migration that is not activated.

From the effects of its newest rehearsal that ran all of it, else of its newest, and from the catalogs as they are now: owners,
rights, default privileges, comments, settings of the database, views, functions and procedures. What it cannot derive, it
names. It is one text for all steps, for the rollback of the first of them. A rehearsal judges it like any other.';
