// CHECKs that TypeScript can repeat, recognised in the form pg_get_constraintdef prints them with search_path pg_catalog.
// A CHECK of another form stays with the server alone, and the reference says so: guessing would refuse good values.
import type { Check } from './model.ts'

// The part of regular expressions in which PostgreSQL and JavaScript agree: no classes, options or back-references.
function isPortable(pattern: string): boolean {
  if (/\\[A-Za-z0-9]|\[\[|\[:|\(\?/.test(pattern) || !/^\^.*\$$/.test(pattern)) return false
  try {
    return new RegExp(pattern, 'u').unicode
  } catch {
    return false
  }
}

const literal = (quoted: string): string => quoted.slice(1, -1).replaceAll("''", "'")

const text = `'(?:[^']|'')*'::text`
const subject = `(?:VALUE|"?[a-z_0-9]+"?)`
const among = String.raw`\(${subject} = (?:ANY \(ARRAY\[(${text}(?:, ${text})*)\]\)|(${text}))\)`
const labelList = new RegExp(String.raw`^CHECK \((?:${among}|\(\(${subject} IS NULL\) OR ${among}\))\)$`)
const regex = new RegExp(String.raw`^CHECK \(\(VALUE ~ (${text})\)\)$`)
const octets = /^CHECK \(\(octet_length\(VALUE\) = (\d+)\)\)$/

const literals = (list: string): readonly string[] =>
  (list.match(new RegExp(text, 'g')) ?? []).map((item) => literal(item.slice(0, -'::text'.length)))

/** The labels of `x in ('a', 'b')`, with or without `x is null or`; undefined for any other CHECK. */
export function labels(definition: string): readonly string[] | undefined {
  const list = labelList
    .exec(definition)
    ?.slice(1)
    .find((group) => group !== undefined)
  return list === undefined ? undefined : literals(list)
}

export function recognise(definition: string): Check {
  const known = labels(definition)
  if (known) return { kind: 'labels', labels: known }
  const [pattern] = literals(regex.exec(definition)?.[1] ?? '')
  if (pattern !== undefined && isPortable(pattern)) return { kind: 'matches', pattern }
  const [, length] = octets.exec(definition) ?? []
  if (length !== undefined) return { kind: 'bytes', length: Number(length) }
  return { kind: 'server', definition }
}
