// The other tests of the guard write what is protected by hand: here the verbs do it, and the same statements go from
// what their role may do to what the guard refuses.
import { beforeAll, describe, expect, test } from 'vitest'
import type { Client } from '../client.ts'
import { failure } from '../effects/effects.ts'
import { documentOfKind } from '../kinds/documents.ts'
import { type Json, type World, world } from '../world.ts'

describe.each(['full', 'privileged'])('a migration of kind protect, level %s', (level) => {
  let w: World
  let app: Client
  const text = (sql: string) => sql.replaceAll(/\{(\w+)\}/g, (_, name: string) => w.role(name))

  /** What a statement comes to, undone in any case, with the DETAIL of a refusal. */
  async function attempt(by: Client, sql: string): Promise<Json> {
    await by`begin`
    const found = await by.unsafe(text(sql)).then(
      () => ({ code: 'passes' }),
      (error: { code: string; detail?: string }) => ({
        code: error.code,
        ...(error.code === 'LB211' && (JSON.parse(error.detail ?? '{}') as Json)),
      }),
    )
    await by`rollback`
    return found
  }

  const statements = [
    'grant select on shop.orders to {reader}',
    'alter table shop.orders owner to {reader}',
    'alter function shop.total(int) owner to {reader}',
  ]
  const daily = 'create table shop.more (id int); alter table shop.items add column note text'

  beforeAll(async () => {
    w = await world()
    // who gives something away belongs to who gets it, and who gets a schema may create one
    await w.sql.unsafe(`${text('grant {reader} to {app}; grant create on schema shop to {reader}')};
      grant create on database ${w.name} to levelb_deploy`)
    app = await w.as('app')
  })

  test('before it the owner and a superuser grant and give away', async () => {
    for (const sql of [...statements, daily])
      for (const by of [app, w.sql]) expect([sql, await attempt(by, sql)]).toEqual([sql, { code: 'passes' }])
  })

  test('after it the guard refuses that', async () => {
    const migrators = level === 'privileged' ? { migrators: [w.role('app')] } : {}
    const row = await w.through(
      '0001_protect',
      documentOfKind('protect', { schemas: [{ name: 'shop', level, ...migrators }] }),
    )
    expect(failure(row)).toMatchObject({ outcome: 'activated' })
    // at level full app is the owner no longer, and PostgreSQL has the answer for it
    for (const by of level === 'full' ? [w.sql] : [w.sql, app])
      for (const sql of statements)
        expect([sql, await attempt(by, sql)]).toMatchObject([sql, { code: 'LB211', schema: 'shop', level }])
    expect(await attempt(app, daily)).toEqual({ code: level === 'full' ? '42501' : 'passes' })
  })
})
