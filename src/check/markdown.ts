// The result as markdown for a pull request. What others wrote stands in code, where it is no heading and no link and
// calls nobody.
import { shown } from '../shown.ts'
import type { Checked } from './check.ts'
import { heldInWords, milliseconds, placeOf, rollbackInWords, warningInWords } from './words.ts'

export function markdown(checked: readonly Checked[], serverVersion: string): string {
  const head = [
    '# levelb check',
    `Carried out for real on PostgreSQL ${serverVersion}, rolled back and carried out again.`,
    table(
      ['migration', 'result', 'changes', 'rollback'],
      checked.map((one) => [
        code(one.migration_id),
        one.outcome,
        one.effects === null ? '' : String(one.effects.length),
        rollbackInWords(one),
      ]),
    ),
  ]
  return `${[...head, ...checked.flatMap(migration)].join('\n\n')}\n`
}

function migration(one: Checked): string[] {
  const { problem } = one
  return [
    `## ${code(one.migration_id)}: ${one.outcome}`,
    code(one.title),
    ...(one.description === '' ? [] : [fenced(one.description)]),
    ...(problem === null
      ? []
      : [
          `**${problem.during}: ${problem.code}**`,
          fenced(
            [
              problem.message,
              problem.detail && `detail: ${problem.detail.slice(0, 2000)}`,
              problem.hint && `next: ${problem.hint}`,
            ]
              .filter(Boolean)
              .join('\n'),
          ),
          ...(problem.difference.length === 0 ? [] : [fenced(problem.difference.join('\n'), 'diff')]),
        ]),
    ...section('What changes', one.effect_lines.length === 0 ? [] : [fenced(one.effect_lines.join('\n'))]),
    ...section(
      one.written ? 'levelb.json said otherwise' : 'levelb.json says otherwise',
      (one.effects_difference ?? []).length === 0 ? [] : [fenced((one.effects_difference ?? []).join('\n'), 'diff')],
    ),
    ...section(
      'Locks',
      one.locks === null ? [] : [bullets(one.locks.length === 0 ? ['nobody waits'] : one.locks.map(heldInWords))],
    ),
    ...section('Rollback', one.effects === null ? [] : [rollbackInWords(one)]),
    ...section('Findings', [
      ...bulletsOf([
        ...one.findings.map((finding) => `${placeOf(finding)} ${finding.rule} ${finding.message}`),
        ...one.warnings.map(warningInWords),
        ...one.notes,
      ]),
    ]),
    ...section(
      'Statements',
      one.statements.length === 0
        ? []
        : [
            table(
              ['at', 'statement', 'ms', 'rows', 'WAL bytes'],
              one.statements.map((each) => [
                code(each.place),
                each.tag,
                milliseconds(each.milliseconds),
                String(each.rows),
                String(each.wal_bytes),
              ]),
            ),
          ],
    ),
  ]
}

const section = (heading: string, blocks: readonly string[]) =>
  blocks.length === 0 ? [] : [`### ${heading}`, ...blocks]

/** A run of backticks longer than any inside. */
const fence = (text: string, least: number) =>
  '`'.repeat(Math.max(least, ...[...text.matchAll(/`+/g)].map(({ 0: found }) => found.length + 1)))

function fenced(text: string, language = 'text'): string {
  const lines = text.split(/\r?\n/).map(shown).join('\n')
  const around = fence(lines, 3)
  return `${around}${language}\n${lines}\n${around}`
}

function code(text: string): string {
  const one = shown(text.replaceAll(/\s+/g, ' '))
  const around = fence(one, 1)
  const apart = around.length > 1 ? ' ' : ''
  return `${around}${apart}${one}${apart}${around}`
}

const bullets = (lines: readonly string[]) => lines.map((line) => `- ${code(line)}`).join('\n')
const bulletsOf = (lines: readonly string[]) => (lines.length === 0 ? [] : [bullets(lines)])

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
