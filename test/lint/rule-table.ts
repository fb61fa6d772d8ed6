// The rules as docs/lint.md lists them.
import { families } from '../../src/lint/rules/rules.ts'

const cell = (text: string) => text.replaceAll('|', '\\|')

/** A table for each family, under its heading. */
export function ruleTables(): string {
  return Object.entries(families)
    .map(([family, rules]) => {
      const rows = rules.map(
        ({ id, severity, why, instead }) => `| \`${id}\` | ${severity} | ${cell(why)} | ${cell(instead)} |`,
      )
      return [`### ${family}`, '', '| rule | | why | instead |', '|---|---|---|---|', ...rows].join('\n')
    })
    .join('\n\n')
}
