// Everything the catalogs say of this database, by names and never by oids, read without levelb's help.
import type { Client } from '../client.ts'
import type { Row } from '../world.ts'

/** What an ACL says, in order; null and the default are the same. */
const acl = (column: string, kind: string, owner: string) =>
  `(select string_agg(a.grantee::regrole || ':' || a.privilege_type || a.is_grantable || ' by ' || a.grantor::regrole, ', '
     order by 1) from (select a.grantee, a.privilege_type, a.is_grantable, a.grantor
       from aclexplode(coalesce(${column}, acldefault((${kind})::"char", ${owner}))) a order by 1, 2, 3, 4) a)`

const comment = (oid: string, catalog: string, column = '0') =>
  `(select d.description from pg_description d where d.objoid = ${oid} and d.classoid = '${catalog}'::regclass and d.objsubid = ${column})`

const mine = "n.nspname !~ '^(pg_|information_schema$|levelb)'"

const stateSql = [
  `select format('schema %s owner %s acl %s comment %s', n.nspname, n.nspowner::regrole, ${acl('n.nspacl', "'n'", 'n.nspowner')}, ${comment('n.oid', 'pg_namespace')})
     from pg_namespace n where ${mine}`,
  `select format('%s %s owner %s acl %s options %s %s rls %s %s ident %s persistence %s am %s comment %s view %s', c.relkind, c.oid::regclass, c.relowner::regrole,
     ${acl('c.relacl', "case c.relkind when 'S' then 's' else 'r' end", 'c.relowner')}, (select array_agg(o order by o) from unnest(c.reloptions) o),
     (select o.reloptions from pg_class o where o.oid = c.reltoastrelid),
     c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.relpersistence, c.relam, ${comment('c.oid', 'pg_class')},
     case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end)
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${mine} and c.relkind <> 'c'`,
  `select format('column %s.%I %s null %s identity %s generated %s storage %s compression %s statistics %s options %s default %s comment %s', c.oid::regclass, a.attname,
     format_type(a.atttypid, a.atttypmod), not a.attnotnull, a.attidentity, a.attgenerated, a.attstorage, a.attcompression, nullif(a.attstattarget, -1), a.attoptions,
     (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d where d.adrelid = c.oid and d.adnum = a.attnum), ${comment('c.oid', 'pg_class', 'a.attnum')})
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where ${mine} and a.attnum > 0 and not a.attisdropped and c.relkind not in ('i', 'I', 't')`,
  `select format('column %s.%I acl %s:%s%s by %s', c.oid::regclass, a.attname, x.grantee::regrole, x.privilege_type, x.is_grantable, x.grantor::regrole)
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace, aclexplode(a.attacl) x where ${mine}`,
  `select format('routine %s owner %s acl %s %s comment %s', p.oid::regprocedure, p.proowner::regrole, ${acl('p.proacl', "'f'", 'p.proowner')},
     case when p.prokind <> 'a' then pg_get_functiondef(p.oid) end, ${comment('p.oid', 'pg_proc')})
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${mine}`,
  `select format('type %s owner %s acl %s %s comment %s of %s null %s default %s', t.oid::regtype, t.typowner::regrole, ${acl('t.typacl', "'T'", 't.typowner')}, t.typtype,
     ${comment('t.oid', 'pg_type')}, format_type(nullif(t.typbasetype, 0), t.typtypmod), not t.typnotnull, t.typdefault)
     from pg_type t join pg_namespace n on n.oid = t.typnamespace where ${mine}`,
  `select format('label %s %L at %s', e.enumtypid::regtype, e.enumlabel, row_number() over (partition by e.enumtypid order by e.enumsortorder)) from pg_enum e`,
  `select format('constraint %I on %s %s %s %s', k.conname, k.conrelid::regclass, nullif(k.contypid, 0)::regtype, pg_get_constraintdef(k.oid), ${comment('k.oid', 'pg_constraint')})
     from pg_constraint k join pg_namespace n on n.oid = k.connamespace where ${mine}`,
  `select format('index %s %s clustered %s identity %s', i.indexrelid::regclass, pg_get_indexdef(i.indexrelid), i.indisclustered, i.indisreplident)
     from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace where ${mine}`,
  `select format('trigger %s %s %s', pg_get_triggerdef(g.oid), g.tgenabled, ${comment('g.oid', 'pg_trigger')})
     from pg_trigger g join pg_class c on c.oid = g.tgrelid join pg_namespace n on n.oid = c.relnamespace where ${mine} and not g.tgisinternal`,
  `select format('policy %I on %s %s %s to %s using %s check %s %s', p.polname, p.polrelid::regclass, p.polcmd, p.polpermissive, p.polroles::regrole[],
     pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), ${comment('p.oid', 'pg_policy')}) from pg_policy p`,
  `select format('rule %s %s', pg_get_ruledef(r.oid), r.ev_enabled) from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
    where ${mine} and r.rulename <> '_RETURN'`,
  `select format('sequence %s %s', s.seqrelid::regclass, to_jsonb(s) - 'seqrelid') from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
    where ${mine}`,
  `select format('sequence %s of %s.%I', d.objid::regclass, d.refobjid::regclass, a.attname) from pg_depend d
     join pg_class c on c.oid = d.objid and d.classid = 'pg_class'::regclass and c.relkind = 'S'
     join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid where d.refclassid = 'pg_class'::regclass`,
  `select format('%s under %s %s', i.inhrelid::regclass, i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid)) from pg_inherits i join pg_class c on c.oid = i.inhrelid`,
  `select format('%s target %s', pg_get_statisticsobjdef(s.oid), nullif(s.stxstattarget, -1)) from pg_statistic_ext s`,
  `select format('extension %s %s in %s', e.extname, e.extversion, e.extnamespace::regnamespace) from pg_extension e`,
  `select format('wrapper %s %s', w.fdwname, w.fdwoptions) from pg_foreign_data_wrapper w`,
  `select format('server %s %s %s %s of %s owner %s acl %s comment %s', s.srvname, s.srvtype, s.srvversion, s.srvoptions, w.fdwname, s.srvowner::regrole,
     ${acl('s.srvacl', "'S'", 's.srvowner')}, ${comment('s.oid', 'pg_foreign_server')}) from pg_foreign_server s join pg_foreign_data_wrapper w on w.oid = s.srvfdw`,
  `select format('mapping %s %s', u.srvname, u.usename) from pg_user_mappings u`,
  `select format('foreign table %s %s %s', t.ftrelid::regclass, s.srvname, t.ftoptions) from pg_foreign_table t join pg_foreign_server s on s.oid = t.ftserver`,
  `select format('publication %s owner %s %s', p.pubname, p.pubowner::regrole, to_jsonb(p) - '{oid,pubowner,pubname}'::text[]) from pg_publication p`,
  `select format('publication of %s: %s %s %s', r.prrelid::regclass, p.pubname, pg_get_expr(r.prqual, r.prrelid), r.prattrs) from pg_publication_rel r join pg_publication p on p.oid = r.prpubid`,
  `select format('publication of schema %s: %s', r.pnnspid::regnamespace, p.pubname) from pg_publication_namespace r join pg_publication p on p.oid = r.pnpubid`,
  `select format('cast %s as %s with %s %s %s', c.castsource::regtype, c.casttarget::regtype, nullif(c.castfunc, 0)::regprocedure, c.castcontext, c.castmethod) from pg_cast c where c.oid >= 16384`,
  `select format('setting %s of %s in %s', unnest(setconfig), setrole::regrole, (select datname from pg_database d where d.oid = setdatabase)) from pg_db_role_setting`,
].join('\nunion all\n')

/** One line per object, column, privilege and definition, in order; as named under the search_path of pg_catalog. */
export async function wholeState(sql: Client): Promise<string[]> {
  return sql.begin(async (inside) => {
    await inside.unsafe('set local search_path = pg_catalog')
    const rows: Row[] = await inside.unsafe(`select line from (${stateSql}) s (line) order by line collate "C"`)
    return rows.map((row) => row.line as string)
  }) as Promise<string[]>
}
