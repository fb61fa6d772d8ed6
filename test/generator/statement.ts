// A statement, a family of them, and the words in which families are written.
import type { Column, Objects, Part, Relation, Thing } from './objects.ts'
import type { Random } from './random.ts'

export type Statement = {
  /** Text, or a role document. */
  apply: string | Record<string, unknown>
  /** What an effect of it must have in it. */
  word: string
}

export type Family = {
  name: string
  /** What becomes of it: some can never be activated and must fail without a trace. */
  must: 'succeed' | 'fail'
  make(r: Random, o: Objects): Statement | null | undefined
}

export type Make = Family['make']

/** The families of one file. */
export function familyList() {
  const list: Family[] = []
  return {
    list,
    succeeds: (name: string, make: Make) => void list.push({ name, must: 'succeed', make }),
    fails: (name: string, make: Make) => void list.push({ name, must: 'fail', make }),
  }
}

/** What statements make is called g_ and a number; now and then a name needs quotes. */
export const fresh = (r: Random) => {
  const word = r.chance(0.1) ? `g_ Odd ${r.int(1e6)}` : `g_${r.int(1e6)}`
  return { word, name: /^\w+$/.test(word) ? word : `"${word}"` }
}
export const schema = (r: Random, o: Objects) => r.pick(o.schemas)?.name ?? 'shop'
export const grantee = (r: Random) => r.one('gen_reader', 'gen_writer', 'gen_boss', 'public')
export const owner = (r: Random, thing: Thing) =>
  r.pick(['gen_app', 'gen_boss', 'levelb_deploy'].filter((name) => name !== thing.owner)) ?? 'gen_app'
export const literal = (text: string) => `'${text.replaceAll("'", "''")}'`

export const ofKind =
  (...kinds: string[]) =>
  (o: Objects) =>
    o.relations.filter(({ kind }) => kinds.includes(kind))
export const tables = ofKind('r')
export const tablesAndPartitioned = ofKind('r', 'p')
export const views = ofKind('v')
export const materialized = ofKind('m')
export const sequences = ofKind('S')
export const foreignTables = ofKind('f')
export const alone = (o: Objects) => tables(o).filter(({ parent, name }) => parent === null && name !== 'extra.parent')
export const routines =
  (...kinds: string[]) =>
  (o: Objects) =>
    o.routines.filter(({ kind }) => kinds.includes(kind))
export const types =
  (...kinds: string[]) =>
  (o: Objects) =>
    o.types.filter(({ kind }) => kinds.includes(kind))
export const freeColumns = (table: Relation) => table.columns.filter(({ inherited, key }) => !inherited && !key)
export const own = (parts: readonly Part[]) => parts.filter(({ copied }) => !copied)

/** Statement about one of some things. */
export const one =
  <T extends { word: string }>(
    things: (o: Objects) => readonly T[],
    write: (r: Random, thing: T, o: Objects) => string | null,
  ): Make =>
  (r, o) => {
    const thing = r.pick(things(o))
    const apply = thing === undefined ? null : write(r, thing, o)
    return thing === undefined || apply === null ? null : { apply, word: thing.word }
  }
/** A new thing, while there are not too many of its kind. */
export const made =
  (
    things: (o: Objects) => readonly unknown[],
    write: (r: Random, name: string, o: Objects) => string | null,
    qualified = true,
  ): Make =>
  (r, o) => {
    if (things(o).length > 12) return null
    const { word, name } = fresh(r)
    const apply = write(r, qualified ? `${schema(r, o)}.${name}` : name, o)
    return apply === null ? null : { apply, word }
  }
/** One with another name; the effect shows both. */
export const renamed = <T extends { word: string; name: string }>(
  things: (o: Objects) => readonly T[],
  write: (thing: T, name: string) => string,
): Make => one(things, (r, thing) => write(thing, fresh(r).name))
/** Drops while there are others. */
export const dropped = <T extends { word: string }>(
  things: (o: Objects) => readonly T[],
  write: (r: Random, thing: T) => string,
): Make => one((o) => (things(o).length > 1 ? things(o) : []), write)
export const comment = (r: Random) => (r.chance(0.1) ? 'null' : literal(`said ${r.int(1e6)}`))

export function quoted(word: string): string {
  return `"${word.replaceAll('"', '""')}"`
}

export const behavior = (r: Random) => r.one(' cascade', '')

export const columnOf =
  (write: (r: Random, table: Relation, column: Column) => string | null, things = tables): Make =>
  (r, o) => {
    const table = r.pick(things(o))
    const column = r.pick(table?.columns ?? [])
    const apply = table && column ? write(r, table, column) : null
    return column && apply !== null ? { apply, word: column.word } : null
  }

export const simpleType = (r: Random) => r.one('int', 'text', 'numeric(10,2)', 'timestamptz', 'bigint[]')
