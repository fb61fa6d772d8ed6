// What each tool is asked to do, by the commands of docs/beside.md. They make the same: the orders of a shop, then notes
// to them, and the way back.
import type { Project } from './project.ts'

export type Tool = {
  name: string
  /** The table in which it keeps what it has applied. */
  bookkeeping: string
  /** Applies what is not applied yet. */
  up: string
  /** What is to be done before a migration that failed is tried again. */
  again?: string
  /** Takes something back, or all. */
  down: string
  /** How often, to take back all; else once. */
  steps?: number
  /** Makes the first two migrations, where the tool makes SQL; some have them written by hand. */
  prepare?(project: Project): Promise<void>
  /** Adds a migration of this text, or writes it anew. */
  add(project: Project, up: string, down: string): Promise<void>
  /** Makes the further migrations that `down` applies, of a tool that knows no other way. */
  prepareDown?(project: Project): Promise<void>
}

const dbmate: Tool = {
  name: 'dbmate',
  bookkeeping: 'schema_migrations',
  up: 'npx dbmate migrate',
  down: 'npx dbmate rollback',
  steps: 4,
  async prepare(project) {
    project.write('.env', project.documented('ini'))
  },
  async add(project, up, down) {
    project.write('migrations/20260101000004_paid.sql', `-- migrate:up\n${up}\n-- migrate:down\n${down}`)
  },
}

const nodePgMigrate: Tool = {
  name: 'node-pg-migrate',
  bookkeeping: 'pgmigrations',
  up: 'npx node-pg-migrate up --migrations-schema shop',
  down: 'npx node-pg-migrate down 4 --migrations-schema shop',
  async add(project, up, down) {
    project.write('migrations/1767225600004_paid.sql', `-- Up Migration\n${up}\n-- Down Migration\n${down}`)
  },
}

const prisma: Tool = {
  name: 'prisma',
  bookkeeping: '_prisma_migrations',
  up: 'npx prisma migrate deploy',
  again: 'npx prisma migrate resolve --rolled-back 3_paid',
  down: 'npx prisma migrate deploy',
  async prepare(project) {
    const [orders, notes] = await Promise.all([
      difference(project, '--from-empty --to-schema-datamodel orders.prisma', 'orders.sql'),
      difference(project, '--from-schema-datamodel orders.prisma --to-schema-datamodel notes.prisma', 'notes.sql'),
    ])
    project.write('migrations/migration_lock.toml', 'provider = "postgresql"\n')
    project.write('migrations/1_orders/migration.sql', orders)
    project.write('migrations/2_notes/migration.sql', `${notes}\n${project.read('by-hand.sql')}`)
  },
  async add(project, up) {
    project.write('migrations/3_paid/migration.sql', up)
  },
  async prepareDown(project) {
    const [back, gone] = await Promise.all([
      difference(project, '--from-schema-datamodel notes.prisma --to-schema-datamodel orders.prisma', 'back.sql'),
      difference(project, '--from-schema-datamodel orders.prisma --to-empty', 'gone.sql'),
    ])
    project.write('migrations/4_back/migration.sql', `${project.read('by-hand-gone.sql')}\n${back}`)
    project.write('migrations/5_gone/migration.sql', gone)
  },
}

/** The SQL alone, in a file: what prisma says besides goes to where the SQL would go. */
async function difference(project: Project, sides: string, file: string): Promise<string> {
  await project.made(`npx prisma migrate diff ${sides} --script --output ${file}`)
  return project.read(file)
}

const drizzle: Tool = {
  name: 'drizzle',
  bookkeeping: '__drizzle_migrations',
  up: 'node migrate.js',
  down: 'node migrate.js',
  async prepare(project) {
    project.write('migrate.js', project.documented('js'))
    await generate(project, 'orders.js', 'orders')
    // The schema is there.
    const first = project.read('migrations/0000_orders.sql')
    project.write('migrations/0000_orders.sql', first.replace('CREATE SCHEMA "shop";\n--> statement-breakpoint\n', ''))
    await generate(project, 'notes.js', 'notes')
    await generate(project, 'notes.js', 'function --custom')
    project.write('migrations/0002_function.sql', project.read('by-hand.sql'))
  },
  async add(project, up) {
    if (!project.read('migrations/meta/_journal.json').includes('0003_paid')) {
      await generate(project, 'notes.js', 'paid --custom')
    }
    project.write('migrations/0003_paid.sql', up.trimEnd().replaceAll('\n', '\n--> statement-breakpoint\n'))
  },
  async prepareDown(project) {
    await generate(project, 'notes.js', 'function_gone --custom')
    project.write('migrations/0004_function_gone.sql', 'DROP FUNCTION "shop"."open_orders"();')
    await generate(project, 'orders.js', 'back')
    await generate(project, 'gone.js', 'gone')
  },
}

const generate = (project: Project, schema: string, name: string): Promise<string> =>
  project.made(`npx drizzle-kit generate --dialect postgresql --schema ${schema} --out migrations --name ${name}`)

export const tools: readonly Tool[] = [dbmate, nodePgMigrate, prisma, drizzle]
