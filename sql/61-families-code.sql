-- Owns the families of functions, types and schemas.
--
-- What calls find behind the name of a function is class repoint: its text, and the settings it runs with, of which
-- search_path decides what its names mean. As whom it runs, and whether it may see rows that policies hide, is
-- security.

create function levelb._families_code()
  returns setof levelb._family
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_families_code$
  select levelb._family_of('pg_namespace', key => 'c.oid::text', object_type => '''schema''',
    identity => 'quote_ident(levelb._schema_name(c.oid))', names => 'array[c.nspname]::text[]',
      schema => 'c.nspname::text',
    owner => 'nspowner', acl => 'nspacl', acl_kind => '''n''', exists_class => '''structure''',
    name_class => '''repoint''', name_columns => array['nspname'], ignored => array['oid'])
  union all
  -- What an aggregate does stands in another catalog. The constructors of a range type come and go with it and
  -- belong to the first superuser, whoever makes the type.
  select levelb._family_of('pg_proc', filter => d.filter, key => 'c.oid::text',
    object_type => $$case c.prokind when 'a' then 'aggregate' when 'p' then 'procedure' else 'function' end$$,
    identity => $$format('%I.%I', n.nspname, c.proname) || levelb._signature(c.proargtypes)$$,
    joins => $$left join pg_namespace n on n.oid = c.pronamespace
      left join pg_depend g on g.classid = 1255 and g.objid = c.oid and g.refclassid = 1247 and g.deptype = 'i'$$,
    schema => 'n.nspname::text',
    owner => 'proowner', acl => 'proacl', acl_kind => '''f''',
    part_of => $$'pg_type ' || g.refobjid$$,
    is_implied => $$g.refobjid is not null and c.proowner = 10 and c.prosrc ~ '^(multi)?range_constructor[0-3]$'$$,
    attributes => $$case
      when g.refobjid is not null and c.proowner = 10 and c.prosrc ~ '^(multi)?range_constructor[0-3]$' then '{}'
      else levelb._option_attributes(c.proconfig, 'repoint:set ', '{"search_path": "repoint:search_path"}')
      || jsonb_strip_nulls(jsonb_build_object(
        'security:security', case when c.prosecdef then 'definer' end,
        'security:leakproof', case when c.proleakproof then 'yes' end,
        'structure:volatility', case when c.prokind <> 'a' then
          case c.provolatile when 'i' then 'immutable' when 's' then 'stable' end end,
        'structure:parallel', case c.proparallel when 's' then 'safe' when 'r' then 'restricted' end,
        'structure:strict', case when c.proisstrict then 'yes' end,
        'structure:window', case when c.prokind = 'w' then 'yes' end,
        'structure:cost', case when c.procost <> case when c.prolang in (12,
        13) then 1 else 100 end then c.procost::text end,
        'structure:rows', case when c.proretset and c.prorows <> 1000 then c.prorows::text end,
        'structure:support',
        (select levelb._schema_name(s.pronamespace) || '.' || s.proname from pg_proc s
          where s.oid = c.prosupport))) end$$,
    exists_class => '''repoint''', name_class => '''repoint''', name_columns => array['proname', 'pronamespace'],
    code_columns => array['prolang', 'prosrc', 'probin', 'prosqlbody', 'provariadic', 'proretset', 'prorettype',
      'proargtypes',
      'proallargtypes', 'proargmodes', 'proargnames', 'proargdefaults', 'protrftypes'],
    -- Those that an extension made are told by its version (67).
    definition => d.definition, defined => $$c.oid >= 16384 and not exists (
      select from pg_depend e join pg_authid o on o.oid = c.proowner and o.rolsuper
       where not c.prosecdef and e.classid = 1255 and e.objid = c.oid and e.deptype = 'e')$$,
    definition_as => d.definition_as,
    ignored => array['oid', 'procost', 'prorows', 'prosupport', 'prokind', 'prosecdef', 'proleakproof', 'proisstrict',
      'provolatile', 'proparallel', 'pronargs', 'pronargdefaults', 'proconfig'])
  from (values ($$c.prokind <> 'a'$$, 'pg_get_functiondef(c.oid)', 'repoint:definition'),
               ($$c.prokind = 'a'$$, null, null)) d (filter, definition, definition_as)
  union all
  -- Enumerations, domains, composite types, ranges; the row types of tables, arrays and multiranges follow their
  -- table,
  -- element and range, but before 17 a multirange can be given to another owner than its range.
  -- What a domain was given as default is what it was parsed to: typdefault is the words of then, whose names mean
  -- something else under another search_path. None is '', since null is what could not be read. Collation 100 is the
  -- default of the database; others may have its name.
  select levelb._family_of('pg_type', filter => d.filter,
    key => 'c.oid::text', object_type => '''type''', identity => 'levelb._type_name(c.oid)',
    joins => $$left join pg_namespace n on n.oid = c.typnamespace left join pg_class t on t.oid = c.typrelid
      left join pg_range g on c.typtype = 'm' and g.rngmultitypid = c.oid left join pg_type e on e.oid = g.rngtypid$$,
    names => 'array[n.nspname, c.typname]::text[]', schema => 'n.nspname::text',
    owner => 'typowner', acl => 'typacl', acl_kind => '''T''',
    part_of => $$case when t.relkind <> 'c' then 'pg_class ' || t.oid when c.typelem <> 0 then 'pg_type ' || c.typelem
      when c.typtype = 'm' then 'pg_type ' || g.rngtypid end$$,
    is_implied => $$coalesce(t.relkind <> 'c', false) or c.typelem <> 0 or c.typtype = 'm' and e.typowner = c.typowner$$,
    attributes => $$jsonb_strip_nulls(jsonb_build_object(
      'structure:domain', case when c.typtype = 'd' then levelb._type_text(c.typbasetype, c.typtypmod)
        || coalesce((select format(' collate %I.%I', levelb._schema_name(l.collnamespace),
          l.collname) from pg_collation l
             where l.oid = c.typcollation and l.oid <> 100), '')
        || case when c.typnotnull then ' not null' else '' end end))$$,
    exists_class => '''structure''', name_class => '''repoint''', name_columns => array['typname', 'typnamespace'],
    code_columns => d.code, definition => d.definition, defined => 'c.oid >= 16384', definition_as => d.definition_as,
    ignored => array['oid', 'typlen', 'typbyval', 'typtype', 'typcategory', 'typispreferred', 'typisdefined',
      'typdelim', 'typrelid',
      'typsubscript', 'typelem', 'typarray', 'typinput', 'typoutput', 'typreceive', 'typsend', 'typmodin', 'typmodout',
      'typanalyze', 'typalign', 'typstorage', 'typnotnull', 'typbasetype', 'typtypmod', 'typndims', 'typcollation',
      'typdefaultbin', 'typdefault'])
  from (values
    ($$c.typtype = 'd'$$, array['typdefaultbin'], $$coalesce(pg_get_expr(c.typdefaultbin, 0), '')$$,
      'structure:default'),
    ($$c.typtype in ('c', 'e', 'r', 'm')
      or c.typelem <> 0 and c.typsubscript = 'array_subscript_handler'::regproc$$, '{}', null, null))
    d (filter, code, definition, definition_as)
  union all
  -- Base types are made of C functions, by superusers.
  select levelb._family_of('pg_type', filter => $$c.typtype in ('b', 'p')
      and not (c.typelem <> 0 and c.typsubscript = 'array_subscript_handler'::regproc)$$,
    key => 'c.oid::text', object_type => '''type''', identity => 'levelb._type_name(c.oid)',
    joins => 'left join pg_namespace n on n.oid = c.typnamespace', schema => 'n.nspname::text',
    owner => 'typowner', acl => 'typacl', acl_kind => '''T''')
  union all
  select levelb._family_of('pg_enum', key => 'c.oid::text', object_type => '''type''',
    identity => 'levelb._type_name(c.enumtypid)',
    joins => 'join pg_type t on t.oid = c.enumtypid left join pg_namespace n on n.oid = t.typnamespace',
    names => 'array[n.nspname, t.typname, c.enumlabel]::text[]', schema => 'n.nspname::text',
    part_of => $$'pg_type ' || c.enumtypid$$,
    attributes => $$jsonb_build_object('structure:label ' || quote_literal(c.enumlabel), 'at ' || c.enumsortorder)$$,
    ignored => array['oid', 'enumtypid', 'enumsortorder', 'enumlabel'])
$_families_code$;
comment on function levelb._families_code() is 'Families of functions, types and schemas.';
