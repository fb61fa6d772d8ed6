// A text can raise any SQLSTATE, those by which a rehearsal undoes its own phases too. None of them makes it pass.
import { beforeAll, expect, test } from 'vitest'
import { full } from '../protect/shop.ts'
import { type Json, type Row, type World, world } from '../world.ts'
import { inSandbox, rehearse, stepOf } from './fixture.ts'

let w: World
beforeAll(async () => {
  w = await world({
    policy: { cluster: 'govern', rehearsal: { required: 'none', max_seconds: 30 } },
    before: async ({ sql, name }) => {
      await sql.unsafe(`grant create on database ${name} to levelb_deploy`)
    },
  })
  expect(await w.through('0001_protect', full('shop'))).toMatchObject({ outcome: 'activated' })
})

const raise = (code: string) => `do $$ begin raise exception using errcode = '${code}', message = 'forged'; end $$`
const make = 'create table shop.forged ()'
/** What it makes stays: the rollback ends without a trace, and so does the second apply, which finds it there. */
const kept = (code: string) =>
  stepOf(
    `do $$ begin if to_regclass('shop.forged') is not null then raise exception using errcode = '${code}', message = 'forged'; end if;
       ${make}; end $$`,
    raise(code),
  )

const documents: [string, (code: string) => Json, Partial<Row>][] = [
  ['apply', (code) => stepOf(`${make}; ${raise(code)}`, 'drop table shop.forged'), { rollback_restored: null }],
  ['rollback', (code) => stepOf(make, raise(code)), { rollback_restored: false }],
  ['rollback and second apply', kept, { rollback_restored: false }],
  ['verify', (code) => stepOf(make, 'drop table shop.forged', { verify: `select shop.raised('${code}')` }), {}],
]

let count = 0
test.each(
  ['UNDO0', 'UNDO1'].flatMap((code) => documents.map(([part, document, row]) => [code, part, document, row] as const)),
)('%s raised in %s is a failure', async (code, part, document, row) => {
  if (part === 'verify') {
    const text = `create or replace function shop.raised(text) returns bool language plpgsql as
      $f$ begin raise exception using errcode = $1, message = 'forged'; end $f$`
    await w.through(`09${++count}_raised`, stepOf(text, 'drop function shop.raised(text)'))
  }
  const id = `0${100 + ++count}_forged`
  await w.stage(id, document(code))
  await w.approve(id)
  for (const record of [await inSandbox(w, id), await rehearse(w, id)]) {
    expect(record).toMatchObject({ outcome: 'failed', ...row })
    expect([code, 'LB311']).toContain(record.code)
  }
})

test('a seed that raises one of them is a failure too', async () => {
  const ann = await w.as('ann')
  await ann`select levelb_sandbox.seed('shop', ${raise('UNDO0')})`
  const id = `0${100 + ++count}_forged`
  // partial from the start: it names levelb_deploy
  await w.stage(id, stepOf(`${make}; grant select on shop.forged to levelb_deploy`, 'drop table shop.forged'))
  expect(await inSandbox(w, id)).toMatchObject({ outcome: 'failed', code: 'UNDO0' })
  await ann`select levelb_sandbox.seed('shop')`
  expect(await inSandbox(w, id)).toMatchObject({ outcome: 'partial' })
})
