import { expect, test } from 'vitest'
import { world } from '../world.ts'

/** A migration of two steps; the second tells as whom it ran. */
const twoSteps = (first: string) => ({
  title: 'two steps',
  description: 'the first prepares the second',
  steps: [
    { name: 'first', apply: first },
    { name: 'second', apply: `do $$ begin raise exception 'second step ran as %', current_user; end $$` },
  ],
})

for (const [what, text] of Object.entries({
  'made SECURITY INVOKER': 'alter function levelb_exec.execute_step() security invoker',
  'freed of its settings': 'alter function levelb_exec.execute_step() reset all',
  'given to another owner': 'alter function levelb_exec.execute_step() owner to levelb_definer',
  'granted to everybody': 'grant execute on function levelb_exec.execute_step() to public',
  'renamed away': 'alter function levelb_exec.verify_step() rename to gone',
})) {
  test(`activate › an executor ${what} by one step does not run the next`, async () => {
    const { through } = await world()
    const row = await through('0001_two', twoSteps(text))
    expect(row).toMatchObject({ outcome: 'failed' })
    expect(row.reason).not.toMatch(/second step ran/)
  })
}

test('activate › a step cannot skip the next by moving the portals of its caller', async () => {
  const { through } = await world()
  const move = `do $$ declare c text; begin
      for c in select name from pg_cursors where name <> '' loop
        begin execute format('move forward all in %I', c); exception when others then null; end;
      end loop; end $$`
  const row = await through('0001_two', twoSteps(`grant select on shop.orders to public; ${move}`))
  expect(row).toMatchObject({ outcome: 'failed', reason: 'second step ran as levelb_deploy' })
})

test('activate › effects that hold line ends and bidi marks are one visible line', async () => {
  const { sql } = await world()
  const effect = `row('owner', 'table', E'shop."a\\nb\\u202e"', 'owner', 'app', 'levelb_deploy', null)::levelb.effect`
  expect(await sql.unsafe(`select levelb.effect_text(${effect}) as line`)).toEqual([
    { line: 'owner: table shop."a{U+000A}b{U+202E}": app → levelb_deploy' },
  ])
})
