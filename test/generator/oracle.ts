// Judges one activation by what the catalogs say before and after it. What is wrong is told in sentences.
import type { Client } from '../client.ts'
import type { Row } from '../world.ts'
import { type CatalogRow, type Catalogs, followed, type Print } from './catalogs.ts'

export type Effect = {
  class: string
  object_type: string
  identity: string
  attribute: string
  before: string | null
  after: string | null
}

export type Observed = {
  /** Whether any row of any catalog, or of a table of users, is another one. */
  written: boolean
  before: CatalogRow[]
  after: CatalogRow[]
  /** Tables of users whose rows are others. */
  tables: string[]
}

export type Watch = {
  /** Between `begin` and `end` one activation happens. */
  begin(tables: readonly string[]): Promise<void>
  end(): Promise<Observed>
  /** Whether the digests of all rows are what they were, but for the rows seen since. One sentence for each that is not. */
  settle(): Promise<string[]>
}

/** `before` keeps its snapshot while the activation runs: it still sees what is replaced. */
export async function watch(sql: Client, before: Client, catalogs: Catalogs): Promise<Watch> {
  let since = '0'
  let rows = new Map<string, Print>()
  let prints = await catalogs.prints(sql, [])
  const digests = await catalogs.digests(sql)

  return {
    async begin(tables) {
      await before.unsafe('begin transaction isolation level repeatable read read only')
      const [row] = await before.unsafe(`select pg_snapshot_xmax(pg_current_snapshot())::text as next`)
      since = row?.next as string
      // Of the catalogs the last ones hold. Not in that transaction: a lock on a table would be in the way.
      rows = await catalogs.prints(sql, tables, false)
    },
    async end() {
      try {
        const [names] = await sql.unsafe(
          `select coalesce(jsonb_agg(name), '[]') as there from jsonb_array_elements_text($1::text::jsonb) name where to_regclass(name) is not null`,
          [JSON.stringify([...rows.keys()])],
        )
        const there = names?.there as string[]
        const now = await catalogs.prints(sql, there)
        const changed = [...now]
          .filter(([name, print]) => (rows.get(name) ?? prints.get(name)) !== print)
          .map(([name]) => name)
        prints = now
        const systems = changed.filter((name) => name.startsWith('pg_'))
        const observed = {
          written: changed.length > 0,
          before: await catalogs.written(before, 'before', systems, since),
          after: await catalogs.written(sql, 'after', systems, since),
          tables: changed.filter((name) => !name.startsWith('pg_')),
        }
        for (const [rows, sign] of [
          [observed.before, -1n],
          [observed.after, 1n],
        ] as const)
          for (const { catalog, digest } of rows)
            digests.set(catalog, (digests.get(catalog) ?? 0n) + sign * BigInt(digest))
        return observed
      } finally {
        await before.unsafe('rollback')
      }
    },
    async settle() {
      const now = await catalogs.digests(sql)
      const differs = [...now].filter(([name, digest]) => digests.get(name) !== digest).map(([name]) => name)
      for (const [name, digest] of now) digests.set(name, digest)
      return differs.map((name) => `${name} has rows that nobody was seen to write`)
    },
  }
}

/** What a text writes to the catalogs when levelb_deploy runs it, by catalog; all of it is taken back. */
export async function writes(sql: Client, catalogs: Catalogs, texts: readonly string[]): Promise<string[]> {
  const prints = await catalogs.prints(sql, [])
  await sql.unsafe('begin; set local role levelb_deploy')
  try {
    for (const text of texts) await sql.unsafe(text)
    await sql.unsafe('reset role')
    const now = await catalogs.prints(sql, [])
    return [...now].filter(([name, print]) => prints.get(name) !== print).map(([name]) => name)
  } finally {
    await sql.unsafe('rollback')
  }
}

const wordsOf = (effect: Effect) =>
  [effect.identity, effect.attribute, effect.before ?? '', effect.after ?? ''].join('\n').replaceAll('""', '"')

/** Whether one of the effects has the word in it. */
export const mentions = (effects: readonly Effect[], word: string) =>
  effects.some((effect) => wordsOf(effect).includes(word))

const text = ({ catalog, row }: CatalogRow) => `${catalog} ${JSON.stringify(row)}`

/** Rows that are as they were, but for being written anew, are no difference. */
export function differing({ before, after }: Observed): { before: CatalogRow[]; after: CatalogRow[] } {
  const was = new Map<string, number>()
  for (const row of before) was.set(text(row), (was.get(text(row)) ?? 0) + 1)
  const is = new Map<string, number>()
  for (const row of after) is.set(text(row), (is.get(text(row)) ?? 0) + 1)
  const lone = (rows: readonly CatalogRow[], others: ReadonlyMap<string, number>, own: ReadonlyMap<string, number>) =>
    rows.filter((row) => (own.get(text(row)) ?? 0) > (others.get(text(row)) ?? 0))
  return { before: lone(before, is, was), after: lone(after, was, is) }
}

/** Privileges of columns are granted by the owner of their table, whoever that is. */
const withoutGrantors = (columns: [string, unknown][]) =>
  columns.map(([column, value]) => [
    column,
    column === 'attacl' && Array.isArray(value) ? value.map((entry) => String(entry).replace(/\/[^/]*$/, '')) : value,
  ])

/** What is wrong with one activation. */
export function wrongs(row: Row, observed: Observed): string[] {
  const changed = differing(observed)
  if (row.outcome !== 'activated') {
    return [
      ...[...changed.before, ...changed.after].map((one) => `${row.outcome}, and left ${text(one)}`),
      ...observed.tables.map((name) => `${row.outcome}, and wrote rows of ${name}`),
    ]
  }
  const effects = row.effects as Effect[]
  // rows that came and went are told too
  if (!observed.written && effects.some((effect) => effect.class !== 'data'))
    return [`activated with ${effects.length} effects, and nothing was written`]
  // The script of an extension makes what its version says; that the extension was made or dropped is told.
  const hasExtension = effects.some(({ object_type }) => object_type === 'extension')
  // A row that was altered and is still there is told of by its own name; one that came or went, by its object's too.
  const own = new Map<string, { names: string[]; rows: Set<string> }>()
  for (const one of [...changed.before, ...changed.after]) {
    if (one.key === null || one.word === null) continue
    const of = own.get(one.key) ?? { names: [], rows: new Set() }
    of.names.push(one.word)
    const without = followed[one.catalog] ?? []
    of.rows.add(
      JSON.stringify(withoutGrantors(Object.entries(one.row).filter(([column]) => !without.includes(column)))),
    )
    own.set(one.key, of)
  }
  // What was said of its columns comes and goes with a relation, which has to be told itself.
  const relations = (rows: readonly CatalogRow[]) =>
    new Set(rows.filter(({ catalog }) => catalog === 'pg_class').map(({ row }) => String(row.oid)))
  const [was, is] = [relations(changed.before), relations(changed.after)]
  const isWithRelation = ({ catalog, row }: CatalogRow) =>
    catalog === 'pg_description' &&
    String(row.classoid) === '1259' &&
    Number(row.objsubid) > 0 &&
    was.has(String(row.objoid)) !== is.has(String(row.objoid))
  const silent = [...changed.before, ...changed.after].filter((one) => {
    const { words, key } = one
    if (isWithRelation(one)) return false
    const versions = own.get(key ?? '')
    const names = versions?.names.length === 2 && versions.rows.size === 2 ? versions.names : words
    const known = names?.filter((name) => name !== null) ?? []
    return known.length > 0 && !hasExtension && !known.some((name) => mentions(effects, name))
  })
  return [
    ...(effects.length === 0 ? ['activated without effects'] : []),
    ...silent.map((one) => `no effect tells of ${text(one)}`),
    ...observed.tables
      .filter((name) => !effects.some((effect) => effect.class === 'data' && effect.identity === name))
      .filter((name) => !effects.some(({ attribute, before }) => attribute === 'name' && before === name))
      .map((name) => `no effect tells of rows of ${name}`),
  ]
}

/** What the effects of an episode say one after the other: where one ends the next of the same attribute begins. */
export class Chain {
  #last = new Map<string, string | null>()

  /** Sentences about effects that do not begin where the last one ended. */
  follow(effects: readonly Effect[]): string[] {
    const found: string[] = []
    // A rename changes the words of everything that the object has a part in.
    if (effects.some(({ attribute, object_type }) => attribute === 'name' || object_type === 'extension'))
      this.#last.clear()
    for (const effect of effects.filter(({ attribute }) => attribute === 'exists'))
      for (const key of this.#last.keys()) if (key.includes(` ${effect.identity}`)) this.#last.delete(key)
    for (const effect of effects) {
      const { object_type, identity, attribute } = effect
      // rows have no state, code is shown for a new owner without the one before, and secrets are not said
      if (effect.class === 'data' || attribute === '(rewritten)' || attribute === 'exists') continue
      if (effect.class === 'owner' && attribute === 'definition') continue
      const key = `${object_type} ${identity}: ${effect.class}:${attribute}`
      const last = this.#last.get(key)
      if (this.#last.has(key) && last !== effect.before)
        found.push(`${key} was said to be ${last} and then to have been ${effect.before}`)
      this.#last.set(key, effect.after)
    }
    return found
  }

  /** What the effects say that holds now. */
  get last(): ReadonlyMap<string, string | null> {
    return this.#last
  }
}
