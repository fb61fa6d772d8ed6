// npm run codegen: the typed callers and the bundle, from sql/ and an installed database.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from '@commander-js/extra-typings'
import { bundle } from './bundle.ts'
import { withDatabase } from './database.ts'
import { type Difference, differences } from './difference.ts'
import type { Files, Layout } from './layout.ts'
import { Refusals } from './refusal.ts'
import { isShipped, shippedText, writeShipped } from './shipped.ts'
import { write } from './write.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'generated')
const shownPatches = 3

const layout: Layout = {
  schemas: ['levelb', 'levelb_sandbox'],
  runtime: '../src',
  json: '../src/json',
  jsonFolder: join(root, 'src', 'json'),
}

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

function report(found: readonly Difference[]): void {
  for (const { kind, file } of found) process.stderr.write(`${kind}: generated/${file}\n`)
  for (const { patch } of found.slice(0, shownPatches)) process.stderr.write(patch)
  if (found.length > shownPatches) process.stderr.write(`… and ${found.length - shownPatches} more\n`)
}

const program = new Command('codegen')
  .description('Generate typed callers from the functions of an installed levelb, and the bundle that installs it.')
  .option('--check', 'compare with generated/ byte by byte and write nothing; exit 1 on any difference')
  .option('--from <url>', 'database with levelb installed; without it, an embedded server gets the bundle of sql/')
  .addHelpText('after', '\nExample:\n  $ npm run codegen -- --check --from postgres://postgres@127.0.0.1:5432/app')
  .parse()

const { check = false, from } = program.opts()
// Not a static import: the TypeScript behind it loads while the server starts.
const loading = import('./generate.ts')

try {
  // The list of what is shipped is of everything but itself, so that one pass is enough.
  let isStale = false
  const files: Files = await withDatabase(from, bundle(root), async (sql) => {
    const { generate } = await loading
    const shipped = await shippedText(sql)
    isStale = !isShipped(root, shipped)
    if (isStale && !check) writeShipped(root, shipped)
    const generated = await generate(sql, layout, version)
    return new Map([...generated.files, [`levelb--${version}.sql`, bundle(root)]])
  })
  if (isStale && check) process.stderr.write('stale: sql/78-shipped-objects.sql\n')
  const found = check ? differences(folder, files) : write(folder, files)
  if (check) report(found)
  const isWrong = check && (isStale || found.length > 0)
  if (isWrong) process.stderr.write('generated/ is stale. Run: npm run codegen\n')
  else process.stdout.write(`${files.size} files, ${found.length} changed\n`)
  process.exitCode = isWrong ? 1 : 0
} catch (error) {
  const refused = error instanceof Refusals
  const what = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${refused ? `${error.refusals.length} refused\n` : ''}${what}\n`)
  process.exitCode = 1
}
