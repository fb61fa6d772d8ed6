// Policies, triggers and rules: what a server does to rows without being asked by the statement that runs.
import { beforeAll, describe, expect, test } from 'vitest'
import { type World, world } from '../world.ts'
import { areaOf, effectsOver, told } from './area.ts'
import { halfWay, lines, run } from './effects.ts'

let w: World
beforeAll(async () => {
  w = await world()
})

const objects = `
  create function S.touch() returns trigger language plpgsql as 'begin return new; end';
  create function S.other() returns trigger language plpgsql as 'begin return new; end';
  create table S.plain (id int, tenant int);
  create table S.t (id int primary key, tenant int, body text);
  create trigger touch before update on S.t for each row execute function S.touch();
  create policy mine on S.t for select to reader! using (tenant = 1);
  create rule quiet as on delete to S.t do instead nothing;
  comment on policy mine on S.t is 'tenants';
  create table S.days (d int) partition by range (d);
  create table S.d1 partition of S.days for values from (1) to (2)`

const mine = 'policy mine on S.t'
const touch = 'trigger touch on S.t'
const touchText = 'CREATE TRIGGER touch BEFORE UPDATE ON S.t FOR EACH ROW EXECUTE FUNCTION S.touch()'
const quiet = 'rule quiet on S.t'

const texts: [string, string[]][] = [
  [
    'create policy p on S.plain using (tenant = 1) with check (true)',
    [
      'security: policy p on S.plain: command: - → all',
      'security: policy p on S.plain: definition: - → using ((tenant = 1)) with check (true)',
      'security: policy p on S.plain: exists: - → present',
      'security: policy p on S.plain: kind: - → permissive',
      'security: policy p on S.plain: roles: - → PUBLIC',
    ],
  ],
  [
    'create policy p on S.plain as restrictive for insert to app!, reader!',
    [
      'security: policy p on S.plain: command: - → insert',
      'security: policy p on S.plain: definition: - → no condition',
      'security: policy p on S.plain: exists: - → present',
      'security: policy p on S.plain: kind: - → restrictive',
      'security: policy p on S.plain: roles: - → app, reader',
    ],
  ],
  ['alter policy mine on S.t using (true)', [`security: ${mine}: definition: using ((tenant = 1)) → using (true)`]],
  ['alter policy mine on S.t to app!', [`security: ${mine}: roles: reader → app`]],
  [
    'alter policy mine on S.t rename to "Its"',
    [`security: policy "Its" on S.t: name: ${mine.slice(7)} → "Its" on S.t`],
  ],
  [
    'alter policy mine on S.t to reader!; grant select on S.t to reader!',
    ['acl: table S.t: reader: - → select', `security: ${mine}: (rewritten): - → -`],
  ],
  ['drop policy mine on S.t', [`security: ${mine}: exists: present → -`]],
  [
    'drop policy mine on S.t; create policy mine on S.t for select using (tenant = 1)',
    [
      `security: ${mine}: definition: using ((tenant = 1)) → using ((tenant = 1))`,
      `security: ${mine}: exists: present → recreated`,
      `security: ${mine}: roles: reader → PUBLIC`,
      `structure: ${mine}: comment: tenants → -`,
    ],
  ],
  [
    'create trigger late after insert or delete on S.t for each row when (pg_trigger_depth() < 1) execute function S.touch()',
    [
      'security: trigger late on S.t: definition: - → CREATE TRIGGER late AFTER INSERT OR DELETE ON S.t FOR EACH ROW WHEN ((pg_trigger_depth() < 1)) EXECUTE FUNCTION S.touch()',
      'security: trigger late on S.t: exists: - → present',
    ],
  ],
  [
    'create constraint trigger late after insert on S.t deferrable initially deferred for each row execute function S.touch()',
    [
      'security: trigger late on S.t: definition: - → CREATE CONSTRAINT TRIGGER late AFTER INSERT ON S.t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION S.touch()',
      'security: trigger late on S.t: exists: - → present',
    ],
  ],
  [
    'create or replace trigger touch before update on S.t for each row execute function S.other()',
    [`security: ${touch}: definition: ${touchText} → ${touchText.replace('S.touch()', 'S.other()')}`],
  ],
  ['alter trigger touch on S.t rename to stamp', ['security: trigger stamp on S.t: name: touch on S.t → stamp on S.t']],
  ['alter table S.t disable trigger touch', [`security: ${touch}: state: - → disabled`]],
  ['alter table S.t disable trigger user', [`security: ${touch}: state: - → disabled`]],
  ['alter table S.t enable always trigger touch', [`security: ${touch}: state: - → always`]],
  ['alter table S.t enable replica trigger touch', [`security: ${touch}: state: - → replica`]],
  [
    'alter table S.t disable trigger touch; alter table S.t enable trigger touch; grant select on S.t to reader!',
    ['acl: table S.t: reader: - → select', `security: ${touch}: (rewritten): - → -`],
  ],
  ['drop trigger touch on S.t', [`security: ${touch}: exists: present → -`]],
  [
    'drop trigger touch on S.t; create trigger touch before update on S.t for each row execute function S.other()',
    [
      `security: ${touch}: definition: ${touchText} → ${touchText.replace('S.touch()', 'S.other()')}`,
      `security: ${touch}: exists: present → recreated`,
    ],
  ],
  [
    'create trigger touch before update on S.days for each row execute function S.touch()',
    ['S.d1', 'S.days'].flatMap((table) => [
      `security: trigger touch on ${table}: definition: - → ${touchText.replace('S.t ', `${table} `)}`,
      `security: trigger touch on ${table}: exists: - → present`,
    ]),
  ],
  [
    'create rule loud as on update to S.plain do also notify loud',
    [
      'security: rule loud on S.plain: definition: - → CREATE RULE loud AS     ON UPDATE TO S.plain DO  NOTIFY loud;',
      'security: rule loud on S.plain: exists: - → present',
    ],
  ],
  [
    'create or replace rule quiet as on delete to S.t do also nothing',
    [
      `security: ${quiet}: definition: CREATE RULE quiet AS     ON DELETE TO S.t DO INSTEAD NOTHING; → CREATE RULE quiet AS     ON DELETE TO S.t DO NOTHING;`,
    ],
  ],
  ['alter rule quiet on S.t rename to hush', ['security: rule hush on S.t: name: quiet on S.t → hush on S.t']],
  ['alter table S.t disable rule quiet', [`security: ${quiet}: state: - → disabled`]],
  ['drop rule quiet on S.t', [`security: ${quiet}: exists: present → -`]],
  ['drop table S.t', ['structure: table S.t: exists: present → -']],
  [
    "comment on trigger touch on S.t is 'x'; comment on rule quiet on S.t is 'y'",
    [`structure: ${quiet}: comment: - → y`, `structure: ${touch}: comment: - → x`],
  ],
]

describe('effects of what runs unasked', () => {
  test.each(texts)('%s', async (text, expected) => {
    const said = await effectsOver(w, objects, text)
    const flat = Array.isArray(said) ? said.map((line) => line.replaceAll('\n', ' ')) : said
    expect(flat).toEqual(expected.toSorted())
  })
})

describe('what comes and goes within the text leaves a trace that nothing explains (LB305)', () => {
  const texts: [string, string][] = [
    ['create policy p on S.plain using (true); drop policy p on S.plain', 'pg_policy'],
    [
      'create trigger p before insert on S.plain for each row execute function S.touch(); drop trigger p on S.plain',
      'pg_trigger',
    ],
    ['create rule p as on delete to S.plain do instead nothing; drop rule p on S.plain', 'pg_rewrite'],
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
    area.own('create policy p on S.plain using (true)'),
    area.own('create rule r as on delete to S.plain do instead nothing'),
    () =>
      w.sql.unsafe(
        area.own(`create policy theirs on S.t using (true); drop trigger touch on S.t; drop rule quiet on S.t;
          create index on S.t (tenant); create statistics S.st on tenant, id from S.t`),
      ),
  )
  expect(told(area, row)).toEqual([
    'security: policy p on S.plain: command: - → all',
    'security: policy p on S.plain: definition: - → using (true)',
    'security: policy p on S.plain: exists: - → present',
    'security: policy p on S.plain: kind: - → permissive',
    'security: policy p on S.plain: roles: - → PUBLIC',
    expect.stringMatching(/^security: rule r on S\.plain: definition: - → CREATE RULE r /),
    'security: rule r on S.plain: exists: - → present',
  ])
})

test('the same policy changed by another session meanwhile is told apart by nothing (LB101)', async () => {
  const area = await areaOf(w, objects)
  const row = await halfWay(
    w,
    area.own('grant select on S.plain to reader!'),
    area.own('alter policy mine on S.t rename to ours'),
    () => w.sql.unsafe(area.own('alter policy mine on S.t to app!')),
  )
  expect(row).toMatchObject({ outcome: 'failed', code: 'LB101' })
})

test('a trigger of a foreign key that is not as PostgreSQL made it fails the activation (LB305)', async () => {
  const area = await areaOf(w, `${objects}; create table S.child (id int references S.t)`)
  const [trigger] = await w.sql.unsafe(
    area.own(`select tgname from pg_trigger where tgrelid = 'S.child'::regclass and tgisinternal order by 1 limit 1`),
  )
  const row = await run(w, area.own(`alter trigger "${trigger?.tgname}" on S.child rename to mine`))
  expect(row).toMatchObject({ outcome: 'failed', code: 'LB305' })
})

test('the schema of a policy, trigger or rule is that of its table, and so is that of a comment on it', async () => {
  const there = await world({
    policy: {
      effects: 'classes',
      quorum: [{ approvals: 1 }, { schemas: ['shop'], approvals: 1, groups: { security: 1 } }],
    },
  })
  await there.sql.unsafe(`set role ${there.role('app')}; create policy p on shop.orders using (true); reset role`)
  for (const text of [
    'create policy q on shop.orders using (true)',
    'alter policy p on shop.orders using (false)',
    "comment on policy p on shop.orders is 'x'",
    'create rule r as on delete to shop.items do instead nothing',
    'create index on shop.orders (customer)',
  ]) {
    expect(await run(there, text)).toMatchObject({ outcome: 'failed', code: 'LB304' })
  }
})

describe('code of others', () => {
  const deploy = 'alter table S.plain owner to levelb_deploy'

  test('a trigger on a table of the application may have its function: it runs as whoever writes', async () => {
    expect(
      lines(
        await run(
          w,
          (await areaOf(w, objects)).own(
            'create trigger t before insert on S.plain for each row execute function S.touch()',
          ),
        ),
      ),
    ).toHaveLength(2)
  })

  const refused: [string, string][] = [
    [
      'a trigger, which a referential action fires as the owner',
      'create trigger t before insert on S.plain for each row execute function S.touch()',
    ],
    ['a policy, which meets the owner where it is forced', 'create policy p on S.plain using (S.safe(tenant))'],
    ['a rule, which reads as the owner', 'create rule r as on delete to S.plain do also select S.safe(1)'],
    ['an index', 'create index on S.plain (S.safe(tenant))'],
    ['statistics', 'create statistics S.st on (S.safe(tenant)) from S.plain'],
  ]
  test.each(refused)(
    '%s, with a function of the application on a table of levelb_deploy is refused (LB307)',
    async (_, text) => {
      const area = await areaOf(
        w,
        `${objects}; create function S.safe(int) returns boolean language sql immutable as 'select true'`,
      )
      expect(await run(w, area.own(deploy))).toMatchObject({ outcome: 'activated' })
      const row = await run(w, area.own(text))
      expect(told(area, row)).toMatchObject({ code: 'LB307', detail: { code: [{ object: 'S.plain' }] } })
      const taken = 'alter function S.safe(int) owner to levelb_deploy; alter function S.touch() owner to levelb_deploy'
      expect(await run(w, area.own(`${taken}; ${text}`))).toMatchObject({ outcome: 'activated' })
    },
  )

  test('a rule that the text makes on a table of levelb_deploy is approved with it, one that comes along is not', async () => {
    const rule = 'create rule r as on delete to S.plain do instead nothing'
    const area = await areaOf(w, objects)
    expect(await run(w, area.own(`${deploy}; ${rule}`))).toMatchObject({ outcome: 'activated' })
    const other = await areaOf(w, `${objects}; ${rule}`)
    expect(await run(w, other.own(deploy))).toMatchObject({ code: 'LB307' })
    expect(await run(w, other.own(`${deploy}; alter table S.plain disable rule r`))).toMatchObject({ code: 'LB307' })
  })

  const fired: [string, string][] = [
    ['dropped', 'drop trigger touch on S.t'],
    ['disabled', 'alter table S.t disable trigger touch'],
    [
      'replaced',
      'create or replace trigger touch before update on S.t for each row execute function suppress_redundant_updates_trigger()',
    ],
    ['dropped with its table', 'drop table S.t'],
    ['dropped with its function', 'drop function S.touch() cascade'],
  ]
  test.each(fired)('a trigger that fired and was then %s is refused (LB307)', async (_, text) => {
    const area = await areaOf(w, objects)
    const row = await run(w, area.own(`update S.t set tenant = 2; ${text}`))
    expect(told(area, row)).toMatchObject({ code: 'LB307', detail: { triggers: [{ trigger: 'touch on S.t' }] } })
  })

  test('so is one whose WHEN called the application', async () => {
    const area = await areaOf(
      w,
      `${objects}; create function S.when(int) returns boolean language sql as 'select true';
       create trigger w before update on S.plain for each row when (S.when(new.id)) execute function suppress_redundant_updates_trigger()`,
    )
    const row = await run(w, area.own('update S.plain set id = 1; drop trigger w on S.plain'))
    expect(told(area, row)).toMatchObject({ code: 'LB307', detail: { triggers: [{ trigger: 'w on S.plain' }] } })
  })

  test('and one that TRUNCATE fired', async () => {
    const area = await areaOf(w, `${objects}; create trigger w before truncate on S.plain execute function S.touch()`)
    const row = await run(w, area.own('truncate S.plain; drop trigger w on S.plain'))
    expect(told(area, row)).toMatchObject({
      code: 'LB307',
      detail: { rule: 'code_of_others_ran', functions: [expect.stringMatching(/^function S\.touch\(\) sha256 /)] },
    })
  })
})
