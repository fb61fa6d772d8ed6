-- Owns the families of relations, their columns, defaults, constraints and queries, and of sequences; 61-…-structure
-- has those of indexes, 61-…-security those of rules and constraint triggers.
--
-- A view is a name that others use for something else: what it says is class repoint, and so is any change of a
-- relation's own name. Row security and who a view reads as are class security. The rest of a relation is structure.

create function levelb._families_relations()
  returns setof levelb._family
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_families_relations$
  select levelb._family_of('pg_class',
    filter => $$c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.relnamespace <> 99$$,
    key => 'c.oid::text', object_type => 'levelb._relation_kind(c.relkind)',
    identity => $$format('%I.%I', levelb._schema_name(c.relnamespace), c.relname)$$,
    joins => 'left join pg_namespace n on n.oid = c.relnamespace', schema => 'n.nspname::text',
    names => 'array[n.nspname, c.relname]::text[]',
    owner => 'relowner', acl => 'relacl', acl_kind => $$case c.relkind when 'S' then 's' else 'r' end$$,
    attributes => $$levelb._option_attributes(c.reloptions, 'structure:option ', case when c.relkind = 'v' then
        '{"security_invoker": "security:security_invoker", "security_barrier": "security:security_barrier"}'::jsonb else '{}' end)
      || jsonb_strip_nulls(jsonb_build_object(
        'security:row security', case when c.relrowsecurity then 'enabled' end,
        'security:row security of the owner', case when c.relforcerowsecurity then 'forced' end,
        'structure:persistence', case when c.relpersistence <> 'p' then
          case c.relpersistence when 'u' then 'unlogged' else 'temporary' end end,
        'structure:access method', (select a.amname from pg_am a where a.oid = c.relam and a.amname <> 'heap'),
        'structure:tablespace', (select s.spcname from pg_tablespace s where s.oid = c.reltablespace),
        'structure:replica identity', case when c.relkind in ('r', 'p', 'm') and c.relreplident <> 'd' then
          case c.relreplident when 'n' then 'nothing' when 'f' then 'full' when 'i' then 'index' end end,
        'structure:of type', levelb._type_name(nullif(c.reloftype, 0)),
        'structure:partition bound', pg_get_expr(c.relpartbound, c.oid),
        'structure:partitioned', case when c.relkind = 'p' then 'yes' end,
        'structure:populated', case when not c.relispopulated then 'no' end,
        -- A new file means TRUNCATE, REFRESH, RESTART or a rewrite; its number means nothing to a reader.
        'data:storage', case when c.relkind in ('r', 'm', 'S') then c.relfilenode::text end))$$,
    exists_class => $$case when c.relkind in ('v', 'm') then 'repoint' else 'structure' end$$,
    name_class => '''repoint''', name_columns => array['relname', 'relnamespace'],
    -- for a new owner only: that the query was replaced stands in pg_rewrite
    definition => $$pg_get_viewdef(c.oid) || E'\n' || coalesce(c.reloptions::text, '')$$,
      defined => $$c.relkind in ('v', 'm')$$,
    ignored => array['oid', 'reltype', 'reloftype', 'relam', 'relfilenode', 'reltablespace', 'relpages', 'reltuples',
      'relallvisible',
      'relallfrozen', 'reltoastrelid', 'relhasindex', 'relisshared', 'relpersistence', 'relkind', 'relnatts',
      'relchecks',
      'relhasrules', 'relhastriggers', 'relhassubclass', 'relrowsecurity', 'relforcerowsecurity', 'relispopulated',
      'relreplident', 'relispartition', 'relrewrite', 'relfrozenxid', 'relminmxid', 'reloptions', 'relpartbound'])
  union all
  -- the row of a composite type belongs to its type
  select levelb._family_of('pg_class', filter => $$c.relkind = 'c'$$, key => 'c.oid::text',
    object_type => '''composite type''',
    identity => $$format('%I.%I', levelb._schema_name(c.relnamespace), c.relname)$$,
    joins => 'left join pg_namespace n on n.oid = c.relnamespace', schema => 'n.nspname::text',
    part_of => $$'pg_type ' || c.reltype$$, is_implied => 'true',
    ignored => array['oid', 'relname', 'relnamespace', 'reltype', 'reloftype', 'relowner', 'relam', 'relfilenode',
      'reltablespace',
      'relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'reltoastrelid', 'relhasindex', 'relisshared',
      'relpersistence',
      'relkind', 'relnatts', 'relchecks', 'relhasrules', 'relhastriggers', 'relhassubclass', 'relrowsecurity',
      'relforcerowsecurity', 'relispopulated', 'relreplident', 'relispartition', 'relrewrite', 'relfrozenxid',
      'relminmxid',
      'relacl', 'reloptions', 'relpartbound'])
  union all
  -- Toast tables and their indexes, named after their table by PostgreSQL; nobody else makes relations in pg_toast.
  -- Their options are given to the table, and told of it.
  select levelb._family_of('pg_class', filter => 'c.relnamespace = 99', key => 'c.oid::text',
    object_type => 'null::text', identity => 'null::text', names => $$array['', 'toast', c.relkind::text]$$,
    part_of => $$'pg_class ' || substring(c.relname from '^pg_toast_(\d+)')$$,
    attributes => $$levelb._option_attributes(c.reloptions, 'structure:option toast.', '{}')$$,
    ignored => array['oid', 'relname', 'relnamespace', 'reltype', 'reloftype', 'relowner', 'relam', 'relfilenode',
      'reltablespace',
      'relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'reltoastrelid', 'relhasindex', 'relisshared',
      'relpersistence',
      'relkind', 'relnatts', 'relchecks', 'relhasrules', 'relhastriggers', 'relhassubclass', 'relrowsecurity',
      'relforcerowsecurity', 'relispopulated', 'relreplident', 'relispartition', 'relrewrite', 'relfrozenxid',
      'relminmxid',
      'relacl', 'reloptions', 'relpartbound'])
  union all
  select levelb._family_of('pg_index', filter => 't.relnamespace = 99', key => 'c.indexrelid::text',
    object_type => '''index''',
    identity => $$format('%I.%I', 'pg_toast', t.relname)$$, joins => 'join pg_class t on t.oid = c.indexrelid',
    part_of => $$'pg_class ' || substring(t.relname from '^pg_toast_(\d+)')$$, is_implied => 'true',
    ignored => array['indexrelid', 'indrelid', 'indnatts', 'indnkeyatts', 'indisunique', 'indnullsnotdistinct',
      'indisprimary',
      'indisexclusion', 'indimmediate', 'indisclustered', 'indisvalid', 'indcheckxmin', 'indisready', 'indislive',
      'indisreplident', 'indkey', 'indcollation', 'indclass', 'indoption', 'indexprs', 'indpred'])
  union all
  select levelb._family_of('pg_sequence', key => 'c.seqrelid::text', object_type => '''sequence''',
    identity => $$format('%I.%I', levelb._schema_name(t.relnamespace), t.relname)$$, schema => 'n.nspname::text',
    joins => 'join pg_class t on t.oid = c.seqrelid left join pg_namespace n on n.oid = t.relnamespace',
    part_of => $$'pg_class ' || c.seqrelid$$,
    attributes => $$jsonb_build_object('structure:sequence', format('%s start %s increment %s minimum %s maximum %s cache %s%s',
      format_type(c.seqtypid, null), c.seqstart, c.seqincrement, c.seqmin, c.seqmax, c.seqcache,
      case when c.seqcycle then ' cycle' else '' end))$$,
    ignored => array['seqrelid', 'seqtypid', 'seqstart', 'seqincrement', 'seqmax', 'seqmin', 'seqcache', 'seqcycle'])
  union all
  select levelb._family_of('pg_rewrite', filter => $$c.rulename = '_RETURN'$$, key => 'c.oid::text',
    object_type => 'levelb._relation_kind(t.relkind)',
    identity => $$format('%I.%I', levelb._schema_name(t.relnamespace), t.relname)$$, schema => 'n.nspname::text',
    joins => 'join pg_class t on t.oid = c.ev_class left join pg_namespace n on n.oid = t.relnamespace',
    names => 'array[n.nspname, t.relname]::text[]', part_of => $$'pg_class ' || c.ev_class$$,
    attributes => $$case when c.ev_enabled = 'O' then '{}' else jsonb_build_object('security:query',
      case c.ev_enabled when 'D' then 'disabled' when 'A' then 'always' when 'R' then 'replica' end) end$$,
    code_columns => array['ev_action', 'ev_qual', 'ev_type', 'is_instead'], definition => 'pg_get_viewdef(c.ev_class)',
    defined => 'c.ev_class >= 16384', definition_as => 'repoint:definition',
    ignored => array['oid', 'rulename', 'ev_class', 'ev_enabled'])
  union all
  -- Text of checks, keys and, since 18, NOT NULL.
  select levelb._family_of('pg_constraint', filter => $$(c.conrelid <> 0 or c.contypid <> 0) and c.contype <> 't'$$,
    key => 'c.oid::text',
    object_type => $$case when c.conrelid <> 0 then 'table constraint' else 'domain constraint' end$$,
    identity => $$quote_ident(c.conname) || ' on ' || case when c.conrelid <> 0
      then format('%I.%I', levelb._schema_name(t.relnamespace), t.relname) else levelb._type_name(c.contypid) end$$,
    joins => 'left join pg_class t on t.oid = c.conrelid left join pg_namespace n on n.oid = c.connamespace',
    schema => 'n.nspname::text',
    part_of => $$case when c.conrelid <> 0 then 'pg_class ' || c.conrelid else 'pg_type ' || c.contypid end$$,
    name_class => '''structure''', name_columns => array['conname'],
    attributes => $$jsonb_strip_nulls(jsonb_build_object(
      'structure:inherited', case when c.coninhcount > 0 then c.coninhcount::text end))$$,
    code_columns => array['contype', 'condeferrable', 'condeferred', 'conenforced', 'convalidated', 'conparentid',
      'confrelid',
      'confupdtype', 'confdeltype', 'confmatchtype', 'connoinherit', 'conperiod', 'conkey', 'confkey', 'conpfeqop',
      'conppeqop',
      'conffeqop', 'confdelsetcols', 'conexclop', 'conbin'],
    definition => 'pg_get_constraintdef(c.oid)', defined => 'c.oid >= 16384', definition_as => 'structure:definition',
    ignored => array['oid', 'connamespace', 'conrelid', 'contypid', 'conindid', 'conislocal', 'coninhcount'])
$_families_relations$;
comment on function levelb._families_relations() is
  'Families of relations, their queries and constraints, and of sequences.';

create function levelb._families_columns()
  returns setof levelb._family
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_families_columns$
  -- The columns of a view come and go with its query. A dropped column keeps its row, which is as good as none.
  select levelb._family_of('pg_attribute', filter => $$t.relkind not in ('i', 'I', 't')$$,
    key => $$c.attrelid || '.' || c.attnum$$, object_type => $$levelb._relation_kind(t.relkind) || ' column'$$,
    identity => $$format('%I.%I.%I', levelb._schema_name(t.relnamespace), t.relname, c.attname)$$,
    joins => 'join pg_class t on t.oid = c.attrelid left join pg_namespace n on n.oid = t.relnamespace',
    names => 'array[n.nspname, t.relname, c.attname]::text[]', schema => 'n.nspname::text',
    acl => 'attacl', acl_kind => '''c''', acl_owner => 't.relowner',
    part_of => $$'pg_class ' || c.attrelid$$, is_detail => $$t.relkind not in ('v', 'm', 'S')$$,
    attributes => $$case when c.attisdropped then null when c.attnum < 0 or t.relkind = 'S' then '{}'
      else jsonb_strip_nulls(jsonb_build_object(
        'structure:column', levelb._type_text(c.atttypid, c.atttypmod)
          || coalesce((select format(' collate %I.%I', levelb._schema_name(l.collnamespace),
            l.collname) from pg_collation l
               where l.oid = c.attcollation and l.oid <> 100), '')
          || case when c.attnotnull then ' not null' else '' end
          || case c.attidentity when 'a' then ' generated always as identity' when 'd' then ' generated by default as identity'
               else '' end
          || case c.attgenerated when 's' then ' generated stored' when 'v' then ' generated virtual' else '' end,
        'structure:storage',
        (select case c.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main'
          when 'x' then 'extended' end from pg_type y where y.oid = c.atttypid and y.typstorage <> c.attstorage),
        'structure:compression', nullif(c.attcompression::text, ''),
        'structure:statistics', nullif(c.attstattarget, -1)::text,
        'structure:options', array_to_string(c.attoptions, ', '),
        'structure:foreign options', array_to_string(c.attfdwoptions, ', '),
        'structure:inherited', case when c.attinhcount > 0 then c.attinhcount::text end)) end$$,
    name_class => '''structure''', name_columns => array['attname'],
    ignored => array['attrelid', 'attnum', 'atttypid', 'attlen', 'atttypmod', 'attndims', 'attbyval', 'attalign',
      'attstorage',
      'attcompression', 'attnotnull', 'atthasdef', 'atthasmissing', 'attidentity', 'attgenerated', 'attisdropped',
      'attislocal',
      'attinhcount', 'attcollation', 'attstattarget', 'attoptions', 'attfdwoptions', 'attmissingval', 'attcacheoff'])
  union all
  select levelb._family_of('pg_attribute', filter => $$t.relkind = 't'$$,
    key => $$c.attrelid || '.' || c.attnum$$, object_type => $$levelb._relation_kind(t.relkind) || ' column'$$,
    identity => $$format('%I.%I.%I', levelb._schema_name(t.relnamespace), t.relname, c.attname)$$,
    joins => 'join pg_class t on t.oid = c.attrelid left join pg_namespace n on n.oid = t.relnamespace',
    names => 'array[n.nspname, t.relname, c.attname]::text[]', schema => 'n.nspname::text',
    part_of => $$'pg_class ' || c.attrelid$$, is_implied => 'true',
    attributes => $$jsonb_strip_nulls(jsonb_build_object(
      'structure:statistics', case when c.attnum > 0 then nullif(c.attstattarget, -1)::text end,
      'structure:options', array_to_string(c.attoptions, ', ')))$$,
    ignored => array['attrelid', 'attname', 'attnum', 'atttypid', 'attlen', 'atttypmod', 'attndims', 'attbyval',
      'attalign',
      'attstorage', 'attcompression', 'attnotnull', 'atthasdef', 'atthasmissing', 'attidentity', 'attgenerated',
      'attisdropped', 'attislocal', 'attinhcount', 'attcollation', 'attstattarget', 'attacl', 'attoptions',
      'attfdwoptions',
      'attmissingval', 'attcacheoff'])
  union all
  -- The columns of an index are named after those of its table, and its definition says what they are.
  select levelb._family_of('pg_attribute', filter => $$t.relkind in ('i', 'I')$$,
    key => $$c.attrelid || '.' || c.attnum$$, object_type => $$levelb._relation_kind(t.relkind) || ' column'$$,
    identity => $$format('%I.%I.%I', levelb._schema_name(t.relnamespace), t.relname, c.attname)$$,
    joins => 'join pg_class t on t.oid = c.attrelid left join pg_namespace n on n.oid = t.relnamespace',
    names => 'array[n.nspname, t.relname, c.attname]::text[]', schema => 'n.nspname::text',
    part_of => $$'pg_class ' || c.attrelid$$,
    attributes => $$jsonb_strip_nulls(jsonb_build_object(
      'structure:statistics', case when c.attnum > 0 then nullif(c.attstattarget, -1)::text end,
      'structure:options', array_to_string(c.attoptions, ', ')))$$,
    ignored => array['attrelid', 'attname', 'attnum', 'atttypid', 'attlen', 'atttypmod', 'attndims', 'attbyval',
      'attalign',
      'attstorage', 'attcompression', 'attnotnull', 'atthasdef', 'atthasmissing', 'attidentity', 'attgenerated',
      'attisdropped', 'attislocal', 'attinhcount', 'attcollation', 'attstattarget', 'attacl', 'attoptions',
      'attfdwoptions',
      'attmissingval', 'attcacheoff'])
  union all
  -- A new default is a new row: the two are one change, since they say the same of the same column.
  select levelb._family_of('pg_attrdef', key => 'c.oid::text',
    object_type => $$levelb._relation_kind(t.relkind) || ' column'$$,
    identity => $$format('%I.%I.%I', levelb._schema_name(t.relnamespace), t.relname, a.attname)$$,
    joins => 'join pg_class t on t.oid = c.adrelid left join pg_namespace n on n.oid = t.relnamespace
      join pg_attribute a on a.attrelid = c.adrelid and a.attnum = c.adnum',
    names => 'array[n.nspname, t.relname, a.attname]::text[]', schema => 'n.nspname::text',
    part_of => $$'pg_attribute ' || c.adrelid || '.' || c.adnum$$, code_columns => array['adbin'],
    definition => 'pg_get_expr(c.adbin, c.adrelid)', defined => 'c.oid >= 16384', definition_as => 'structure:default',
    ignored => array['oid', 'adrelid', 'adnum'])
$_families_columns$;
comment on function levelb._families_columns() is 'Families of columns and their defaults.';
