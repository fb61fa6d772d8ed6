-- Owns the view catalog_state: everything that the families can tell of this database, in the words of effects. Nothing
-- in the channel reads it: an activation renders what it touched, and this renders all there is.

-- A hash instead of the text where the text is long and what counts is whether it is still the one that was approved.
create function levelb._shown_definition(state levelb._state_row)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case when (state).definition_as not like 'repoint:%' then nullif((state).definition, '')
  else 'sha256 ' || encode(levelb._sha256((state).definition), 'hex') end;
comment on function levelb._shown_definition(levelb._state_row) is 'Definition as effects show it.';

-- Whole rows are asked for where two are compared, and cost more than all the rest: here they are left out. "changed"
-- is said of a secret that this transaction wrote, and finding out who wrote takes a transaction id, which a standby
-- cannot give: a reader wrote nothing. Rows that are implied have no attribute but grants, and most have no ACL either:
-- those are not read.
create function levelb._state_query(family levelb._family)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_state_query$
begin
  family.whole := '''{}''::jsonb';
  family.attributes := replace(family.attributes, levelb._touched('after'), 'false');
  return levelb._family_query(family, format('(not (%s) or %s)', family.is_implied,
    case when family.acl is null then 'false' else format('c.%s is not null', family.acl) end),
    'null::xid8', family.definition_as is not null);
end
$_state_query$;
comment on function levelb._state_query(levelb._family) is 'Query for all rows of one family that say something.';

-- To deparse a query locks what it reads, and nobody who looks may make an activation wait: the subtransaction is undone
-- to give the locks back.
create function levelb._state_rows()
  returns setof levelb._state_row
  language plpgsql stable
  rows 20000
  set search_path = pg_catalog, pg_temp
as $_state_rows$
declare
  v_family levelb._family;
  v_rows levelb._state_row[];
  v_all levelb._state_row[] := '{}';
begin
  begin
    for v_family in select f.* from levelb._families() f where f.is_implied <> 'true' or f.acl is not null loop
      execute format('select array(select row(s.*)::levelb._state_row from (%s) s)', levelb._state_query(v_family)) into v_rows;
      v_all := v_all || v_rows;
    end loop;
    raise exception using errcode = 'UNDO0';
  exception when sqlstate 'UNDO0' then
    null;
  end;
  return query select s.* from unnest(v_all) s;
end
$_state_rows$;
comment on function levelb._state_rows() is 'Every row that a family can tell of.';

-- What initdb made is told by its owner, its privileges and what is security or repoint: those a superuser can change.
-- Its structure is the same wherever this version of PostgreSQL is, and would be two lines of three.
create function levelb._catalog_state()
  returns table (
    class text, object_type text, identity text, attribute text, value text, schema text, catalog text, key text,
    written_by text)
  language sql stable security definer
  rows 20000
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
  set standard_conforming_strings = on
as $_catalog_state$
  with state as materialized (
    select s as state, s.catalog, s.key, s.object_type, s.identity, s.schema, s.part_of,
        split_part(s.part_of, ' ', 1) as of_catalog, substr(s.part_of, strpos(s.part_of, ' ') + 1) as of_key
      from levelb._state_rows() s where s.attributes is not null
  ), named as (
    -- What is said about an object is named after it. PostgreSQL is asked only where no family tells of the object.
    select s.state, coalesce(s.object_type, o.object_type, i.type) as object_type,
        coalesce(s.identity, o.identity, i.identity) as identity, coalesce(s.schema, o.schema, i.schema) as schema,
        -- the first column of a key is the object, unless the row says something about another
        coalesce(s.of_key, s.key) ~ '^\d+'
          and substring(coalesce(s.of_key, s.key) from '^\d+')::oid < 16384 as is_initial
      from state s
        left join state o on s.identity is null and o.identity is not null
          and o.catalog = s.of_catalog and o.key = s.of_key
        left join lateral pg_identify_object(
          case when s.identity is null and o.key is null then
            case s.of_catalog when 'pg_attribute' then 'pg_class' else s.of_catalog end::regclass end,
          split_part(s.of_key, '.', 1)::oid,
          case when s.of_catalog = 'pg_attribute' then split_part(s.of_key, '.', 2)::integer else 0 end) i on true
  )
  select split_part(a.name, ':', 1), n.object_type, n.identity, substr(a.name, strpos(a.name, ':') + 1), a.value,
      n.schema, (n.state).catalog, (n.state).key, (n.state).written_by
    from named n,
      lateral (
        select e.key, e.value from jsonb_each_text((n.state).attributes) e
        union all
        select (n.state).exists_class || ':exists', 'present' where (n.state).exists_class is not null
        union all
        select (n.state).definition_as, levelb._shown_definition(n.state) where (n.state).definition is not null
      ) a (name, value)
   where (not (n.state).is_implied or a.name like 'acl:%')
     -- the number of a file says nothing to a reader
     and a.value is not null and a.name not like 'data:%' and not (n.is_initial and a.name like 'structure:%')
     and coalesce(n.schema, '') !~ '^pg_(toast_)?temp'
$_catalog_state$;
comment on function levelb._catalog_state() is 'Lines of the view catalog_state.';

create view levelb.catalog_state as select s.* from levelb._catalog_state() s;
comment on view levelb.catalog_state is 'The privileged state of this database, a line per attribute, in the words of effects.

What an activation would show as "before". Defaults that CREATE gives are left out, except owners and privileges, which are
always told: {"acl", "table", "shop.orders", "PUBLIC", "select"}. Of what initdb made there is no structure; of temporary
objects there is nothing. Passwords, connection strings and secret options are never in it, only that they are set.

Reading it renders every object, whatever the WHERE clause: about 2 seconds in an empty database, and 2 ms a table. Code is
deparsed, which waits for relations that another session has locked for DDL: set lock_timeout.';
comment on column levelb.catalog_state.class is
  'What a change of it would be: owner, acl, role, extension, repoint, security, setting or structure.';
comment on column levelb.catalog_state.object_type is
  'Kind of object, as pg_identify_object names it: table, function, role.';
comment on column levelb.catalog_state.identity is
  'Qualified and quoted name, as pg_identify_object writes it: shop.orders, shop.total(integer).';
comment on column levelb.catalog_state.attribute is
  'What is told of it: owner, a grantee (class acl), exists, definition, a setting or an option.';
comment on column levelb.catalog_state.value is
  'Its value. Privileges are a list, * with grant option; the text of functions and views is a hash.';
comment on column levelb.catalog_state.schema is '@null

Schema that the object is in; null where it is in none.';
comment on column levelb.catalog_state.catalog is 'System catalog that says so: pg_class.';
comment on column levelb.catalog_state.key is 'Its row there: the oid, or what else tells rows of that catalog apart.';
comment on column levelb.catalog_state.written_by is
  'xmin of that row: the transaction that wrote it last, as proof.transaction_id has it modulo 2^32, while it is not frozen.';
