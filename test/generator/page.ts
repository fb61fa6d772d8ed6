// docs/generator.md, out of what became of each family.
import { families } from './families.ts'
import type { Counts, Outcome } from './run.ts'

const successes = ({ must, shown, failed }: Counts) =>
  must === 'succeed' ? shown : Object.values(failed).reduce((sum, times) => sum + times, 0)

/** Families that were activated, or refused where they must be, less often than that. */
export const poor = (outcome: Outcome, least: number): Counts[] =>
  outcome.counts.filter((one) => successes(one) < least)

/** The families of a page, in its order. */
export const familiesOf = (text: string): string[] =>
  [...text.matchAll(/^\| ([^|]+) \| \d/gm)].map((match) => match[1] ?? '')

export function page(outcome: Outcome, seed: string, major: number): string {
  const { scripts, activated, wrongs, uncovered, passing, counts } = outcome
  return `# Random privileged statements

\`npm run generate -- --runs ${scripts} --seed ${seed}\` wrote this page, on PostgreSQL ${major}. It ran ${scripts} scripts of one to four random statements through the channel, of ${families.length} families: a family is one kind of statement on one kind of object. ${activated} scripts were activated.

Each was compared with the catalogs themselves, read by PostgreSQL's own columns and without what levelb knows of them: every row of every catalog before and after. What must fail stands alone in its script. ${wrongs.length === 0 ? 'Nothing was silent: every row that was made, altered or dropped is named by an effect, and what was not activated left every catalog as it was.' : `**${wrongs.length} were wrong.**`} ${passing.length} scripts were refused with LB305 because one statement took away what another had made, and ${uncovered.length} for any other reason.

- **tried**: statements of the family. **shown**: activated, with an effect that tells of it; at least 20. **nothing**: activated, and it changed nothing (a comment that was there already).
- **failed**: refused or failed by its own doing, by code, and nothing was left. **undone**: with another statement of its script, or it cannot be told which of them it was.

| family | tried | shown | nothing | failed | undone |
|---|---|---|---|---|---|
${counts
  .filter(({ must }) => must === 'succeed')
  .map(line)
  .join('\n')}

## What can never be activated

At least 20 refusals each, without a trace.

| family | tried | shown | nothing | failed | undone |
|---|---|---|---|---|---|
${counts
  .filter(({ must }) => must === 'fail')
  .map(line)
  .join('\n')}
`
}

function line({ family, tried, shown, nothing, failed, undone }: Counts): string {
  const codes = Object.entries(failed)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, times]) => `${times} ${code}`)
  return `| ${family} | ${tried} | ${shown} | ${nothing} | ${codes.join(', ')} | ${undone} |`
}
