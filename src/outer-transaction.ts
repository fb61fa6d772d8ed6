// The BEGIN and COMMIT that sqitch, pgpm and people put around a file, which an activation has no place for: all its
// steps are one transaction already. They are taken out before the document is made, so that what is stored, hashed,
// reviewed and run is one text. The database takes nothing out: it could only hash another text than it was given, so
// it refuses what is left (LB011). Statements are told apart as the database tells them, and not with the parser, which
// loads asynchronously: where the two differ the text stays as it is, or what is left of it is judged by the database.
import { createHash } from 'node:crypto'
import { mask, statements } from './json/statements.ts'

export interface Taken {
  /** As long as before: blanks in place of the pair, so that each line and column is the file's. */
  readonly text: string
  /** `BEGIN at 3:1 and COMMIT at 9:1` */
  readonly what: string
}

/** With options it is no mere frame: READ ONLY, SERIALIZABLE and AND CHAIN ask for something. */
const first = /^(?:begin(?: work| transaction)?|start transaction)$/
const last = /^(?:commit|end)(?: work| transaction)?$/
const control = /^(?:begin|start transaction|commit|end|rollback|abort|savepoint|release|prepare transaction)(?: |$)/

/** The text without its outer pair; undefined where there is none, or another transaction statement besides. */
export function withoutOuterTransaction(source: string): Taken | undefined {
  const { masked, unfinished } = mask(source)
  const found = statements(masked)
  const [begin, ...others] = found
  const commit = others.pop()
  if (unfinished !== undefined || begin === undefined || commit === undefined) return undefined
  if (!first.test(begin.shape) || !last.test(commit.shape) || others.some(({ shape }) => control.test(shape)))
    return undefined
  return {
    text: [begin, commit].reduce((text, { at }) => blanked(text, masked, at), source),
    what: `BEGIN at ${place(source, begin.at)} and COMMIT at ${place(source, commit.at)}`,
  }
}

/** Without the statement at `at` and its semicolon; a comment between its words stays. */
function blanked(text: string, masked: string, at: number): string {
  const semicolon = masked.indexOf(';', at)
  const end = semicolon < 0 ? masked.length : semicolon + 1
  const words = masked.slice(at, end).matchAll(/[^ \t\r\n\f]+/g)
  return [...words].reduce((left, { 0: word, index }) => {
    const from = at + index
    return left.slice(0, from) + ' '.repeat(word.length) + left.slice(from + word.length)
  }, text)
}

function place(source: string, at: number): string {
  const lines = source.slice(0, at).split('\n')
  return `${lines.length}:${[...(lines.at(-1) ?? '')].length + 1}`
}

/** What whoever staged it is told: the file's own sha256 is not the step's. */
export function takenNote(file: string, { text, what }: Taken): string {
  const hash = createHash('sha256').update(text).digest('hex')
  return `${file}: ${what} are taken out, since an activation is one transaction; the sha256 of what is staged is ${hash}`
}
