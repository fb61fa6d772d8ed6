// Indexes, keys, partitions, inheritance, statistics objects, ranges and aggregates.
import { beforeAll, describe, expect, test } from 'vitest'
import { type World, world } from '../world.ts'
import { areaOf, effectsOver, told } from './area.ts'
import { halfWay, run } from './effects.ts'

let w: World
beforeAll(async () => {
  w = await world()
})

const objects = `
  create table S.t (id int, a int not null, body text, "D d" int);
  create index plain on S.t (a);
  comment on index S.plain is 'fast';
  create table S.keyed (id int primary key, code int not null unique, parent int references S.keyed);
  create unique index code_2 on S.keyed (code);
  create table S.days (d int, body text) partition by range (d);
  create table S.d1 partition of S.days for values from (1) to (2);
  create table S.d2 (d int, body text);
  create table S.base (a int);
  create table S.other (b text);
  create table S.derived (c int) inherits (S.base);
  create statistics S.st on a, id from S.t;
  create aggregate S.agg(int) (sfunc = int4pl, stype = int4);
  create type S.span as range (subtype = int4)`

const texts: [string, string[]][] = [
  [
    'create index fresh on S.t (a desc, lower(body)) where id > 1',
    [
      'structure: index S.fresh: definition: - → CREATE INDEX fresh ON S.t USING btree (a DESC, lower(body)) WHERE (id > 1)',
      'structure: index S.fresh: exists: - → present',
    ],
  ],
  [
    'create unique index fresh on S.t (a) with (fillfactor = 50); alter table S.t cluster on fresh; alter table S.t replica identity using index fresh',
    [
      'structure: index S.fresh: clustered: - → yes',
      'structure: index S.fresh: definition: - → unique btree on S.t (a)',
      'structure: index S.fresh: exists: - → present',
      'structure: index S.fresh: option fillfactor: - → 50',
      'structure: index S.fresh: replica identity: - → yes',
      'structure: table S.t: replica identity: - → index',
    ],
  ],
  [
    'create index on S.days (d)',
    [
      'structure: index S.d1_d_idx: definition: - → btree on S.d1 (d)',
      'structure: index S.d1_d_idx: exists: - → present',
      'structure: index S.d1_d_idx: partition of S.days_d_idx: - → at 1',
      'structure: index S.days_d_idx: definition: - → btree on S.days (d)',
      'structure: index S.days_d_idx: exists: - → present',
    ],
  ],
  [
    'create index whole on only S.days (d); create index part on S.d1 (d)',
    [
      'structure: index S.part: definition: - → btree on S.d1 (d)',
      'structure: index S.part: exists: - → present',
      'structure: index S.whole: definition: - → btree on S.days (d)',
      'structure: index S.whole: exists: - → present',
      'structure: index S.whole: valid: - → no',
    ],
  ],
  ['alter index S.plain rename to "Pl n"', ['structure: index S."Pl n": name: S.plain → S."Pl n"']],
  [
    'create unique index many on S.t (a desc, id desc nulls last, body collate "C" text_pattern_ops nulls first) include ("D d") nulls not distinct',
    [
      'structure: index S.many: definition: - → unique btree on S.t (a desc, id desc nulls last, body collate pg_catalog."C" pg_catalog.text_pattern_ops nulls first) include ("D d") nulls not distinct',
      'structure: index S.many: exists: - → present',
    ],
  ],
  [
    'drop index S.plain; create index plain on S.t (a) where a > 0',
    [
      'structure: index S.plain: definition: - → CREATE INDEX plain ON S.t USING btree (a) WHERE (a > 0)',
      'structure: index S.plain: exists: - → present',
      'structure: index S.plain: exists: present → -',
    ],
  ],
  ['alter index S.plain set (fillfactor = 60)', ['structure: index S.plain: option fillfactor: - → 60']],
  ['alter table S.t cluster on plain', ['structure: index S.plain: clustered: - → yes']],
  ['drop index S.plain', ['structure: index S.plain: exists: present → -']],
  [
    'drop index S.plain; create index plain on S.t (id)',
    [
      'structure: index S.plain: comment: fast → -',
      'structure: index S.plain: definition: btree on S.t (a) → btree on S.t (id)',
      'structure: index S.plain: exists: present → recreated',
    ],
  ],
  [
    'create index expr on S.t ((a + 1)); alter index S.expr alter column 1 set statistics 7',
    [
      'structure: index S.expr: definition: - → CREATE INDEX expr ON S.t USING btree (((a + 1)))',
      'structure: index S.expr: exists: - → present',
      'structure: index column S.expr.expr: statistics: - → 7',
    ],
  ],
  [
    'create table S.n (id int primary key, parent int references S.keyed, unique (parent) deferrable, exclude using btree (id with =))',
    [
      'structure: table S.n: exists: - → present',
      'structure: table column S.n.id: column: - → integer not null',
      'structure: table column S.n.parent: column: - → integer',
      'structure: table constraint n_id_excl on S.n: definition: - → EXCLUDE USING btree (id WITH =)',
      'structure: table constraint n_parent_fkey on S.n: definition: - → FOREIGN KEY (parent) REFERENCES S.keyed(id)',
      'structure: table constraint n_parent_key on S.n: definition: - → UNIQUE (parent) DEFERRABLE',
      'structure: table constraint n_pkey on S.n: definition: - → PRIMARY KEY (id)',
    ],
  ],
  [
    'alter table S.t add primary key (a) with (fillfactor = 70)',
    [
      'structure: index S.t_pkey: option fillfactor: - → 70',
      'structure: table constraint t_pkey on S.t: definition: - → PRIMARY KEY (a)',
    ],
  ],
  [
    'alter table S.keyed add constraint code_2 unique using index code_2',
    ['structure: table constraint code_2 on S.keyed: definition: - → UNIQUE (code)'],
  ],
  [
    'drop index S.code_2; alter table S.keyed add constraint code_2 unique (parent)',
    [
      'structure: index S.code_2: exists: present → -',
      'structure: table constraint code_2 on S.keyed: definition: - → UNIQUE (parent)',
    ],
  ],
  [
    'alter index S.keyed_code_key rename to k',
    ['structure: table constraint k on S.keyed: name: keyed_code_key on S.keyed → k on S.keyed'],
  ],
  [
    'alter table S.keyed drop constraint keyed_parent_fkey, drop constraint keyed_pkey',
    [
      'structure: table constraint keyed_parent_fkey on S.keyed: definition: FOREIGN KEY (parent) REFERENCES S.keyed(id) → -',
      'structure: table constraint keyed_pkey on S.keyed: definition: PRIMARY KEY (id) → -',
    ],
  ],
  [
    'alter table S.keyed alter constraint keyed_parent_fkey deferrable',
    [
      'structure: table constraint keyed_parent_fkey on S.keyed: definition: FOREIGN KEY (parent) REFERENCES S.keyed(id) → FOREIGN KEY (parent) REFERENCES S.keyed(id) DEFERRABLE',
    ],
  ],
  [
    'alter table S.keyed replica identity using index keyed_code_key',
    [
      'structure: index S.keyed_code_key: replica identity: - → yes',
      'structure: table S.keyed: replica identity: - → index',
    ],
  ],
  ['drop table S.keyed', ['structure: table S.keyed: exists: present → -']],
  [
    'create table S.hot (d int, body text) partition by list (d); create table S.hot_1 partition of S.hot default',
    [
      'structure: table S.hot: exists: - → present',
      'structure: table S.hot: partition key: - → LIST (d)',
      'structure: table S.hot: partitioned: - → yes',
      'structure: table S.hot_1: exists: - → present',
      'structure: table S.hot_1: partition bound: - → DEFAULT',
      'structure: table S.hot_1: partition of S.hot: - → at 1',
      ...['hot', 'hot_1'].flatMap((table) => [
        `structure: table column S.${table}.body: column: - → text`,
        `structure: table column S.${table}.d: column: - → integer`,
      ]),
      'structure: table column S.hot_1.body: inherited: - → 1',
      'structure: table column S.hot_1.d: inherited: - → 1',
    ],
  ],
  [
    'alter table S.days attach partition S.d2 for values from (2) to (3)',
    [
      'structure: table S.d2: partition bound: - → FOR VALUES FROM (2) TO (3)',
      'structure: table S.d2: partition of S.days: - → at 1',
      'structure: table column S.d2.body: inherited: - → 1',
      'structure: table column S.d2.d: inherited: - → 1',
    ],
  ],
  [
    'alter table S.days detach partition S.d1',
    [
      'structure: table S.d1: partition bound: FOR VALUES FROM (1) TO (2) → -',
      'structure: table S.d1: partition of S.days: at 1 → -',
      'structure: table column S.d1.body: inherited: 1 → -',
      'structure: table column S.d1.d: inherited: 1 → -',
    ],
  ],
  ['drop table S.d1', ['structure: table S.d1: exists: present → -']],
  [
    'drop table S.days; create table S.days (d int, body text) partition by hash (d)',
    [
      'owner: table S.days: owner: app → levelb_deploy',
      'structure: table S.d1: exists: present → -',
      'structure: table S.days: exists: present → recreated',
      'structure: table S.days: partition key: RANGE (d) → HASH (d)',
    ],
  ],
  [
    'create table S.heir (c int) inherits (S.base, S.other)',
    [
      'structure: table S.heir: child of S.base: - → at 1',
      'structure: table S.heir: child of S.other: - → at 2',
      'structure: table S.heir: exists: - → present',
      'structure: table column S.heir.a: column: - → integer',
      'structure: table column S.heir.a: inherited: - → 1',
      'structure: table column S.heir.b: column: - → text',
      'structure: table column S.heir.b: inherited: - → 1',
      'structure: table column S.heir.c: column: - → integer',
    ],
  ],
  [
    'alter table S.derived no inherit S.base',
    ['structure: table S.derived: child of S.base: at 1 → -', 'structure: table column S.derived.a: inherited: 1 → -'],
  ],
  [
    'create statistics S.more (ndistinct) on a, id from S.t',
    [
      'structure: statistics object S.more: definition: - → CREATE STATISTICS S.more (ndistinct) ON id, a FROM S.t',
      'structure: statistics object S.more: exists: - → present',
    ],
  ],
  ['alter statistics S.st set statistics 10', ['structure: statistics object S.st: target: - → 10']],
  ['alter statistics S.st rename to "S t"', ['structure: statistics object S."S t": name: S.st → S."S t"']],
  ['alter statistics S.st owner to levelb_deploy', ['owner: statistics object S.st: owner: app → levelb_deploy']],
  ['drop statistics S.st', ['structure: statistics object S.st: exists: present → -']],
  [
    'alter table S.t set (toast.autovacuum_enabled = false, autovacuum_enabled = false)',
    [
      'structure: table S.t: option autovacuum_enabled: - → false',
      'structure: table S.t: option toast.autovacuum_enabled: - → false',
    ],
  ],
  [
    'create table S.n (body text) with (toast.autovacuum_enabled = false)',
    [
      'structure: table S.n: exists: - → present',
      'structure: table S.n: option toast.autovacuum_enabled: - → false',
      'structure: table column S.n.body: column: - → text',
    ],
  ],
  [
    'create type S.wide as range (subtype = text, collation = "C")',
    [
      'structure: type S.wide: exists: - → present',
      'structure: type S.wide: range: - → subtype pg_catalog.text, multirange S.wide_multirange, collation pg_catalog."C"',
    ],
  ],
  ['alter type S.span rename to reach', ['repoint: type S.reach: name: S.span → S.reach']],
  ['drop type S.span', ['structure: type S.span: exists: present → -']],
  [
    'create aggregate S.top(int) (sfunc = int4larger, stype = int4, initcond = $$0$$, sortop = >)',
    [
      "repoint: aggregate S.top(integer): definition: - → sfunc pg_catalog.int4larger(integer,integer), stype integer, initcond '0', sortop pg_catalog.>",
      'repoint: aggregate S.top(integer): exists: - → present',
    ],
  ],
  [
    'create or replace aggregate S.agg(int) (sfunc = int4mul, stype = int4)',
    [
      'repoint: aggregate S.agg(integer): definition: sfunc pg_catalog.int4pl(integer,integer), stype integer → sfunc pg_catalog.int4mul(integer,integer), stype integer',
    ],
  ],
  [
    'alter aggregate S.agg(int) rename to sums',
    ['repoint: aggregate S.sums(integer): name: S.agg(integer) → S.sums(integer)'],
  ],
  ['drop aggregate S.agg(int)', ['repoint: aggregate S.agg(integer): exists: present → -']],
]

describe('effects of structure', () => {
  test.each(texts)('%s', async (text, expected) => {
    expect(await effectsOver(w, objects, text)).toEqual(expected.toSorted())
  })
})

describe('what comes and goes within the text leaves a trace that nothing explains (LB305)', () => {
  const texts: [string, string][] = [
    ['create index i on S.t (id); drop index S.i', 'pg_index'],
    [
      'alter table S.derived no inherit S.base; alter table S.derived inherit S.base; alter table S.derived no inherit S.base',
      'pg_inherits',
    ],
    ['create type S.r as range (subtype = int4); drop type S.r', 'pg_range'],
    ['create aggregate S.x(int) (sfunc = int4pl, stype = int4); drop aggregate S.x(int)', 'pg_aggregate'],
    ['create statistics S.x on a, id from S.t; drop statistics S.x', 'pg_statistic_ext'],
  ]
  test.each(texts)('%s', async (text, catalog) => {
    expect(await effectsOver(w, objects, `grant select on S.t to reader!; ${text}`)).toMatchObject({
      code: 'LB305',
      detail: { uncovered: expect.arrayContaining([{ catalog, change: 'written without trace' }]) },
    })
  })
})

test('what another session commits meanwhile is not shown', async () => {
  const area = await areaOf(w, objects)
  const row = await halfWay(
    w,
    area.own('create index mine on S.t (id)'),
    area.own('alter statistics S.st rename to own_st'),
    () =>
      w.sql.unsafe(
        area.own(`drop table S.d1, S.derived; create index theirs on S.base (a); alter table S.keyed drop constraint keyed_code_key;
          drop aggregate S.agg(int); drop type S.span; create table S.more partition of S.days default`),
      ),
  )
  expect(told(area, row)).toEqual([
    'structure: index S.mine: definition: - → btree on S.t (id)',
    'structure: index S.mine: exists: - → present',
    'structure: statistics object S.own_st: name: S.st → S.own_st',
  ])
})

test('a table that others hold exclusively delays no reading of definitions', async () => {
  const area = await areaOf(w, objects)
  const holder = await w.another('app')
  try {
    await holder.begin(async (held) => {
      await held.unsafe(area.own('lock table S.t, S.days, S.keyed in access exclusive mode'))
      const row = await run(w, area.own('create index on S.base (a)'))
      expect(told(area, row)).toHaveLength(2)
    })
  } finally {
    await holder.end()
  }
})
