// Nothing of the catalogs is left out without a word: each has a family, follows from others, or is waived with a reason.
// docs/coverage.md is made from the files beside this one, of which each run writes that of its own version; after a change
// that is meant: npx vitest run --config test/vitest.config.ts test/state -u
import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../database.ts'
import { columnsByVersion, columnsOfOne } from './versions.ts'
import { followed, waived, waivedColumns } from './waived.ts'

let db: TestDatabase
let major: number
beforeAll(async () => {
  db = await freshDatabase()
  const [row] = await db.sql`select current_setting('server_version_num')::int / 10000 as major`
  major = row?.major as number
})

/** Families of one catalog as one text: every expression, and the names of the columns read by themselves. */
const texts = `select f.relation, string_agg((to_jsonb(f) - 'ignored')::text, ' ') as text from levelb._families() f group by 1`

test('B198 › every catalog has a family, or follows from others, or is waived with a reason', async () => {
  const rows = await db.sql<{ name: string; families: number; followed: boolean }[]>`
    select c.relname::text as name, levelb._is_followed(c.relname::text) as followed,
        (select count(*)::int from levelb._families() f where f.relation = c.relname) as families
      from pg_class c where c.oid < 16384 and c.relkind in ('r', 'p') order by 1`
  const outside = rows.filter((row) => row.families === 0)
  expect(outside.filter((row) => row.followed).map((row) => row.name)).toEqual(Object.keys(followed))
  expect(outside.filter((row) => !row.followed).map((row) => row.name)).toEqual(Object.keys(waived))
  expect(rows.filter((row) => row.families > 0 && row.followed)).toEqual([])
})

test('B198 › every column with an ACL is the ACL of a family, or told by one', async () => {
  const unread = await db.sql`
    with family as (${db.sql.unsafe(texts)})
    select a.attrelid::regclass::text as catalog, a.attname::text as column
      from pg_attribute a join pg_class c on c.oid = a.attrelid left join family f on f.relation = c.relname
     where c.oid < 16384 and c.relkind = 'r' and a.atttypid = 'aclitem[]'::regtype
       and not coalesce(f.text ~ ('\\m' || a.attname || '\\M'), false)`
  expect([...unread]).toEqual([])
  const [row] = await db.sql`
    select count(*)::int as n from pg_attribute where attrelid < 16384 and atttypid = 'aclitem[]'::regtype
       and attrelid in (select oid from pg_class where relkind = 'r')`
  expect(row?.n).toBe(14)
})

test('B198 › every column that references a role is told by a family, or waived with a reason', async () => {
  const rows = await db.sql<{ column: string; told: boolean }[]>`
    with family as (${db.sql.unsafe(texts)})
    select k.fktable::text || '.' || col as column, coalesce(f.text ~ ('\\m' || col || '\\M'), false) as told
      from pg_get_catalog_foreign_keys() k cross join unnest(k.fkcols) col
        left join family f on f.relation = k.fktable::text
     where k.pktable = 'pg_authid'::regclass order by 1`
  expect(rows.length).toBeGreaterThanOrEqual(29)
  expect(rows.filter((row) => !row.told).map((row) => row.column)).toEqual(Object.keys(waivedColumns))
})

test('the baseline knows a row by a hash of all it is where its family reads all of it, and nowhere else', async () => {
  const rows = await db.sql`
    select distinct f.relation, f.whole = 'to_jsonb(c)' as read, levelb._is_read_in_full(f.relation) as hashed
      from levelb._families() f order by 1`
  expect(rows.filter(({ read, hashed }) => read !== hashed)).toEqual([])
})

test('columns that some version lacks are in one list, which is true of this version', async () => {
  const lacking = await db.sql`
    select f.relation, c from levelb._families() f, unnest(f.ignored) c
     where not exists (select from pg_attribute a where a.attrelid = f.relation::regclass and a.attname = c)
     group by 1, 2 order by 1, 2`
  const expected = [
    ...columnsByVersion
      .filter(([, , from, to]) => major < from || major > to)
      .map(([catalog, column]) => [catalog, column]),
    ...columnsOfOne,
  ]
  expect(lacking.map((row) => [row.relation, row.c])).toEqual(expected.sort())
  const there = await db.sql`
    select attrelid::regclass::text as catalog, attname::text as column from pg_attribute
     where attrelid < 16384 and attnum > 0 and not attisdropped`
  const known = new Set(there.map((row) => `${row.catalog}.${row.column}`))
  const has = columnsByVersion.filter(([catalog, column]) => known.has(`${catalog}.${column}`))
  expect(has).toEqual(columnsByVersion.filter(([, , from, to]) => major >= from && major <= to))
})

test('a family reads such a column only in the way that a version without it allows', async () => {
  const rows = await db.sql<{ relation: string; text: string }[]>`${db.sql.unsafe(texts)}`
  const named = rows.flatMap(({ relation, text }) =>
    [...text.matchAll(/to_jsonb\(c\) ->> '(\w+)'/g)].map((found) => `${relation}.${found[1]}`),
  )
  const listed = columnsByVersion.map(([catalog, column]) => `${catalog}.${column}`)
  expect(named.filter((column) => !listed.includes(column))).toEqual([])
  const plain = rows.flatMap(({ relation, text }) =>
    columnsByVersion.filter(
      ([catalog, column]) => catalog === relation && new RegExp(`\\bc\\.${column}\\b`).test(text),
    ),
  )
  // every catalog of the two that share a family by its oid has one, but memberships on 15
  expect(plain).toEqual([])
})

test('what is covered on this version is what the committed list and the docs say', async () => {
  const rows = await db.sql<{ line: string }[]>`
    select concat_ws(' ', c.relname, case
        when f.n > 0 then 'family' || case when f.owner then ' owner' else '' end || case when f.acl then ' acl' else '' end
        when levelb._is_followed(c.relname::text) then 'followed' else 'none' end) as line
      from pg_class c
        left join lateral (select count(*) as n, bool_or(f.owner is not null) as owner, bool_or(f.acl is not null) as acl
          from levelb._families() f where f.relation = c.relname) f on true
     where c.oid < 16384 and c.relkind in ('r', 'p') order by c.relname::text collate "C"`
  const live = `${rows.map((row) => row.line).join('\n')}\n`
  await expect(live).toMatchFileSnapshot(`catalogs/${major}.txt`)
  await expect(page(live)).toMatchFileSnapshot('../../docs/coverage.md')
})

const versions = [15, 16, 17, 18]

function page(live: string): string {
  const covered = new Map(
    versions.map((version) => {
      const text = version === major ? live : readFileSync(new URL(`catalogs/${version}.txt`, import.meta.url), 'utf8')
      const lines = text
        .trim()
        .split('\n')
        .map((line) => line.split(' ') as [string, ...string[]])
      return [version, new Map(lines.map(([name, ...how]) => [name, how]))] as const
    }),
  )
  const names = [...new Set([...covered.values()].flatMap((lists) => [...lists.keys()]))].sort()
  const cell = (name: string, version: number) => {
    const [how, ...what] = covered.get(version)?.get(name) ?? []
    if (how === undefined) return '–'
    return how === 'family' ? ['read', ...what].join(', ') : how
  }
  const reason = (name: string) => followed[name] ?? (name in waived ? `${waived[name]}; a write fails (LB305)` : '')
  return `# Which catalogs are read back

Made by a test from what is installed on each version (\`test/state/coverage.test.ts\`); see [state.md](state.md) for the view.
\`read\`: rows are compared, and each change shows or fails the activation; \`owner\` and \`acl\` say which have an owner and
privileges. \`followed\`: rows follow from others and say nothing. \`none\`: not read; a write fails the activation.

| catalog | ${versions.join(' | ')} | why not |
|---|${versions.map(() => '---|').join('')}---|
${names.map((name) => `| ${[`\`${name}\``, ...versions.map((version) => cell(name, version)), reason(name)].join(' | ')} |`).join('\n')}

## Columns that some versions lack

| catalog | column | ${versions.join(' | ')} |
|---|---|${versions.map(() => '---|').join('')}
${columnsByVersion
  .map(([catalog, column, from, to]) => {
    const marks = versions.map((version) => (version >= from && version <= to ? 'yes' : '–'))
    return `| ${[`\`${catalog}\``, `\`${column}\``, ...marks].join(' | ')} |`
  })
  .join('\n')}

A version with a column more than these is safe: a column that no family renders fails the activation that changes it.
`
}
