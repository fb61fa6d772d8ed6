// docs/beside.md as it stands. Migration tools on a schema at level privileged make and take back tables as ever and never
// notice; a GRANT in one of their files is refused, and goes on as a migration of levelb.
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { blocks } from '../docs/console.ts'
import { installPackages } from '../packages.ts'
import { type Json, refusal, type World, world } from '../world.ts'
import { page, projectOf } from './project.ts'
import { tools } from './tools.ts'

const text = readFileSync(page, 'utf8')

beforeAll(
  () => installPackages(import.meta.dirname, ['dbmate', 'node-pg-migrate', 'prisma', 'drizzle-kit', 'drizzle-orm']),
  300_000,
)

/** The page's names of roles, as they are in this cluster. */
const named = (w: World, part: string) =>
  part.replaceAll('shop_app', w.role('app')).replaceAll('reader', w.role('reader'))

/** The document of the page whose title begins so. */
function documentOfPage(w: World, title: string): Json {
  const found = blocks(page, 'json').find((block) => block.includes(`"title": "${title}`))
  return JSON.parse(named(w, found ?? '')) as Json
}

/** A schema `shop` that only lacks its protection; `empty` as a tool finds it that has not run yet. */
const shop = (schema: 'empty' | 'filled'): Promise<World> =>
  world({
    policy: { drift: 'refuse' },
    async before({ sql, name, role }) {
      // dbmate's driver refuses a password hashed less often, with which test clusters save time.
      await sql.unsafe(`
        set scram_iterations = 4096;
        alter role ${role('app')} password 'levelb-test';
        grant create on database ${name} to ${role('app')}`)
      // with what PostgreSQL wants before an owner may be changed
      if (schema === 'filled')
        await sql.unsafe(`
        grant create on schema shop to ${role('reader')};
        grant ${role('reader')} to ${role('app')}`)
      else await sql.unsafe(`drop schema shop cascade; create schema shop authorization ${role('app')}`)
    },
  })

/** What levelb thinks of it all. */
async function judgement(w: World): Promise<unknown> {
  const [row] = await w.sql`
    select levelb.mode() as mode, array(select levelb.effect_text(d) from levelb.drift() d) as drift`
  return row
}

const content = { mode: 'OPERATOR_HANDOFF', drift: [] }

const relations = async (w: World) => {
  const rows = await w.sql`
    select relname from pg_class where relnamespace = 'shop'::regnamespace and relkind in ('r', 'v') order by relname`
  return rows.map((row) => row.relname)
}

/** Those of them that the baseline knows. */
const noted = async (w: World) => {
  const rows = await w.sql`
    select relname from pg_class join levelb._baseline on catalog = 'pg_class' and key = oid::text
     where relnamespace = 'shop'::regnamespace and relkind in ('r', 'v') order by relname`
  return rows.map((row) => row.relname)
}

const alter = 'alter table shop.orders add paid_at timestamptz;\n'
const back = 'alter table shop.orders drop paid_at;\n'

describe.each(tools)('$name', (tool) => {
  const [chapter = ''] = new RegExp(`^## ${tool.name}\n[^]*?(?=^## |(?![^]))`, 'im').exec(text) ?? []

  test('goes up and down and never notices; a GRANT is refused (LB211) and split out', {
    timeout: 180_000,
  }, async () => {
    const w = await shop('empty')
    const project = projectOf(tool.name, `${await w.urlOf('app')}?sslmode=disable`)
    const all = [tool.bookkeeping, 'customers', 'orders', 'recent'].sort()
    for (const command of [tool.up, tool.again ?? '', tool.down]) expect(chapter).toContain(command)
    expect(await w.through('0001_protect', documentOfPage(w, 'Protect'))).toMatchObject({ outcome: 'activated' })
    await tool.prepare?.(project)

    await project.made(tool.up)
    expect(await relations(w)).toEqual(all)
    expect(await judgement(w)).toEqual(content)

    await tool.add(project, `${alter}grant select on shop.orders to ${w.role('reader')};\n`, back)
    const refused = await project.run(tool.up)
    expect(refused.status).not.toBe(0)
    const said = refused.output.split('\n').map((line) => line.trim())
    for (const line of blocksOf(chapter, 'text')) expect(said).toContain(named(w, line))
    // dbmate shows no more than the message
    if (tool.name !== 'dbmate') expect(refused.output).toMatch(/take the statement out of the migration file/i)
    expect(await columns(w)).not.toContain('paid_at')
    expect(await judgement(w)).toEqual(content)

    if (tool.again) await project.made(tool.again)
    await tool.add(project, alter, back)
    await project.made(tool.up)
    expect(await columns(w)).toContain('paid_at')
    expect(await w.through('0002_grant', documentOfPage(w, 'Let readers'))).toMatchObject({ outcome: 'activated' })
    expect(await noted(w)).toEqual(all)
    expect(await judgement(w)).toEqual(content)

    await tool.prepareDown?.(project)
    for (let count = 0; count < (tool.steps ?? 1); count += 1) await project.made(tool.down)
    expect(await relations(w)).toEqual([tool.bookkeeping])
    expect(await judgement(w)).toEqual(content)
  })
})

/** Lines of the blocks of one language. */
const blocksOf = (chapter: string, language: string) =>
  [...chapter.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].flatMap(([, block = '']) =>
    block.split('\n').map((line) => line.trim()),
  )

const columns = async (w: World) => {
  const rows = await w.sql`
    select attname from pg_attribute where attrelid = 'shop.orders'::regclass and attnum > 0 and not attisdropped`
  return rows.map((row) => row.attname)
}

describe('what a file may hold', () => {
  const statements = [...text.matchAll(/^\| `(.*)` \| (runs|with `repoint`|through levelb) \|$/gm)]

  test('is what the page says, and each refusal names the way', async () => {
    const w = await shop('filled')
    const app = await w.as('app')
    const run = async (statement: string) => {
      const undone = app.begin(async (inside) => {
        await inside.unsafe(named(w, statement))
        throw Object.assign(new Error('undone'), { code: 'runs' })
      })
      return refusal(undone)
    }
    const protect = documentOfPage(w, 'Protect')
    const [entry] = (protect.payload as { schemas: Json[] }).schemas
    for (const repoint of [true, false]) {
      const document = { ...protect, payload: { schemas: [{ ...entry, repoint }] } }
      expect(await w.through(`000${repoint ? 1 : 2}_protect`, document)).toMatchObject({ outcome: 'activated' })
      const found = []
      for (const [, statement = ''] of statements) {
        const { code, hint } = await run(statement)
        found.push([statement, code, /stage it as a migration of kind sql/i.test(hint)])
      }
      expect(found).toEqual(
        statements.map(([, statement, verdict]) => {
          const runs = verdict === 'runs' || (repoint && verdict === 'with `repoint`')
          return [statement, runs ? 'runs' : 'LB211', !runs]
        }),
      )
    }
  })
})
