import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { differences } from '../../codegen/difference.ts'
import { write } from '../../codegen/write.ts'

const wanted = new Map([
  ['a.ts', 'export const a = 1\n'],
  ['b.ts', 'export const b = 2\n'],
])

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'levelb-codegen-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

test('an edited output, a missing and an extra file are each a difference', () => {
  const at = folder()
  write(at, wanted)
  expect(differences(at, wanted)).toEqual([])
  writeFileSync(join(at, 'a.ts'), 'export const a = 3\n')
  writeFileSync(join(at, 'c.ts'), '')
  rmSync(join(at, 'b.ts'))
  const found = differences(at, wanted)
  expect(found.map(({ kind, file }) => `${kind} ${file}`)).toEqual(['different a.ts', 'missing b.ts', 'extra c.ts'])
  expect(found[0]?.patch).toContain('-export const a = 3\n+export const a = 1\n')
})

test('writing leaves exactly the files, and untouched ones untouched', () => {
  const at = folder()
  write(at, wanted)
  const then = new Date('2026-01-01T00:00:00Z')
  utimesSync(join(at, 'a.ts'), then, then)
  writeFileSync(join(at, 'c.ts'), '')
  write(at, wanted)
  expect(readdirSync(at).sort()).toEqual(['a.ts', 'b.ts'])
  expect(statSync(join(at, 'a.ts')).mtime).toEqual(then)
})
