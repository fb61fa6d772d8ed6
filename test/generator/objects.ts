// What there is in the database now, for statements to be about: read by names, in a fixed order, without levelb.
import type { Client } from '../client.ts'

export type Column = {
  name: string
  word: string
  type: string
  required: boolean
  default: boolean
  identity: string
  generated: string
  inherited: boolean
  key: boolean
}

/** `name` as SQL has it, qualified and quoted; `word` without either, by which effects are searched. */
export type Thing = { name: string; word: string; owner: string }
export type Relation = Thing & {
  kind: string
  schema: string
  parent: string | null
  forced: boolean
  secured: boolean
  persistence: string
  identity: string
  /** In a tablespace that is not the database's. */
  placed: boolean
  options: string[] | null
  columns: Column[]
  /** Whether a foreign key of another table wants it. */
  referenced: boolean
  server: string | null
}
export type Part = Thing & {
  table: string
  tableWord: string
  kind: string
  state: string
  copied: boolean
  valid: boolean
}
export type Index = Part & {
  placed: boolean
  tableKind: string
  unique: boolean
  plain: boolean
  constrained: boolean
  required: boolean
}
export type Routine = Thing & { kind: string; returns: string; arguments: string; definer: boolean }
export type Type = Thing & { kind: string; labels: string[]; attributes: string[] }
export type Publication = Thing & { tables: string[] }
export type Mapping = { server: string; word: string; user: string }

export type Objects = {
  database: Thing
  schemas: Thing[]
  relations: Relation[]
  indexes: Index[]
  constraints: Part[]
  triggers: Part[]
  policies: Part[]
  rules: Part[]
  routines: Routine[]
  types: Type[]
  statistics: Thing[]
  collations: Thing[]
  conversions: Thing[]
  dictionaries: Thing[]
  configurations: Thing[]
  operators: Thing[]
  operatorFamilies: Thing[]
  operatorClasses: Thing[]
  casts: Thing[]
  languages: Thing[]
  publications: Publication[]
  servers: Thing[]
  mappings: Mapping[]
  largeObjects: Thing[]
  extensions: Thing[]
  roles: Thing[]
}

/** Schemas of the world, and those that statements make. */
const isOurs = (schema: string) =>
  `${schema} in (select n.oid from pg_namespace n where n.nspname ~ '^(shop|extra|g_)')`

const list = (fields: Record<string, string>, from: string, order = '1'): string =>
  `(select coalesce(jsonb_agg(x order by ${order === '1' ? `x ->> 'name', x ->> 'table'` : order}), '[]') from (select jsonb_build_object(${Object.entries(
    fields,
  )
    .map(([name, value]) => `'${name}', ${value}`)
    .join(', ')}) as x from ${from}) x)`

const named = (
  catalog: string,
  prefix: string,
  owner: string,
  more: Record<string, string> = {},
  suffix = '',
  also = 'true',
) =>
  list(
    {
      name: `format('%I.%I', (select n.nspname from pg_namespace n where n.oid = c.${prefix}namespace), c.${prefix}name)${suffix}`,
      word: `c.${prefix}name`,
      owner: `c.${owner}::regrole::text`,
      ...more,
    },
    `${catalog} c where ${isOurs(`c.${prefix}namespace`)} and ${also}
         and not exists (select from pg_depend d where d.classid = '${catalog}'::regclass and d.objid = c.oid and d.deptype = 'e')`,
  )

const ofTable = (name: string, more: Record<string, string>): Record<string, string> => ({
  name: `quote_ident(${name})`,
  word: name,
  owner: 't.relowner::regrole::text',
  table: 't.oid::regclass::text',
  tableWord: 't.relname',
  kind: `''`,
  state: `''`,
  copied: 'false',
  valid: 'true',
  ...more,
})

const columns = `(select coalesce(jsonb_agg(jsonb_build_object('name', quote_ident(a.attname), 'word', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
  'required', a.attnotnull, 'default', a.atthasdef, 'identity', a.attidentity, 'generated', a.attgenerated, 'inherited', a.attinhcount > 0,
  'key', exists (select from pg_index i where i.indrelid = c.oid and a.attnum = any(i.indkey))
    or exists (select from pg_partitioned_table p where p.partrelid = c.oid and a.attnum = any(p.partattrs))
    or exists (select from pg_attribute g where g.attrelid = c.oid and g.attgenerated <> '')) order by a.attnum), '[]')
  from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)`

const lists: Record<keyof Objects, string> = {
  database: `(select jsonb_build_object('name', quote_ident(d.datname), 'word', d.datname, 'owner', d.datdba::regrole::text) from pg_database d where d.datname = current_database())`,
  schemas: list(
    { name: 'quote_ident(c.nspname)', word: 'c.nspname', owner: 'c.nspowner::regrole::text' },
    `pg_namespace c where ${isOurs('c.oid')}`,
  ),
  relations: list(
    {
      name: 'c.oid::regclass::text',
      word: 'c.relname',
      owner: 'c.relowner::regrole::text',
      kind: 'c.relkind',
      schema: 'c.relnamespace::regnamespace::text',
      parent: '(select i.inhparent::regclass::text from pg_inherits i where i.inhrelid = c.oid limit 1)',
      forced: 'c.relforcerowsecurity',
      secured: 'c.relrowsecurity',
      persistence: 'c.relpersistence',
      identity: 'c.relreplident',
      placed: 'c.reltablespace <> 0',
      options: 'c.reloptions',
      columns,
      referenced: `exists (select from pg_constraint k where k.confrelid = c.oid)`,
      server: `(select quote_ident(s.srvname) from pg_foreign_table f join pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = c.oid)`,
    },
    `pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and ${isOurs('c.relnamespace')}`,
  ),
  indexes: list(
    {
      ...ofTable('x.relname', { name: 'x.oid::regclass::text', kind: 'm.amname', copied: 'x.relispartition' }),
      unique: 'i.indisunique',
      placed: 'x.reltablespace <> 0',
      tableKind: 't.relkind',
      plain: 'i.indpred is null and i.indexprs is null',
      constrained: `exists (select from pg_constraint k where k.conindid = x.oid and k.contype in ('p', 'u', 'x'))`,
      required: `not exists (select from pg_attribute a where a.attrelid = t.oid and a.attnum = any(i.indkey) and not a.attnotnull)`,
    },
    `pg_index i join pg_class x on x.oid = i.indexrelid join pg_am m on m.oid = x.relam join pg_class t on t.oid = i.indrelid
       where t.relkind in ('r', 'p', 'm') and ${isOurs('t.relnamespace')}`,
  ),
  constraints: list(
    ofTable('c.conname', { kind: 'c.contype', copied: 'c.coninhcount > 0', valid: 'c.convalidated' }),
    `pg_constraint c join pg_class t on t.oid = c.conrelid where ${isOurs('t.relnamespace')}`,
  ),
  triggers: list(
    ofTable('c.tgname', { state: 'c.tgenabled', copied: 'c.tgparentid <> 0', kind: 't.relkind' }),
    `pg_trigger c join pg_class t on t.oid = c.tgrelid where not c.tgisinternal and ${isOurs('t.relnamespace')}`,
  ),
  policies: list(
    ofTable('c.polname', { kind: 'c.polcmd' }),
    `pg_policy c join pg_class t on t.oid = c.polrelid where ${isOurs('t.relnamespace')}`,
  ),
  rules: list(
    ofTable('c.rulename', { kind: 't.relkind', state: 'c.ev_enabled' }),
    `pg_rewrite c join pg_class t on t.oid = c.ev_class where c.rulename <> '_RETURN' and ${isOurs('t.relnamespace')}`,
  ),
  routines: list(
    {
      name: 'c.oid::regprocedure::text',
      word: 'c.proname',
      owner: 'c.proowner::regrole::text',
      kind: 'c.prokind',
      returns: `coalesce(format_type(c.prorettype, null), '')`,
      arguments: 'pg_get_function_identity_arguments(c.oid)',
      definer: 'c.prosecdef',
    },
    `pg_proc c where ${isOurs('c.pronamespace')} and not exists (select from pg_depend d where d.classid = 1255 and d.objid = c.oid and d.deptype in ('e', 'i'))`,
  ),
  types: list(
    {
      name: 'format_type(c.oid, null)',
      word: 'c.typname',
      owner: 'c.typowner::regrole::text',
      kind: 'c.typtype',
      labels: `(select coalesce(jsonb_agg(e.enumlabel order by e.enumsortorder), '[]') from pg_enum e where e.enumtypid = c.oid)`,
      attributes: `(select coalesce(jsonb_agg(quote_ident(a.attname) order by a.attnum), '[]') from pg_attribute a where a.attrelid = c.typrelid and a.attnum > 0 and not a.attisdropped)`,
    },
    `pg_type c left join pg_class t on t.oid = c.typrelid where c.typtype in ('e', 'd', 'r', 'c') and (t.oid is null or t.relkind = 'c')
       and ${isOurs('c.typnamespace')} and not exists (select from pg_depend d where d.classid = 1247 and d.objid = c.oid and d.deptype = 'e')`,
  ),
  statistics: named('pg_statistic_ext', 'stx', 'stxowner'),
  collations: named('pg_collation', 'coll', 'collowner'),
  conversions: named('pg_conversion', 'con', 'conowner'),
  dictionaries: named('pg_ts_dict', 'dict', 'dictowner'),
  configurations: named('pg_ts_config', 'cfg', 'cfgowner'),
  operators: list(
    { name: 'c.oid::regoperator::text', word: 'c.oprname', owner: 'c.oprowner::regrole::text' },
    `pg_operator c where ${isOurs('c.oprnamespace')} and c.oprcode <> 0 and not exists (select from pg_depend d where d.classid = 2617 and d.objid = c.oid and d.deptype = 'e')`,
  ),
  operatorFamilies: named('pg_opfamily', 'opf', 'opfowner', {}, ` || ' using btree'`, 'c.opfmethod = 403'),
  operatorClasses: named('pg_opclass', 'opc', 'opcowner', {}, ` || ' using btree'`, 'c.opcmethod = 403'),
  casts: list(
    {
      name: `format('(%s as %s)', format_type(c.castsource, null), format_type(c.casttarget, null))`,
      word: 's.typname',
      owner: 's.typowner::regrole::text',
    },
    `pg_cast c join pg_type s on s.oid = c.castsource where ${isOurs('s.typnamespace')}
       and not exists (select from pg_depend d where d.classid = 2605 and d.objid = c.oid and d.deptype in ('e', 'i'))`,
  ),
  languages: list(
    { name: 'quote_ident(c.lanname)', word: 'c.lanname', owner: 'c.lanowner::regrole::text' },
    `pg_language c where c.oid >= 16384`,
  ),
  publications: list(
    {
      name: 'quote_ident(c.pubname)',
      word: 'c.pubname',
      owner: 'c.pubowner::regrole::text',
      tables: `(select coalesce(jsonb_agg(r.prrelid::regclass::text order by r.prrelid::regclass::text), '[]') from pg_publication_rel r where r.prpubid = c.oid)`,
    },
    'pg_publication c where not c.puballtables',
  ),
  servers: list(
    { name: 'quote_ident(c.srvname)', word: 'c.srvname', owner: 'c.srvowner::regrole::text' },
    'pg_foreign_server c',
  ),
  mappings: list(
    {
      server: 'quote_ident(s.srvname)',
      word: 's.srvname',
      user: `case when c.umuser = 0 then 'public' else c.umuser::regrole::text end`,
      name: `c.umuser::regrole || s.srvname`,
    },
    'pg_user_mapping c join pg_foreign_server s on s.oid = c.umserver',
  ),
  largeObjects: list(
    { name: 'c.oid::text', word: 'c.oid::text', owner: 'c.lomowner::regrole::text' },
    'pg_largeobject_metadata c',
  ),
  extensions: list(
    { name: 'quote_ident(c.extname)', word: 'c.extname', owner: 'c.extowner::regrole::text' },
    `pg_extension c where c.extname <> 'plpgsql'`,
  ),
  roles: list({ name: 'quote_ident(c.rolname)', word: 'c.rolname', owner: `''` }, `pg_roles c where c.rolname ~ '^g_'`),
}

const objectsSql = `select jsonb_build_object(${Object.entries(lists)
  .map(([name, sql]) => `'${name}', ${sql}`)
  .join(',\n')}) as objects`

/** The client's search_path must be empty, so that every name is qualified. */
export async function objectsOf(sql: Client): Promise<Objects> {
  const [row] = await sql.unsafe(objectsSql, [], { prepare: true })
  return row?.objects as Objects
}
