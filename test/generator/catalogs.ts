// What the system catalogs say, row by row and by PostgreSQL's own columns: nothing here knows how levelb reads them.
import type { Client } from '../client.ts'

/** Columns that move by themselves, or by another transaction's leave: they are no part of a row here. */
const moving: Record<string, readonly string[]> = {
  // Statistics and hints, written in place by CREATE INDEX, ANALYZE and VACUUM without a new version of the row.
  pg_class: [
    'relpages',
    'reltuples',
    'relallvisible',
    'relallfrozen',
    'relhasindex',
    'relhasrules',
    'relhastriggers',
    'relhassubclass',
    'relfrozenxid',
    'relminmxid',
  ],
  // Freezing; and since 17 a hint that there are login triggers, cleared in place when there are none.
  pg_database: ['datfrozenxid', 'datminmxid', 'dathasloginevt'],
  // A hint about old snapshots, cleared in place.
  pg_index: ['indcheckxmin'],
}

/** Say what is said elsewhere: who depends on whom follows from the objects, statistics are nobody's right. */
export const following = ['pg_shdepend', 'pg_statistic', 'pg_statistic_ext_data']

const word = (catalog: string, column: string, oid: string) =>
  `(select x.${column}::text from pg_catalog.${catalog} x where x.oid = ${oid})`
/** A relation, or the table whose toast table or toast index it is. */
const relation = (oid: string) =>
  `(select coalesce((select p.relname from pg_catalog.pg_class p where x.relnamespace = 99
      and p.oid = substring(x.relname from '\\d+')::oid), x.relname)::text from pg_catalog.pg_class x where x.oid = ${oid})`
const table = (index: string) => `(select x.indrelid from pg_catalog.pg_index x where x.indexrelid = ${index})`
const type = (oid: string) => word('pg_type', 'typname', oid)
const role = (oid: string) => word('pg_authid', 'rolname', oid)
const routine = (oid: string) => word('pg_proc', 'proname', oid)
const rangeOf = (multirange: string) =>
  `(select e.typname::text from pg_catalog.pg_range r join pg_catalog.pg_type e on e.oid = r.rngtypid where r.rngmultitypid = ${multirange})`
/** What an address names, where it is still there; of a column its name as it was. */
const object = `case when c.classoid = 1259 and c.objsubid > 0
    then (select x.attname::text from pg_catalog.pg_attribute x where x.attrelid = c.objoid and x.attnum = c.objsubid)
    else (pg_catalog.pg_identify_object(c.classoid, c.objoid, c.objsubid)).identity end`
const sharedObject = '(pg_catalog.pg_identify_object(c.classoid, c.objoid, 0)).identity'

/** Words of which an effect must have one when a row of the catalog was made, changed or is gone. */
const about: Record<string, string> = {
  pg_aggregate: `array[${routine('c.aggfnoid::oid')}]`,
  pg_am: 'array[c.amname::text]',
  pg_amop: `array[${word('pg_opfamily', 'opfname', 'c.amopfamily')}]`,
  pg_amproc: `array[${word('pg_opfamily', 'opfname', 'c.amprocfamily')}]`,
  pg_attrdef: `array[${relation('c.adrelid')}]`,
  pg_attribute: `array[${relation('c.attrelid')}, ${relation(table('c.attrelid'))}]`,
  pg_auth_members: `array[${role('c.roleid')}]`,
  pg_authid: 'array[c.rolname::text]',
  pg_cast: `array[${type('c.castsource')}, ${type('c.casttarget')}]`,
  pg_class: `array[${relation('c.oid')}, ${relation(table('c.oid'))}]`,
  pg_collation: 'array[c.collname::text]',
  pg_constraint: `array[c.conname::text, ${relation('c.conrelid')}, ${type('c.contypid')}]`,
  pg_conversion: 'array[c.conname::text]',
  pg_database: 'array[c.datname::text]',
  pg_db_role_setting: `array[${role('c.setrole')}, ${word('pg_database', 'datname', 'c.setdatabase')}]`,
  pg_default_acl: `array[${role('c.defaclrole')}]`,
  // membership of extensions, and which column a sequence belongs to
  pg_depend: `case when c.deptype in ('e', 'x') then array[${word('pg_extension', 'extname', 'c.refobjid')}]
    when c.deptype = 'a' and c.classid = 1259 and c.refclassid = 1259 and c.refobjsubid > 0
      and exists (select from pg_catalog.pg_class x where x.oid = c.objid and x.relkind = 'S')
      then array[${relation('c.objid')}, ${relation('c.refobjid')}] end`,
  pg_description: `array[${object}]`,
  pg_enum: `array[${type('c.enumtypid')}]`,
  pg_event_trigger: 'array[c.evtname::text]',
  pg_extension: 'array[c.extname::text]',
  pg_foreign_data_wrapper: 'array[c.fdwname::text]',
  pg_foreign_server: 'array[c.srvname::text]',
  pg_foreign_table: `array[${relation('c.ftrelid')}]`,
  pg_index: `array[${relation('c.indexrelid')}, ${relation('c.indrelid')}]`,
  pg_inherits: `array[${relation('c.inhrelid')}, ${relation('c.inhparent')}]`,
  pg_init_privs: `array[${object}]`,
  pg_language: 'array[c.lanname::text]',
  pg_largeobject: `array['pg_largeobject', c.loid::text]`,
  pg_largeobject_metadata: 'array[c.oid::text]',
  pg_namespace: 'array[c.nspname::text]',
  pg_opclass: 'array[c.opcname::text]',
  pg_operator: 'array[c.oprname::text]',
  pg_opfamily: 'array[c.opfname::text]',
  pg_parameter_acl: 'array[c.parname]',
  pg_partitioned_table: `array[${relation('c.partrelid')}]`,
  pg_policy: `array[c.polname::text, ${relation('c.polrelid')}]`,
  // the constructors of a range type come with it
  pg_proc: `array[c.proname::text, ${type('c.prorettype')}, ${rangeOf('c.prorettype')}]`,
  pg_publication: 'array[c.pubname::text]',
  pg_publication_namespace: `array[${word('pg_publication', 'pubname', 'c.pnpubid')}]`,
  pg_publication_rel: `array[${word('pg_publication', 'pubname', 'c.prpubid')}]`,
  pg_range: `array[${type('c.rngtypid')}]`,
  pg_rewrite: `array[${relation('c.ev_class')}]`,
  pg_seclabel: `array[${object}]`,
  pg_sequence: `array[${relation('c.seqrelid')}]`,
  pg_shdescription: `array[${sharedObject}]`,
  pg_shseclabel: `array[${sharedObject}]`,
  pg_statistic_ext: `array[c.stxname::text, ${relation('c.stxrelid')}]`,
  pg_subscription: 'array[c.subname::text]',
  pg_tablespace: 'array[c.spcname::text]',
  pg_transform: `array[${type('c.trftype')}]`,
  // those of a foreign key are on both its tables
  pg_trigger: `array[c.tgname::text, ${relation('c.tgrelid')}, ${relation('c.tgconstrrelid')}]`,
  pg_ts_config: 'array[c.cfgname::text]',
  pg_ts_config_map: `array[${word('pg_ts_config', 'cfgname', 'c.mapcfg')}]`,
  pg_ts_dict: 'array[c.dictname::text]',
  pg_ts_parser: 'array[c.prsname::text]',
  pg_ts_template: 'array[c.tmplname::text]',
  // the array, the multirange and their array are named after their type
  pg_type: `array[c.typname::text, ${type('c.typelem')}, ${relation('c.typrelid')},
    ${rangeOf('c.oid')}, ${rangeOf('c.typelem')}]`,
  pg_user_mapping: `array[${word('pg_foreign_server', 'srvname', 'c.umserver')}]`,
}

/** Columns of a row that follow the object it is a part of: to its schema, or into its new file. */
export const followed: Record<string, readonly string[]> = {
  pg_attribute: ['atthasmissing', 'attmissingval'],
  pg_constraint: ['connamespace'],
}

/** The name of what a row is about where it is a thing of its own, and what its versions have in common. */
const own: Record<string, readonly [word: string, key: string]> = {
  pg_attribute: [
    `case when c.attnum > 0 and exists (select from pg_catalog.pg_class x where x.oid = c.attrelid and x.relkind in ('r', 'p', 'f', 'c'))
       then c.attname::text end`,
    `c.attrelid || '.' || c.attnum`,
  ],
  pg_class: [
    `case when c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.relnamespace <> 99 then c.relname::text end`,
    'c.oid::text',
  ],
  pg_constraint: ['c.conname::text', 'c.oid::text'],
  pg_policy: ['c.polname::text', 'c.oid::text'],
  pg_trigger: ['case when not c.tgisinternal then c.tgname::text end', 'c.oid::text'],
  pg_statistic_ext: ['c.stxname::text', 'c.oid::text'],
  pg_proc: ['c.proname::text', 'c.oid::text'],
  pg_index: [`(select x.relname::text from pg_catalog.pg_class x where x.oid = c.indexrelid)`, 'c.indexrelid::text'],
}

export type CatalogRow = {
  catalog: string
  /** Its address in the file, which two versions of it never share. */
  place: string
  /** Words by which an effect may name it; null where it only follows. */
  words: (string | null)[] | null
  /** Its own name and key, of catalogs whose rows are things of their own. */
  word: string | null
  key: string | null
  row: Record<string, unknown>
  digest: string
}

/** Of one relation: how many rows there are, and where. A new version of a row has another place, so any write shows. */
export type Print = string

export type Catalogs = {
  /** By catalog, and by table of users for those that are named. */
  prints(sql: Client, tables: readonly string[], withCatalogs?: boolean): Promise<Map<string, Print>>
  /** Rows of these catalogs that transactions from `since` on wrote (after), or replaced or removed (before). */
  written(sql: Client, side: 'before' | 'after', catalogs: readonly string[], since: string): Promise<CatalogRow[]>
  /** A digest of all rows of each catalog, of their text. */
  digests(sql: Client): Promise<Map<string, bigint>>
}

/** Every table among the catalogs, whatever it is called and whether anybody has thought of it. */
export async function catalogsOf(sql: Client): Promise<Catalogs> {
  const rows = await sql`select c.relname as name, array(
      -- by its number, since the text of a regproc is a name and changes with that
      select case when t.typname like 'reg%' then format('c.%I::oid', a.attname) else format('c.%I', a.attname) end || ' ' || a.attname
        from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
       where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum)::text[] as columns
    from pg_catalog.pg_class c where c.oid < 16384 and c.relkind = 'r' and c.relnamespace = 11 order by 1`
  const columns = new Map(
    rows.map(({ name, columns }) => [
      name as string,
      (typeof columns === 'string' ? columns.slice(1, -1).replaceAll('"', '').split(',') : (columns as string[]))
        .filter((column) => !(moving[name as string] ?? []).includes(column.split(' ')[1] ?? ''))
        .map((column) => column.split(' ')[0] ?? ''),
    ]),
  )
  const digestOf = (catalog: string) => `pg_catalog.hashtextextended(row(${columns.get(catalog)?.join(', ')})::text, 0)`
  const printOf = (name: string, from: string) =>
    `select '${name.replaceAll("'", "''")}' as name, concat_ws(' ', count(*), sum(pg_catalog.hashtid(c.ctid)::int8)) as print from ${from} c`
  const prints = [...columns.keys()].map((name) => printOf(name, `pg_catalog.${name}`)).join('\nunion all ')
  const digests = [...columns.keys()]
    .map(
      (name) =>
        `select '${name}' as name, coalesce(sum(${digestOf(name)}::numeric), 0)::text as digest from pg_catalog.${name} c`,
    )
    .join('\nunion all ')
    // parallel workers return them as they come
    .concat('\norder by 1')

  return {
    async prints(client, tables, withCatalogs = true) {
      const rows = [
        ...(withCatalogs ? await client.unsafe(prints, [], { prepare: true }) : []),
        ...(tables.length > 0
          ? await client.unsafe(tables.map((name) => printOf(name, `only ${name}`)).join('\nunion all '))
          : []),
      ]
      return new Map(rows.map(({ name, print }) => [name as string, print as string]))
    },
    async written(client, side, catalogs, since) {
      if (catalogs.length === 0) return []
      const parts = catalogs.map((name) => {
        const words = following.includes(name) ? 'null::text[]' : (about[name] ?? `array['an unknown catalog']`)
        const condition =
          side === 'after'
            ? `c.xmin::text::int8 >= ${since}`
            : // an aborted savepoint leaves its number in rows that are still there
              `c.xmax::text::int8 >= ${since} and pg_catalog.pg_xact_status(c.xmax::text::xid8) = 'committed'`
        return `select '${name}' as catalog, c.ctid::text as place, to_jsonb(${words}) as words,
          ${own[name]?.[0] ?? 'null::text'} as word, '${name} ' || ${own[name]?.[1] ?? 'null::text'} as key,
          to_jsonb(c) - '{${(moving[name] ?? []).join(',')}}'::text[] as row, ${digestOf(name)}::text as digest
          from pg_catalog.${name} c where ${condition}`
      })
      return (await client.unsafe(parts.join('\nunion all '))) as unknown as CatalogRow[]
    },
    async digests(client) {
      const rows = await client.unsafe(digests, [], { prepare: true })
      return new Map(rows.map(({ name, digest }) => [name as string, BigInt(digest as string)]))
    },
  }
}
