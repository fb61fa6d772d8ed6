-- Owns which schemas are protected, at which level, and whom what is in them belongs to.

create view levelb.active_protection as
  select p.schema_name, p.level, p.migrators, p.repoint, p.at as activated
    from (select distinct on (o.schema_name) o.* from only levelb.protection o order by o.schema_name, o.version desc) p
   where p.level is not null;
comment on view levelb.active_protection is 'The schemas that are protected.';
comment on column levelb.active_protection.schema_name is 'Name of the schema.';
comment on column levelb.active_protection.level is
  'full: every change goes through the channel. privileged: owners, rights and security do.';
comment on column levelb.active_protection.migrators is
  'At level privileged, the roles of the migration tools that own what is in it.';
comment on column levelb.active_protection.repoint is
  'At level privileged, whether migrators may also replace what is there: views and functions.';
comment on column levelb.active_protection.activated is 'When it was set.';

-- What the guard and drift read: by oid, so that a schema that is renamed stays protected. A schema or a role that is
-- gone is nobody's to bind; rebind calls this too, because oids are others after a restore.
create function levelb._bind_protection()
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_bind_protection$
begin
  delete from levelb._protected;
  insert into levelb._protected (schema_oid, schema_name, level, migrators, repoint)
    select n.oid, p.schema_name, p.level,
        array(select r.oid from pg_roles r where r.rolname = any(p.migrators) order by r.oid), p.repoint
      from levelb.active_protection p join pg_namespace n on n.nspname = p.schema_name;
end
$_bind_protection$;
comment on function levelb._bind_protection() is 'Make the table that the guard reads from the protections in force.';

create type levelb._owned as (
  class        oid,
  object       oid,
  object_type  text,
  identity     text,
  schema_name  text,
  owner        oid,
  acl          aclitem[],
  is_code      boolean,
  follows      boolean
);
comment on type levelb._owned is 'A schema, or an object in one, with its owner.';
comment on column levelb._owned.acl is 'Its rights, those that nobody wrote too; null for what has none.';
comment on column levelb._owned.is_code is 'Whether it runs with the rights of its owner.';
comment on column levelb._owned.follows is 'Whether its owner follows that of a table: the sequence of a column.';

create function levelb._reads_as_caller(options text[])
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return exists (
  select from pg_options_to_table(options) o where o.option_name = 'security_invoker' and o.option_value::boolean);
comment on function levelb._reads_as_caller(text[]) is 'Whether a view with these options is a security_invoker one.';

-- Members of extensions are left out: they belong to whoever owns the extension, and PostgreSQL has no statement that
-- gives an extension away. Row types, arrays, indexes and the like follow what they are of, and have no owner to give.
create function levelb._owned_in(schemas text[])
  returns setof levelb._owned
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_owned_in$
  select o.class, o.object,
      case i.type when 'aggregate' then 'routine' when 'statistics object' then 'statistics' else i.type end, i.identity,
      n.nspname::text, o.owner, coalesce(o.acl, acldefault(o.acl_kind, o.owner)), coalesce(o.is_code, false), coalesce(o.follows, false)
    from pg_namespace n
      cross join lateral (
        select 'pg_namespace'::regclass::oid, n.oid, n.nspowner, n.nspacl, 'n'::"char", false, false
        union all
        select 'pg_class'::regclass, c.oid, c.relowner, c.relacl, (case c.relkind when 'S' then 's' else 'r' end)::"char",
            c.relkind = 'm' or c.relkind = 'v' and not levelb._reads_as_caller(c.reloptions),
            c.relkind = 'S' and exists (
              select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i'))
          from pg_class c where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
        union all
        select 'pg_proc'::regclass, p.oid, p.proowner, p.proacl, 'f', p.prosecdef, false
          from pg_proc p
         where p.pronamespace = n.oid and not exists (
           -- constructors of a range type, whoever makes it the bootstrap superuser's
           select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i')
        union all
        select 'pg_type'::regclass, t.oid, t.typowner, t.typacl, 'T', false, false
          from pg_type t
         where t.typnamespace = n.oid and not exists (
           select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'i'
              -- before 17 a multirange does not follow its range
              and not (t.typtype = 'm' and current_setting('server_version_num')::int < 170000))
        union all
        select 'pg_operator'::regclass, p.oid, p.oprowner, null, null, false, false
          from pg_operator p where p.oprnamespace = n.oid
        union all
        select 'pg_opclass'::regclass, c.oid, c.opcowner, null, null, false, false
          from pg_opclass c where c.opcnamespace = n.oid
        union all
        select 'pg_opfamily'::regclass, f.oid, f.opfowner, null, null, false, false
          from pg_opfamily f where f.opfnamespace = n.oid
        union all
        select 'pg_collation'::regclass, c.oid, c.collowner, null, null, false, false
          from pg_collation c where c.collnamespace = n.oid
        union all
        select 'pg_conversion'::regclass, c.oid, c.conowner, null, null, false, false
          from pg_conversion c where c.connamespace = n.oid
        union all
        select 'pg_ts_config'::regclass, c.oid, c.cfgowner, null, null, false, false
          from pg_ts_config c where c.cfgnamespace = n.oid
        union all
        select 'pg_ts_dict'::regclass, d.oid, d.dictowner, null, null, false, false
          from pg_ts_dict d where d.dictnamespace = n.oid
        union all
        select 'pg_statistic_ext'::regclass, s.oid, s.stxowner, null, null, false, false
          from pg_statistic_ext s where s.stxnamespace = n.oid
      ) o (class, object, owner, acl, acl_kind, is_code, follows)
      cross join lateral pg_identify_object(o.class, o.object, 0) i
   where n.nspname = any(schemas) and not exists (
     select from pg_depend d
      where d.classid = o.class and d.objid = o.object and d.deptype = 'e' and o.class <> 'pg_namespace'::regclass)
$_owned_in$;
comment on function levelb._owned_in(text[]) is 'Some schemas and what is in them, with owners.';

-- What of a schema belongs to somebody who may not own it there. The schema itself may be anybody's at level privileged.
create function levelb._strays(
  schema_name text,
  level text,
  migrators text[]
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select jsonb_agg(format('%s %s of %I', o.object_type, o.identity, r.rolname) order by o.object_type, o.identity)
    from levelb._owned_in(array[schema_name]) o join pg_roles r on r.oid = o.owner
   where r.rolname <> all(levelb._protecting_roles())
     and (level = 'full' or r.rolname <> all(migrators) and o.class <> 'pg_namespace'::regclass));
comment on function levelb._strays(text, text, text[]) is
  'Objects of a schema that a protection would leave with somebody else; null for none.';

-- Whether this database can have it, asked when it is staged and again when it is activated.
create function levelb._require_protection(protection jsonb)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_protection$
declare
  v_path text;
  v_entry jsonb;
  v_role text;
  v_found jsonb;
begin
  for v_path, v_entry in
    select format('schemas[%s]', s.n - 1), s.entry from jsonb_array_elements(protection -> 'schemas') with ordinality s (entry, n)
  loop
    if v_entry ->> 'level' = 'none' then
      if not exists (select from levelb.active_protection p where p.schema_name = v_entry ->> 'name') then
        perform levelb._invalid(v_path || '.name', format('schema %I is not protected', v_entry ->> 'name'));
      end if;
      continue;
    end if;
    if not exists (select from pg_namespace n where n.nspname = v_entry ->> 'name') then
      perform levelb._invalid(v_path || '.name', format('schema %I does not exist', v_entry ->> 'name'));
    end if;
    continue when v_entry ->> 'level' = 'full';
    for v_role in select m from jsonb_array_elements_text(v_entry -> 'migrators') m loop
      if not exists (select from pg_roles r where r.rolname = v_role) then
        perform levelb._invalid(v_path || '.migrators', format('role %I does not exist', v_role));
      elsif exists (select from pg_roles r join unnest(levelb._roles_past_the_channel()) s on pg_has_role(r.oid, s, 'member')
                     where r.rolname = v_role) then
        perform levelb._invalid(v_path || '.migrators',
          format('role %I could go round any protection; give the migration tool a login without such rights', v_role));
      end if;
    end loop;
    v_found := levelb._strays(v_entry ->> 'name', 'privileged', array(select jsonb_array_elements_text(v_entry -> 'migrators')));
    if v_found is not null then
      perform levelb._raise('LB001', jsonb_build_object('field', v_path || '.migrators', 'problem',
          'what is in the schema belongs to others too', 'objects', v_found),
        'Name those roles among the migrators, or have these owners changed first.');
    end if;
  end loop;
end
$_require_protection$;
comment on function levelb._require_protection(jsonb) is 'Refuse a protection that this database cannot have.';

create function levelb._protection_leaves(
  level text,
  migrators text[],
  repoint boolean
)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case when level is null then '{}'::jsonb else jsonb_strip_nulls(jsonb_build_object('level', level,
  'migrators', nullif(array_to_string(migrators, ', '), ''), 'repoint', case when repoint then 'allowed' end)) end;
comment on function levelb._protection_leaves(text, text[], boolean) is 'A protection, as {leaf: text}.';

-- The steps have run by now: what was to be taken over is. What came into the schema since it was staged is not among
-- them, and must not stay behind unseen.
create function levelb._carry_out_protection(
  protection jsonb,
  activation_id bigint
)
  returns jsonb
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_carry_out_protection$
declare
  v_effects jsonb := '[]';
  v_entry jsonb;
  v_old levelb.protection;
  v_new levelb.protection;
  v_found jsonb;
begin
  perform levelb._require_protection(protection);
  for v_entry in select s from jsonb_array_elements(protection -> 'schemas') s loop
    select p.* into v_old from only levelb.protection p
     where p.schema_name = v_entry ->> 'name' order by p.version desc limit 1;
    if v_entry ->> 'level' = 'full' then
      v_found := levelb._strays(v_entry ->> 'name', 'full', '{}');
      if v_found is not null then
        perform levelb._raise('LB001', jsonb_build_object('problem',
            format('not all of schema %I belongs to levelb_deploy and levelb_definer now', v_entry ->> 'name'), 'objects', v_found),
          'Restage: the steps are made anew, for all that is there.');
      end if;
    end if;
    insert into levelb.protection (schema_name, version, level, migrators, repoint, activation_id, at)
      values (v_entry ->> 'name', coalesce(v_old.version, 0) + 1, nullif(v_entry ->> 'level', 'none'),
        array(select jsonb_array_elements_text(v_entry -> 'migrators')), coalesce((v_entry ->> 'repoint')::boolean, false),
        _carry_out_protection.activation_id, clock_timestamp())
      returning * into v_new;
    v_effects := v_effects || (
      select coalesce(jsonb_agg(e || jsonb_build_object('schemas', jsonb_build_array(v_new.schema_name))), '[]')
        from jsonb_array_elements(levelb._governance_effects('protection', quote_ident(v_new.schema_name),
          levelb._protection_leaves(v_old.level, v_old.migrators, v_old.repoint),
          levelb._protection_leaves(v_new.level, v_new.migrators, v_new.repoint))) e);
  end loop;
  perform levelb._bind_protection();
  return v_effects;
end
$_carry_out_protection$;
comment on function levelb._carry_out_protection(jsonb, bigint) is 'Write protections; return what differs.';
