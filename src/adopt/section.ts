// A part of a script: why, and the statements that follow from it.
import { comment } from './statement.ts'

export type Section = { why: string; statements: readonly string[] }

function sectionText({ why, statements }: Section): string {
  return `${comment(why)}\n${statements.join('\n')}\n`
}

/** Sections with nothing to do are left out. */
export function sectionsText(sections: readonly Section[]): string {
  return sections
    .filter(({ statements }) => statements.length > 0)
    .map(sectionText)
    .join('\n')
}
