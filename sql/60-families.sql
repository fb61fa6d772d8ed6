-- Owns what a catalog family is: one declaration by which the rows of one kind in one catalog are read, named, compared
-- and told. The files 61-… hold the declarations, and 62 the reading. A catalog that is written and has no family fails
-- the activation (LB305), and so does a column that no family renders: leaving one out is never a blind spot.

create type levelb._family as (
  relation       text,
  filter         text,
  joins          text,
  key            text,
  object_type    text,
  identity       text,
  names          text,
  schema         text,
  owner          text,
  acl            text,
  acl_kind       text,
  acl_owner      text,
  part_of        text,
  is_implied     text,
  is_detail      text,
  is_levelb      text,
  attributes     text,
  absent         text,
  whole          text,
  exists_class   text,
  name_class     text,
  name_columns   text[],
  code_columns   text[],
  definition     text,
  defined        text,
  definition_as  text,
  ignored        text[]
);
comment on type levelb._family is 'How the rows of one kind in one catalog are read; see levelb._family_of.';

-- All but relation, owner, acl, definition_as and the lists of columns are SQL expressions over alias c and the joins.
-- They are evaluated with the snapshot of the reading, so that an object that was dropped or renamed since is named as
-- it was: identity is built from the joins and never by pg_identify_object, which knows today's catalogs alone.
--
-- relation: the catalog. filter: which of its rows. joins: to what names them. key: text that tells a row from others.
-- object_type, identity: as pg_identify_object says them; null where the object that the row is part_of says it.
-- names: unquoted parts of the identity. schema: name of the schema it is in, for rules of the policy.
-- owner, acl: names of the columns; acl_kind, acl_owner: as acldefault wants them.
-- part_of: 'catalog key' of the object it goes and comes with. When that is dropped, the part's end is no effect; when
-- it is created, the part's structure is an effect only where is_detail. is_implied: its owner follows that object,
-- only grants on it are effects, it may be made and dropped with that object alone, and what else it has by itself is
-- not covered.
-- attributes: jsonb {"class:attribute": text}, without those that are as CREATE makes them; null when the row stands
-- for something that is gone. absent: what holds where there is no row, besides owner levelb_deploy and the default
-- ACL.
-- whole: all columns as jsonb, less where levelb may not read them all.
-- exists_class: class of making and dropping it, null where its attributes say it. name_class, name_columns: renaming.
-- code_columns: columns that only a deparser can say. They decide whether it was replaced. definition: that
-- text, read today; defined: for which rows. definition_as: 'class:attribute' of it, whose value is a hash where the
-- class is repoint and the text elsewhere; without it, the definition shows where the owner changes and nowhere else.
-- ignored: columns that change by themselves (statistics, freezing, hints kept in place), follow from other rows, or
-- are rendered. What is left, the rest, must not change, and must be nothing in a row that is made or dropped.
create function levelb._family_of(
  relation text,
  key text,
  object_type text,
  identity text,
  schema text default 'null::text',
  joins text default '',
  filter text default 'true',
  names text default 'null::text[]',
  owner text default null,
  acl text default null,
  acl_kind text default null,
  acl_owner text default null,
  part_of text default 'null::text',
  is_implied text default 'false',
  is_detail text default 'true',
  is_levelb text default null,
  attributes text default '''{}''::jsonb',
  absent text default '''{}''::jsonb',
  whole text default 'to_jsonb(c)',
  exists_class text default 'null::text',
  name_class text default 'null::text',
  name_columns text[] default '{}',
  code_columns text[] default '{}',
  definition text default null,
  defined text default 'true',
  definition_as text default null,
  ignored text[] default '{}'
)
  returns levelb._family
  language sql immutable
  set search_path = pg_catalog, pg_temp
return row(relation, filter, joins, key, object_type, identity, names, schema, owner, acl, acl_kind,
  coalesce(acl_owner, 'c.' || owner), part_of, is_implied, is_detail,
  coalesce(is_levelb, format('coalesce(%s = any(%L::name[]), false)', schema, levelb._own_schemas())),
  attributes, absent, whole, exists_class, name_class, name_columns, code_columns, definition, defined, definition_as,
  ignored || name_columns || code_columns || array_remove(array[owner, acl], null))::levelb._family;
comment on function levelb._family_of(text, text, text, text, text, text, text, text, text, text, text, text, text,
  text, text, text, text, text, text, text, text, text[], text[], text, text, text, text[]) is
  'A family; what is not given has none of it.';

-- The three that follow are called for every argument of every function, and in PL/pgSQL because of that: PostgreSQL
-- plans an SQL function anew for each call from another function, and all functions of a database took three times as
-- long to name (18), or eight times (15).

-- The name of the schema of this session's temporary objects is pg_temp, as everywhere in PostgreSQL.
create function levelb._schema_name(namespace oid)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_schema_name$
begin
  return (select case when n.oid = pg_my_temp_schema() then 'pg_temp' else n.nspname end
            from pg_namespace n where n.oid = namespace);
end
$_schema_name$;
comment on function levelb._schema_name(oid) is 'Name of a schema.';

-- As PostgreSQL writes a type in an identity. PostgreSQL's own have the name they always had; of others it asks the
-- catalogs of the caller's snapshot, which format_type does not.
create function levelb._type_name(type oid)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_type_name$
begin
  if type < 16384 then
    return (select i.identity from pg_identify_object('pg_type'::regclass, type, 0) i);
  end if;
  return (
    select format('%I.%I', levelb._schema_name(e.typnamespace), e.typname)
        || case when e.oid = t.oid then '' else '[]' end
      from pg_type t join pg_type e on e.oid = case
        when t.typelem <> 0 and t.typsubscript = 'array_subscript_handler'::regproc then t.typelem else t.oid end
     where t.oid = type);
end
$_type_name$;
comment on function levelb._type_name(oid) is 'Qualified name of a type.';

-- As a column or domain is declared. The modifier of a type of users is written by its own function, found through
-- today's catalogs, after a name that may be another by now: so only what follows the name is taken.
create function levelb._type_text(
  type oid,
  modifier integer
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case when type < 16384 then format_type(type, modifier)
  else levelb._type_name(type)
    || case when modifier = -1 then '' else substr(format_type(type, modifier), length(format_type(type,
      null)) + 1) end end;
comment on function levelb._type_text(oid, integer) is 'Type with its modifier.';

create function levelb._signature(types oidvector)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_signature$
begin
  return (select '(' || coalesce(string_agg(levelb._type_name(t.type), ',' order by t.n), '') || ')'
            from unnest(types::oid[]) with ordinality t (type, n));
end
$_signature$;
comment on function levelb._signature(oidvector) is 'Argument types of a function, as its identity has them.';

create function levelb._function_name(function oid)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (select format('%I.%I', levelb._schema_name(p.pronamespace), p.proname) || levelb._signature(p.proargtypes)
          from pg_proc p where p.oid = function);
comment on function levelb._function_name(oid) is 'Identity of a function; null for none.';

create function levelb._relation_kind(kind "char")
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case kind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view' when 'm' then 'materialized view'
  when 'f' then 'foreign table' when 'S' then 'sequence' when 'i' then 'index' when 'I' then 'index'
  when 'c' then 'composite type'
  when 't' then 'toast table' end;
comment on function levelb._relation_kind(kind "char") is 'Object type of a relation.';

-- {"class:prefix name": value} of name=value settings. special: {"name": "class:attribute"} of those that are told
-- otherwise.
create function levelb._option_attributes(
  options text[],
  prefix text,
  special jsonb
)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (select coalesce(jsonb_object_agg(coalesce(special ->> split_part(o, '=', 1), prefix || split_part(o, '=', 1)),
    substr(o, strpos(o, '=') + 1)), '{}') from unnest(options) o);
comment on function levelb._option_attributes(text[], text, jsonb) is 'Options as attributes.';

-- {"acl:grantee": "privilege, privilege*"}; * is the grant option. NULL and the explicit default are the same. The
-- owner's own entry appears only where it is less than everything, as "(owner)", so that a change of owner is one
-- effect and not three.
create function levelb._acl_attributes(
  acl aclitem[],
  kind "char",
  owner oid
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  with item as (
    select a.grantee, a.grantor,
        string_agg(lower(a.privilege_type) || case when a.is_grantable then '*' else '' end, ', '
          order by a.privilege_type collate "C") as privileges
      from aclexplode(coalesce(acl, acldefault(kind, owner))) a
     group by a.grantee, a.grantor
  ), full_owner as (
    select string_agg(lower(a.privilege_type), ', ' order by a.privilege_type collate "C") as privileges
      from aclexplode(acldefault(kind, owner)) a where a.grantee = owner
  ), labelled as (
    select case when i.grantee = owner then '(owner)' else levelb._role_name(i.grantee) end
        || case when i.grantor = owner then '' else ' by ' || levelb._role_name(i.grantor) end as label, i.privileges
      from item i
     where not (i.grantee = owner and i.grantor = owner
       and i.privileges is not distinct from (select f.privileges from full_owner f))
    union all
    select '(owner)' as label, 'none' as privileges from full_owner f
     where f.privileges is not null and not exists (select from item i where i.grantee = owner)
  )
  select coalesce(jsonb_object_agg('acl:' || l.label, l.privileges), '{}') from labelled l
);
comment on function levelb._acl_attributes(aclitem[], "char", oid) is 'Normalised ACL as attributes.';

-- The xid of a column with its epoch, as SQL. Written out in the query: a function call per row costs ten times as
-- much.
create function levelb._full_xid(xid_column text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return replace(
  '(pg_current_xact_id()::text::numeric + age(pg_current_xact_id()::xid) - age(X))::text::xid8', 'X', xid_column);
comment on function levelb._full_xid(text) is 'Text of an expression for an xid column as xid8.';

-- The age comes first because it is cheap and because pg_xact_status wants no frozen xid; that of no xid is
-- 2147483647.
-- A committed xmax counts when it may have committed after the snapshot: an older one is a row lock's.
create function levelb._touched(side text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case side
  when 'after' then format(
    '(case when age(c.xmin) <= age(pg_current_xact_id()::xid) then pg_xact_status(%s) = ''in progress'' else false end)',
    levelb._full_xid('c.xmin'))
  else format(
    '(case when age(c.xmax) = 2147483647 then false else case pg_xact_status(%1$s) when ''in progress'' then true
      when ''committed'' then %1$s >= pg_snapshot_xmin(pg_current_snapshot()) else false end end)',
    levelb._full_xid('c.xmax')) end;
comment on function levelb._touched(text) is
  'Text of the condition for rows written (after) or replaced (before) over alias c.';

-- What PostgreSQL moves by itself, or in passing: statistics, freezing, flags that say where it has to look, missing
-- values of columns, files of indexes and toast tables. (That of a table shows as data.) A short list, and the only one
-- of columns that may change without a word: "ignored" of a family says no more than that attributes do not need them.
create function levelb._moving_columns()
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array['attcacheoff', 'atthasmissing', 'attmissingval', 'datfrozenxid', 'datminmxid', 'indcheckxmin',
  'relallfrozen', 'relallvisible', 'relfilenode', 'relfrozenxid', 'relhasindex', 'relhasrules', 'relhassubclass',
  'relhastriggers', 'relminmxid', 'relpages', 'reltuples'];
comment on function levelb._moving_columns() is 'Columns whose change alone says nothing.';
