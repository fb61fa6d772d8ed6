// What a database holds, by name and read from PostgreSQL's own columns: what levelb says about a rollback is compared
// with it. Without oids, so that what was dropped and made again is the same.
import type { Sql } from 'postgres'

const acl = (column: string, kind: string, owner: string) =>
  `(select string_agg(format('%s %s%s by %s', case a.grantee when 0 then 'PUBLIC' else a.grantee::regrole::text end,
      a.privilege_type, case when a.is_grantable then '*' else '' end, a.grantor::regrole), ', ' order by a::text)
      from aclexplode(coalesce(${column}, acldefault(${kind}, ${owner}))) a)`

/** kind, identity, value; each limited to what initdb and levelb did not make. */
const facts = [
  `select 'schema', nspname::text, concat_ws(' | ', nspowner::regrole, ${acl('nspacl', "'n'", 'nspowner')})
     from pg_namespace`,
  `select 'relation', c.oid::regclass::text, concat_ws(' | ', c.relkind, c.relowner::regrole, c.relrowsecurity,
       c.relforcerowsecurity, c.relpersistence, c.reloptions, c.relreplident,
       ${acl('c.relacl', `case c.relkind when 'S' then 's' else 'r' end::"char"`, 'c.relowner')})
     from pg_class c where c.relkind <> 'i'`,
  `select 'view', c.oid::regclass::text, pg_get_viewdef(c.oid)
     from pg_class c where c.relkind in ('v', 'm') and c.oid >= 16384
      and c.relnamespace <> all (array['levelb', 'levelb_exec', 'levelb_sandbox']::regnamespace[])`,
  // not the number but the place: dropped columns leave a number behind
  `select 'column', format('%s.%I', a.attrelid::regclass, a.attname), concat_ws(' | ',
       format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attcollation::regcollation,
       a.attoptions, a.attstattarget, a.attacl, pg_get_expr(d.adbin, d.adrelid))
     from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped`,
  `select 'column order', a.attrelid::regclass::text, string_agg(a.attname, ', ' order by a.attnum)
     from pg_attribute a where a.attnum > 0 and not a.attisdropped group by a.attrelid`,
  `select 'constraint', format('%I on %s', c.conname, coalesce(nullif(c.conrelid, 0)::regclass::text, c.contypid::regtype::text)),
       pg_get_constraintdef(c.oid) from pg_constraint c`,
  `select 'index', i.indexrelid::regclass::text, concat_ws(' | ', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered)
     from pg_index i`,
  `select 'sequence', s.seqrelid::regclass::text, (to_jsonb(s) - 'seqrelid')::text from pg_sequence s`,
  `select 'trigger', format('%I on %s', t.tgname, t.tgrelid::regclass), concat_ws(' | ', pg_get_triggerdef(t.oid), t.tgenabled)
     from pg_trigger t where not t.tgisinternal`,
  `select 'policy', format('%I on %s', p.polname, p.polrelid::regclass), concat_ws(' | ', p.polcmd, p.polpermissive,
       array(select coalesce(nullif(r, 0)::regrole::text, 'PUBLIC') from unnest(p.polroles) r order by 1),
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) from pg_policy p`,
  `select 'function', p.oid::regprocedure::text, concat_ws(' | ', p.proowner::regrole, ${acl('p.proacl', "'f'", 'p.proowner')},
       case when p.prokind = 'a' or p.oid < 16384 then p.oid::regprocedure::text else pg_get_functiondef(p.oid) end)
     from pg_proc p where p.pronamespace <> all (array['levelb', 'levelb_exec', 'levelb_sandbox']::regnamespace[])`,
  `select 'type', t.oid::regtype::text, concat_ws(' | ', t.typtype, t.typowner::regrole, t.typnotnull, t.typdefault,
       t.typbasetype::regtype, ${acl('t.typacl', "'T'", 't.typowner')},
       array(select e.enumlabel::text from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder)) from pg_type t`,
  `select 'extension', e.extname::text, concat_ws(' | ', e.extversion, e.extowner::regrole, e.extnamespace::regnamespace)
     from pg_extension e`,
  `select 'default acl', concat_ws(' ', d.defaclrole::regrole, nullif(d.defaclnamespace, 0)::regnamespace, d.defaclobjtype), d.defaclacl::text
     from pg_default_acl d`,
  `select 'comment', concat_ws(' ', o.type, o.identity), d.description
     from pg_description d cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) o
    where d.objoid >= 16384`,
]

const query = facts
  .map((fact) => `select kind, identity, value from (${fact}) f (kind, identity, value)`)
  .join('\nunion all\n')

export type Structure = Map<string, string>

/** Facts by `kind identity`. */
export async function structureOf(sql: Sql): Promise<Structure> {
  const rows = await sql.unsafe(`
    select kind || ' ' || identity as fact, value from (${query}) f
     where identity !~ '(^|[ .(])(pg_catalog|information_schema|pg_toast|levelb|levelb_exec|levelb_sandbox)\\M'`)
  return new Map(rows.map(({ fact, value }) => [fact, value ?? '']))
}

/** `column order app.t: a, b → b, a`, in order; the value is left out where it is long. */
export function differences(before: Structure, after: Structure): string[] {
  const said = (value: string | undefined) =>
    value === undefined ? 'nothing' : value.length > 60 || value.includes('\n') ? '…' : value
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((fact) => before.get(fact) !== after.get(fact))
    .sort()
    .map((fact) => `${fact}: ${said(before.get(fact))} → ${said(after.get(fact))}`)
}
