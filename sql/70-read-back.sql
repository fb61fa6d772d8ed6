-- Owns step 7 up to the comparison with what was approved: what changed, and that nothing changed unseen.

-- Rows that changed in one catalog, set against its tally: how many more came, and went, than were written. A row of
-- pg_depend has no key that lasts: one that was updated came and went, so there as many more of each are right.
create function levelb._rows_of(
  changes levelb._change[],
  written levelb._written
)
  returns table (touched bigint, is_more boolean, is_other boolean)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_rows_of$
  select n.touched, greatest(n.came, n.went) > n.moved, n.came <> n.went or n.came not between 0 and n.moved
    from (
      select count(*) as touched, count(*) filter (where (c.old).key is null) - (written).inserted as came,
          count(*) filter (where (c.new).key is null) - (written).deleted as went,
          case when (written).name = 'pg_depend' then (written).updated else 0 end as moved
        from unnest(changes) c where coalesce((c.new).catalog, (c.old).catalog) = (written).name) n
$_rows_of$;
comment on function levelb._rows_of(levelb._change[], levelb._written) is 'Rows of one catalog among the changes, against its tally.';

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
comment on function levelb._is_trusted_part(oid, oid) is 'Whether a function, operator or type belongs to levelb_deploy or a superuser.';

-- Code that runs with the rights of a relation's owner, directly: functions, operators and domains in its indexes,
-- statistics, defaults, checks, partition key, triggers (a referential action fires them as the owner) and, for a
-- materialized view, its query; types of foreign keys, whose casts RI uses; rules. What these call in turn is not followed.
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
    union all select 'pg_rewrite'::regclass, w.oid from pg_rewrite w join pg_class m on m.oid = w.ev_class
               where m.oid = relation and m.relkind = 'm'
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

-- What an owner's rights run: the body of a SECURITY DEFINER function, and the code of a relation. Taken over with code of
-- others in it, an object would lend that code the deployer's rights for good.
create function levelb._refuse_taken_code(changes levelb._change[])
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_taken_code$
declare
  v_found jsonb;
begin
  select jsonb_agg((c.new).identity order by (c.new).identity collate "C") into v_found
    from unnest(changes) c
   where (c.new).catalog = 'pg_proc' and ((c.new).rest ->> 'prosecdef')::boolean
     and (c.new).attributes ->> 'owner:owner' <> (c.old).attributes ->> 'owner:owner'
     and (c.new).attributes ->> 'owner:owner' in ('levelb_owner', 'levelb_deploy', 'levelb_roles', 'levelb_sandbox');
  if v_found is not null then
    perform levelb._raise('LB306', jsonb_build_object('objects', v_found, 'rule', 'definer_code_belongs_to_levelb_definer'),
      'Give SECURITY DEFINER functions to levelb_definer, with the rights that they need and no more.');
  end if;
  select jsonb_agg(jsonb_build_object('object', f.identity, 'uses', f.uses) order by f.identity, f.uses) into v_found
    from (
      select distinct (c.new).identity, i.type || ' ' || i.identity as uses
        from unnest(changes) c
          cross join lateral levelb._code_of((c.new).key::oid) u
          cross join lateral pg_identify_object(u.class, u.object, 0) i
       where (c.new).catalog = 'pg_class' and starts_with((c.new).attributes ->> 'owner:owner', 'levelb_')
         and (c.new).attributes ->> 'owner:owner' <> (c.old).attributes ->> 'owner:owner'
         and not levelb._is_trusted_part(u.class, u.object)
    ) f;
  if v_found is not null then
    perform levelb._raise('LB307', jsonb_build_object('code', v_found),
      'Take over what DETAIL names in the same migration, before the objects that use it; drop the rules.');
  end if;
end
$_refuse_taken_code$;
comment on function levelb._refuse_taken_code(levelb._change[]) is 'Refuse objects whose new owner would run code of others.';

create function levelb._read_back(
  before levelb._state_row[],
  after levelb._state_row[],
  tally levelb._written[],
  tables levelb._written[]
)
  returns levelb._read_back
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_read_back$
declare
  v_replaced constant levelb._replaced := levelb._replaced(before, after);
  v_changes levelb._change[];
  v_found jsonb;
  v_result levelb._read_back;
begin
  select array_agg(c) into v_changes from levelb._changes(v_replaced.own, after) c;

  -- Nothing of levelb may change in an activation of kind sql, whatever was approved.
  select jsonb_agg(distinct coalesce((c.new).identity, (c.old).identity)) into v_found
    from unnest(v_changes) c where coalesce((c.new).is_levelb, false) or coalesce((c.old).is_levelb, false);
  if v_found is not null then
    perform levelb._raise('LB306', jsonb_build_object('objects', v_found, 'rule', 'levelb_objects_unchanged'),
      'Take out the statements that touch levelb''s own objects and roles.');
  end if;

  perform levelb._refuse_taken_code(v_changes);

  -- What another session did after the text began must not be shown as ours, and on the same row cannot be told apart:
  -- the whole is taken back and may be tried again. Names of roles are in what both readings say.
  select jsonb_agg(distinct f) into v_found from (
    select jsonb_build_object('catalog', o.catalog, 'object', concat_ws(' ', o.object_type, o.identity))
      from unnest(v_replaced.others) o
     where exists (select from unnest(after) a where a.catalog = o.catalog and a.key = o.key)
        or o.catalog = 'pg_authid'
          and o.identity <> (select quote_ident(r.rolname) from pg_authid r where r.oid = o.key::oid)
    union all
    select jsonb_build_object('catalog', t.name)
      from unnest(tally) t
      cross join lateral levelb._rows_of(v_changes, t) n
     where t.name <> 'pg_shdepend' and (n.is_more or n.is_other and t.name in (select o.catalog from unnest(v_replaced.others) o))
  ) found (f);
  if v_found is not null then
    perform levelb._raise('LB101', jsonb_build_object('others_changed', v_found),
      'Another session changed the same object meanwhile: activate again.');
  end if;

  -- Rows of these catalogs are objects: making, dropping or altering one otherwise than in owner and ACL is structure.
  select jsonb_agg(f order by f) into v_found from (
    select distinct jsonb_build_object('catalog', coalesce((c.new).catalog, (c.old).catalog),
        'object', concat_ws(' ', coalesce((c.new).object_type, (c.old).object_type),
          coalesce((c.new).identity, (c.old).identity, (c.old).key)),
        'change', case when (c.old).key is null then 'created' when (c.new).key is null then 'dropped' else
          'altered: ' || (select string_agg(n.key, ', ' order by n.key collate "C") from jsonb_each((c.new).rest) n
                           where n.value is distinct from (c.old).rest -> n.key) end) as f
      from unnest(v_changes) c
     where coalesce((c.new).catalog, (c.old).catalog)
           not in ('pg_authid', 'pg_auth_members', 'pg_db_role_setting', 'pg_default_acl')
       and ((c.old).key is null or (c.new).key is null or (c.old).rest <> (c.new).rest)
       and not (coalesce((c.new).catalog, (c.old).catalog) = 'pg_depend'
         and coalesce((c.new).is_implied, (c.old).is_implied))
    union all
    -- a role rewritten with the same attributes: what is left is its password
    select jsonb_build_object('catalog', 'pg_authid', 'object', 'role ' || (c.new).identity, 'change', 'altered: password')
      from unnest(v_changes) c
     where (c.new).catalog = 'pg_authid' and (c.old).attributes = (c.new).attributes
    union all
    select jsonb_build_object('catalog', t.name, 'change', 'written')
      from unnest(tally) t
     where t.name not in ('pg_authid', 'pg_auth_members', 'pg_db_role_setting', 'pg_default_acl', 'pg_depend',
         'pg_shdepend')
       and t.name not in (select k.relation from levelb._catalogs() k)
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
      cross join lateral levelb._rows_of(v_changes, t) n
     where t.name <> 'pg_shdepend' and (n.touched = 0 or n.is_other)
       and (t.name in ('pg_authid', 'pg_auth_members', 'pg_db_role_setting', 'pg_default_acl', 'pg_depend')
         or t.name in (select k.relation from levelb._catalogs() k))
  ) found (f);
  if v_found is not null then
    perform levelb._raise('LB305', jsonb_build_object('uncovered', v_found));
  end if;

  v_result.effects := levelb._change_effects(v_changes) || coalesce((
    select jsonb_agg(jsonb_build_object('class', 'data', 'object_type', 'table', 'identity', t.name, 'attribute', verb,
        'before', null, 'after', null, 'schema', (select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where c.oid = t.relation)))
      from unnest(tables) t,
        lateral (values ('insert', t.inserted), ('update', t.updated), ('delete', t.deleted)) v (verb, rows)
     where v.rows > 0), '[]');
  v_result.tally := (
    select coalesce(jsonb_object_agg(t.name, jsonb_build_object('inserted', t.inserted, 'updated', t.updated, 'deleted',
        t.deleted)), '{}')
      from (select * from unnest(tally) union all select * from unnest(tables)) t);
  v_result.state_before := levelb._sha256(coalesce((select jsonb_agg(jsonb_build_array((c.old).object_type,
      (c.old).identity, (c.old).attributes) order by (c.old).object_type collate "C", (c.old).identity collate "C")::text
    from unnest(v_changes) c where (c.old).key is not null), '[]'));
  v_result.state_after := levelb._sha256(coalesce((select jsonb_agg(jsonb_build_array((c.new).object_type,
      (c.new).identity, (c.new).attributes) order by (c.new).object_type collate "C", (c.new).identity collate "C")::text
    from unnest(v_changes) c where (c.new).key is not null), '[]'));
  v_result.rollback := levelb._rollback_snapshot(v_changes, tables);
  return v_result;
end
$_read_back$;
comment on function levelb._read_back(levelb._state_row[], levelb._state_row[], levelb._written[], levelb._written[]) is
  'Effects, tally, digests and rollback of what this transaction did; raises where something is not covered.';
