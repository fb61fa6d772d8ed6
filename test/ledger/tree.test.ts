// The Merkle tree against RFC 6962: its text, implemented once more here, and the vectors that its authors published.
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Client } from '../client.ts'
import { emptyLedger, enrolment, sealedLedger } from './ledger.ts'

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const leafHash = (bytes: Uint8Array) => sha256(Buffer.of(0), bytes)

/** MTH of section 2.1, by the letter: split at the largest power of two smaller than n. */
function treeRoot(leaves: Uint8Array[]): Buffer {
  const [only] = leaves
  if (only === undefined) return sha256()
  if (leaves.length === 1) return leafHash(only)
  let half = 1
  while (half * 2 < leaves.length) half *= 2
  return sha256(Buffer.of(1), treeRoot(leaves.slice(0, half)), treeRoot(leaves.slice(half)))
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const hexArray = (hashes: Uint8Array[]) => `{${hashes.map((hash) => `"\\\\x${hex(hash)}"`).join(',')}}`

/** Roots after each leaf, appended in one call. */
async function roots(sql: Client, leaves: Uint8Array[]): Promise<string[]> {
  const rows = await sql<{ root: string }[]>`
    select encode(r, 'hex') as root from levelb._tree_append(0, '{}', ${hexArray(leaves.map(leafHash))}::text::bytea[]) t,
      unnest(t.roots) with ordinality u (r, n) order by n`
  return rows.map((row) => row.root)
}

test('the eight-leaf tree of Certificate Transparency has its published roots', async () => {
  const { sql } = await emptyLedger()
  const leaves = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ].map((text) => Buffer.from(text, 'hex'))
  expect(await roots(sql, leaves)).toEqual([
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ])
})

test('the empty tree has the root of RFC 6962, sha256 of nothing', async () => {
  const { sql } = await emptyLedger()
  const [row] = await sql`select encode(levelb._tree_root('{}'), 'hex') as root`
  expect(row?.root).toBe(hex(treeRoot([])))
})

test('every size from 1 to 1025 has the root of the RFC (B220)', async () => {
  const { sql } = await emptyLedger()
  const leaves = Array.from({ length: 1025 }, (_, n) => Buffer.from(`leaf ${n}`))
  const expected = [...Array(71).keys(), 127, 128, 129, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025].slice(1)
  const all = await roots(sql, leaves)
  expect(all).toHaveLength(1025)
  expect(expected.map((size) => all[size - 1])).toEqual(expected.map((size) => hex(treeRoot(leaves.slice(0, size)))))
})

test('a tree cut at any size and continued from its frontier has the same roots', async () => {
  const { sql } = await emptyLedger()
  const hashes = hexArray(Array.from({ length: 70 }, (_, n) => leafHash(Buffer.of(n))))
  const [row] = await sql`
    with whole as (select h, t.* from (select ${hashes}::text::bytea[] as h) l, levelb._tree_append(0, '{}', h) t)
    select count(*)::int as cuts, bool_and(a.roots || b.roots = whole.roots and b.frontier = whole.frontier
        and levelb._tree_root(a.frontier) = whole.roots[cut]) as agree
      from whole, generate_series(1, 69) cut, levelb._tree_append(0, '{}', h[:cut]) a,
        levelb._tree_append(cut, a.frontier, h[cut + 1:]) b`
  expect(row).toEqual({ cuts: 69, agree: true })
})

test('a leaf is not a node: two hashes as leaf text do not give the root of their parent (B219)', async () => {
  const { sql } = await emptyLedger()
  const [left, right] = [leafHash(Buffer.of(1)), leafHash(Buffer.of(2))]
  const [, parent] = await roots(sql, [Buffer.of(1), Buffer.of(2)])
  expect(await roots(sql, [Buffer.concat([left, right])])).not.toEqual([parent])
})

test('every entry of a ledger, sealed in turns of 0 to 12 leaves, has the root over the leaf texts up to it', async () => {
  const ledger = await emptyLedger()
  for (let turn = 0; turn < 13; turn++) {
    await ledger.facts(turn)
    await ledger.seal()
  }
  const rows = await ledger.sql<{ entry: string; root: string; content: string }[]>`
    select g.entry, encode(g.root, 'hex') as root, l.content from levelb.ledger g join levelb.leaf l using (leaf_id)
     order by g.entry`
  const texts = rows.map((row) => Buffer.from(row.content, 'utf8'))
  expect(rows.map((row) => row.entry)).toEqual(Array.from({ length: 78 + enrolment }, (_, n) => `${n + 1}`))
  expect(rows.map((row) => row.root)).toEqual(texts.map((_, n) => hex(treeRoot(texts.slice(0, n + 1)))))
})

test('the head holds as many hashes as the size has bits set, however large the ledger is', async () => {
  const { sql } = await sealedLedger(1000 - enrolment)
  const [row] = await sql`select size, cardinality(frontier) as hashes from levelb._head`
  expect(row).toEqual({ size: '1000', hashes: 6 })
})
