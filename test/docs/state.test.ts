// docs/state.md: its queries, run by an auditor, print what stands under them.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { world } from '../world.ts'

const page = readFileSync(new URL('../../docs/state.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/^```sql\n([\s\S]*?)^```\n```\n([\s\S]*?)^```$/gm)]

test('docs › the queries of state.md print what the page says', async () => {
  const w = await world()
  const names = ['app_owner', 'reporter', 'auditor']
  await w.sql.unsafe(`
    ${names.map((name) => `create role ${w.role(name)};`).join(' ')}
    create schema app authorization ${w.role('app_owner')}; set role ${w.role('app_owner')};
    create table app.orders (id int, card text);
    alter table app.orders enable row level security;
    grant select on app.orders to public; grant insert on app.orders to ${w.role('reporter')};
    grant select on app.orders to ${w.role('reporter')} with grant option;
    grant select (card) on app.orders to ${w.role('auditor')};
    create function app.refund(int) returns int security definer language sql as 'select 1';
    reset role`)
  const reader = await w.as('aud')
  expect(blocks.length).toBe(5)
  // as the page advises
  await reader`create temp table kept as select * from levelb.catalog_state`
  for (const [, query = '', printed = ''] of blocks) {
    const statement = query
      .replaceAll("'reporter'", `'${w.role('reporter')}'`)
      .replaceAll('levelb.catalog_state', 'pg_temp.kept')
    const rows = await reader.unsafe(statement)
    const cells = rows.map((row) => Object.values(row).map((cell) => String(cell).replaceAll(w.role(''), '')))
    const expected = printed
      .trimEnd()
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
    expect(cells.toSorted()).toEqual(expected.toSorted())
  }
}, 120_000)
