// docs/threat-model.md against the tests: every number of its ranges is tried, or says why not.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/threat-model.md', root), 'utf8')

/** Numbers as tests name them, alone or as `B071 to B074`. */
function numbersOf(text: string): number[] {
  const ranges = [...text.matchAll(/\bB(\d{3}) to B(\d{3})\b/g)].flatMap(([, from, to]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => Number(from) + i),
  )
  return [...ranges, ...[...text.matchAll(/\bB(\d{3})\b/g)].map(([, number]) => Number(number))]
}

/** What tests try: numbers in strings, which titles and cases are, and not in comments. */
const tried = new Set(
  readdirSync(new URL('test/', root), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('node_modules') && !file.endsWith('threat-model.test.ts'))
    .flatMap((file) =>
      readFileSync(new URL(`test/${file}`, root), 'utf8')
        .split('\n')
        .filter((line) => !/^\s*(\/\/|\*|\/\*)/.test(line))
        .flatMap((line) => numbersOf(line)),
    ),
)
const excused = new Set([...page.matchAll(/^\| B(\d{3}) \|/gm)].map(([, number]) => Number(number)))

test.each([
  [146, 177],
  [178, 199],
])('B%i to B%i are tried, or their reason stands in the page', (from, to) => {
  const all = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  expect(page).toContain(`B${from} to B${to}`)
  expect(all.filter((number) => !tried.has(number) && !excused.has(number))).toEqual([])
})

test('what is excused is not tried', () => {
  expect([...excused].filter((number) => tried.has(number))).toEqual([])
})

test('the first screen of the README leads here', () => {
  const first = readFileSync(new URL('README.md', root), 'utf8').split('\n').slice(0, 20).join('\n')
  expect(first).toContain('docs/threat-model.md')
})
