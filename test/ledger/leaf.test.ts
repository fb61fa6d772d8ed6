// What a leaf says: the whole row, the same text whatever the session, never two readings.
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { connect } from '../client.ts'
import { emptyLedger, factRows, type Ledger, refusal } from './ledger.ts'

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex')

/** Leaves of a table in the order they were written. */
async function leaves(ledger: Ledger, relation: string): Promise<{ row_key: string; content: string }[]> {
  return ledger.sql`select row_key, content from levelb.leaf where relation = ${relation} order by leaf_id`
}

async function step(
  ledger: Ledger,
  apply: string | null,
  roles: string | null = null,
): Promise<Record<string, unknown>> {
  const literal = (text: string | null) => (text === null ? 'null' : `$text$${text}$text$`)
  await ledger.channel(`insert into levelb.step (migration_id, revision, position, name, apply, roles)
    values ('0001_grant', 1, (select count(*) + 1 from levelb.step), 'grant', ${literal(apply)}, ${literal(roles)})`)
  return JSON.parse((await leaves(ledger, 'step')).at(-1)?.content ?? '').row
}

test('a leaf is the JSON of the whole row: times in UTC, bytes in hex, nulls present', async () => {
  const ledger = await emptyLedger()
  await ledger.channel(`insert into levelb.policy (version, hash, document, content, incident_id, activated_at)
    values (7, sha256('policy'), '{"b": 1.50, "a": [null, "ü"]}', E'tab\t', 9007199254740993, '2026-11-02 10:00:00.12+01')`)
  expect(await leaves(ledger, 'policy')).toEqual([
    {
      row_key: '[7]',
      content:
        `{"row": {"hash": "\\\\x${sha256('policy')}", "content": "tab\\t", "version": 7, ` +
        `"document": {"a": [null, "ü"], "b": 1.50}, "incident_id": 9007199254740993, ` +
        `"activated_at": "2026-11-02T09:00:00.12+00:00", "activation_id": null}, "table": "policy"}`,
    },
  ])
})

test('every table but leaf, ledger and the helpers has the leaf trigger, enabled always', async () => {
  const { sql } = await emptyLedger()
  const rows = await sql<{ relname: string; enabled: string | null }[]>`
    select c.relname, t.tgenabled as enabled from pg_class c
      left join pg_trigger t on t.tgrelid = c.oid and t.tgname = 'levelb_90_leaf'
     where c.relnamespace = 'levelb'::regnamespace and c.relkind = 'r' order by 1`
  const facts = rows.filter(({ relname }) => !relname.startsWith('_') && relname !== 'leaf' && relname !== 'ledger')
  expect(facts.length).toBeGreaterThanOrEqual(10)
  expect(rows.filter((row) => row.enabled === 'A')).toEqual(facts)
  expect(rows.filter((row) => row.enabled !== null)).toEqual(facts)
})

test('an oid never enters a leaf', async () => {
  const ledger = await emptyLedger()
  const [leaf] = await leaves(ledger, 'principal_login')
  expect(JSON.parse(leaf?.content ?? '')).toEqual({
    table: 'principal_login',
    row: { principal: 'ann', version: 1, login: expect.any(String) },
  })
})

test('the key of a row with several key columns is their JSON array in the order of the key', async () => {
  const ledger = await emptyLedger()
  await step(ledger, 'select 1')
  await ledger.channel(`insert into levelb.principal_key values ('ann', 1, 'ssh-ed25519 AAAA', '\\x0102')`)
  expect((await leaves(ledger, 'step')).map((leaf) => leaf.row_key)).toEqual(['["0001_grant", 1, 1]'])
  expect((await leaves(ledger, 'principal_key')).map((leaf) => leaf.row_key)).toEqual([
    String.raw`["ann", 1, "\\x0102"]`,
  ])
})

test('session settings do not change a leaf (B223)', async () => {
  const ledger = await emptyLedger()
  await ledger.facts(1)
  const sql = connect(ledger.url)
  try {
    await sql.unsafe(`set timezone = 'Asia/Kathmandu'; set datestyle = 'SQL, DMY'; set bytea_output = 'escape';
      set extra_float_digits = -15; set intervalstyle = 'sql_standard'; set standard_conforming_strings = off;
      set backslash_quote = on; set quote_all_identifiers = on; set lc_numeric = 'C'; set client_encoding = 'LATIN1';
      set xmloption = 'document'; set array_nulls = off; set transform_null_equals = on`)
    await ledger.facts(1, sql as never)
    await ledger.channel(
      `insert into levelb.principal_key values ('ann', 1, 'k', decode('00ff5c', 'hex'))`,
      sql as never,
    )
  } finally {
    await sql.end()
  }
  await ledger.channel(`insert into levelb.principal_key values ('ann', 2, 'k', decode('00ff5c', 'hex'))`)
  const [first, second] = (await leaves(ledger, 'withdrawal')).map((leaf) => leaf.content)
  expect(second).toBe(first?.replace('"revision": 1,', '"revision": 2,'))
  const [odd, plain] = await leaves(ledger, 'principal_key')
  expect(odd).toEqual({
    row_key: plain?.row_key.replace(' 2,', ' 1,'),
    content: plain?.content.replace('"version": 2', '"version": 1'),
  })
})

test('sealing and verifying do not depend on session settings', async () => {
  const ledger = await emptyLedger()
  await ledger.facts(3)
  await ledger.channel(`insert into levelb.principal_key values ('ann', 1, 'k', decode('00ff5c', 'hex'))`)
  await step(ledger, 'x'.repeat(3000))
  const sql = connect(ledger.url, { transform: { undefined: null } })
  try {
    await sql.unsafe(`set timezone = 'Asia/Kathmandu'; set datestyle = 'SQL, DMY'; set bytea_output = 'escape';
      set extra_float_digits = -15; set intervalstyle = 'sql_standard'; set standard_conforming_strings = off`)
    const row = (verb: string) =>
      sql.unsafe(`select ok, entries, encode(root, 'hex') as root, problem from levelb.${verb}()`)
    const [sealed] = await row('seal')
    expect(sealed).toEqual({ ok: true, entries: '7', root: expect.stringMatching(/^[0-9a-f]{64}$/), problem: null })
    expect(await row('verify_ledger')).toEqual([sealed])
  } finally {
    await sql.end()
  }
})

test('a text over 1 KiB stands in the leaf as its sha256sum, a shorter one as itself', async () => {
  const ledger = await emptyLedger()
  const [short, long] = ['x'.repeat(1000), 'ü'.repeat(1000)]
  expect((await step(ledger, short)).apply).toBe(short)
  expect((await step(ledger, long)).apply).toEqual({ sha256: sha256(long) })
})

test('a JSON value over 1 KiB stands in the leaf as the SHA-256 of its text', async () => {
  const ledger = await emptyLedger()
  const row = await step(
    ledger,
    null,
    JSON.stringify({ create: Array.from({ length: 200 }, (_, n) => ({ name: `r${n}` })) }),
  )
  const [stored] = await ledger.sql<{ text: string }[]>`select roles::text as text from levelb.step`
  expect(row.roles).toEqual({ sha256: sha256(stored?.text ?? '') })
})

test('a value that looks like a digest is hashed itself: {"sha256": …} has one reading', async () => {
  const ledger = await emptyLedger()
  const fake = `{"sha256": "${sha256('something longer')}"}`
  expect((await step(ledger, null, fake)).roles).toEqual({ sha256: sha256(fake) })
  expect((await step(ledger, fake)).apply).toBe(fake)
  expect((await step(ledger, null, '["sha256"]')).roles).toEqual(['sha256'])
  await ledger.seal()
  expect(await ledger.verify()).toMatchObject({ ok: true, problem: null })
})

test.each(['null', '"text"', '1', 'true'])(
  'a JSON column takes no JSON %s, which a leaf could not tell from others',
  async (value) => {
    const ledger = await emptyLedger()
    await expect(step(ledger, null, value)).rejects.toMatchObject({
      code: '23514',
      constraint_name: 'step_roles_is_structure',
    })
  },
)

test.each([
  ['letters', 'x', 1022],
  ['control characters, six in JSON for each', '\u0001', 1022],
  ['quotes', '"', 511],
])('no leaf exceeds 64 KiB: not with fifty columns of %s', async (_, character, count) => {
  const { sql } = await emptyLedger()
  const [row] = await sql`
    select octet_length(levelb._leaf_text('widest', (
        select jsonb_object_agg(rpad('column_' || n, 24, '_'), repeat(${character}, ${count}::int))
          from generate_series(1, 50) n))) <= 65536 as fits,
      (select max(cardinality(columns)) <= 50 from levelb._fact_tables()) as no_table_is_wider`
  expect(row).toEqual({ fits: true, no_table_is_wider: true })
})

test('a leaf is queued with its row and gone with it when the transaction rolls back', async () => {
  const ledger = await emptyLedger()
  const failing = ledger.sql.begin(async (sql) => {
    await sql`select public.as_channel(${factRows(2)})`
    expect(await sql`select count(*)::int as queued from levelb._unsealed`).toEqual([{ queued: 2 }])
    throw new Error('taken back')
  })
  await expect(failing).rejects.toThrow('taken back')
  expect(await leaves(ledger, 'withdrawal')).toEqual([])
  expect(await ledger.seal()).toMatchObject({ ok: true, entries: 2n, unsealed: 0n })
})

test('while the restore door is open a loaded row brings no leaf of its own', async () => {
  const ledger = await emptyLedger()
  await ledger.tamper(`grant insert on levelb.withdrawal to pg_database_owner`)
  await ledger.sql.unsafe(factRows(1))
  expect(await ledger.sql`select count(*)::int as rows from levelb.withdrawal`).toEqual([{ rows: 1 }])
  expect(await leaves(ledger, 'withdrawal')).toEqual([])
})

test('while the restore door is open a row of the channel has its leaf all the same', async () => {
  const ledger = await emptyLedger()
  await ledger.tamper(`grant insert on levelb.withdrawal to pg_database_owner`)
  await ledger.facts(1)
  expect(await leaves(ledger, 'withdrawal')).toHaveLength(1)
})

test('a row written past its guard by hand does not get a leaf: the guard of leaf refuses (LB301)', async () => {
  const ledger = await emptyLedger()
  await ledger.sql`update pg_trigger set tgenabled = 'D' where tgname = 'levelb_10_channel_only'
    and tgrelid = 'levelb.withdrawal'::regclass`
  const sql = connect(ledger.url)
  try {
    expect(await refusal(sql.unsafe(factRows(1)))).toEqual({
      code: 'LB301',
      detail: { table: 'leaf', operation: 'INSERT' },
    })
  } finally {
    await sql.end()
  }
})
