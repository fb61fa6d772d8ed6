-- Owns the list of catalogs that the read-back understands. A catalog that is written and not listed here fails the
-- activation (LB305), so leaving one out is never a blind spot.

create type levelb._catalog as (
  catalog   oid,
  relation  text,
  join_sql  text,
  key       text,
  identity  text,
  owner     text,
  acl       text,
  schema    text,
  implied   text,
  ignored   text[]
);
comment on type levelb._catalog is 'How one catalog whose rows have an owner or an ACL is read. Expressions are over alias c.';

-- key: text of the row's key. identity: (classid, objid, objsubid) for pg_identify_object. acl: (acl, kind, owner).
-- schema: oid of its namespace. implied: whether owner and ACL only follow another object. ignored: columns that
-- change by themselves (statistics, freezing, hints kept in place) or are rendered as effects of their own.
create function levelb._catalogs()
  returns setof levelb._catalog
  language sql stable
  set search_path = pg_catalog, pg_temp
begin atomic
  select d.catalog::regclass::oid, d.catalog, d.join_sql, d.key, d.identity, d.owner, d.acl, d.schema, d.implied,
      d.ignored
    from (values
      ('pg_class', '', 'c.oid::text', '1259, c.oid, 0', 'c.relowner',
        'c.relacl, case c.relkind when ''S'' then ''s'' else ''r'' end::"char", c.relowner', 'c.relnamespace',
        -- an index, a toast table and the row of a composite type belong to whoever owns the table or type
        'c.relkind in (''i'', ''I'', ''t'', ''c'')',
        array['relowner', 'relacl', 'relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'relhasindex',
          'relhasrules', 'relhastriggers', 'relhassubclass', 'relfrozenxid', 'relminmxid', 'relfilenode']),
      ('pg_attribute', 'join pg_catalog.pg_class t on t.oid = c.attrelid', 'c.attrelid || ''.'' || c.attnum',
        '1259, c.attrelid, c.attnum', null, 'c.attacl, ''c''::"char", t.relowner', 't.relnamespace', 'false',
        array['attacl']),
      ('pg_proc', '', 'c.oid::text', '1255, c.oid, 0', 'c.proowner', 'c.proacl, ''f''::"char", c.proowner',
        'c.pronamespace', 'false', array['proowner', 'proacl']),
      ('pg_namespace', '', 'c.oid::text', '2615, c.oid, 0', 'c.nspowner', 'c.nspacl, ''n''::"char", c.nspowner',
        'c.oid', 'false', array['nspowner', 'nspacl']),
      ('pg_type', '', 'c.oid::text', '1247, c.oid, 0', 'c.typowner', 'c.typacl, ''T''::"char", c.typowner',
        'c.typnamespace',
        -- row types of tables, arrays and multiranges follow their table, element or range
        '((c.typrelid <> 0 and exists (select from pg_catalog.pg_class t where t.oid = c.typrelid and t.relkind <> ''c''))
          or exists (select from pg_catalog.pg_type e where e.typarray = c.oid)
          -- before 17 a multirange can be given to another owner than its range
          or exists (select from pg_catalog.pg_range r join pg_catalog.pg_type e on e.oid = r.rngtypid
                      where r.rngmultitypid = c.oid and e.typowner = c.typowner))',
        array['typowner', 'typacl']),
      ('pg_database', '', 'c.oid::text', '1262, c.oid, 0', 'c.datdba', 'c.datacl, ''d''::"char", c.datdba', '0',
        'false', array['datdba', 'datacl', 'datfrozenxid', 'datminmxid']),
      ('pg_tablespace', '', 'c.oid::text', '1213, c.oid, 0', 'c.spcowner', 'c.spcacl, ''t''::"char", c.spcowner', '0',
        'false', array['spcowner', 'spcacl']),
      ('pg_language', '', 'c.oid::text', '2612, c.oid, 0', 'c.lanowner', 'c.lanacl, ''l''::"char", c.lanowner', '0',
        'false', array['lanowner', 'lanacl']),
      ('pg_foreign_data_wrapper', '', 'c.oid::text', '2328, c.oid, 0', 'c.fdwowner',
        'c.fdwacl, ''F''::"char", c.fdwowner', '0', 'false', array['fdwowner', 'fdwacl']),
      ('pg_foreign_server', '', 'c.oid::text', '1417, c.oid, 0', 'c.srvowner', 'c.srvacl, ''S''::"char", c.srvowner',
        '0', 'false', array['srvowner', 'srvacl']),
      ('pg_largeobject_metadata', '', 'c.oid::text', '2613, c.oid, 0', 'c.lomowner',
        'c.lomacl, ''L''::"char", c.lomowner', '0', 'false', array['lomowner', 'lomacl']),
      ('pg_collation', '', 'c.oid::text', '3456, c.oid, 0', 'c.collowner', null, 'c.collnamespace', 'false',
        array['collowner']),
      ('pg_conversion', '', 'c.oid::text', '2607, c.oid, 0', 'c.conowner', null, 'c.connamespace', 'false',
        array['conowner']),
      ('pg_operator', '', 'c.oid::text', '2617, c.oid, 0', 'c.oprowner', null, 'c.oprnamespace', 'false',
        array['oprowner']),
      ('pg_opclass', '', 'c.oid::text', '2616, c.oid, 0', 'c.opcowner', null, 'c.opcnamespace', 'false',
        array['opcowner']),
      ('pg_opfamily', '', 'c.oid::text', '2753, c.oid, 0', 'c.opfowner', null, 'c.opfnamespace', 'false',
        array['opfowner']),
      ('pg_statistic_ext', '', 'c.oid::text', '3381, c.oid, 0', 'c.stxowner', null, 'c.stxnamespace', 'false',
        array['stxowner']),
      ('pg_ts_config', '', 'c.oid::text', '3602, c.oid, 0', 'c.cfgowner', null, 'c.cfgnamespace', 'false',
        array['cfgowner']),
      ('pg_ts_dict', '', 'c.oid::text', '3600, c.oid, 0', 'c.dictowner', null, 'c.dictnamespace', 'false',
        array['dictowner']),
      ('pg_publication', '', 'c.oid::text', '6104, c.oid, 0', 'c.pubowner', null, '0', 'false', array['pubowner'])
    ) as d (catalog, join_sql, key, identity, owner, acl, schema, implied, ignored);
end;
comment on function levelb._catalogs() is 'Catalogs whose rows have an owner or an ACL.';
