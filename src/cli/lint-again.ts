// What the lint finds in a migration that is staged, beside what its document says of it: authors can leave findings out.
import { z } from 'zod'
import { LintFindings } from '../json/lint-findings.ts'
import type { MigrationDocument } from '../json/migration-document.ts'
import type { ReviewData } from '../json/review-data.ts'
import { carriedFindings } from '../lint/findings.ts'

export const LintAgain = z.object({
  /** Found now, and not in the document. */
  missing: LintFindings,
  /** In the document, and not found now. */
  unfounded: LintFindings,
})
export type LintAgain = z.output<typeof LintAgain>

/** Null for what no author wrote. */
export async function lintAgain(data: ReviewData): Promise<LintAgain | null> {
  const { kind, title, description } = data
  if (kind !== 'sql' && kind !== 'attended') return null
  const now = await carriedFindings({ kind, title, description, steps: data.steps } as MigrationDocument)
  const carried = (data.findings ?? []).map(({ line: _, accepted: __, ...finding }) => finding)
  return { missing: without(now, carried), unfounded: without(carried, now) }
}

const keyOf = ({ rule, step, part, position, object, why }: LintFindings[number]) =>
  JSON.stringify([rule, step, part, position, object, why])

function without(findings: LintFindings, others: LintFindings): LintFindings {
  const known = new Set(others.map(keyOf))
  return findings.filter((finding) => !known.has(keyOf(finding)))
}

/** A section of the page, in its form; nothing where the document says what is found. */
export function lintSection({ missing, unfounded }: LintAgain): string {
  const said = (what: string, { step, part, position, rule, object, why }: LintFindings[number]) =>
    `  ${what}: step ${step}, ${part} at character ${position}, ${rule} in ${object}: ${why}`
  const lines = [
    ...missing.map((finding) => said('not in the document', finding)),
    ...unfounded.map((finding) => said('in the document alone', finding)),
  ]
  return lines.length === 0 ? '' : `\nLINT, RUN ANEW\n${lines.join('\n')}\n`
}
