// The files of sql/ are installed in the order of their names, and each knows only what comes before it. PL/pgSQL bodies
// and texts that are run later would not tell: they look names up when they run.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const folder = new URL('../../sql/', import.meta.url)

/** Without comments and literals, which name functions for people: hints, error details, the list of what is shipped. */
const codeOf = (file: string): string =>
  readFileSync(new URL(file, folder), 'utf8').replaceAll(/--[^\n]*|'(?:[^']|'')*'/g, ' ')

test('a file of sql/ refers only to files before it', () => {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
  const codes = new Map(files.map((file) => [file, codeOf(file)]))
  const made = new Map<string, string>()
  for (const [file, code] of codes)
    for (const [, name = ''] of code.matchAll(/^\s*create (?:function|table|view|type|domain) levelb\.(\w+)/gm))
      if (!made.has(name)) made.set(name, file)
  expect(made.size).toBeGreaterThan(600)
  const upward = [...codes].flatMap(([file, code]) =>
    [...new Set([...code.matchAll(/\blevelb\.(\w+)/g)].map(([, name = '']) => name))]
      .filter((name) => (made.get(name) ?? file) > file)
      .map((name) => `${file} uses ${name} of ${made.get(name)}`),
  )
  expect(upward).toEqual([])
})
