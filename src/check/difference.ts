// The difference of two sets of effects, in the words that the database has for them.
import type { Sql } from 'postgres'
import { z } from 'zod'
import { type Effect, Effects } from '../json/effects.ts'

export type Said = { sign: '-' | '+'; text: string }

const keyOf = (effect: Effect) =>
  JSON.stringify([effect.class, effect.object_type, effect.identity, effect.attribute, effect.before, effect.after])

/** What is in the first alone, `-`, and in the second alone, `+`; about the same thing one after the other. */
export async function effectsDifference(sql: Sql, expected: Effects, found: Effects): Promise<Said[]> {
  const other = (effects: Effects) => new Set(effects.map(keyOf))
  const [inFound, inExpected] = [other(found), other(expected)]
  return inWords(
    sql,
    expected.filter((effect) => !inFound.has(keyOf(effect))),
    found.filter((effect) => !inExpected.has(keyOf(effect))),
  )
}

// a text can raise these codes itself, with a DETAIL of its own
const Both = z.object({ missing: Effects, unexpected: Effects })

/** DETAIL of LB303 and LB310; nothing where it says something else. */
export async function saidOf(sql: Sql, detail: unknown): Promise<Said[]> {
  const both = Both.safeParse(detail)
  return both.success ? inWords(sql, both.data.missing, both.data.unexpected) : []
}

async function inWords(sql: Sql, missing: readonly object[], unexpected: readonly object[]): Promise<Said[]> {
  if (missing.length + unexpected.length === 0) return []
  const rows = await sql<Said[]>`
    select d.sign, levelb.effect_text(e) as text
      from (values ('-', ${JSON.stringify(missing)}::text), ('+', ${JSON.stringify(unexpected)}::text)) d (sign, effects),
        lateral jsonb_populate_recordset(null::levelb.effect, d.effects::jsonb) e
     order by e.class collate "C", e.object_type collate "C", e.identity collate "C", e.attribute collate "C", d.sign collate "C" desc`
  return rows.map(({ sign, text }) => ({ sign, text }))
}
