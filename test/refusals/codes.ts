// Which codes sql/ can produce, and in which way: read from the SQL, so that a new one cannot go untested.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../sql/', import.meta.url))

/** The text of sql/, comments of its own lines left out. */
export function sqlText(name = /\.sql$/): string {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql') && name.test(file))
  return files
    .sort()
    .map((file) => readFileSync(`${folder}${file}`, 'utf8').replace(/^\s*--.*$/gm, ''))
    .join('\n')
}

const codesAfter = (before: RegExp) => {
  const found = sqlText().matchAll(new RegExp(`${before.source}\\s*'(LB\\d{3})'`, 'g'))
  return new Set([...found].map(([, code]) => code as string))
}

/** Codes of the rules (43-rules.sql) that functions raise by their names. */
const raisedByRule = [...sqlText().matchAll(/\b_raise_rule\('(\w+)'/g)].map(
  ([, rule]) => new RegExp(`\\('${rule}', '(LB\\d{3})'`).exec(sqlText(/^43-rules/))?.[1] as string,
)

/** Codes that functions raise: to the caller, or, where the text of an activation runs, as its failure. */
export const raisedInSql = new Set([...codesAfter(/\b_raise\(/), ...raisedByRule])

/** What staging raises of a payload is a judgement when it turns out only at activation. */
const judgedPayload = /create function levelb\._payload_problem\([\s\S]*?\bexception when (.*) then/.exec(
  sqlText(),
)?.[1]

/** Codes of judgements, which activate records as refused. */
export const refusedInSql = new Set([
  ...codesAfter(/\b(?:_refusal\(|code :=)/),
  ...[...(judgedPayload ?? '').matchAll(/'(LB\d{3})'/g)].map(([, code]) => code as string),
])

/** Codes that sql/ names at all, the registries apart. */
export const mentionedInSql = new Set([
  ...[...sqlText(/^(?!12-|43-rules)/).matchAll(/'(LB\d{3})'/g)].map(([, code]) => code as string),
  ...raisedByRule,
])
