// Everything that an idiom may change, by name and from the catalogs alone: what levelb restores is compared with this,
// so it must not ask levelb. By name, because what is dropped and made again has another number.
import type { Client } from '../client.ts'

/** Objects that initdb made are looked at where they differ from what it made; levelb's own never change. */
const ours = (schema: string) => `(${schema} is null or ${schema}::regnamespace::text not like 'levelb%')`

/** [catalog, oid of its schema, owner, acl, kind for acldefault, definition]; expressions are over alias c. */
const objects: readonly (readonly [string, string | null, string | null, string | null, string])[] = [
  [
    'pg_class',
    'c.relnamespace',
    'c.relowner',
    "coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::\"char\", c.relowner))",
    `jsonb_build_object('kind', c.relkind, 'options', c.reloptions, 'rls', c.relrowsecurity, 'force', c.relforcerowsecurity,
       'identity', c.relreplident, 'bound', pg_get_expr(c.relpartbound, c.oid), 'view', case when c.oid >= 16384 and c.relkind in ('v', 'm')
         then pg_get_viewdef(c.oid) end, 'index', case when c.relkind in ('i', 'I') and c.oid >= 16384 then pg_get_indexdef(c.oid) end,
       'ready', (select x.indisready and x.indisvalid from pg_index x where x.indexrelid = c.oid),
       'foreign', (select f.ftoptions from pg_foreign_table f where f.ftrelid = c.oid),
       'sequence', (select to_jsonb(s) - 'seqrelid' from pg_sequence s where s.seqrelid = c.oid),
       'of', (select d.refobjid::regclass || '.' || d.refobjsubid from pg_depend d where d.classid = 1259 and d.objid = c.oid
                and d.refclassid = 1259 and d.deptype in ('a', 'i') and c.relkind = 'S'),
       'parent', (select i.inhparent::regclass from pg_inherits i where i.inhrelid = c.oid and c.relkind <> 'i'))`,
  ],
  [
    'pg_proc',
    'c.pronamespace',
    'c.proowner',
    `coalesce(c.proacl, acldefault('f', c.proowner))`,
    `case when c.oid >= 16384 and c.prokind <> 'a' then jsonb_build_object('code', pg_get_functiondef(c.oid)) end`,
  ],
  ['pg_namespace', 'c.oid', 'c.nspowner', `coalesce(c.nspacl, acldefault('n', c.nspowner))`, 'null'],
  [
    'pg_type',
    'c.typnamespace',
    'c.typowner',
    `coalesce(c.typacl, acldefault('T', c.typowner))`,
    `jsonb_build_object('kind', c.typtype, 'labels', (select jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_enum e
       where e.enumtypid = c.oid), 'base', nullif(c.typbasetype, 0)::regtype, 'default', c.typdefault, 'not null', c.typnotnull)`,
  ],
  [
    'pg_database',
    null,
    'c.datdba',
    `coalesce(c.datacl, acldefault('d', c.datdba))`,
    `to_jsonb(c) - array['oid', 'datdba', 'datacl', 'datfrozenxid', 'datminmxid', 'dattablespace']`,
  ],
  ['pg_tablespace', null, 'c.spcowner', `coalesce(c.spcacl, acldefault('t', c.spcowner))`, 'null'],
  [
    'pg_language',
    null,
    'c.lanowner',
    `coalesce(c.lanacl, acldefault('l', c.lanowner))`,
    `jsonb_build_object('trusted', c.lanpltrusted, 'handler', nullif(c.lanplcallfoid, 0)::regproc)`,
  ],
  [
    'pg_foreign_data_wrapper',
    null,
    'c.fdwowner',
    `coalesce(c.fdwacl, acldefault('F', c.fdwowner))`,
    'to_jsonb(c.fdwoptions)',
  ],
  [
    'pg_foreign_server',
    null,
    'c.srvowner',
    `coalesce(c.srvacl, acldefault('S', c.srvowner))`,
    'to_jsonb(c.srvoptions)',
  ],
  ['pg_user_mapping', null, null, null, 'to_jsonb(c.umoptions)'],
  ['pg_largeobject_metadata', null, 'c.lomowner', `coalesce(c.lomacl, acldefault('L', c.lomowner))`, 'null'],
  ['pg_collation', 'c.collnamespace', 'c.collowner', null, 'null'],
  ['pg_operator', 'c.oprnamespace', 'c.oprowner', null, 'to_jsonb(c.oprcode::regproc)'],
  ['pg_statistic_ext', 'c.stxnamespace', 'c.stxowner', null, 'to_jsonb(pg_get_statisticsobjdef(c.oid))'],
  ['pg_ts_config', 'c.cfgnamespace', 'c.cfgowner', null, 'null'],
  [
    'pg_event_trigger',
    null,
    'c.evtowner',
    null,
    `jsonb_build_object('on', c.evtevent, 'code', c.evtfoid::regproc, 'enabled', c.evtenabled, 'tags', c.evttags)`,
  ],
  [
    'pg_publication',
    null,
    'c.pubowner',
    null,
    `to_jsonb(c) - array['oid', 'pubowner'] || jsonb_build_object('tables', (select jsonb_agg(jsonb_build_array(r.prrelid::regclass,
       pg_get_expr(r.prqual, r.prrelid), r.prattrs::text) order by r.prrelid::regclass::text) from pg_publication_rel r where r.prpubid = c.oid))`,
  ],
  ['pg_subscription', null, 'c.subowner', null, `to_jsonb(c) - array['oid', 'subowner', 'subdbid', 'subskiplsn']`],
  [
    'pg_extension',
    null,
    'c.extowner',
    null,
    `jsonb_build_object('version', c.extversion, 'schema', c.extnamespace::regnamespace, 'members', (select md5(string_agg(m.type || ' ' || m.identity,
       ', ' order by m.type, m.identity)) from pg_depend d, pg_identify_object(d.classid, d.objid, d.objsubid) m
       where d.refclassid = 'pg_extension'::regclass and d.refobjid = c.oid and d.deptype = 'e'))`,
  ],
  ['pg_cast', null, null, null, `jsonb_build_object('context', c.castcontext, 'method', c.castmethod)`],
  [
    'pg_trigger',
    null,
    null,
    null,
    `case when c.tgisinternal then null else jsonb_build_object('is', pg_get_triggerdef(c.oid), 'enabled', c.tgenabled) end`,
  ],
  [
    'pg_constraint',
    'nullif(c.connamespace, 0)',
    null,
    null,
    `jsonb_build_object('is', pg_get_constraintdef(c.oid), 'valid', c.convalidated)`,
  ],
  [
    'pg_rewrite',
    null,
    null,
    null,
    `case when c.rulename <> '_RETURN' then jsonb_build_object('is', pg_get_ruledef(c.oid), 'enabled', c.ev_enabled) end`,
  ],
  [
    'pg_policy',
    null,
    null,
    null,
    `jsonb_build_object('for', c.polcmd, 'permissive', c.polpermissive, 'to', (select jsonb_agg(nullif(r, 0)::regrole order by r) from unnest(c.polroles) r),
       'using', pg_get_expr(c.polqual, c.polrelid), 'check', pg_get_expr(c.polwithcheck, c.polrelid))`,
  ],
]

const entry = `a.privilege_type || case when a.is_grantable then '*' else '' end || ' to '
  || case a.grantee when 0 then 'public' else a.grantee::regrole::text end || ' by ' || a.grantor::regrole`

/** A large object is addressed by the catalog of its pages. */
const classOf = (catalog: string) => (catalog === 'pg_largeobject_metadata' ? 'pg_largeobject' : catalog)

const parts: readonly string[] = [
  ...objects.map(([catalog, schema, owner, acl, is]) => {
    const changed = [
      'c.oid >= 16384',
      ...(owner ? [`${owner} <> 10`] : []),
      ...(acl ? [`c.${/c\.(\w+acl)/.exec(acl)?.[1]} is not null`] : []),
    ]
    return `select concat_ws(' ', i.type, i.identity, ${owner ? `'owned by', ${owner}::regrole` : 'null'}, (${is})::text,
        ${acl ? `(select string_agg(${entry}, ', ' order by ${entry}) from aclexplode(${acl}) a)` : 'null'})
      from ${catalog} c, pg_identify_object('${classOf(catalog)}'::regclass, c.oid, 0) i
      where (${changed.join(' or ')}) and ${schema ? ours(schema) : "i.identity !~ '\\mlevelb'"}`
  }),
  `select concat_ws(' ', 'column', a.attrelid::regclass, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
      a.attidentity, a.attgenerated, a.attoptions, (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d
        where d.adrelid = a.attrelid and d.adnum = a.attnum),
      (select string_agg(${entry}, ', ' order by ${entry}) from aclexplode(a.attacl) a))
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where not a.attisdropped and (c.oid >= 16384 and a.attnum > 0 or a.attacl is not null) and ${ours('c.relnamespace')}`,
  `select concat_ws(' ', 'default of', c.defaclrole::regrole, 'in', nullif(c.defaclnamespace, 0)::regnamespace, 'for', c.defaclobjtype, ${entry})
    from pg_default_acl c, aclexplode(c.defaclacl) a`,
  `select concat_ws(' ', 'parameter', to_jsonb(c) ->> 'parname', ${entry}) from pg_parameter_acl c, aclexplode(c.paracl) a`,
  `select concat_ws(' ', 'role', r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin,
      r.rolreplication, r.rolconnlimit, r.rolbypassrls, md5(r.rolpassword)) from pg_authid r`,
  // Before 16 the grantor means nothing, and whoever grants again becomes it.
  `select (to_jsonb(m) - 'oid' || jsonb_build_object('roleid', roleid::regrole, 'member', member::regrole, 'grantor',
      case when current_setting('server_version_num')::int >= 160000 then grantor::regrole end))::text from pg_auth_members m`,
  `select concat_ws(' ', 'setting', unnest(s.setconfig), nullif(s.setrole, 0)::regrole, (select d.datname from pg_database d where d.oid = s.setdatabase))
    from pg_db_role_setting s`,
  `select concat_ws(' ', 'comment', i.type, i.identity, c.description) from pg_description c,
      pg_identify_object(c.classoid, c.objoid, c.objsubid) i
    where c.classoid = 'pg_extension'::regclass or c.objoid >= 16384 and c.objoid <> all(array(
      select o.oid from (select oid, relnamespace as schema from pg_class union all select oid, pronamespace from pg_proc
        union all select oid, typnamespace from pg_type union all select oid, oid from pg_namespace) o where not ${ours('o.schema')}
      union all select d.objid from pg_depend d where d.deptype = 'e'))`,
  `select concat_ws(' ', 'comment', i.type, i.identity, c.description) from pg_shdescription c,
      pg_identify_object(c.classoid, c.objoid, 0) i where i.identity !~ '^levelb'`,
  `select concat_ws(' ', 'label', i.type, i.identity, l.provider, l.label) from pg_seclabel l,
      pg_identify_object(l.classoid, l.objoid, l.objsubid) i`,
  `select concat_ws(' ', 'system setting', f.name, f.setting) from pg_file_settings f where f.sourcefile like '%auto.conf'`,
]

const stateSql = `select line from (${parts.join('\nunion all\n')}) s (line) order by line collate "C"`

/** One line per object, column, entry, role, membership, setting and comment, in order. */
export async function fullState(sql: Client): Promise<string[]> {
  // Names are written out in full whatever the world made of the search_path.
  await sql.unsafe(`set search_path = pg_catalog`)
  const rows = await sql.unsafe(stateSql)
  return rows.map((row) => row.line as string)
}

/** Lines of `after` that `before` lacks with +, the other way round with -. */
export function difference(before: readonly string[], after: readonly string[]): string[] {
  const [old, now] = [new Set(before), new Set(after)]
  return [
    ...before.filter((line) => !now.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ]
}
