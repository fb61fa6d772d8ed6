// F4: levelb_definer owns the code of every application that is taken over, and lends none the rights of another.
import { expect, test } from 'vitest'
import { failure } from '../effects/effects.ts'
import { documentOfKind } from '../kinds/documents.ts'
import { type Json, refusal, world } from '../world.ts'

const full = (names: string[], more?: Json) =>
  documentOfKind('protect', { schemas: names.map((name) => ({ name, level: 'full' })) }, more)

test('F4 › a function of one application that could do what the code of another may is refused (LB307)', async () => {
  const w = await world()
  await w.urlOf('banker')
  const r = w.role
  await w.sql.unsafe(`
    grant create on database ${w.name} to levelb_deploy;
    create schema bank authorization ${r('banker')}; grant ${r('banker')} to levelb_deploy;
    grant usage on schema bank to public;
    set role ${r('banker')};
    create table bank.secret (x text);
    create view bank.lengths as select length(x) from bank.secret;
    reset role; set role ${r('app')};
    create function shop.run(text) returns text language plpgsql security definer as
      $$ declare v text; begin execute $1 into v; return v; end $$;
    revoke execute on function shop.run(text) from public;
    create function shop.one() returns int language sql security definer begin atomic select 1; end;
    reset role`)
  await w.sql`select levelb.rebind('two applications')`
  const refused = (schemas: string[], more?: Json) => refusal(w.stage('0002_second', full(schemas, more)))
  const found = { rule: 'rights_of_others', objects: ['function shop.run(pg_catalog.text)'] }

  // in one document
  expect(await refused(['bank', 'shop'])).toMatchObject({ code: 'LB307', detail: found })
  // the rights first, the function after them
  const bank = await w.through('0001_bank', full(['bank']))
  expect(failure(bank)).toMatchObject({ outcome: 'activated' })
  expect(await refused(['shop'])).toMatchObject({ code: 'LB307', detail: found })
  const app = await w.as('app')
  expect(await refusal(app`select shop.run('select x from bank.secret')`)).toMatchObject({ code: '42501' })
  // the function first, the rights after it
  expect(await w.sql`select levelb.mode() as mode`).toEqual([{ mode: 'OPERATOR_HANDOFF' }])
  const back = (await (await w.as('olga'))`select * from levelb.stage_rollback('0001_bank', 'the other way round')`)[0]
  await w.approve(back?.migration_id as string)
  expect(failure(await w.activate(back?.migration_id as string))).toMatchObject({ outcome: 'activated' })
  expect(failure(await w.through('0003_shop', full(['shop'])))).toMatchObject({ outcome: 'activated' })
  expect(await refused(['bank'])).toMatchObject({ code: 'LB307', detail: found })
  const accept = [{ rule: found.rule, object: found.objects[0], reason: 'only olga may call it' }]
  expect(await w.stage('0004_bank', full(['bank'], { accept }))).toMatchObject({
    revision: 1,
  })
})
