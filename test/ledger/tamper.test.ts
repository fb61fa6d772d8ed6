// Changes by a superuser who has switched off the triggers: levelb.verify_ledger() finds them and names the first entry.
// A ledger here has entries 1 and 2 of the enrolment and entries 3 to 10 of the withdrawals of revisions 1 to 8.
import { expect, test } from 'vitest'
import { type Ledger, refusal, sealedLedger } from './ledger.ts'

const key = (revision: number) => `["0001_grant", ${revision}]`

async function finding(ledger: Ledger) {
  const { ok, first_bad, problem } = await ledger.verify()
  return { ok, first_bad, problem }
}

/** Finding after the change; the ledger must have been good before. */
async function found(change: string, before?: (ledger: Ledger) => Promise<unknown>) {
  const ledger = await sealedLedger(8)
  await before?.(ledger)
  expect(await ledger.verify()).toMatchObject({ ok: true, first_bad: null, problem: null })
  await ledger.tamper(change)
  return finding(ledger)
}

const oneMore = (ledger: Ledger) => ledger.facts(1)

test('an updated row is found at its entry, with the column (B070)', async () => {
  expect(await found(`update levelb.withdrawal set reason = 'another' where revision in (3, 6)`)).toEqual({
    ok: false,
    first_bad: 5n,
    problem: `table withdrawal, key ${key(3)}: column reason is not what its leaf says`,
  })
})

test.each([
  ['principal', `'eve'`],
  ['at', `at + interval '1 microsecond'`],
  ['transaction_id', `'43'`],
])('an updated %s of a row is found', async (column, value) => {
  expect(await found(`update levelb.withdrawal set ${column} = ${value} where revision = 3`)).toEqual({
    ok: false,
    first_bad: 5n,
    problem: `table withdrawal, key ${key(3)}: column ${column} is not what its leaf says`,
  })
})

test('an updated key of a row is found: its leaf has lost its row', async () => {
  expect(await found(`update levelb.withdrawal set revision = 99 where revision = 3`)).toEqual({
    ok: false,
    first_bad: 5n,
    problem: `table withdrawal, key ${key(3)}: the row of leaf 5 is missing`,
  })
})

const steps = (ledger: Ledger) =>
  ledger
    .channel(`insert into levelb.step (migration_id, revision, position, name, apply, rollback)
    values ('0001_grant', 1, 1, 'one', repeat('select 1; ', 200), null),
      ('0001_grant', 1, 2, 'two', 'select 2', null)`)
    .then(() => ledger.seal())

test('an updated value that is a hash in its leaf is found', async () => {
  expect(await found(`update levelb.step set apply = apply || ' '  where position = 1`, steps)).toEqual({
    ok: false,
    first_bad: 11n,
    problem: `table step, key ["0001_grant", 1, 1]: column apply does not have the hash in its leaf`,
  })
})

test('a null that became an empty text is found (B224)', async () => {
  expect(await found(`update levelb.step set rollback = '' where position = 2`, steps)).toEqual({
    ok: false,
    first_bad: 12n,
    problem: `table step, key ["0001_grant", 1, 2]: column rollback is not what its leaf says`,
  })
})

test('a text that became the digest of what it was is found', async () => {
  const fake = `'{"sha256": "' || encode(sha256(convert_to(apply, 'UTF8')), 'hex') || '"}'`
  expect(await found(`update levelb.step set apply = ${fake}`, steps)).toMatchObject({ ok: false, first_bad: 11n })
})

test('a leaf that holds what looks like a digest as itself is found: a reader would take it for one', async () => {
  const ledger = await sealedLedger(8)
  await ledger.channel(`insert into levelb.step (migration_id, revision, position, name, roles)
    values ('0001_grant', 1, 1, 'one', '{"sha256": "of something"}')`)
  expect(await ledger.verify()).toMatchObject({ ok: true, problem: null })
  await ledger.tamper(`update levelb.leaf set content = jsonb_set(content::jsonb, '{row,roles}', s.roles)::text
    from levelb.step s where relation = 'step'`)
  expect(await finding(ledger)).toEqual({
    ok: false,
    first_bad: null,
    problem: 'table step, key ["0001_grant", 1, 1]: column roles does not have the hash in its leaf',
  })
})

test('an updated leaf text is found at its entry', async () => {
  expect(
    await found(`update levelb.leaf set content = replace(content, 'because', 'since') where leaf_id in (5, 7)`),
  ).toEqual({
    ok: false,
    first_bad: 5n,
    problem: 'table leaf, key [5]: the text does not have the hash in entry 5',
  })
})

test('a leaf text changed in nothing but spaces is found', async () => {
  expect(await found(`update levelb.leaf set content = content || ' ' where leaf_id = 5`)).toMatchObject({
    ok: false,
    first_bad: 5n,
  })
})

test('a row and its leaf updated together are found by the hash', async () => {
  expect(
    await found(`update levelb.withdrawal set reason = 'since' where revision = 3;
      update levelb.leaf set content = replace(content, 'because', 'since') where leaf_id = 5`),
  ).toEqual({ ok: false, first_bad: 5n, problem: 'table leaf, key [5]: the text does not have the hash in entry 5' })
})

test('a row, its leaf and its hash updated together are found by the root', async () => {
  expect(
    await found(`update levelb.withdrawal set reason = 'since' where revision = 3;
      update levelb.leaf set content = replace(content, 'because', 'since') where leaf_id = 5;
      update levelb.ledger g set leaf_hash = levelb._leaf_hash(l.content) from levelb.leaf l where l.leaf_id = g.leaf_id`),
  ).toEqual({
    ok: false,
    first_bad: 5n,
    problem: 'table ledger, key [5]: the root is not that of the entries up to it',
  })
})

test.each([
  ['not JSON', `'no'`],
  ['not an object', `'[]'`],
  ['with a part more', `replace(content, '{"row"', '{"other": 1, "row"')`],
  ['with a row that is none', `'{"row": "x", "table": "withdrawal"}'`],
  ['without a row', `'{"table": "withdrawal"}'`],
  ['of another table', `replace(content, '"table": "withdrawal"', '"table": "step"')`],
  ['with a column more', `replace(content, '"login"', '"other": 1, "login"')`],
  ['with a column less', `replace(content, '"reason": "because", ', '')`],
  ['with a value no row can have', `replace(content, '"0001_grant"', '"NO SLUG"')`],
  ['with a value of another type', `replace(content, '"revision": 9', '"revision": "x"')`],
  ['with a digest for a value', `replace(content, '"because"', '{"sha256": "00"}')`],
])('an unsealed leaf that is %s is a finding, not an error', async (_, content) => {
  const result = await found(`update levelb.leaf set content = ${content} where leaf_id = 11`, oneMore)
  expect(result).toEqual({
    ok: false,
    first_bad: null,
    problem: expect.stringMatching(/^table withdrawal, key \["0001_grant", 9\]: (the leaf|column) /),
  })
})

test('a leaf that spells the same values otherwise is no difference', async () => {
  const ledger = await sealedLedger(8)
  await ledger.facts(1)
  await ledger.tamper(`update levelb.leaf set content = replace(replace(content, '": ', '":'),
    '2026-11-02T09:00:00.123456+00:00', '2026-11-02 10:00:00.123456+01') where leaf_id = 11`)
  await ledger.seal()
  expect(await ledger.verify()).toMatchObject({ ok: true, entries: 11n, problem: null })
})

test('a deleted row is found at its entry', async () => {
  expect(await found(`delete from levelb.withdrawal where revision = 3`)).toEqual({
    ok: false,
    first_bad: 5n,
    problem: `table withdrawal, key ${key(3)}: the row of leaf 5 is missing`,
  })
})

test('a deleted leaf is found at its entry', async () => {
  expect(await found(`delete from levelb.leaf where leaf_id = 5`)).toEqual({
    ok: false,
    first_bad: 5n,
    problem: 'table leaf, key [5]: the leaf of entry 5 is missing',
  })
})

test('a row added with its triggers off has no leaf', async () => {
  expect(
    await found(`insert into levelb.withdrawal select migration_id, 99, principal, login, reason, at, transaction_id
      from levelb.withdrawal limit 1`),
  ).toEqual({ ok: false, first_bad: null, problem: `table withdrawal, key ${key(99)}: the row has no leaf` })
})

test('a leaf added for no row is found', async () => {
  expect(
    await found(`insert into levelb.leaf (relation, row_key, content, at)
        values ('withdrawal', '["0001_grant", 99]', '{}', now());
      insert into levelb._unsealed select max(leaf_id) from levelb.leaf`),
  ).toEqual({ ok: false, first_bad: null, problem: `table withdrawal, key ${key(99)}: the row of leaf 11 is missing` })
})

test('a second leaf for a row is found', async () => {
  expect(
    await found(`alter table levelb.leaf drop constraint leaf_relation_row_key_key;
      insert into levelb.leaf (relation, row_key, content, at)
        select relation, row_key, content, at from levelb.leaf where leaf_id = 5;
      insert into levelb._unsealed select max(leaf_id) from levelb.leaf`),
  ).toEqual({ ok: false, first_bad: 5n, problem: `table withdrawal, key ${key(3)}: the row has 2 leaves` })
})

test('a leaf of a table that is not there is found', async () => {
  expect(await found(`alter table levelb.withdrawal rename to _withdrawal`)).toEqual({
    ok: false,
    first_bad: 3n,
    problem: 'table leaf, key [3]: there is no table withdrawal',
  })
})

test('a changed root is found at its entry', async () => {
  expect(await found(`update levelb.ledger set root = sha256('x') where entry in (4, 6)`)).toEqual({
    ok: false,
    first_bad: 4n,
    problem: 'table ledger, key [4]: the root is not that of the entries up to it',
  })
})

test('swapped entries are found at the first of the two', async () => {
  expect(
    await found(`alter table levelb.ledger drop constraint ledger_leaf_id_key;
      update levelb.ledger g set leaf_id = o.leaf_id, leaf_hash = o.leaf_hash
        from levelb.ledger o where (g.entry, o.entry) in ((4, 7), (7, 4))`),
  ).toEqual({
    ok: false,
    first_bad: 4n,
    problem: 'table ledger, key [4]: the root is not that of the entries up to it',
  })
})

test('an entry deleted in the middle is found as missing', async () => {
  expect(await found(`delete from levelb.ledger where entry = 5`)).toEqual({
    ok: false,
    first_bad: 5n,
    problem: 'table ledger, key [5]: the entry is missing',
  })
})

test('the first entry deleted is found as missing', async () => {
  expect(await found(`delete from levelb.ledger where entry = 1`)).toMatchObject({ ok: false, first_bad: 1n })
})

test('an entry numbered 0 is found', async () => {
  expect(await found(`update levelb.ledger set entry = 0 where entry = 1`)).toEqual({
    ok: false,
    first_bad: 0n,
    problem: 'table ledger, key [0]: there is no such entry',
  })
})

test('an entry numbered far ahead is found as a gap', async () => {
  expect(await found(`update levelb.ledger set entry = 1000000 where entry = 10`)).toEqual({
    ok: false,
    first_bad: 10n,
    problem: 'table ledger, key [10]: the entry is missing',
  })
})

test('the newest entries deleted are found by the head', async () => {
  expect(await found(`delete from levelb.ledger where entry > 8`)).toEqual({
    ok: false,
    first_bad: 9n,
    problem: 'table _head: the size is 10 and the newest entry of table ledger is 8',
  })
})

/** Makes the head what it was at entry 8: tree of 8 leaves, one hash. */
const headOfEight = `delete from levelb.ledger where entry > 8;
  update levelb._head set size = 8, root = g.root, frontier = array[g.root] from levelb.ledger g where g.entry = 8;`

test('the newest entries deleted and the head rewritten leave leaves that no queue explains', async () => {
  expect(await found(headOfEight)).toEqual({
    ok: false,
    first_bad: null,
    problem: 'table leaf, key [9]: the leaf has no entry and is not queued',
  })
})

// Nothing inside the database is left that knew of the entries: only a checkpoint kept outside has their number and
// root. This test is here so that nobody claims more.
test('a tail deleted everywhere, rows and leaves too, is NOT found without a checkpoint from outside (B084)', async () => {
  expect(
    await found(
      `${headOfEight} delete from levelb.leaf where leaf_id > 8; delete from levelb.withdrawal where revision > 6`,
    ),
  ).toEqual({ ok: true, first_bad: null, problem: null })
})

test('a head with another root is found', async () => {
  expect(await found(`update levelb._head set root = sha256('x')`)).toEqual({
    ok: false,
    first_bad: 10n,
    problem: 'table _head: the root is not that of entry 10',
  })
})

test.each([
  ['of one hash that folds to the same root', 'array[root]'],
  ['of two other hashes', `array_fill(sha256('x'), array[2])`],
])('a head with a frontier %s is found before it spoils the next entry', async (_, frontier) => {
  const ledger = await sealedLedger(8)
  await ledger.facts(1)
  await ledger.tamper(`update levelb._head set frontier = ${frontier}`)
  const problem = 'table _head: the frontier does not give the root of entry 10'
  expect(await finding(ledger)).toEqual({ ok: false, first_bad: 10n, problem })
  expect(await refusal(ledger.seal())).toEqual({ code: 'LB309', detail: { problem } })
})

test('a missing head is found and nothing is sealed upon it', async () => {
  const ledger = await sealedLedger(8)
  await ledger.tamper(`delete from levelb._head`)
  const problem = 'table _head: the size is 0 and the newest entry of table ledger is 10'
  expect(await finding(ledger)).toEqual({ ok: false, first_bad: 1n, problem })
  expect(await refusal(ledger.seal())).toEqual({ code: 'LB309', detail: { problem } })
})

test('a leaf taken out of the queue is found, so that it cannot be kept out of the tree', async () => {
  expect(await found(`delete from levelb._unsealed`, oneMore)).toEqual({
    ok: false,
    first_bad: null,
    problem: 'table leaf, key [11]: the leaf has no entry and is not queued',
  })
})

test.each([
  ['a leaf queued again', 5, 5n, 'table _unsealed, key [5]: the leaf is queued and has entry 5'],
  ['a leaf queued that is not there', 99, null, 'table _unsealed, key [99]: there is no such leaf'],
] as const)('%s is found and not sealed', async (_, leafId, entry, problem) => {
  const ledger = await sealedLedger(8)
  await ledger.tamper(`insert into levelb._unsealed values (${leafId})`)
  expect(await finding(ledger)).toEqual({ ok: false, first_bad: entry, problem })
  expect(await refusal(ledger.seal())).toMatchObject({ code: 'LB309' })
})

test('of several changes the first entry is reported', async () => {
  expect(
    await found(`update levelb.withdrawal set reason = 'x' where revision = 6;
      update levelb.ledger set root = sha256('x') where entry = 7;
      update levelb.leaf set content = content || ' ' where leaf_id = 9; update levelb._head set size = 12`),
  ).toMatchObject({ ok: false, first_bad: 7n })
})

test('rows of a child table are not read: they have no leaf and are no facts (B071)', async () => {
  const ledger = await sealedLedger(8)
  await ledger.tamper(`create table public.child () inherits (levelb.withdrawal);
    insert into public.child select migration_id, 99, principal, login, reason, at, transaction_id
      from only levelb.withdrawal limit 1;
    create table public.leaves () inherits (levelb.leaf);
    insert into public.leaves select leaf_id + 100, relation, row_key || ' ', content, at from only levelb.leaf;
    create table public.queue () inherits (levelb._unsealed);
    insert into public.queue values (1), (99);
    create table public.entries () inherits (levelb.ledger);
    insert into public.entries select entry + 100, leaf_id, leaf_hash, root, sealed_at from only levelb.ledger`)
  expect(await ledger.verify()).toMatchObject({ ok: true, entries: 10n, unsealed: 0n, problem: null })
  await ledger.facts(1)
  expect(await ledger.seal()).toMatchObject({ ok: true, entries: 11n, unsealed: 0n })
  expect(await ledger.verify()).toMatchObject({ ok: true, entries: 11n, unsealed: 0n, problem: null })
})

test('a leaf in a child table is no leaf (B071)', async () => {
  expect(
    await found(
      `create table public.leaves () inherits (levelb.leaf);
      insert into public.leaves select * from only levelb.leaf where leaf_id = 11;
      delete from only levelb.leaf where leaf_id = 11;
      delete from levelb._unsealed`,
      oneMore,
    ),
  ).toEqual({ ok: false, first_bad: null, problem: `table withdrawal, key ${key(9)}: the row has no leaf` })
})

test('row security that would hide rows from the check makes it fail instead (B074)', async () => {
  const ledger = await sealedLedger(8)
  await ledger.tamper(`alter table levelb.withdrawal enable row level security, force row level security`)
  expect(await refusal(ledger.verify())).toMatchObject({ code: '42501' })
})

test('an oid that changed with the incarnation of the database is no difference', async () => {
  const ledger = await sealedLedger(1)
  await ledger.tamper(`update levelb.principal_login set login_oid = 4294967295`)
  const [row] = await ledger.sql`select count(*)::int as findings from levelb._check_rows()`
  expect(row).toEqual({ findings: 0 })
})

test('a column that was added later is null in old leaves and covered in new ones', async () => {
  const ledger = await sealedLedger(8)
  await ledger.tamper(`alter table levelb.withdrawal add column note text`)
  await ledger.channel(`insert into levelb.withdrawal values ('0001_grant', 9, 'bob', 'bob', 'r', now(), '42', 'n')`)
  await ledger.seal()
  expect(await ledger.verify()).toMatchObject({ ok: true, entries: 11n, problem: null })
  await ledger.tamper(`update levelb.withdrawal set note = 'later' where revision = 3`)
  expect(await finding(ledger)).toEqual({
    ok: false,
    first_bad: 5n,
    problem: `table withdrawal, key ${key(3)}: column note is not what its leaf says`,
  })
})
