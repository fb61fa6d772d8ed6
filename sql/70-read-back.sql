-- Owns step 7 up to the comparison with what was approved: what changed, and that nothing changed unseen.

-- Rows that changed in one catalog, set against its tally: how many more came, and went, than were written. A row of
-- pg_depend has no key that lasts: one that was updated came and went, so there as many more of each are right. Rows
-- may
-- also come and go within the text where PostgreSQL itself does that: dependencies are written anew with what has
-- them,
-- and a table that is rewritten, or a materialized view that is filled, has a second one for the while; the scripts of
-- extensions make what a later version of them drops. Elsewhere such rows were the text's.
create function levelb._rows_of(
  changes levelb._change[],
  written levelb._written
)
  returns table (is_more boolean, is_other boolean, is_traceless boolean)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_rows_of$
  select greatest(n.came, n.went) > n.moved, n.came <> n.went or n.came > n.moved or n.came < 0 and not n.may_pass,
      n.touched = 0 and not (n.may_pass and n.came < 0)
    from (
      select count(*) as touched, count(*) filter (where (c.old).key is null) - (written).inserted as came,
          count(*) filter (where (c.new).key is null) - (written).deleted as went,
          case when (written).name = 'pg_depend' then (written).updated else 0 end as moved,
          -- ALTER MAPPING takes the dictionaries of a token away and puts others in their places
          (written).name in ('pg_depend', 'pg_ts_config_map') or (written).name in ('pg_class', 'pg_attribute', 'pg_index', 'pg_type')
            and exists (select from unnest(changes) r
                         where (r.new).object_type in ('table', 'materialized view')
                           and levelb._has_new_storage(row(r.old, r.new)::levelb._change)
                            or (r.new).object_type = 'materialized view' and (r.old).key is null)
            or (written).name = any(levelb._script_catalogs())
              and exists (select from unnest(changes) r where (r.new).catalog = 'pg_extension') as may_pass
        from unnest(changes) c where coalesce((c.new).catalog, (c.old).catalog) = (written).name) n
$_rows_of$;
comment on function levelb._rows_of(levelb._change[],
  levelb._written) is 'Rows of one catalog among the changes, against its tally.';

-- Code of a trigger or constraint is trusted when levelb_deploy or a superuser owns it. That a function is SECURITY
-- DEFINER does not excuse it: its owner can make it so after it ran.
create function levelb._is_trusted_code(function oid)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return exists (
  select from pg_proc p join pg_roles o on o.oid = p.proowner
   where p.oid = function and (o.rolsuper or o.rolname = 'levelb_deploy'));
comment on function levelb._is_trusted_code(oid) is 'Whether a function belongs to levelb_deploy or a superuser.';

-- Whether something of a user that a table uses belongs to levelb_deploy or a superuser, and so stays what it is.
create function levelb._is_trusted_part(
  catalog oid,
  object oid
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return object < 16384 or exists (
  select from pg_roles o
   where (o.rolsuper or o.rolname in ('levelb_deploy', 'levelb_definer'))
     and o.oid = case catalog
       when 'pg_proc'::regclass then (select p.proowner from pg_proc p where p.oid = object)
       when 'pg_operator'::regclass then (select p.oprowner from pg_operator p where p.oid = object)
       when 'pg_type'::regclass then (select p.typowner from pg_type p where p.oid = object) end);
comment on function levelb._is_trusted_part(oid,
  oid) is 'Whether a function, operator or type belongs to levelb_deploy or a superuser.';

-- Code that runs with the rights of a relation's owner, directly: functions, operators and domains in its indexes,
-- statistics, defaults, checks, partition key, triggers (a referential action fires them as the owner), policies (the
-- owner meets them where they are forced, and the definer functions of levelb_definer everywhere), rules and, for a
-- materialized view, its query; types of foreign keys, whose casts RI uses; rules themselves. What these call in turn
-- is not followed.
create function levelb._code_of(relation oid)
  returns table (class oid, object oid)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_code_of$
  with part (class, object) as (
    select 'pg_class'::regclass::oid, i.indexrelid from pg_index i where i.indrelid = relation
    union all select 'pg_class'::regclass, relation
    union all select 'pg_statistic_ext'::regclass, e.oid from pg_statistic_ext e where e.stxrelid = relation
    union all select 'pg_attrdef'::regclass, d.oid from pg_attrdef d where d.adrelid = relation
    union all select 'pg_constraint'::regclass, k.oid from pg_constraint k where k.conrelid = relation
    union all select 'pg_trigger'::regclass, g.oid from pg_trigger g where g.tgrelid = relation and not g.tgisinternal
    union all select 'pg_policy'::regclass, y.oid from pg_policy y where y.polrelid = relation
    union all select 'pg_rewrite'::regclass, w.oid from pg_rewrite w join pg_class m on m.oid = w.ev_class
               where m.oid = relation and (m.relkind = 'm' or w.rulename <> '_RETURN')
  )
  select u.refclassid, u.refobjid from part p join pg_depend u on u.classid = p.class and u.objid = p.object
   where u.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
      or u.refclassid = 'pg_type'::regclass and p.object <> relation
         and exists (select from pg_type t where t.oid = u.refobjid and t.typtype = 'd')
  union
  select 'pg_type'::regclass, a.atttypid
    from pg_constraint k join pg_attribute a on (a.attrelid = k.conrelid and a.attnum = any(k.conkey))
      or (a.attrelid = k.confrelid and a.attnum = any(k.confkey))
   where k.contype = 'f' and relation in (k.conrelid, k.confrelid)
  union
  select 'pg_rewrite'::regclass, w.oid from pg_rewrite w where w.ev_class = relation and w.rulename <> '_RETURN'
$_code_of$;
comment on function levelb._code_of(oid) is 'Code that runs with the rights of the owner of a relation.';

-- The body of a SECURITY DEFINER function runs with its owner's rights, and levelb_deploy's are those of every
-- activation.
-- Those of levelb_definer are less, but a function lends them to everybody unless PUBLIC is shut out: one that is new, is
-- taken over, becomes SECURITY DEFINER, gets other code or other rights. One that was so before and stays as it is belongs
-- to nobody's migration.
create function levelb._refuse_definer_code(changes levelb._change[])
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_definer_code$
declare
  v_found jsonb;
begin
  select jsonb_agg((c.new).identity order by (c.new).identity collate "C") into v_found
    from unnest(changes) c
   where (c.new).catalog = 'pg_proc' and (c.new).attributes ->> 'security:security' = 'definer'
     and (c.new).attributes ->> 'owner:owner' in ('levelb_owner', 'levelb_deploy', 'levelb_roles', 'levelb_sandbox')
     and ((c.old).key is null or (c.old).code <> (c.new).code
       or (c.old).attributes -> 'security:security' is distinct from (c.new).attributes -> 'security:security'
       or (c.old).attributes -> 'owner:owner' <> (c.new).attributes -> 'owner:owner');
  if v_found is not null then
    perform levelb._raise('LB306', jsonb_build_object('objects', v_found, 'rule',
      'definer_code_belongs_to_levelb_definer'),
      'Give SECURITY DEFINER functions to levelb_definer, with the rights that they need and no more.');
  end if;
  select jsonb_agg((c.new).identity order by (c.new).identity collate "C") into v_found
    from unnest(changes) c
   where (c.new).catalog = 'pg_proc' and (c.new).attributes ->> 'security:security' = 'definer'
     and (c.new).attributes ->> 'owner:owner' = 'levelb_definer' and (c.new).attributes ? 'acl:PUBLIC'
     and ((c.old).key is null or (c.old).code <> (c.new).code or (c.old).attributes <> (c.new).attributes);
  if v_found is not null then
    perform levelb._raise('LB306', jsonb_build_object('objects', v_found, 'rule', 'definer_code_is_not_for_public'),
      'REVOKE EXECUTE on it FROM PUBLIC in the same migration, and grant it to those who need it.');
  end if;
end
$_refuse_definer_code$;
comment on function levelb._refuse_definer_code(levelb._change[]) is 'Refuse SECURITY DEFINER functions that would lend levelb''s rights.';

-- Relations that are new, have a new owner, or of which something else than owner and ACL has changed.
create function levelb._relations_altered(changes levelb._change[])
  returns setof oid
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_relations_altered$
  select (c.new).key::oid from unnest(changes) c
   where (c.new).catalog = 'pg_class' and not (c.new).is_implied
     and (c.old).attributes -> 'owner:owner' is distinct from (c.new).attributes -> 'owner:owner'
  union
  select split_part(split_part((c.new).part_of, ' ', 2), '.', 1)::oid from unnest(changes) c
   where (c.new).part_of ~ '^pg_(class|attribute) ' and (c.new).catalog not in ('pg_depend', 'pg_description')
     and (c.old).whole is distinct from (c.new).whole
$_relations_altered$;
comment on function levelb._relations_altered(levelb._change[]) is 'Relations whose code may have changed.';

-- A rule reads and writes with the rights of its table's owner. One that this text made has been approved with it, and
-- one of a table that was levelb's already once was: only those that come with a table are of others.
create function levelb._is_approved_rule(
  rule oid,
  relation oid,
  changes levelb._change[]
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return exists (
    select from unnest(changes) c
     where (c.new).catalog = 'pg_rewrite' and (c.new).key = rule::text
       and ((c.old).key is distinct from (c.new).key or (c.old).code <> (c.new).code))
  or not exists (
    select from unnest(changes) c
     where (c.new).catalog = 'pg_class' and (c.new).key = relation::text
       and (c.old).attributes -> 'owner:owner' is distinct from (c.new).attributes -> 'owner:owner');
comment on function levelb._is_approved_rule(oid, oid, levelb._change[]) is 'Whether a rule came by approved text.';

-- The code of a relation runs with its owner's rights. One of levelb's roles that takes over, makes or alters a
-- relation
-- with code of others in it would lend that code the deployer's rights for good.
create function levelb._refuse_taken_code(changes levelb._change[])
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_taken_code$
declare
  v_found jsonb;
begin
  select jsonb_agg(jsonb_build_object('object', f.identity, 'uses', f.uses) order by f.identity, f.uses) into v_found
    from (
      select distinct levelb._table_name(r.oid) as identity, i.type || ' ' || i.identity as uses
        from levelb._relations_altered(changes) a
          join pg_class r on r.oid = a
          join pg_roles o on o.oid = r.relowner
          cross join lateral levelb._code_of(r.oid) u
          cross join lateral pg_identify_object(u.class, u.object, 0) i
       where starts_with(o.rolname, 'levelb_') and r.relkind not in ('i', 'I',
         't') and not levelb._is_trusted_part(u.class, u.object)
         and not (u.class = 'pg_rewrite'::regclass and levelb._is_approved_rule(u.object, r.oid, changes))
    ) f;
  if v_found is not null then
    perform levelb._raise('LB307', jsonb_build_object('code', v_found),
      'Take over what DETAIL names in the same migration, before the objects that use it; drop the rules.');
  end if;
end
$_refuse_taken_code$;
comment on function levelb._refuse_taken_code(levelb._change[]) is 'Refuse relations whose owner would run code of others.';

-- What a trigger was before the text replaced, disabled or dropped it may have fired all the same: the order of the
-- statements is not known. Whether a table that is gone was truncated is not known either.
create function levelb._refuse_fired_code(changes levelb._change[])
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_fired_code$
declare
  v_written constant oid[] := array(
    select l.relation from pg_locks l
     where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.mode = 'RowExclusiveLock' and l.granted);
  v_found jsonb;
begin
  select jsonb_agg(distinct jsonb_build_object('trigger', f.identity)) into v_found
    from (
      select (c.old).identity, (c.old).key, ((c.old).whole ->> 'tgrelid')::oid as relation,
          ((c.old).whole ->> 'tgfoid')::oid as function,
          ((c.old).whole ->> 'tgtype')::integer & 32 <> 0 and exists (
            select from unnest(changes) t
             where (t.old).catalog = 'pg_class' and (t.old).key = (c.old).whole ->> 'tgrelid'
               and ((t.new).key is null or levelb._has_new_storage(row(t.old, t.new)::levelb._change))) as is_truncated
        from unnest(changes) c where (c.old).catalog = 'pg_trigger' and not (c.old).is_implied
    ) f
   where (f.relation = any(v_written) or f.is_truncated)
     and exists (
       select from (
         select f.function
         union all
         -- functions of its WHEN
         select ((d.old).whole ->> 'refobjid')::oid from unnest(changes) d
          where (d.old).catalog = 'pg_depend' and (d.old).part_of = 'pg_trigger ' || f.key
            and (d.old).whole ->> 'refclassid' = 'pg_proc'::regclass::oid::text
         union all
         select d.refobjid from pg_depend d
          where d.classid = 'pg_trigger'::regclass and d.objid = f.key::oid and d.refclassid = 'pg_proc'::regclass
       ) used (function) where used.function >= 16384 and not levelb._is_trusted_code(used.function));
  if v_found is not null then
    perform levelb._raise('LB307', jsonb_build_object('triggers', v_found),
      'Alter or drop the triggers in one migration, and write to their table in the next.');
  end if;
end
$_refuse_fired_code$;
comment on function levelb._refuse_fired_code(levelb._change[]) is
  'Refuse to hide a trigger that may have run code of others.';

create function levelb._refuse_levelb_objects(changes levelb._change[])
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_levelb_objects$
declare
  v_found jsonb;
begin
  select jsonb_agg(distinct coalesce((c.new).identity, (c.old).identity)) into v_found
    from unnest(changes) c where coalesce((c.new).is_levelb, false) or coalesce((c.old).is_levelb, false);
  if v_found is not null then
    perform levelb._raise('LB306', jsonb_build_object('objects', v_found, 'rule', 'levelb_objects_unchanged'),
      'Take out the statements that touch levelb''s own objects and roles.');
  end if;
end
$_refuse_levelb_objects$;
comment on function levelb._refuse_levelb_objects(levelb._change[]) is 'Refuse changes of levelb''s own objects and roles.';

-- What another session did after the text began must not be shown as ours, and on the same row cannot be told apart:
-- the whole is taken back and may be tried again. Names of roles are in what both readings say.
create function levelb._refuse_others_changes(
  changes levelb._change[],
  others levelb._state_row[],
  tally levelb._written[]
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_others_changes$
declare
  v_found jsonb;
begin
  select jsonb_agg(distinct f) into v_found from (
    select jsonb_build_object('catalog', o.catalog, 'object', concat_ws(' ', o.object_type, o.identity))
      from unnest(others) o
     where exists (select from unnest(changes) c where (c.new).catalog = o.catalog and (c.new).key = o.key)
        or o.catalog = 'pg_authid'
          and o.identity <> (select quote_ident(r.rolname) from pg_authid r where r.oid = o.key::oid)
    union all
    select jsonb_build_object('catalog', t.name)
      from unnest(tally) t
      cross join lateral levelb._rows_of(changes, t) n
     where t.name <> 'pg_shdepend' and (n.is_more or n.is_other and t.name in (select o.catalog from unnest(others) o))
  ) found (f);
  if v_found is not null then
    perform levelb._raise('LB101', jsonb_build_object('others_changed', v_found),
      'Another session changed the same object meanwhile: activate again.');
  end if;
end
$_refuse_others_changes$;
comment on function levelb._refuse_others_changes(levelb._change[], levelb._state_row[], levelb._written[]) is
  'Refuse to tell apart what others did to the same rows.';

-- Why a change cannot be told; null when it can. known: {"catalog key": whether it is new} of all changes.
create function levelb._uncovered_change(
  change levelb._change,
  known jsonb
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_uncovered_change$
  with side as (
    select change.old as old, change.new as new, (change.old).key is not null as was,
      (change.new).key is not null as is_there,
        coalesce((change.new).is_implied, (change.old).is_implied) as is_implied,
        coalesce((change.new).part_of, (change.old).part_of) as part_of
  ), altered as (
    select string_agg(n.key, ', ' order by n.key collate "C") as columns
      from side s, jsonb_each(coalesce((s.new).rest, (s.old).rest)) n
     where not s.was or not s.is_there or n.value is distinct from (s.old).rest -> n.key
  )
  select case
    when s.is_there and (s.new).schema ~ '^pg_(toast_)?temp' then 'created, and temporary'
    when not s.was and a.columns is not null then 'created'
    when not s.is_there and a.columns is not null then 'dropped'
    when a.columns is not null then 'altered: ' || a.columns
    when s.was and s.is_there and (s.old).object_type <> (s.new).object_type then 'altered: kind'
    when s.is_implied and (s.was <> s.is_there) and not coalesce(known ? s.part_of, false)
      then case when s.is_there then 'created alone' else 'dropped alone' end
    when s.is_implied and exists (
      select from (select jsonb_object_keys((s.old).attributes) union select jsonb_object_keys((s.new).attributes)) k (k)
       where k not like 'acl:%' and (s.old).attributes -> k is distinct from (s.new).attributes -> k) and s.is_there then 'altered'
    -- a column that came and went with its table still there
    when not s.was and (s.new).attributes is null and not coalesce((known ->> s.part_of)::boolean,
      false) then 'created and dropped' end
  from side s, altered a
$_uncovered_change$;
comment on function levelb._uncovered_change(levelb._change, jsonb) is 'Why a change cannot be told.';

-- Why the definition of what was replaced cannot be told. changes: merged ones.
create function levelb._unread_definitions(changes levelb._change[])
  returns setof jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_unread_definitions$
  select jsonb_build_object('catalog', coalesce((c.new).catalog, (c.old).catalog),
      'object', concat_ws(' ', coalesce((c.new).object_type, (c.old).object_type), coalesce((c.new).identity,
      (c.old).identity)),
      'change', case when (c.old).key is null then 'created' when (c.new).key is null then 'dropped' else
        'replaced, and what it was has not been read' end)
    from unnest(changes) c, levelb._statuses(changes) s
   where coalesce((c.new).definition_as, (c.old).definition_as) is not null
     and (s ->> coalesce((c.new).part_of, (c.old).part_of)) is distinct from 'gone'
     and ((c.new).key is not null or (c.old).exists_class is null)
     and ((c.old).key is distinct from (c.new).key or (c.old).code <> (c.new).code)
     and ((c.old).key is not null and (c.old).definition is null or (c.new).key is not null and (c.new).definition is null)
$_unread_definitions$;
comment on function levelb._unread_definitions(levelb._change[]) is 'Changes of code that cannot be told.';

-- Statistics are of no privilege, and dependencies on roles follow from owners and ACLs. What large objects hold is
-- data.
create function levelb._is_followed(relation text)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return relation in ('pg_shdepend', 'pg_statistic', 'pg_statistic_ext_data', 'pg_largeobject');
comment on function levelb._is_followed(text) is 'Whether the rows of a catalog only follow others.';

-- shown: the changes without what extensions imply.
create function levelb._refuse_uncovered(
  changes levelb._change[],
  shown levelb._change[],
  merged levelb._change[],
  tally levelb._written[]
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_uncovered$
declare
  -- An index that is given to a constraint, and a table to a parent, may have new dependencies and nothing else.
  v_given constant jsonb := (
    select coalesce(jsonb_object_agg(g, false), '{}')
      from unnest(changes) c, lateral (values
        (case when (c.new).catalog = 'pg_constraint' then 'pg_class ' || ((c.new).whole ->> 'conindid') end),
        (case when coalesce((c.new).catalog, (c.old).catalog) = 'pg_inherits'
          then coalesce((c.new).part_of, (c.old).part_of) end)) v (g) where g is not null);
  -- What has a changed part may have other dependencies, though its own row is as it was.
  v_known constant jsonb := v_given || (
    select coalesce(jsonb_object_agg(coalesce((c.new).part_of, (c.old).part_of), false), '{}') from unnest(shown) c
     where coalesce((c.new).part_of, (c.old).part_of) is not null and not coalesce((c.new).is_implied, (c.old).is_implied)
  ) || (
    select coalesce(jsonb_object_agg(k, (c.old).key is null), '{}')
      from unnest(changes) c, coalesce((c.old).catalog || ' ' || (c.old).key,
        (c.new).catalog || ' ' || (c.new).key) k);
  v_families constant text[] := array(select distinct f.relation from levelb._families() f);
  v_found jsonb;
begin
  select jsonb_agg(f order by f) into v_found from (
    select distinct jsonb_build_object('catalog', coalesce((c.new).catalog, (c.old).catalog),
        'object', concat_ws(' ', coalesce((c.new).object_type, (c.old).object_type),
          coalesce((c.new).identity, (c.old).identity, (c.old).key)),
        'change', u.why) as f
      from unnest(shown) c, levelb._uncovered_change(row(c.old, c.new)::levelb._change, v_known) u (why)
     where u.why is not null
    union all
    select u from levelb._unread_definitions(merged) u
    union all
    -- a role rewritten with the same attributes: what is left is its password
    select jsonb_build_object('catalog', 'pg_authid', 'object', 'role ' || (c.new).identity, 'change',
      'altered: password')
      from unnest(changes) c
     where (c.new).catalog = 'pg_authid' and (c.old).attributes = (c.new).attributes
    union all
    select jsonb_build_object('catalog', t.name, 'change', 'written')
      from unnest(tally) t where not levelb._is_followed(t.name) and t.name <> all(v_families)
    union all
    -- rows of a foreign table are counted by the other server, if at all
    select jsonb_build_object('catalog', 'pg_foreign_table', 'object', 'foreign table '
        || (pg_identify_object('pg_class'::regclass, c.oid, 0)).identity, 'change', 'written')
      from pg_locks l join pg_class c on c.oid = l.relation
     where l.pid = pg_backend_pid() and l.mode = 'RowExclusiveLock' and c.relkind = 'f'
    union all
    -- written, and nothing found: a savepoint that was rolled back, or a row that came and went
    select jsonb_build_object('catalog', t.name, 'change', 'written without trace')
      from unnest(tally) t
      cross join lateral levelb._rows_of(changes, t) n
     where not levelb._is_followed(t.name) and t.name = any(v_families) and (n.is_traceless or n.is_other)
  ) found (f);
  if v_found is not null then
    perform levelb._raise('LB305', jsonb_build_object('uncovered', v_found));
  end if;
end
$_refuse_uncovered$;
comment on function levelb._refuse_uncovered(levelb._change[], levelb._change[], levelb._change[],
  levelb._written[]) is 'Refuse what the families do not render.';

-- Digest of one side of the changes, which says what it was without saying it.
create function levelb._state_digest(rows levelb._state_row[])
  returns bytea
  language sql stable
  set search_path = pg_catalog, pg_temp
return levelb._sha256(coalesce((
  select jsonb_agg(jsonb_build_array(r.object_type, r.identity, r.attributes, r.definition)
      order by r.object_type collate "C", r.identity collate "C", r.catalog collate "C", r.key collate "C")::text
    from unnest(rows) r where r.key is not null and not r.is_implied), '[]'));
comment on function levelb._state_digest(levelb._state_row[]) is 'Digest of rows.';

create function levelb._read_back(
  before levelb._state_row[],
  after levelb._state_row[],
  definitions levelb._definition[],
  tally levelb._written[],
  tables levelb._written[]
)
  returns levelb._read_back
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_read_back$
declare
  v_replaced constant levelb._replaced := levelb._replaced(before, after);
  v_before constant levelb._state_row[] := levelb._named_parts(levelb._with_definitions(v_replaced.own, definitions));
  v_after constant levelb._state_row[] := levelb._named_parts(after);
  v_changes constant levelb._change[] := array(select c from levelb._changes(v_before, v_after) c);
  v_shown constant levelb._change[] := levelb._without_members(v_changes);
  v_merged constant levelb._change[] := levelb._merged(v_shown);
  -- nobody may read large objects as rows, so all of them are one table
  v_tables constant levelb._written[] := tables || array(
    select row(t.relation, 'pg_catalog.pg_largeobject', t.inserted, t.updated, t.deleted)::levelb._written
      from unnest(tally) t where t.name = 'pg_largeobject');
  v_result levelb._read_back;
begin
  -- Nothing of levelb may change in an activation of kind sql, whatever was approved.
  perform levelb._refuse_levelb_objects(v_changes);
  perform levelb._refuse_extensions_in_catalog(v_changes);
  perform levelb._refuse_definer_code(v_merged);
  perform levelb._refuse_taken_code(v_merged);
  perform levelb._refuse_fired_code(v_changes);
  perform levelb._refuse_others_changes(v_changes, v_replaced.others, tally);
  perform levelb._refuse_uncovered(v_changes, v_shown, v_merged, tally);

  v_result.effects := levelb._change_effects(v_merged,
      exists (select from unnest(tally) t where t.name = 'pg_class' and t.inserted > 0)) || coalesce((
    select jsonb_agg(jsonb_build_object('class', 'data', 'object_type', 'table', 'identity', t.name, 'attribute', verb,
        'before', null, 'after', null, 'schemas', (select jsonb_build_array(n.nspname) from pg_class c
          join pg_namespace n on n.oid = c.relnamespace where c.oid = t.relation)))
      from unnest(v_tables) t,
        lateral (values ('insert', t.inserted), ('update', t.updated), ('delete', t.deleted)) v (verb, rows)
     where v.rows > 0), '[]');
  v_result.tally := (
    select coalesce(jsonb_object_agg(t.name, jsonb_build_object('inserted', t.inserted, 'updated', t.updated,
      'deleted',
        t.deleted)), '{}')
      from (select * from unnest(tally) union all select * from unnest(tables)) t);
  v_result.state_before := levelb._state_digest(v_before);
  v_result.state_after := levelb._state_digest(v_after);
  v_result.rollback := levelb._rollback_snapshot(v_merged, v_tables);
  return v_result;
end
$_read_back$;
comment on function levelb._read_back(levelb._state_row[], levelb._state_row[], levelb._definition[],
  levelb._written[],
  levelb._written[]) is 'Effects, tally, digests and rollback of what this transaction did; raises where something is not covered.';

-- The same for what the database carries out itself. No text runs, so there are no catalogs to search: the effects are
-- read from the rows before and after.
create function levelb._carry_out_manifest(
  manifest levelb.manifest,
  activation_id bigint
)
  returns levelb._read_back
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_carry_out_manifest$
declare
  v_back levelb._read_back;
begin
  v_back.effects := levelb._carry_out(manifest.kind, manifest.payload, 'migration ' || manifest.migration_id, activation_id);
  v_back.tally := '{}';
  v_back.rollback := levelb._native_rollback_sql(v_back.effects);
  return v_back;
end
$_carry_out_manifest$;
comment on function levelb._carry_out_manifest(levelb.manifest, bigint) is 'Carry out a native manifest and read back what it did.';
