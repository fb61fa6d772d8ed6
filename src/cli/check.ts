// levelb check: migrations carried out for real where nothing is lost, rolled back for real, and carried out again.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Sql } from 'postgres'
import { z } from 'zod'
import { arrayLiteral } from '../array-text.ts'
import { Checked, checkMigration } from '../check/check.ts'
import { markdown } from '../check/markdown.ts'
import { withMember } from '../check/member.ts'
import { openStand, type Stand, StandError } from '../check/stand.ts'
import { readStructure, type Structure, StructureError } from '../check/structure.ts'
import { prepareTakeover, type Takeover } from '../check/takeover.ts'
import { heldInWords, milliseconds, placeOf, rollbackInWords, warningInWords } from '../check/words.ts'
import { startEmbedded } from '../embedded.ts'
import { MigrationFileError, readDraft } from '../migration.ts'
import { shown } from '../shown.ts'
import { command } from './command.ts'
import { explain, Failure, usage } from './failure.ts'
import { printJson } from './read.ts'

export const CheckOutput = z.object({
  server_version: z.string(),
  structure: z.object({ file: z.string(), statements: z.int(), skipped: z.array(z.string()) }).nullable(),
  /** Made without a login, since the structure or --role names them. */
  roles: z.array(z.string()),
  protected: z.array(z.string()),
  notes: z.array(z.string()),
  migrations: z.array(Checked),
})
export type CheckOutput = z.output<typeof CheckOutput>

type Options = {
  structure?: string | undefined
  role?: string[] | undefined
  protect?: string[] | undefined
  url?: string | undefined
  install?: true | undefined
  shadow?: true | undefined
  write?: true | undefined
  markdown?: string | undefined
}

export function checkCommand() {
  return command('check', 'Carry migrations out for real on a throw-away server, roll them back, say what they do.', [
    "pg_dump --schema-only -N 'levelb*' app > structure.sql",
    'levelb check migrations/* --structure structure.sql --write --markdown review.md',
    'levelb check migrations/0007_archive --url postgres://postgres@localhost/shadow --install --json',
  ])
    .argument('<dir...>', 'folders of migrations, in the order in which they are activated')
    .option('--structure <file>', 'SQL as pg_dump --schema-only writes it, carried out first')
    .option('--role <name...>', 'roles that migrations name and the structure does not; made without a login')
    .option('--protect <schema...>', 'schemas that levelb takes over first (default: all)')
    .option('--url <url>', 'a shadow database, as superuser, instead of a throw-away server')
    .option('--install', 'install levelb into the shadow where it is missing')
    .option('--shadow', 'the database is a shadow although it has a policy and people, which are replaced')
    .option('--write', 'write the effects into the levelb.json of each migration')
    .option('--markdown <file>', 'write the result as markdown for a pull request')
    .action(async (folders, { json, ...options }) => {
      refuseUsage(folders, options)
      const structure = options.structure === undefined ? undefined : await structureOf(options.structure)
      const output = await onServer(options.url, (url) => checkAll(url, folders, structure, options))
      if (options.write === true) output.migrations = written(output.migrations)
      if (options.markdown !== undefined) save(options.markdown, markdown(output.migrations, output.server_version))
      if (json) printJson(CheckOutput.parse(output))
      else process.stdout.write(page(output))
      judge(output, json === true)
    })
}

function refuseUsage(folders: readonly string[], options: Options): void {
  if (options.url !== undefined) {
    if (!/^postgres(ql)?:\/\/./.test(options.url) || !URL.canParse(options.url))
      throw usage('the URL is not of the form postgres://user@host:5432/database', 'levelb check --help')
  } else if (options.install === true || options.shadow === true)
    throw usage('--install and --shadow are about a database of --url', 'name it with --url postgres://…')
  const reserved = options.role?.find((name) => /^(pg|levelb)_/.test(name))
  if (reserved !== undefined)
    throw usage(`--role ${reserved}: names with pg_ and levelb_ are taken`, 'name roles that migrations name')
  const { markdown: file } = options
  if (file !== undefined && (!existsSync(dirname(file)) || statSync(file, { throwIfNoEntry: false })?.isDirectory()))
    throw usage(`--markdown ${file}: no file can be written there`, 'name a file in a folder that is there')
  const names = new Set<string>()
  for (const folder of folders) {
    try {
      const { name } = readDraft(folder)
      if (names.has(name)) throw usage(`${name} is named twice`, 'name each migration once')
      names.add(name)
    } catch (error) {
      if (!(error instanceof MigrationFileError)) throw error
      const next = existsSync(join(folder, 'levelb.json'))
        ? undefined
        : 'name folders of migrations: levelb check migrations/*'
      throw new Failure(2, { what: error.message, next })
    }
  }
}

async function structureOf(file: string): Promise<Structure & { file: string }> {
  let source: string
  try {
    source = readFileSync(file, 'utf8')
  } catch {
    throw usage(`${file} cannot be read`, '--structure takes what pg_dump --schema-only writes')
  }
  try {
    return { ...(await readStructure(source)), file }
  } catch (error) {
    if (!(error instanceof StructureError)) throw error
    throw new Failure(1, { what: `${file}: ${error.message}`, next: error.next })
  }
}

/** LEVELB_URL and PGHOST are those of the database that people work with: a shadow is named, or a server is made. */
async function onServer<T>(url: string | undefined, work: (url: string) => Promise<T>): Promise<T> {
  if (url !== undefined) {
    try {
      return await work(url)
    } catch (error) {
      const failure = explain(error)
      throw failure.exit === 3 ? new Failure(3, { ...failure.report, next: 'check --url' }) : error
    }
  }
  const server = await startEmbedded({ databases: ['app'] })
  try {
    const own = new URL(server.url)
    own.pathname = '/app'
    return await work(own.href)
  } finally {
    await server.stop()
  }
}

async function checkAll(
  url: string,
  folders: readonly string[],
  structure: (Structure & { file: string }) | undefined,
  options: Options,
): Promise<CheckOutput> {
  const roles: string[] = []
  let takeover: Takeover | undefined
  try {
    const consent = { install: options.url === undefined || options.install === true, shadow: options.shadow === true }
    const stand = await openStand(url, consent, async (root, login) => {
      roles.push(...(await makeRoles(root, [...(structure?.roles ?? []), ...(options.role ?? [])])))
      if (structure !== undefined) await load(root, structure)
      takeover = await prepareTakeover(root, options.protect ?? [], login)
    })
    try {
      await takeover?.carryOut(stand)
      return {
        server_version: stand.serverVersion,
        structure: structure
          ? { file: structure.file, statements: structure.statements.length, skipped: structure.skipped }
          : null,
        roles,
        protected: takeover?.schemas ?? [],
        notes: stand.notes,
        migrations: await inOrder(stand, folders),
      }
    } finally {
      await stand.close()
    }
  } catch (error) {
    if (!(error instanceof StandError)) throw error
    throw new Failure(1, { what: error.message, next: error.next })
  }
}

/** One after the other: each finds what those before left. */
async function inOrder(stand: Stand, folders: readonly string[]): Promise<Checked[]> {
  const checked: Checked[] = []
  for (const folder of folders) checked.push(await checkMigration(stand, folder))
  return checked
}

async function makeRoles(root: Sql, names: readonly string[]): Promise<string[]> {
  const rows = await root<{ name: string; quoted: string }[]>`
    select n.name, quote_ident(n.name) as quoted from unnest(${arrayLiteral([...new Set(names)])}::text::text[]) n (name)
     where not exists (select from pg_roles r where r.rolname = n.name) order by 1`
  for (const { quoted } of rows) await root.unsafe(`create role ${quoted} nologin`).simple()
  return rows.map(({ name }) => name)
}

async function load(root: Sql, { file, statements }: Structure & { file: string }): Promise<void> {
  // as psql would: names without a schema go to public
  await root.unsafe('reset all').simple()
  for (const { text, line } of statements) {
    try {
      await root.unsafe(text).simple()
    } catch (error) {
      const { message, hint, code } = error as { message: string; hint?: string; code?: string }
      throw new Failure(1, {
        what: `${file}:${line}: ${message}`,
        next: hint ?? (/extension/.test(message) ? 'a shadow database that has it: --url' : undefined),
        code,
      })
    }
  }
  await root
    .unsafe('reset all; reset role; reset session authorization; set search_path = pg_catalog, pg_temp')
    .simple()
}

/** What a later one was found to do, it did without one that failed: written are those before it alone. */
function written(migrations: readonly Checked[]): Checked[] {
  const failed = migrations.findIndex(({ outcome }) => outcome === 'failed')
  const before = failed < 0 ? migrations.length : failed
  return migrations.map((one, at) => {
    if (one.effects === null || one.effects_difference?.length === 0) return one
    if (at >= before)
      return { ...one, notes: [...one.notes, `effects not written: ${migrations[before]?.migration_id} failed`] }
    const file = join(one.folder, 'levelb.json')
    save(file, withMember(readFileSync(file, 'utf8'), 'effects', one.effects))
    return { ...one, written: true, outcome: 'passed' }
  })
}

function save(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new Failure(1, { what: `${file} cannot be written`, why: (error as Error).message })
  }
}

function judge({ migrations }: CheckOutput, json: boolean): void {
  const bad = migrations.filter(({ outcome }) => outcome === 'failed' || outcome === 'differs')
  if (bad.length === 0) return
  throw new Failure(1, {
    what: `${bad.length} of ${migrations.length} ${migrations.length === 1 ? 'migration' : 'migrations'}: ${bad.map((one) => `${one.migration_id} ${one.outcome}`).join(', ')}`,
    next: bad.some(({ outcome }) => outcome === 'differs')
      ? 'mend the text, or write the effects with --write'
      : 'docs/check.md says what is compared',
    answered: json,
  })
}

function page(output: CheckOutput): string {
  const { structure, roles } = output
  const head = [
    `PostgreSQL ${output.server_version}`,
    structure === null ? '' : `${shown(structure.file)}: ${structure.statements} statements`,
    structure === null || structure.skipped.length === 0 ? '' : `left out: ${structure.skipped.map(shown).join(', ')}`,
    roles.length === 0 ? '' : `roles made: ${roles.map(shown).join(', ')}`,
    output.protected.length === 0 ? '' : `taken over: ${output.protected.map(shown).join(', ')}`,
  ]
  return `${[head.filter(Boolean).join('; '), ...output.notes.map((note) => `note: ${shown(note)}`), ...output.migrations.flatMap(migrationLines)].join('\n')}\n`
}

function migrationLines(one: Checked): string[] {
  const { problem } = one
  const differs = one.effects_difference ?? []
  return [
    '',
    `${one.migration_id}: ${one.outcome}${one.milliseconds === null ? '' : `, activated in ${milliseconds(one.milliseconds)} ms`}${one.written ? ', effects written' : ''}`,
    ...part(
      'finding',
      one.findings.map((finding) => `${placeOf(finding)} ${finding.rule} ${finding.message}`),
    ),
    ...part('note', one.notes),
    ...part('changes', one.effect_lines),
    ...part(
      one.written ? 'levelb.json before (-) and what was written (+)' : 'levelb.json (-) and what happened (+), LB303',
      differs,
    ),
    ...part(
      'statements',
      one.statements.map((each) => `${each.place} ${each.tag}, ${milliseconds(each.milliseconds)} ms`),
    ),
    ...part('locks', (one.locks ?? []).map(heldInWords)),
    ...part('warnings', one.warnings.map(warningInWords)),
    ...(one.effects === null ? [] : part('rollback', [rollbackInWords(one)])),
    ...(problem === null
      ? []
      : [
          `  ${problem.during}: ${problem.code} ${shown(problem.message)}`,
          ...problem.difference.map((line) => `    ${shown(line)}`),
          ...(problem.detail === null ? [] : [`    detail: ${shown(problem.detail).slice(0, 2000)}`]),
          ...(problem.hint === null ? [] : [`    next: ${shown(problem.hint)}`]),
        ]),
  ]
}

/** Names and texts of others are spelled out and indented. */
const part = (heading: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : [`  ${heading}`, ...lines.map((line) => `    ${shown(line)}`)]
