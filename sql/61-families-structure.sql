-- Owns the families of indexes, partitions and inheritance, statistics objects, ranges and aggregates.

-- Most indexes are of columns alone and are said here, from catalogs, as they were: deparsing all of a database before
-- each activation would cost a tenth of a millisecond for each. Only those with expressions or a predicate need that.
create function levelb._index_text(index oid)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select concat_ws(' ', case when x.indisunique then 'unique' end, m.amname, 'on',
      format('%I.%I', levelb._schema_name(t.relnamespace), t.relname),
      (select '(' || string_agg(concat_ws(' ', quote_ident(a.attname),
            case when o.oid is null or a.attcollation = o.oid then null
              else format('collate %I.%I', levelb._schema_name(o.collnamespace), o.collname) end,
            case when not p.opcdefault then format('%I.%I', levelb._schema_name(p.opcnamespace), p.opcname) end,
            case x.indoption[i] & 3 when 1 then 'desc nulls last' when 2 then 'nulls first' when 3 then 'desc' end),
          ', ' order by i) || ')'
        from generate_series(0, x.indnkeyatts - 1) i
          join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[i]
          join pg_opclass p on p.oid = x.indclass[i]
          left join pg_collation o on o.oid = x.indcollation[i]),
      (select 'include (' || string_agg(quote_ident(a.attname), ', ' order by i) || ')'
        from generate_series(x.indnkeyatts::integer, x.indnatts - 1) i
          join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[i]),
      case when (to_jsonb(x) ->> 'indnullsnotdistinct')::boolean then 'nulls not distinct' end)
    from pg_index x join pg_class c on c.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
      join pg_am m on m.oid = c.relam
   where x.indexrelid = index);
comment on function levelb._index_text(oid) is 'What an index of columns is, without its name.';

-- An index belongs to whoever owns its table, is stored where its table is unless it says so, and follows it into
-- another schema. One that carries a key or an exclusion is named and told by its constraint; what it has by itself,
-- such as options, is told of it all the same, so such an index is no implied row.
create function levelb._families_indexes()
  returns setof levelb._family
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_families_indexes$
  select levelb._family_of('pg_class',
    filter => $$c.relkind in ('i', 'I') and c.relnamespace <> 99 and $$ || d.filter,
    key => 'c.oid::text', object_type => '''index''',
    identity => $$format('%I.%I', levelb._schema_name(c.relnamespace), c.relname)$$,
    joins => $$left join pg_namespace n on n.oid = c.relnamespace left join pg_index x on x.indexrelid = c.oid
      left join pg_constraint k on k.conrelid = x.indrelid and k.conindid = c.oid and k.contype in ('p', 'u', 'x')$$,
    -- Indexes of one name that are told differently, one dropped and one made, are two changes: hence the last name.
    names => format('array[n.nspname, c.relname, %L]::text[]', d.carries), schema => 'n.nspname::text',
    part_of => d.part_of,
    attributes => $$levelb._option_attributes(c.reloptions, 'structure:option ', '{}')
      || jsonb_strip_nulls(jsonb_build_object('structure:tablespace',
        (select s.spcname from pg_tablespace s where s.oid = c.reltablespace),
        'structure:definition', $$ || d.text || '))',
    exists_class => quote_nullable(d.class) || '::text', name_class => quote_nullable(d.class) || '::text',
    name_columns => d.names, definition => d.definition, defined => 'c.oid >= 16384', definition_as => d.definition_as,
    ignored => array['oid', 'relname', 'relnamespace', 'reltype', 'reloftype', 'relowner', 'relam', 'relfilenode',
      'reltablespace', 'relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'reltoastrelid', 'relhasindex',
      'relisshared', 'relpersistence', 'relkind', 'relnatts', 'relchecks', 'relhasrules', 'relhastriggers',
      'relhassubclass', 'relrowsecurity', 'relforcerowsecurity', 'relispopulated', 'relreplident', 'relispartition',
      'relrewrite', 'relfrozenxid', 'relminmxid', 'relacl', 'reloptions', 'relpartbound'])
  from (values
    ('k.oid is null and x.indexprs is null and x.indpred is null', 'columns', $$'pg_class ' || x.indrelid$$,
      'structure', array['relname'], 'levelb._index_text(c.oid)', null, null),
    ('k.oid is null and (x.indexprs is not null or x.indpred is not null)', 'expressions',
      $$'pg_class ' || x.indrelid$$, 'structure', array['relname'], 'null::text', 'pg_get_indexdef(c.oid)',
      'structure:definition'),
    ('k.oid is not null', 'constraint', $$'pg_constraint ' || k.oid$$, null, '{}', 'null::text', null, null)
  ) d (filter, carries, part_of, class, names, text, definition, definition_as)
  union all
  -- What can change in an index that stays: PostgreSQL alone sets indisready and the others, for a while.
  select levelb._family_of('pg_index', filter => 't.relnamespace <> 99', key => 'c.indexrelid::text',
    object_type => '''index''', identity => $$format('%I.%I', levelb._schema_name(t.relnamespace), t.relname)$$,
    joins => 'join pg_class t on t.oid = c.indexrelid left join pg_namespace n on n.oid = t.relnamespace',
    names => 'array[n.nspname, t.relname]::text[]', schema => 'n.nspname::text',
    part_of => $$'pg_class ' || c.indexrelid$$,
    attributes => $$jsonb_strip_nulls(jsonb_build_object(
      'structure:clustered', case when c.indisclustered then 'yes' end,
      'structure:valid', case when not c.indisvalid then 'no' end,
      'structure:replica identity', case when c.indisreplident then 'yes' end))$$,
    ignored => array['indexrelid', 'indrelid', 'indnatts', 'indnkeyatts', 'indisunique', 'indnullsnotdistinct',
      'indisprimary', 'indisexclusion', 'indimmediate', 'indisclustered', 'indisvalid', 'indcheckxmin', 'indisready',
      'indislive', 'indisreplident', 'indkey', 'indcollation', 'indclass', 'indoption', 'indexprs', 'indpred'])
$_families_indexes$;
comment on function levelb._families_indexes() is 'Families of indexes.';

create function levelb._families_partitions()
  returns setof levelb._family
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_families_partitions$
  -- One who has several parents reads their columns in this order.
  select levelb._family_of('pg_inherits', key => $$concat_ws(' ', c.inhrelid, c.inhseqno)$$,
    object_type => 'levelb._relation_kind(t.relkind)',
    identity => $$format('%I.%I', levelb._schema_name(t.relnamespace), t.relname)$$,
    joins => 'join pg_class t on t.oid = c.inhrelid left join pg_namespace n on n.oid = t.relnamespace
      join pg_class u on u.oid = c.inhparent',
    names => 'array[n.nspname, t.relname, levelb._schema_name(u.relnamespace), u.relname]::text[]',
    schema => 'n.nspname::text', part_of => $$'pg_class ' || c.inhrelid$$,
    attributes => $$jsonb_build_object(
      case when t.relispartition then 'structure:partition of ' else 'structure:child of ' end
        || format('%I.%I', levelb._schema_name(u.relnamespace), u.relname), 'at ' || c.inhseqno
        || case when c.inhdetachpending then ', being detached' else '' end)$$,
    ignored => array['inhrelid', 'inhparent', 'inhseqno', 'inhdetachpending'])
  union all
  -- A key stays as long as its table. Which partition is the default one is told of the partition.
  select levelb._family_of('pg_partitioned_table', key => 'c.partrelid::text', object_type => '''table''',
    identity => $$format('%I.%I', levelb._schema_name(t.relnamespace), t.relname)$$,
    joins => 'join pg_class t on t.oid = c.partrelid left join pg_namespace n on n.oid = t.relnamespace',
    names => 'array[n.nspname, t.relname]::text[]', schema => 'n.nspname::text',
    part_of => $$'pg_class ' || c.partrelid$$,
    code_columns => array['partstrat', 'partnatts', 'partattrs', 'partclass', 'partcollation', 'partexprs'],
    definition => 'pg_get_partkeydef(c.partrelid)', definition_as => 'structure:partition key',
    ignored => array['partrelid', 'partdefid'])
$_families_partitions$;
comment on function levelb._families_partitions() is 'Families of inheritance and partition keys.';

create function levelb._operator_name(operator oid)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (select format('%I.%s', levelb._schema_name(o.oprnamespace), o.oprname)
          from pg_operator o where o.oid = operator);
comment on function levelb._operator_name(oid) is 'Qualified name of an operator; null for none.';

-- PostgreSQL has no deparser for these two, so they are said in the words of CREATE. Everything is read from
-- catalogs, so that what was replaced is told as it was.
create function levelb._families_composed()
  returns setof levelb._family
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_families_composed$
  select levelb._family_of('pg_aggregate', key => 'c.aggfnoid::oid::text', object_type => '''aggregate''',
    identity => 'levelb._function_name(c.aggfnoid)',
    joins => 'join pg_proc p on p.oid = c.aggfnoid left join pg_namespace n on n.oid = p.pronamespace',
    names => 'array[n.nspname, p.proname]::text[]', schema => 'n.nspname::text',
    part_of => $$'pg_proc ' || c.aggfnoid::oid$$,
    attributes => $$jsonb_build_object('repoint:definition', concat_ws(', ',
      case c.aggkind when 'o' then 'ordered-set' when 'h' then 'hypothetical' end,
      case when c.aggkind <> 'n' then 'direct arguments ' || c.aggnumdirectargs end,
      'sfunc ' || levelb._function_name(c.aggtransfn), 'stype ' || levelb._type_name(c.aggtranstype),
      'sspace ' || nullif(c.aggtransspace, 0), 'initcond ' || quote_literal(c.agginitval),
      'finalfunc ' || levelb._function_name(c.aggfinalfn) || case when c.aggfinalextra then ' extra' else '' end
        || case c.aggfinalmodify when 'r' then ' read only' when 's' then ' shareable' else ' read write' end,
      'combinefunc ' || levelb._function_name(c.aggcombinefn), 'serialfunc ' || levelb._function_name(c.aggserialfn),
      'deserialfunc ' || levelb._function_name(c.aggdeserialfn),
      'msfunc ' || levelb._function_name(c.aggmtransfn), 'minvfunc ' || levelb._function_name(c.aggminvtransfn),
      'mstype ' || levelb._type_name(nullif(c.aggmtranstype, 0)), 'msspace ' || nullif(c.aggmtransspace, 0),
      'minitcond ' || quote_literal(c.aggminitval),
      'mfinalfunc ' || levelb._function_name(c.aggmfinalfn) || case when c.aggmfinalextra then ' extra' else '' end
        || case c.aggmfinalmodify when 'r' then ' read only' when 's' then ' shareable' else ' read write' end,
      'sortop ' || levelb._operator_name(c.aggsortop)))$$,
    ignored => array['aggfnoid', 'aggkind', 'aggnumdirectargs', 'aggtransfn', 'aggfinalfn', 'aggcombinefn',
      'aggserialfn', 'aggdeserialfn', 'aggmtransfn', 'aggminvtransfn', 'aggmfinalfn', 'aggfinalextra',
      'aggmfinalextra', 'aggfinalmodify', 'aggmfinalmodify', 'aggsortop', 'aggtranstype', 'aggtransspace',
      'aggmtranstype', 'aggmtransspace', 'agginitval', 'aggminitval'])
  union all
  select levelb._family_of('pg_range', key => 'c.rngtypid::oid::text', object_type => '''type''',
    identity => 'levelb._type_name(c.rngtypid)',
    joins => 'join pg_type t on t.oid = c.rngtypid left join pg_namespace n on n.oid = t.typnamespace',
    names => 'array[n.nspname, t.typname]::text[]', schema => 'n.nspname::text',
    part_of => $$'pg_type ' || c.rngtypid$$,
    attributes => $$jsonb_build_object('structure:range', concat_ws(', ', 'subtype ' || levelb._type_name(c.rngsubtype),
      'multirange ' || levelb._type_name(c.rngmultitypid),
      (select format('operator class %I.%I', levelb._schema_name(o.opcnamespace), o.opcname) from pg_opclass o
        where o.oid = c.rngsubopc and not o.opcdefault),
      (select format('collation %I.%I', levelb._schema_name(l.collnamespace), l.collname) from pg_collation l
        where l.oid = c.rngcollation and l.oid <> 100),
      'canonical ' || levelb._function_name(c.rngcanonical),
      'subtype difference ' || levelb._function_name(c.rngsubdiff)))$$,
    ignored => array['rngtypid', 'rngsubtype', 'rngmultitypid', 'rngcollation', 'rngsubopc', 'rngcanonical',
      'rngsubdiff'])
  union all
  -- The cast of a range type to its multirange type comes and goes with them.
  select levelb._family_of('pg_cast',
    filter => $$exists (select from pg_depend g where g.classid = 2605 and g.objid = c.oid and g.deptype = 'i')$$,
    key => 'c.oid::text', object_type => '''cast''',
    identity => $$format('(%s AS %s)', levelb._type_name(c.castsource), levelb._type_name(c.casttarget))$$,
    part_of => $$'pg_type ' || c.castsource$$, is_implied => 'true',
    ignored => array['oid', 'castsource', 'casttarget', 'castfunc', 'castcontext', 'castmethod'])
  union all
  select levelb._family_of('pg_statistic_ext', key => 'c.oid::text', object_type => '''statistics object''',
    identity => $$format('%I.%I', levelb._schema_name(c.stxnamespace), c.stxname)$$,
    joins => 'left join pg_namespace n on n.oid = c.stxnamespace',
    names => 'array[n.nspname, c.stxname]::text[]', schema => 'n.nspname::text', owner => 'stxowner',
    part_of => $$'pg_class ' || c.stxrelid$$,
    attributes => $$jsonb_strip_nulls(jsonb_build_object('structure:target', nullif(c.stxstattarget, -1)::text))$$,
    exists_class => '''structure''', name_class => '''structure''', name_columns => array['stxname', 'stxnamespace'],
    code_columns => array['stxkeys', 'stxkind', 'stxexprs'], definition => 'pg_get_statisticsobjdef(c.oid)',
    definition_as => 'structure:definition', ignored => array['oid', 'stxrelid', 'stxstattarget'])
$_families_composed$;
comment on function levelb._families_composed() is 'Families of aggregates, ranges and statistics objects.';

create function levelb._families_structure()
  returns setof levelb._family
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_families_structure$
  select f.* from levelb._families_indexes() f
  union all select f.* from levelb._families_partitions() f
  union all select f.* from levelb._families_composed() f
$_families_structure$;
comment on function levelb._families_structure() is 'Families of indexes, partitions and what is composed.';
