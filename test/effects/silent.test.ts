// A row that was rewritten never changes without a word: it shows, or a change of the same object that shows explains it,
// or the activation fails (LB305). What a family calls ignored is no way round.
import { beforeAll, describe, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../database.ts'
import { type World, world } from '../world.ts'
import { areaOf, effectsOver, told } from './area.ts'
import { run } from './effects.ts'

describe('text that changes nothing but columns which other rows imply', () => {
  let w: World
  beforeAll(async () => {
    w = await world()
  })

  const parent = `create table S.p (id int, constraint positive check (id > 0)); create table S.c () inherits (S.p)`

  test('makes an inherited constraint its own: LB305', async () => {
    expect(
      await effectsOver(
        w,
        parent,
        'alter table S.c add constraint positive check (id > 0); grant select on S.c to reader!',
      ),
    ).toEqual({
      outcome: 'failed',
      code: 'LB305',
      detail: {
        uncovered: [
          {
            catalog: 'pg_constraint',
            object: 'table constraint positive on S.c',
            change: 'altered: conislocal',
          },
        ],
      },
    })
  })

  test('writes an index anew: shown', async () => {
    expect(
      await effectsOver(
        w,
        'create table S.t (id int); create index ids on S.t (id); create table S.u ()',
        'reindex index S.ids; grant select on S.u to reader!',
      ),
    ).toEqual(['acl: table S.u: reader: - → select', 'structure: index S.ids: (rewritten): - → -'])
  })

  test('grants and takes back while a flag of the table moves: shown', async () => {
    const area = await areaOf(w, 'create table S.t (id int); grant select on S.t to reader!; create table S.u (id int)')
    const text = `create index on S.t (id); drop index S.t_id_idx; grant insert on S.t to reader!; revoke insert on S.t from reader!`
    const shown = told(area, await run(w, area.own(`${text}; grant select on S.u to reader!`)))
    expect(JSON.stringify(shown)).toMatch(/written without trace|\(rewritten\)/)
  })

  /** Rows that follow: what explains them is shown, and they themselves say nothing more. */
  const explained: [objects: string, text: string, shown: string[]][] = [
    [
      'create table S.t (id int primary key); create table S.u (id int)',
      'alter table S.u add constraint link foreign key (id) references S.t',
      ['structure: table constraint link on S.u: definition: - → FOREIGN KEY (id) REFERENCES S.t(id)'],
    ],
    [
      'create table S.t (id int primary key, body text); insert into S.t values (1)',
      'truncate S.t',
      ['data: table S.t: truncate: - → -'],
    ],
    [
      'create table S.days (d int) partition by range (d)',
      'create table S.rest partition of S.days default',
      ['structure: table S.rest: partition bound: - → DEFAULT'],
    ],
    [
      'create table S.p (id int primary key, body text)',
      'alter table S.p owner to levelb_deploy',
      ['owner: table S.p: owner: app → levelb_deploy'],
    ],
    // what an index stores follows the column of its table, and the row of the index itself is not written
    [
      'create table S.t (id int, body text); create index bodies on S.t (body)',
      'alter table S.t alter body set storage external',
      ['structure: table column S.t.body: storage: - → external'],
    ],
    [
      `create table S.t (id int); create schema s_two; create function S.f() returns trigger language plpgsql as 'begin return new; end';
       create constraint trigger late after insert on S.t for each row execute function S.f(); grant create on schema s_two to levelb_deploy`,
      'alter table S.t set schema s_two',
      ['repoint: table s_two.t: name: S.t → s_two.t'],
    ],
  ]

  test.each(explained)('%s › %s', async (objects, text, shown) => {
    const lines = await effectsOver(w, objects, text)
    expect(lines).toEqual(expect.arrayContaining([shown[0]]))
    expect(JSON.stringify(lines)).not.toContain('(rewritten)')
  })
})

describe('the net itself, on rows made by hand', () => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await freshDatabase()
  })

  type Side = Partial<Record<'catalog' | 'key' | 'identity' | 'part_of' | 'exists_class', string>> & {
    whole?: Record<string, unknown>
    attributes?: Record<string, string>
    is_implied?: boolean
  }
  const row = (side: Side) => ({
    catalog: 'pg_class',
    key: '70001',
    object_type: 'table',
    identity: `t${side.key ?? ''}`,
    attributes: {},
    absent: {},
    whole: {},
    rest: {},
    is_implied: false,
    is_detail: true,
    is_levelb: false,
    ...side,
  })
  /** What the net catches of changes [before, after], all of which it is asked about. */
  async function caught(...changes: [Side | null, Side | null][]): Promise<unknown[]> {
    const rows = changes.map(([old, new_]) => ({ old: old && row(old), new: new_ && row(new_) }))
    const found = await db.sql`
      with change as (
        select array(select row(jsonb_populate_record(null::levelb._state_row, nullif(c -> 'old', 'null')),
            jsonb_populate_record(null::levelb._state_row, nullif(c -> 'new', 'null')))::levelb._change
          from jsonb_array_elements(${db.sql.json(rows as never)}) c) as changes
      )
      select u as entry from change c, levelb._unexplained_changes(c.changes, c.changes) u`
    return found.map(({ entry }) => `${entry.object}: ${entry.change}`)
  }
  const silently = (side: Side, column: string): [Side, Side] => [
    { ...side, whole: { [column]: 1 } },
    { ...side, whole: { [column]: 2 } },
  ]

  test('a column that nothing renders is caught by its name', async () => {
    expect(await caught(silently({}, 'relhasoids'))).toEqual(['table t: altered: relhasoids'])
  })

  test('a new column that a later version adds is caught too', async () => {
    expect(await caught([{ whole: {} }, { whole: { relnew: true } }])).toEqual(['table t: altered: relnew'])
  })

  test('columns that move by themselves are not', async () => {
    const names = await db.sql<{ name: string }[]>`select unnest(levelb._moving_columns()) as name`
    expect(names.length).toBe(17)
    for (const { name } of names) expect(await caught(silently({}, name))).toEqual([])
  })

  test('a row that shows by itself is told', async () => {
    const [old, new_] = silently({}, 'relhasoids')
    expect(await caught([old, { ...new_, attributes: { 'acl:PUBLIC': 'select' } }])).toEqual([])
  })

  test('what is implied does not show by more than grants', async () => {
    const [old, new_] = silently({ is_implied: true }, 'typname')
    expect(await caught([old, { ...new_, attributes: { 'structure:name': 'x' } }])).toEqual([
      'table t: altered: typname',
    ])
  })

  test('a part is explained by its object, an object by its part, a part by another', async () => {
    const shows: [Side, Side] = [
      { key: '70001' },
      { key: '70001', attributes: { 'structure:option fillfactor': '50' } },
    ]
    const part = { catalog: 'pg_attribute', key: '70001.1', part_of: 'pg_class 70001' }
    expect(await caught(shows, silently(part, 'attlen'))).toEqual([])
    const shownPart: [Side, Side] = [part, { ...part, attributes: { 'structure:storage': 'main' } }]
    expect(await caught(shownPart, silently({ key: '70001' }, 'relnatts'))).toEqual([])
    expect(await caught(shownPart, silently({ ...part, key: '70001.2' }, 'attlen'))).toEqual([])
  })

  test('two silent rows of one object do not explain each other', async () => {
    const part = { catalog: 'pg_attribute', part_of: 'pg_class 70001' }
    expect(
      await caught(silently({ ...part, key: '70001.1' }, 'attlen'), silently({ ...part, key: '70001.2' }, 'attlen')),
    ).toEqual(['table t70001.1: altered: attlen', 'table t70001.2: altered: attlen'])
  })

  test('another object explains nothing', async () => {
    const shows: [Side, Side] = [{ key: '70002' }, { key: '70002', attributes: { 'security:row security': 'enabled' } }]
    expect(await caught(shows, silently({ key: '70001' }, 'relnatts'))).toEqual(['table t70001: altered: relnatts'])
  })

  test('a foreign key ties both its tables, no key (0) ties none', async () => {
    const key = (confrelid: number): Side => ({
      catalog: 'pg_constraint',
      key: '70009',
      part_of: 'pg_class 70001',
      exists_class: 'structure',
      whole: { confrelid, conindid: 0, conparentid: 0 },
    })
    const silent = silently({ key: '70002' }, 'relchecks')
    expect(await caught([null, key(70002)], silent)).toEqual([])
    expect(await caught([null, key(0)], silent)).toEqual(['table t70002: altered: relchecks'])
  })
})
