-- Owns the families of casts, languages, operators and what else lives in a schema or database besides relations and
-- functions.
--
-- Security is what lets code run or data out: casts, languages, transforms, access methods, labels, publications,
-- subscriptions, foreign-data wrappers. Which server a foreign table asks, and as whom, is what its name resolves to:
-- repoint. The rest is structure.

-- PostgreSQL does not quote the name of an operator.
create function levelb._operator_signature(operator oid)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select format('%I.%s(%s,%s)', levelb._schema_name(o.oprnamespace), o.oprname,
      coalesce(levelb._type_name(nullif(o.oprleft, 0)), 'NONE'),
      coalesce(levelb._type_name(nullif(o.oprright, 0)), 'NONE'))
    from pg_operator o where o.oid = operator);
comment on function levelb._operator_signature(oid) is 'Identity of an operator.';

create function levelb._operator_family_name(family oid)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select format('%I.%I USING %I', levelb._schema_name(f.opfnamespace), f.opfname, m.amname)
    from pg_opfamily f join pg_am m on m.oid = f.opfmethod where f.oid = family);
comment on function levelb._operator_family_name(oid) is 'Identity of an operator family.';

-- A wrapper may call its secrets what it likes. So a value is said only where the name of the option is not one that a
-- secret could have and the value is not one that could carry it; what is kept back shows that it was written, and no
-- digest of it is kept, from which a weak one could be guessed. is_written: whether the row was written just now.
create function levelb._foreign_options(
  options text[],
  prefix text,
  is_written boolean
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select coalesce(jsonb_object_agg(prefix || split_part(o, '=', 1), case
      when split_part(o, '=', 1) ~* '(pass|pwd|secret|token|key|cred|auth|cert|priv|jwt|sas|sign|conninfo|connstr|connection_?string|uri|url|dsn)'
        or substr(o, strpos(o, '=') + 1) ~* '(://[^/]*@|passw|pwd|secret|token)'
        then case when is_written then 'changed' else 'set' end
      else substr(o, strpos(o, '=') + 1) end), '{}')
    from unnest(options) o);
comment on function levelb._foreign_options(text[], text, boolean) is
  'Options of foreign data as attributes, without secrets.';

create function levelb._families_objects()
  returns setof levelb._family
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_families_objects$
  select levelb._family_of('pg_cast',
    -- the one that comes and goes with a range type is among the families of structure
    filter => $$not exists (select from pg_depend g where g.classid = 2605 and g.objid = c.oid and g.deptype = 'i')$$,
    key => 'c.oid::text', object_type => '''cast''',
    identity => $$format('(%s AS %s)', levelb._type_name(c.castsource), levelb._type_name(c.casttarget))$$,
    attributes => $$jsonb_strip_nulls(jsonb_build_object(
      'security:function', levelb._function_name(c.castfunc),
      'security:context', case c.castcontext when 'a' then 'assignment' when 'i' then 'implicit' end,
      'security:method', case c.castmethod when 'b' then 'binary' when 'i' then 'inout' end))$$,
    exists_class => '''security''',
    ignored => array['oid', 'castsource', 'casttarget', 'castfunc', 'castcontext', 'castmethod'])
  union all
  select levelb._family_of('pg_language', key => 'c.oid::text', object_type => '''language''',
    identity => 'quote_ident(c.lanname)', names => 'array[c.lanname]::text[]',
    owner => 'lanowner', acl => 'lanacl', acl_kind => '''l''',
    attributes => $$jsonb_strip_nulls(jsonb_build_object(
      'security:trusted', case when c.lanpltrusted then 'yes' end,
      'security:handler', levelb._function_name(c.lanplcallfoid),
      'security:inline', levelb._function_name(c.laninline),
      'security:validator', levelb._function_name(c.lanvalidator)))$$,
    exists_class => '''security''', name_class => '''security''', name_columns => array['lanname'],
    ignored => array['oid', 'lanispl', 'lanpltrusted', 'lanplcallfoid', 'laninline', 'lanvalidator'])
  union all
  select levelb._family_of('pg_transform', key => 'c.oid::text', object_type => '''transform''',
    identity => $$format('for %s language %s', levelb._type_name(c.trftype), l.lanname)$$,
    joins => 'left join pg_language l on l.oid = c.trflang',
    attributes => $$jsonb_strip_nulls(jsonb_build_object('security:from sql', levelb._function_name(c.trffromsql),
      'security:to sql', levelb._function_name(c.trftosql)))$$,
    exists_class => '''security''', ignored => array['oid', 'trftype', 'trflang', 'trffromsql', 'trftosql'])
  union all
  select levelb._family_of('pg_am', key => 'c.oid::text', object_type => '''access method''',
    identity => 'quote_ident(c.amname)',
    attributes => $$jsonb_build_object('security:handler', levelb._function_name(c.amhandler))$$,
    exists_class => '''security''', ignored => array['oid', 'amname', 'amhandler', 'amtype'])
  union all
  -- labels are what a module makes of them, and the modules that there are restrict access by them
  select levelb._family_of(d.relation, key => d.key, object_type => 'null::text', identity => 'null::text',
    part_of => $$case when c.classoid = 1259 and $$ || d.column_number || $$ > 0
      then 'pg_attribute ' || c.objoid || '.' || $$ || d.column_number || $$ else c.classoid::regclass || ' ' || c.objoid end$$,
    attributes => $$jsonb_build_object('security:label for ' || quote_ident(c.provider), c.label)$$,
    ignored => array['objoid', 'classoid', 'objsubid', 'provider', 'label'])
  from (values ('pg_seclabel', $$concat_ws(' ', c.classoid, c.objoid, c.objsubid, quote_ident(c.provider))$$, 'c.objsubid'),
               ('pg_shseclabel', $$concat_ws(' ', c.classoid, c.objoid, quote_ident(c.provider))$$, '0'))
    d (relation, key, column_number)
  union all
  -- an operator that another names before it is there has no function
  select levelb._family_of('pg_operator', key => 'c.oid::text', object_type => '''operator''',
    identity => 'levelb._operator_signature(c.oid)', names => 'array[n.nspname, c.oprname]::text[]',
    joins => 'left join pg_namespace n on n.oid = c.oprnamespace', schema => 'n.nspname::text', owner => 'oprowner',
    attributes => $$jsonb_strip_nulls(jsonb_build_object(
      'structure:function', levelb._function_name(c.oprcode),
      'structure:commutator', levelb._operator_signature(c.oprcom),
      'structure:negator', levelb._operator_signature(c.oprnegate),
      'structure:restrict', levelb._function_name(c.oprrest),
      'structure:join', levelb._function_name(c.oprjoin),
      'structure:merges', case when c.oprcanmerge then 'yes' end,
      'structure:hashes', case when c.oprcanhash then 'yes' end))$$,
    exists_class => '''structure''', name_class => '''structure''', name_columns => array['oprname', 'oprnamespace'],
    ignored => array['oid', 'oprkind', 'oprcanmerge', 'oprcanhash', 'oprleft', 'oprright', 'oprresult', 'oprcom',
      'oprnegate', 'oprcode', 'oprrest', 'oprjoin'])
  union all
  select levelb._family_of('pg_opclass', key => 'c.oid::text', object_type => '''operator class''',
    identity => $$format('%I.%I USING %I', n.nspname, c.opcname, m.amname)$$,
    names => 'array[n.nspname, c.opcname, m.amname]::text[]',
    joins => 'left join pg_namespace n on n.oid = c.opcnamespace left join pg_am m on m.oid = c.opcmethod',
    schema => 'n.nspname::text', owner => 'opcowner',
    attributes => $$jsonb_strip_nulls(jsonb_build_object('structure:for', levelb._type_name(c.opcintype),
      'structure:family', levelb._operator_family_name(c.opcfamily),
      'structure:default', case when c.opcdefault then 'yes' end,
      'structure:storage', levelb._type_name(nullif(c.opckeytype, 0))))$$,
    exists_class => '''structure''', name_class => '''structure''', name_columns => array['opcname', 'opcnamespace'],
    ignored => array['oid', 'opcmethod', 'opcfamily', 'opcintype', 'opcdefault', 'opckeytype'])
  union all
  select levelb._family_of('pg_opfamily', key => 'c.oid::text', object_type => '''operator family''',
    identity => 'levelb._operator_family_name(c.oid)', names => 'array[n.nspname, c.opfname]::text[]',
    joins => 'left join pg_namespace n on n.oid = c.opfnamespace', schema => 'n.nspname::text', owner => 'opfowner',
    exists_class => '''structure''', name_class => '''structure''', name_columns => array['opfname', 'opfnamespace'],
    ignored => array['oid', 'opfmethod'])
  union all
  select levelb._family_of('pg_amop', key => 'c.oid::text', object_type => '''operator of access method''',
    identity => $$format('operator %s (%s, %s) of %s', c.amopstrategy, levelb._type_name(c.amoplefttype),
      levelb._type_name(c.amoprighttype), levelb._operator_family_name(c.amopfamily))$$,
    joins => 'left join pg_opfamily f on f.oid = c.amopfamily left join pg_namespace n on n.oid = f.opfnamespace',
    schema => 'n.nspname::text', part_of => $$'pg_opfamily ' || c.amopfamily$$,
    attributes => $$jsonb_strip_nulls(jsonb_build_object('structure:operator', levelb._operator_signature(c.amopopr),
      'structure:order by', levelb._operator_family_name(nullif(c.amopsortfamily, 0))))$$,
    exists_class => '''structure''',
    ignored => array['oid', 'amopfamily', 'amoplefttype', 'amoprighttype', 'amopstrategy', 'amoppurpose', 'amopopr',
      'amopmethod', 'amopsortfamily'])
  union all
  select levelb._family_of('pg_amproc', key => 'c.oid::text', object_type => '''function of access method''',
    identity => $$format('function %s (%s, %s) of %s', c.amprocnum, levelb._type_name(c.amproclefttype),
      levelb._type_name(c.amprocrighttype), levelb._operator_family_name(c.amprocfamily))$$,
    joins => 'left join pg_opfamily f on f.oid = c.amprocfamily left join pg_namespace n on n.oid = f.opfnamespace',
    schema => 'n.nspname::text', part_of => $$'pg_opfamily ' || c.amprocfamily$$,
    attributes => $$jsonb_build_object('structure:function', levelb._function_name(c.amproc))$$,
    exists_class => '''structure''',
    ignored => array['oid', 'amprocfamily', 'amproclefttype', 'amprocrighttype', 'amprocnum', 'amproc'])
  union all
  select levelb._family_of('pg_conversion', key => 'c.oid::text', object_type => '''conversion''',
    identity => $$format('%I.%I', levelb._schema_name(c.connamespace), c.conname)$$,
    names => 'array[n.nspname, c.conname]::text[]',
    joins => 'left join pg_namespace n on n.oid = c.connamespace', schema => 'n.nspname::text', owner => 'conowner',
    attributes => $$jsonb_strip_nulls(jsonb_build_object('structure:conversion',
        pg_encoding_to_char(c.conforencoding) || ' to ' || pg_encoding_to_char(c.contoencoding),
      'structure:function', levelb._function_name(c.conproc), 'structure:default', case when c.condefault then 'yes' end))$$,
    exists_class => '''structure''', name_class => '''structure''', name_columns => array['conname', 'connamespace'],
    ignored => array['oid', 'conforencoding', 'contoencoding', 'conproc', 'condefault'])
  union all
  -- Versions call the columns of a locale differently.
  select levelb._family_of('pg_collation', key => 'c.oid::text', object_type => '''collation''',
    identity => $$format('%I.%I', levelb._schema_name(c.collnamespace), c.collname)$$,
    names => 'array[n.nspname, c.collname]::text[]',
    joins => 'left join pg_namespace n on n.oid = c.collnamespace', schema => 'n.nspname::text', owner => 'collowner',
    attributes => $$jsonb_strip_nulls(jsonb_build_object(
      'structure:provider', case c.collprovider when 'c' then 'libc' when 'i' then 'icu' when 'b' then 'builtin' end,
      'structure:locale', coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale',
        concat_ws(', ', c.collcollate, nullif(c.collctype, c.collcollate))),
      'structure:rules', to_jsonb(c) ->> 'collicurules',
      'structure:deterministic', case when not c.collisdeterministic then 'no' end,
      'structure:encoding', case when c.collencoding <> -1 then pg_encoding_to_char(c.collencoding) end,
      'structure:version', c.collversion))$$,
    exists_class => '''structure''', name_class => '''structure''', name_columns => array['collname', 'collnamespace'],
    ignored => array['oid', 'collprovider', 'collisdeterministic', 'collencoding', 'collcollate', 'collctype',
      'colliculocale', 'colllocale', 'collicurules', 'collversion'])
  union all
  -- what it holds is data (70)
  select levelb._family_of('pg_largeobject_metadata', key => 'c.oid::text', object_type => '''large object''',
    identity => 'c.oid::text', owner => 'lomowner', acl => 'lomacl', acl_kind => '''L''',
    exists_class => '''structure''', ignored => array['oid'])
$_families_objects$;
comment on function levelb._families_objects() is 'Families of casts, languages, operators, collations and the like.';

create function levelb._families_foreign()
  returns setof levelb._family
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_families_foreign$
  select levelb._family_of('pg_foreign_data_wrapper', key => 'c.oid::text', object_type => '''foreign-data wrapper''',
    identity => 'quote_ident(c.fdwname)', names => 'array[c.fdwname]::text[]',
    owner => 'fdwowner', acl => 'fdwacl', acl_kind => '''F''',
    attributes => $$jsonb_strip_nulls(jsonb_build_object(
      'security:handler', levelb._function_name(c.fdwhandler), 'security:validator', levelb._function_name(c.fdwvalidator)))
      || levelb._foreign_options(c.fdwoptions, 'security:option ', $$ || levelb._touched('after') || ')',
    whole => $$to_jsonb(c) - 'fdwoptions'$$,
    exists_class => '''security''', name_class => '''security''', name_columns => array['fdwname'],
    ignored => array['oid', 'fdwhandler', 'fdwvalidator'])
  union all
  select levelb._family_of('pg_foreign_server', key => 'c.oid::text', object_type => '''server''',
    identity => 'quote_ident(c.srvname)', names => 'array[c.srvname]::text[]',
    joins => 'left join pg_foreign_data_wrapper w on w.oid = c.srvfdw',
    owner => 'srvowner', acl => 'srvacl', acl_kind => '''S''',
    attributes => $$jsonb_strip_nulls(jsonb_build_object('repoint:wrapper', quote_ident(w.fdwname),
        'repoint:type', c.srvtype, 'repoint:version', c.srvversion))
      || levelb._foreign_options(c.srvoptions, 'repoint:option ', $$ || levelb._touched('after') || ')',
    whole => $$to_jsonb(c) - 'srvoptions'$$,
    exists_class => '''repoint''', name_class => '''repoint''', name_columns => array['srvname'],
    ignored => array['oid', 'srvfdw', 'srvtype', 'srvversion'])
  union all
  -- Its options are passwords and out of levelb's reach (05), their names with them. A row is written where they change.
  select levelb._family_of('pg_user_mapping', key => 'c.oid::text', object_type => '''user mapping''',
    identity => $$format('%s on server %s', case when c.umuser = 0 then 'public' else levelb._role_name(c.umuser) end,
      s.srvname)$$,
    joins => 'left join pg_foreign_server s on s.oid = c.umserver',
    names => $$array[case when c.umuser <> 0 then levelb._role_name(c.umuser) end, s.srvname]::text[]$$,
    attributes => $$jsonb_build_object('repoint:options', case when $$ || levelb._touched('after')
      || $$ then 'changed' else 'set' end)$$,
    whole => $$'{}'::jsonb$$, exists_class => '''repoint''')
  union all
  select levelb._family_of('pg_foreign_table', key => 'c.ftrelid::text', object_type => '''foreign table''',
    identity => $$format('%I.%I', levelb._schema_name(t.relnamespace), t.relname)$$, schema => 'n.nspname::text',
    joins => 'join pg_class t on t.oid = c.ftrelid left join pg_namespace n on n.oid = t.relnamespace
      left join pg_foreign_server s on s.oid = c.ftserver',
    part_of => $$'pg_class ' || c.ftrelid$$,
    attributes => $$jsonb_build_object('repoint:server', quote_ident(s.srvname))
      || levelb._foreign_options(c.ftoptions, 'repoint:option ', $$ || levelb._touched('after') || ')',
    whole => $$to_jsonb(c) - 'ftoptions'$$, ignored => array['ftrelid', 'ftserver'])
  union all
  select levelb._family_of('pg_publication', key => 'c.oid::text', object_type => '''publication''',
    identity => 'quote_ident(c.pubname)', names => 'array[c.pubname]::text[]', owner => 'pubowner',
    attributes => $$jsonb_strip_nulls(jsonb_build_object(
      'security:all tables', case when c.puballtables then 'yes' end,
      'security:publish', concat_ws(', ', case when c.pubinsert then 'insert' end, case when c.pubupdate then 'update' end,
        case when c.pubdelete then 'delete' end, case when c.pubtruncate then 'truncate' end),
      'security:publish via partition root', case when c.pubviaroot then 'yes' end,
      'security:publish generated columns', nullif(to_jsonb(c) ->> 'pubgencols', 'n')))$$,
    exists_class => '''security''', name_class => '''security''', name_columns => array['pubname'],
    ignored => array['oid', 'puballtables', 'pubinsert', 'pubupdate', 'pubdelete', 'pubtruncate', 'pubviaroot',
      'pubgencols'])
  union all
  select levelb._family_of('pg_publication_rel', key => 'c.oid::text', object_type => '''publication relation''',
    identity => $$format('%I.%I in publication %s', levelb._schema_name(t.relnamespace), t.relname, p.pubname)$$,
    joins => 'left join pg_class t on t.oid = c.prrelid left join pg_namespace n on n.oid = t.relnamespace
      left join pg_publication p on p.oid = c.prpubid',
    names => 'array[n.nspname, t.relname, p.pubname]::text[]', schema => 'n.nspname::text',
    part_of => $$'pg_publication ' || c.prpubid$$,
    attributes => $$jsonb_strip_nulls(jsonb_build_object(
      'security:columns', (select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
        from pg_attribute a where a.attrelid = c.prrelid and a.attnum = any(c.prattrs)),
      'security:rows', pg_get_expr(c.prqual, c.prrelid)))$$,
    exists_class => '''security''', ignored => array['oid', 'prpubid', 'prrelid', 'prqual', 'prattrs'])
  union all
  select levelb._family_of('pg_publication_namespace', key => 'c.oid::text',
    object_type => '''publication namespace''',
    identity => $$format('%s in publication %s', n.nspname, p.pubname)$$,
    joins => 'left join pg_namespace n on n.oid = c.pnnspid left join pg_publication p on p.oid = c.pnpubid',
    names => 'array[n.nspname, p.pubname]::text[]', schema => 'n.nspname::text',
    part_of => $$'pg_publication ' || c.pnpubid$$,
    exists_class => '''security''', ignored => array['oid', 'pnpubid', 'pnnspid'])
  union all
  -- The connection string may hold a password and is out of levelb's reach; versions differ in the other columns.
  select levelb._family_of('pg_subscription', key => 'c.oid::text', object_type => '''subscription''',
    identity => 'quote_ident(c.subname)', names => 'array[c.subname]::text[]', owner => 'subowner',
    attributes => format($$jsonb_strip_nulls(jsonb_build_object(%s)) || jsonb_build_object('security:connection',
      case when %s then 'changed' else 'set' end)$$,
      (select string_agg(format('%L, c.%I::text', 'security:' || substr(a.attname, 4), a.attname), ', ' order by a.attnum)
         from pg_attribute a where a.attrelid = 'pg_subscription'::regclass and a.attnum > 0
          and a.attname not in ('oid', 'subdbid', 'subname', 'subowner', 'subconninfo')), levelb._touched('after')),
    whole => $$jsonb_build_object('subname', c.subname)$$,
    exists_class => '''security''', name_class => '''security''', name_columns => array['subname'])
  union all
  -- how far a table is copied changes by itself
  select levelb._family_of('pg_subscription_rel', key => $$c.srsubid || ' ' || c.srrelid$$,
    object_type => '''subscription relation''',
    identity => $$format('%I.%I in subscription %I', levelb._schema_name(t.relnamespace), t.relname, s.subname)$$,
    joins => 'left join pg_class t on t.oid = c.srrelid left join pg_namespace n on n.oid = t.relnamespace
      left join pg_subscription s on s.oid = c.srsubid',
    names => 'array[n.nspname, t.relname, s.subname]::text[]', schema => 'n.nspname::text',
    part_of => $$'pg_subscription ' || c.srsubid$$,
    exists_class => '''security''', ignored => array['srsubid', 'srrelid', 'srsubstate', 'srsublsn'])
  union all
  select levelb._family_of('pg_replication_origin', key => 'c.roident::text', object_type => '''replication origin''',
    identity => 'quote_ident(c.roname)', exists_class => '''security''', ignored => array['roident', 'roname'])
$_families_foreign$;
comment on function levelb._families_foreign() is 'Families of foreign data and of logical replication.';

create function levelb._families_text_search()
  returns setof levelb._family
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_families_text_search$
  select levelb._family_of(d.relation, key => 'c.oid::text', object_type => quote_literal('text search ' || d.kind),
    identity => format($$format('%%I.%%I', levelb._schema_name(c.%1$snamespace), c.%1$sname)$$, d.prefix),
    names => format('array[n.nspname, c.%sname]::text[]', d.prefix),
    joins => format('left join pg_namespace n on n.oid = c.%snamespace ', d.prefix) || d.joins,
    schema => 'n.nspname::text',
    owner => case when d.is_owned then d.prefix || 'owner' end, attributes => d.attributes,
    exists_class => '''structure''', name_class => '''structure''',
    name_columns => array[d.prefix || 'name', d.prefix || 'namespace'], ignored => d.ignored)
  from (values
    ('pg_ts_config', 'configuration', 'cfg', true, 'left join pg_ts_parser p on p.oid = c.cfgparser
      left join pg_namespace pn on pn.oid = p.prsnamespace',
      $$jsonb_build_object('structure:parser', format('%I.%I', pn.nspname, p.prsname))$$, array['oid', 'cfgparser']),
    ('pg_ts_dict', 'dictionary', 'dict', true, 'left join pg_ts_template t on t.oid = c.dicttemplate
      left join pg_namespace tn on tn.oid = t.tmplnamespace',
      $$jsonb_strip_nulls(jsonb_build_object('structure:template', format('%I.%I', tn.nspname, t.tmplname),
        'structure:options', c.dictinitoption))$$, array['oid', 'dicttemplate', 'dictinitoption']),
    ('pg_ts_parser', 'parser', 'prs', false, '',
      $$jsonb_strip_nulls(jsonb_build_object('structure:start', levelb._function_name(c.prsstart),
        'structure:token', levelb._function_name(c.prstoken), 'structure:end', levelb._function_name(c.prsend),
        'structure:headline', levelb._function_name(c.prsheadline),
        'structure:types', levelb._function_name(c.prslextype)))$$,
      array['oid', 'prsstart', 'prstoken', 'prsend', 'prsheadline', 'prslextype']),
    ('pg_ts_template', 'template', 'tmpl', false, '',
      $$jsonb_strip_nulls(jsonb_build_object('structure:init', levelb._function_name(c.tmplinit),
        'structure:lexize', levelb._function_name(c.tmpllexize)))$$, array['oid', 'tmplinit', 'tmpllexize'])
  ) d (relation, kind, prefix, is_owned, joins, attributes, ignored)
  union all
  -- The names of tokens are the parser's, which for one of users may be gone by now.
  select levelb._family_of('pg_ts_config_map', key => $$concat_ws(' ', c.mapcfg, c.maptokentype, c.mapseqno)$$,
    object_type => '''text search configuration''',
    identity => $$format('%I.%I', levelb._schema_name(f.cfgnamespace), f.cfgname)$$,
    joins => 'join pg_ts_config f on f.oid = c.mapcfg left join pg_namespace n on n.oid = f.cfgnamespace
      left join pg_ts_dict d on d.oid = c.mapdict',
    names => 'array[n.nspname, f.cfgname, c.maptokentype::text, c.mapseqno::text]::text[]', schema => 'n.nspname::text',
    part_of => $$'pg_ts_config ' || c.mapcfg$$,
    attributes => $$jsonb_build_object(format('structure:token %s, dictionary %s', coalesce((
        select k.alias from ts_token_type(case when f.cfgparser < 16384 then f.cfgparser end) k where k.tokid = c.maptokentype),
        c.maptokentype::text), c.mapseqno),
      format('%I.%I', levelb._schema_name(d.dictnamespace), d.dictname))$$,
    ignored => array['mapcfg', 'maptokentype', 'mapseqno', 'mapdict'])
$_families_text_search$;
comment on function levelb._families_text_search() is 'Families of text search.';

create function levelb._families_cluster()
  returns setof levelb._family
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_families_cluster$
  select levelb._family_of('pg_tablespace', key => 'c.oid::text', object_type => '''tablespace''',
    identity => 'quote_ident(c.spcname)', names => 'array[c.spcname]::text[]',
    owner => 'spcowner', acl => 'spcacl', acl_kind => '''t''',
    attributes => $$levelb._option_attributes(c.spcoptions, 'setting:option ', '{}')$$,
    exists_class => '''structure''', name_class => '''structure''', name_columns => array['spcname'],
    ignored => array['oid', 'spcoptions'])
  union all
  -- encoding and locale are those it was made with, which no transaction can do
  select levelb._family_of('pg_database', key => 'c.oid::text', object_type => '''database''',
    identity => 'quote_ident(c.datname)', names => 'array[c.datname]::text[]',
    joins => 'left join pg_tablespace s on s.oid = c.dattablespace',
    owner => 'datdba', acl => 'datacl', acl_kind => '''d''',
    attributes => $$jsonb_strip_nulls(jsonb_build_object(
      'setting:connections', case when not c.datallowconn then 'refused' end,
      'setting:connection limit', case when c.datconnlimit <> -1 then c.datconnlimit::text end,
      'setting:template', case when c.datistemplate then 'yes' end,
      'setting:tablespace', quote_ident(s.spcname),
      'setting:collation version', c.datcollversion))$$,
    name_class => '''repoint''', name_columns => array['datname'],
    ignored => array['datallowconn', 'datconnlimit', 'datistemplate', 'dattablespace', 'datcollversion', 'datfrozenxid',
      'datminmxid', 'dathasloginevt'])
  union all
  -- Parameters belong to nobody: the grants are the bootstrap superuser's, whose role is the first.
  select levelb._family_of('pg_parameter_acl', key => 'c.oid::text', object_type => '''parameter ACL''',
    identity => 'c.parname', acl => 'paracl', acl_kind => '''p''', acl_owner => '10::oid',
    is_levelb => $$starts_with(c.parname, 'levelb.')$$, ignored => array['oid', 'parname'])
$_families_cluster$;
comment on function levelb._families_cluster() is 'Families of what the databases of a cluster share, besides roles.';
