-- Owns where a DDL command reaches: which guarded schemas an object is in, or is attached to.

-- Inheritance and foreign keys of a relation reach into other schemas. Only what this transaction wrote counts, or a
-- table that refers to a guarded one could never be altered again. Children are looked at however deep: ALTER TABLE of a
-- parent alters them without a command of their own.
create function levelb._linked_schemas(relation oid)
  returns oid[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_linked_schemas$
begin
  return array(
    with recursive child as (
      select i.inhrelid as oid, i.xmin from pg_inherits i where i.inhparent = relation
      union
      select i.inhrelid, i.xmin from child p join pg_inherits i on i.inhparent = p.oid
    )
    select c.relnamespace from pg_inherits i join pg_class c on c.oid = i.inhparent
     where i.inhrelid = relation and levelb._is_written_here(i.xmin)
    union all
    select c.relnamespace from child k join pg_class c on c.oid = k.oid
     where levelb._is_written_here(k.xmin) or levelb._is_written_here(c.xmin)
        or exists (select from pg_attribute a where a.attrelid = c.oid and levelb._is_written_here(a.xmin))
    union all
    select c.relnamespace from pg_constraint k join pg_class c on c.oid = k.confrelid
     where k.conrelid = relation and k.contype = 'f' and levelb._is_written_here(k.xmin));
end
$_linked_schemas$;
comment on function levelb._linked_schemas(oid) is
  'Schemas of tables that this transaction has linked to a table, or altered with it.';

-- Schemas of what an object without a schema of its own is attached to.
create function levelb._attached_schemas(
  class oid,
  object oid
)
  returns oid[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_attached_schemas$
begin
  case class::regclass
    when 'pg_policy'::regclass then
      return array(select c.relnamespace from pg_policy o join pg_class c on c.oid = o.polrelid where o.oid = object);
    when 'pg_trigger'::regclass then
      return array(select c.relnamespace from pg_trigger o join pg_class c on c.oid = o.tgrelid where o.oid = object);
    when 'pg_rewrite'::regclass then
      return array(select c.relnamespace from pg_rewrite o join pg_class c on c.oid = o.ev_class where o.oid = object);
    when 'pg_constraint'::regclass then
      return array(select c.relnamespace from pg_constraint o join pg_class c on c.oid = o.conrelid where o.oid = object);
    when 'pg_attrdef'::regclass then
      return array(select c.relnamespace from pg_attrdef o join pg_class c on c.oid = o.adrelid where o.oid = object);
    when 'pg_statistic_ext'::regclass then
      return array(select c.relnamespace from pg_statistic_ext o join pg_class c on c.oid = o.stxrelid where o.oid = object);
    when 'pg_publication'::regclass then
      return array(
        select c.relnamespace from pg_publication_rel o join pg_class c on c.oid = o.prrelid where o.prpubid = object
        union all
        select o.pnnspid from pg_publication_namespace o where o.pnpubid = object
        union all
        select n.oid from pg_publication o, pg_namespace n where o.oid = object and o.puballtables);
    when 'pg_subscription'::regclass then
      return array(
        select c.relnamespace from pg_subscription_rel o join pg_class c on c.oid = o.srrelid where o.srsubid = object);
    when 'pg_foreign_server'::regclass then
      return array(
        select c.relnamespace from pg_foreign_table o join pg_class c on c.oid = o.ftrelid where o.ftserver = object);
    when 'pg_cast'::regclass then
      return array(
        select t.typnamespace from pg_cast o join pg_type t on t.oid in (o.castsource, o.casttarget) where o.oid = object);
    when 'pg_extension'::regclass then
      return array(
        select coalesce(c.relnamespace, p.pronamespace)
          from pg_depend d left join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid
            left join pg_proc p on d.classid = 'pg_proc'::regclass and p.oid = d.objid
         where d.refclassid = 'pg_extension'::regclass and d.refobjid = object and d.deptype = 'e');
    else
      return '{}';
  end case;
end
$_attached_schemas$;
comment on function levelb._attached_schemas(oid, oid) is 'Schemas of what an object is attached to.';

-- ALTER … SET SCHEMA is told with the new schema: where the object was stands in the baseline. levelb's own are not in
-- there, and are found by their owner, who owns nothing elsewhere.
create function levelb._left_schemas(
  class oid,
  object oid
)
  returns oid[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_left_schemas$
begin
  return array(
    select to_regnamespace(quote_ident((b.state).schema))::oid from levelb._baseline b
     where b.catalog = (select c.relname from pg_class c where c.oid = class) and b.key = object::text
    union all
    select 'levelb'::regnamespace::oid from pg_shdepend d
     where d.dbid = (select b.oid from pg_database b where b.datname = current_database())
       and d.classid = class and d.objid = object and d.deptype = 'o'
       and d.refclassid = 'pg_authid'::regclass
       and d.refobjid = (select o.oid from pg_roles o where o.rolname = 'levelb_owner'));
end
$_left_schemas$;
comment on function levelb._left_schemas(oid, oid) is 'Schemas that an object was in before this command.';

-- The guarded schemas that a command on this object reaches, the strictest first.
create function levelb._guarded_at(
  guarded levelb._protected[],
  class oid,
  object oid,
  schema_name text,
  tag text
)
  returns levelb._protected[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_guarded_at$
declare
  v_schema constant text := case class when 'pg_namespace'::regclass
    then (select n.nspname from pg_namespace n where n.oid = object) else schema_name end;
  v_oids oid[] := array(select n.oid from pg_namespace n where n.nspname = v_schema);
begin
  if v_schema is null or class = 'pg_statistic_ext'::regclass then
    v_oids := v_oids || levelb._attached_schemas(class, object);
  elsif class = 'pg_class'::regclass and tag ~ ' TABLE' then
    v_oids := v_oids || levelb._linked_schemas(object);
  end if;
  if starts_with(tag, 'ALTER ') then
    v_oids := v_oids || levelb._left_schemas(class, object);
  end if;
  return array(
    select g from unnest(guarded) g
     where g.schema_oid = any(v_oids)
        or g.schema_name in (select n.nspname from pg_namespace n where n.oid = any(v_oids))
     order by array_position(array['levelb', 'full', 'privileged'], g.level));
end
$_guarded_at$;
comment on function levelb._guarded_at(levelb._protected[], oid, oid, text, text) is
  'Guarded schemas that a command on an object reaches, the strictest first.';
