import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stage } from '../../src/index.ts'
import { MigrationFileError, readMigration } from '../../src/migration.ts'
import { world } from '../world.ts'

/** A folder named 0001_x with these files. */
function folder(files: Record<string, string | Buffer>): string {
  const root = mkdtempSync(join(tmpdir(), 'levelb-files-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const path = join(root, '0001_x')
  mkdirSync(path)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}

const head = JSON.stringify({ title: 't', description: 'd', classes: ['acl'] })
const refused = (files: Record<string, string | Buffer>) => {
  try {
    readMigration(folder(files))
  } catch (error) {
    if (error instanceof MigrationFileError) return error.message.replace(/^.*0001_x\//, '')
    throw error
  }
  return 'read'
}

test('files › a folder of three files is one step, named like the folder', () => {
  const path = folder({ 'levelb.json': head, 'apply.sql': 'select 1;\n', 'rollback.sql': 'select 2;\n' })
  expect(readMigration(path, 'shop')).toMatchObject({
    migrationId: 'shop/0001_x',
    document: {
      title: 't',
      classes: ['acl'],
      steps: [{ name: '0001_x', apply: 'select 1;\n', rollback: 'select 2;\n' }],
    },
  })
})

test('files › the hash of a step is what sha256sum prints for its file, line ends of any kind', async () => {
  const text = 'select 1;\r\n-- ü\r\n'
  const path = folder({ 'levelb.json': head, 'apply.sql': text })
  const w = await world()
  const ann = await w.as('ann')
  const { migrationId, document } = readMigration(path)
  await stage(ann, { migrationId, document })
  expect(await w.sql`select apply_hash from levelb.step`).toEqual([
    { apply_hash: createHash('sha256').update(text).digest() },
  ])
})

test('files › steps name their files, and role documents stand among them', () => {
  const steps = [
    { name: 'make', roles: { create: [{ name: 'reporting' }] } },
    { name: 'grant', apply: '10.sql', rollback: '10_back.sql' },
  ]
  const path = folder({
    'levelb.json': JSON.stringify({ ...JSON.parse(head), steps }),
    '10.sql': 'select 10',
    '10_back.sql': 'select -10',
  })
  expect(readMigration(path).document).toMatchObject({
    steps: [steps[0], { name: 'grant', apply: 'select 10', rollback: 'select -10' }],
  })
})

test('files › what the database carries out itself is levelb.json alone', () => {
  const document = {
    title: 't',
    description: 'd',
    kind: 'pointer',
    payload: { pointer: 'p', expected: null, target: 'x' },
  }
  const path = folder({ 'levelb.json': JSON.stringify(document) })
  expect(readMigration(path)).toEqual({ migrationId: '0001_x', document, notes: [] })
})

const left = JSON.stringify({
  title: 't',
  description: 'd',
  kind: 'principal',
  payload: { disable: [{ principal: 'dan' }] },
})

test.each([
  [
    'SQL beside a payload',
    { 'levelb.json': left, 'rollback.sql': 'select 1' },
    'rollback.sql has no meaning in kind principal: the payload in levelb.json says all of it',
  ],
  ['a payload that is wrong', { 'levelb.json': left }, 'levelb.json: payload.disable[0].reason: '],
  [
    'a kind without a payload',
    { 'levelb.json': '{"title": "t", "description": "d", "kind": "policy"}' },
    'levelb.json: payload: is required',
  ],
  [
    'a kind that only the database makes',
    { 'levelb.json': '{"title": "t", "description": "d", "kind": "rollback"}' },
    'levelb.json: kind: must be one of sql, attended, policy, principal, pointer',
  ],
  ['no levelb.json', {}, 'levelb.json is missing: a migration is a folder with levelb.json and apply.sql'],
  [
    'no apply.sql',
    { 'levelb.json': head },
    'apply.sql is missing: a migration is a folder with levelb.json and apply.sql',
  ],
  [
    'bytes that are no UTF-8',
    { 'levelb.json': head, 'apply.sql': Buffer.from([0xff]) },
    'apply.sql cannot be read as UTF-8',
  ],
  [
    'an unknown field',
    { 'levelb.json': '{"title": "t", "desription": "d"}', 'apply.sql': 'select 1' },
    'desription: is unknown; known are title, description, change_ref, kind, classes, search_path, depends_on, ',
  ],
  [
    'an unknown field of a step',
    { 'levelb.json': '{"steps": [{"name": "x", "aply": "apply.sql"}]}', 'apply.sql': 'select 1' },
    'levelb.json: steps[0].aply: is unknown; known are name, apply, rollback, verify, roles',
  ],
  [
    'a field that is left out',
    { 'levelb.json': '{"title": "t"}', 'apply.sql': 'select 1' },
    'levelb.json: description: is required',
  ],
  [
    'a step without text',
    { 'levelb.json': '{"title": "t", "description": "d", "steps": [{"name": "x"}]}' },
    'levelb.json: steps[0].apply: is required',
  ],
  ['JSON without end', { 'levelb.json': '{"title":\n', 'apply.sql': 'select 1' }, 'levelb.json:2:1: is no JSON: '],
  [
    'JSON with a comma too many',
    { 'levelb.json': '{\n  "title": "t",\n}', 'apply.sql': 'select 1' },
    'levelb.json:3:1: is no JSON: ',
  ],
  [
    'JSON with a bare word',
    {
      'levelb.json': '{\n  "title": word, "description": "and more that follows after it"\n}',
      'apply.sql': 'select 1',
    },
    `levelb.json:2:12: is no JSON: Unexpected token 'w'`,
  ],
  ['no JSON', { 'levelb.json': 'title', 'apply.sql': 'select 1' }, `levelb.json:1:2: is no JSON: Unexpected token 'i'`],
])('files › %s is refused by file and field', (_, files, message) => {
  expect(refused(files as Record<string, string>)).toContain(message)
})
