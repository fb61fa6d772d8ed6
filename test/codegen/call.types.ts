// Compiled by tsc, never run: what the callers must accept, and what they must not.
import type { Sql } from 'postgres'
import type { Instant } from '../../src/codec.ts'
import { Digest, type EchoArgs, echo, find, greet, note, type State, sell, wait } from './shop/generated/index.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <_T extends true>(): void => {}

export async function types(sql: Sql, other: Sql<{ bigint: bigint }>, parcel: EchoArgs): Promise<void> {
  const back = await echo(sql, parcel)
  holds<Same<typeof back.large, bigint>>()
  holds<Same<typeof back.at, Instant>>()
  holds<Same<typeof back.absent, string | null>>()
  holds<Same<typeof back.state, State>>()
  holds<Same<typeof back.note.snake_case, string[] | undefined>>()
  holds<Same<State, 'open' | "it's sold">>()
  await echo(sql, { ...parcel, digest: back.digest, label: back.label, at: new Date() })

  await find(other, { code: 'LB001' })
  await sql.begin((tx) => find(tx, { code: 'LB001' }))
  await greet(sql, { name: 'Ada', suffix: null, greeting: undefined })
  await sell('postgres://', { sku: 'saw' }, { timeoutMs: 5 })
  await sell(sql, { sku: 'saw' })
  await sell(other, { sku: 'saw' })

  // @ts-expect-error a required argument
  await greet(sql, {})
  // @ts-expect-error null where only undefined is meant
  await greet(sql, { name: 'Ada', greeting: null })
  // @ts-expect-error bytes of any length are no digest
  await echo(sql, { ...parcel, digest: new Uint8Array(32) })
  // @ts-expect-error a plain string is no moment
  await echo(sql, { ...parcel, at: '2026-11-02T08:15:00Z' })
  // @ts-expect-error not one of the labels
  await echo(sql, { ...parcel, state: 'closed' })
  // @ts-expect-error a number is no bigint
  await echo(sql, { ...parcel, large: 1 })
  // @ts-expect-error not the shape of its schema
  await note(sql, { note: { text: 'a' } })
  // @ts-expect-error a call on its own connection cannot join a transaction
  await sql.begin((tx) => sell(tx, { sku: 'saw' }))
  // @ts-expect-error timeouts belong to calls on their own connection
  await wait(sql, { seconds: 1 }, { timeoutMs: 5 })
  Digest.parse(new Uint8Array(32))
}
