// What code was before is read of what a text of plain DDL names and what depends on that, and of all code where the
// text could put names together. Both tell the same; what neither reads fails.
import { beforeAll, describe, expect, test } from 'vitest'
import { type Row, type World, world } from '../world.ts'
import { failure, lines, run } from './effects.ts'

let w: World
let made = 0
beforeAll(async () => {
  w = await world()
  await w.sql.unsafe(`grant create on database ${w.name} to levelb_deploy`)
})

const objects = `
  create schema S; set search_path = S;
  create domain amount as int default 1 check (value >= 0);
  create function twice(a int) returns int language sql immutable as 'select 2 * a';
  create table orders (id int primary key, total amount default 3, "Odd name" int, check (total < 1000),
    unique (total), exclude (id with =));
  create table item (id int references orders, n int default twice(1) check (twice(n) > 0));
  create view big as select id, total from orders where twice(total) > 10;
  create view bigger as select id from big where total > 100;
  create view "a""b" as select 1 as one;
  create view "T T" as select 2 as two;
  create rule quiet as on delete to big do instead nothing;
  create policy own on orders using (total > 0);
  create statistics stats on id, (total + 1) from orders;
  create function seen() returns trigger language plpgsql as 'begin return new; end';
  create trigger seen before insert on orders for each row when (new.id > 0) execute function seen();
  create table part (id int, n int check (n > 0)) partition by range ((id + 1));
  create table part_1 partition of part (check (id > 0)) for values from (1) to (10);
  create index on part ((n + 1));
  create function rebuild() returns trigger language plpgsql as
    $$begin execute 'create or replace view S.' || 'big as select id, total from S.orders'; return new; end$$;
  create table log (a int);
  create trigger rebuild before insert on log for each row execute function rebuild();
  reset search_path`

async function schema(): Promise<string> {
  made += 1
  await w.sql.unsafe(`set role levelb_deploy; ${objects.replaceAll(/\bS\b/g, `s${made}`)}; reset role`)
  return `s${made}`
}

/** What becomes of a text over a fresh schema S: effects and the SQL that takes it back, or the failure. */
async function told(text: string): Promise<unknown> {
  const name = await schema()
  const row: Row = await run(w, text.replaceAll(/\bS\b/g, name))
  const said = row.outcome === 'activated' ? [...lines(row), row.rollback_snapshot] : failure(row)
  return JSON.parse(
    JSON.stringify(said)
      .replaceAll(new RegExp(`\\b${name}\\b`, 'g'), 'S')
      .replaceAll(/sha256 [0-9a-f]{64}/g, 'sha256'),
  )
}

const texts: Record<string, string> = {
  'a view replaced': 'create or replace view S.big as select id, total from S.orders',
  'its name in capitals': 'CREATE OR REPLACE VIEW S.BIG AS SELECT id, total FROM S.orders',
  'a name that needs quotes': 'create or replace view S."T T" as select 3 as two',
  'a name with a quote in it': 'create or replace view S."a""b" as select 2 as one',
  'a name behind escapes': String.raw`create or replace view S.U&"\0054 T" as select 3 as two`,
  'a function replaced': `create or replace function S.twice(a int) returns int language sql immutable as 'select a + a'`,
  'a function dropped with all that calls it': 'drop function S.twice cascade',
  'a table dropped with what depends on it': 'drop table S.orders cascade',
  'a domain dropped with what is of it': 'drop domain S.amount cascade',
  'a check of a domain':
    'alter domain S.amount drop constraint amount_check; alter domain S.amount add check (value >= 1)',
  'a column with another type': 'alter table S.item alter id type bigint',
  'a column of partitions with another type': 'alter table S.part alter n type bigint',
  'an index that is of a constraint': 'alter table S.orders drop constraint orders_pkey cascade',
  'statistics dropped and made again': 'drop statistics S.stats; create statistics S.stats on id, total from S.orders',
  'a trigger replaced':
    'create or replace trigger seen before update on S.orders for each row execute function S.seen()',
  'several statements': `comment on view S.big is 'x'; alter table S.item alter n set default 3; drop rule quiet on S.big;
    alter policy own on S.orders using (total > 1); create table S.more (id int references S.orders)`,
}

describe('read of what is named, as of everything', () => {
  for (const [name, text] of Object.entries(texts)) {
    test(name, async () => {
      const plain = await told(text)
      expect(plain).toEqual(await told(`do $do$ begin ${text}; end $do$`))
      expect(plain).toBeInstanceOf(Array)
    })
  }
})

test('all that has a definition is in reach of the name of its relation, function, type or statistics', async () => {
  await schema()
  const [found] = await w.sql`
    select count(*)::int as all, count(*) filter (where (catalog, key) in (
        select catalog, key from unnest(levelb._definitions(levelb._objects_named(array(
          select relname from pg_class union select nspname from pg_namespace union select proname from pg_proc union select typname from pg_type
          union select stxname from pg_statistic_ext), false)))))::int as reached,
      array_agg(distinct catalog order by catalog) as catalogs
    from unnest(levelb._definitions(null))`
  expect(found).toEqual({
    all: found?.all,
    reached: found?.all,
    catalogs: [
      'pg_attrdef',
      'pg_class',
      'pg_constraint',
      'pg_partitioned_table',
      'pg_policy',
      'pg_proc',
      'pg_rewrite',
      'pg_statistic_ext',
      'pg_trigger',
      'pg_type',
    ],
  })
})

test('a text of plain DDL reads no more than it can reach, by its schema too', async () => {
  const [name] = [await schema(), await schema()]
  const reached = async (text: string, withUsers: boolean) => {
    const [row] = await w.sql`
      select array(select catalog from unnest(levelb._definitions(levelb._objects_named(levelb._names_in(${text}), ${withUsers})))
        order by 1) as catalogs`
    return row?.catalogs
  }
  expect(await reached(`alter view ${name}."T T" rename to other`, true)).toEqual(['pg_rewrite'])
  expect(await reached(`create or replace view ${name}.bigger as select id from ${name}.item`, false)).toEqual([
    'pg_attrdef',
    'pg_constraint',
    'pg_constraint',
    'pg_rewrite',
  ])
})

test('an unqualified name is one in the search_path of the document', async () => {
  const name = await schema()
  const row = await run(w, 'create or replace view big as select id, total from orders', { search_path: name })
  expect(row.outcome).toBe('activated')
})

test('what a trigger replaces under a text of plain DDL has not been read, and fails (LB305)', async () => {
  const insert = 'insert into S.log values (1)'
  expect(await told(insert)).toEqual({
    outcome: 'failed',
    code: 'LB305',
    detail: {
      uncovered: [
        { catalog: 'pg_rewrite', object: 'view S.big', change: 'replaced, and what it was has not been read' },
      ],
    },
  })
  expect(await told(`do $do$ begin ${insert}; end $do$`)).toEqual([
    'data: table S.log: insert: - → -',
    'repoint: view S.big: definition: sha256 → sha256',
    expect.stringContaining('view S.big'),
  ])
})

test.each([
  ['alter table a add b int', true],
  ['/* select */ create or replace view v as select 1;; -- select', true],
  ['create function f() returns int language sql begin atomic select 1; select 2; end; drop view "a b"', true],
  ['create rule r as on insert to t do also (select 1; select 2); alter table"x" drop y', true],
  ['grant select on t to public; alter default privileges grant select on tables to public', true],
  ['do $$ begin end $$', false],
  ['call f()', false],
  ['alter table a add b int; select f()', false],
  ['with x as (select 1) select 2', false],
  ['drop owned by x', false],
  ['drop schema s cascade', false],
  ['drop language l cascade', false],
  ['create extension x', false],
  ['alter extension x update', false],
])('plain DDL: %s: %s', async (text, is) => {
  expect(await w.sql`select levelb._is_plain_ddl(${text}) as is`).toEqual([{ is }])
})
