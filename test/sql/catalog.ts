// What the catalog says of the installed functions, for tests that hold it to account without a list by hand.
import type { Client } from '../client.ts'

export type PublicFunction = {
  oid: number
  schema: string
  name: string
  /** levelb.stage(text, jsonb) */
  signature: string
  arguments: { name: string; type: string; optional: boolean }[]
  /** Codes of its @raises tag. */
  raises: string[]
  /** It is called as one whole statement. */
  direct: boolean
}

export const schemas = ['levelb', 'levelb_exec', 'levelb_sandbox']

/** Functions that people and programs call: those without a leading underscore, outside of the executors' schema. */
export async function publicFunctions(sql: Client): Promise<PublicFunction[]> {
  const rows = await sql<(Omit<PublicFunction, 'raises' | 'direct'> & { comment: string })[]>`
    select p.oid::int, n.nspname as schema, p.proname as name, p.oid::regprocedure::text as signature,
        coalesce(obj_description(p.oid, 'pg_proc'), '') as comment,
        (select coalesce(jsonb_agg(jsonb_build_object('name', p.proargnames[a.i], 'type', format_type(a.type, null),
            'optional', a.i > p.pronargs - p.pronargdefaults) order by a.i), '[]')
          from unnest(p.proargtypes::oid[]) with ordinality a (type, i)) as arguments
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where n.nspname in ('levelb', 'levelb_sandbox') and p.proname !~ '^_'
     order by p.oid::regprocedure::text collate "C"`
  return rows.map(({ comment, ...row }) => ({
    ...row,
    raises: comment.match(/^@raises (.*)$/m)?.[1]?.split(' ') ?? [],
    direct: /^@direct$/m.test(comment),
  }))
}

/** Codes of class LB that a function's text names, and the functions of levelb that it calls, by name. */
export async function mentions(sql: Client): Promise<Map<string, { codes: string[]; calls: string[] }>> {
  const rows = await sql<{ name: string; body: string }[]>`
    select n.nspname || '.' || p.proname as name, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) as body
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ${sql(schemas)}`
  return new Map(
    rows.map(({ name, body }) => [
      name,
      {
        codes: [...new Set(body.match(/\bLB\d{3}\b/g) ?? [])].sort(),
        calls: [
          ...new Set([...body.matchAll(/\b(levelb(?:_exec|_sandbox)?\.\w+)\s*\(/g)].map((match) => match[1] as string)),
        ],
      },
    ]),
  )
}

/** Codes named by a function and everything it calls. */
export function reachableCodes(all: Map<string, { codes: string[]; calls: string[] }>, name: string): Set<string> {
  const codes = new Set<string>()
  const seen = new Set<string>()
  const visit = (at: string) => {
    const found = all.get(at)
    // The registry names every code and raises none; the guard is called by event triggers, and named by readiness.
    if (!found || seen.has(at) || at === 'levelb.errors' || at === 'levelb._guard') return
    seen.add(at)
    for (const code of found.codes) codes.add(code)
    for (const call of found.calls) visit(call)
  }
  visit(name)
  return codes
}

/** Number of rows of every table of levelb, by name: what "nothing was written" is measured by. */
export async function rowCounts(sql: Client): Promise<Record<string, number>> {
  const tables = await sql<{ relname: string }[]>`
    select relname from pg_class where relnamespace = 'levelb'::regnamespace and relkind = 'r' order by relname`
  const [row] = await sql.unsafe(
    `select ${tables.map(({ relname }) => `(select count(*)::int from levelb.${relname}) as ${relname}`).join(', ')}`,
  )
  return { ...row }
}
