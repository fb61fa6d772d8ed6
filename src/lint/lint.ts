// Everything that can be said of a migration before it is staged: what the database will refuse, and what only a
// parser of SQL sees. The database has the last word.
import { z } from 'zod'
import { MigrationDocument } from '../json/migration-document.ts'
import { fieldOf, inWords, problems } from '../json/problems.ts'
import { findSecret } from '../json/secrets.ts'
import type { TextFinding } from '../json/statements.ts'
import { findHidden } from '../json/text.ts'
import { documentTexts } from '../json/texts.ts'
import { statementFindings } from './statements.ts'

export const Finding = z.object({
  /** `LB011` */
  rule: z.string(),
  /** `steps[0].apply` */
  field: z.string(),
  /** In characters from 1; null where the whole field is meant. */
  position: z.int().nullable(),
  line: z.int().nullable(),
  column: z.int().nullable(),
  message: z.string(),
  /** The way out. */
  hint: z.string().nullable(),
})
export type Finding = z.output<typeof Finding>

const titles: Record<string, string> = {
  LB006: 'holds a character that readers cannot see',
  LB011: 'cannot run in the channel',
  LB014: 'holds a secret',
}

function placed(rule: string, field: string, source: string, { at, reason, hint }: TextFinding): Finding {
  const before = source.slice(0, at)
  const lines = before.split('\n')
  return {
    rule,
    field,
    position: [...before].length + 1,
    line: lines.length,
    column: [...(lines.at(-1) ?? '')].length + 1,
    message: `${titles[rule]}: ${reason}`,
    hint,
  }
}

/** What is wrong with a document, in its order; empty when nothing is known. `accept` of the document is respected. */
export async function lint(document: MigrationDocument): Promise<Finding[]> {
  const parsed = MigrationDocument.safeParse(document, { error: inWords })
  const said = parsed.error === undefined ? [] : problems(parsed.error, 'document')
  const findings: Finding[] = said
    .filter(({ code }) => titles[code] === undefined)
    .map(({ code, field, problem }) => ({
      rule: code,
      field,
      position: null,
      line: null,
      column: null,
      message: problem,
      hint: null,
    }))
  for (const { path, source, isSql, required } of documentTexts(document)) {
    const field = fieldOf(path)
    const hidden = findHidden(source, isSql || field === 'description')
    if (hidden !== undefined) findings.push(placed('LB006', field, source, hidden))
    const secret = findSecret(source)
    if (secret !== undefined && said.some(({ code, field: where }) => code === 'LB014' && where === field))
      findings.push(placed('LB014', field, source, secret))
    if (!isSql) continue
    for (const finding of await statementFindings(source, required, document.kind === 'attended'))
      findings.push(placed('LB011', field, source, finding))
  }
  return findings
}
