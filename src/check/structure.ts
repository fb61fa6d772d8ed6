// The structure of a database as SQL text, as pg_dump --schema-only writes it: its statements, and the roles it names.
import { hasSqlDetails, loadModule, parseSync } from 'libpg-query'
import { mask } from '../json/statements.ts'

export type Structure = {
  /** Each with the line of its first word. */
  statements: { text: string; line: number }[]
  /** Named and not made by it. */
  roles: string[]
  /** psql commands, which PostgreSQL does not read: `\restrict`. */
  skipped: string[]
}

/** The text is no SQL, or holds what cannot be carried out beside levelb. */
export class StructureError extends Error {
  override name = 'StructureError'
  readonly next: string

  constructor(message: string, next: string, options?: ErrorOptions) {
    super(message, options)
    this.next = next
  }
}

/**
 * Lines of psql commands become empty, so that the lines of all others stay; one inside of a string is no command. One by
 * one: a quote in a command opens no string.
 */
export function withoutCommands(source: string): { text: string; skipped: string[] } {
  const skipped: string[] = []
  let text = source
  for (;;) {
    const from = mask(text).masked.search(/^[ \t]*\\/m)
    if (from < 0) return { text, skipped: [...new Set(skipped)] }
    const [line = ''] = text.slice(from).split('\n', 1)
    skipped.push(line.trim().split(/\s/)[0] ?? '')
    text = text.slice(0, from) + text.slice(from + line.length)
  }
}

type Node = Record<string, unknown>
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** The nodes of one type, wherever they stand. */
function* nodes(tree: unknown, type: string): Generator<Node> {
  if (!isNode(tree)) return
  for (const [key, value] of Object.entries(tree)) {
    if (key === type && isNode(value)) yield value
    yield* nodes(value, type)
  }
}

function* roleNames(tree: unknown): Generator<string> {
  yield* specs(tree)
  for (const { granted_roles } of nodes(tree, 'GrantRoleStmt'))
    for (const { priv_name } of nodes(granted_roles, 'AccessPriv')) if (typeof priv_name === 'string') yield priv_name
  for (const { name, args } of nodes(tree, 'VariableSetStmt'))
    if (name === 'role' || name === 'session_authorization')
      for (const { sval } of nodes(args, 'A_Const')) if (isNode(sval) && sval.sval !== 'none') yield String(sval.sval)
}

function* specs(tree: unknown): Generator<string> {
  if (!isNode(tree)) return
  if (tree.roletype === 'ROLESPEC_CSTRING' && typeof tree.rolename === 'string') yield tree.rolename
  for (const value of Object.values(tree)) yield* specs(value)
}

/** Its event triggers are in no schema, so that a dump without its schemas holds them. */
function isOfLevelb({ stmt }: Parsed): boolean {
  if (!isNode(stmt)) return false
  const [node] = Object.values(stmt).filter(isNode)
  const isOn = [node?.objtype, node?.objectType].includes('OBJECT_EVENT_TRIGGER')
  const isIt = 'CreateEventTrigStmt' in stmt || 'AlterEventTrigStmt' in stmt
  const named = isOn ? [...nodes(node, 'String')][0]?.sval : isIt ? node?.trigname : undefined
  return typeof named === 'string' && named.startsWith('levelb_')
}

export async function readStructure(source: string): Promise<Structure> {
  await loadModule()
  const { text, skipped } = withoutCommands(source)
  const bytes = Buffer.from(text)
  const all = trees(text)
  // each is carried out by itself, and one that opened a transaction would leave it to whatever comes after
  const single = all.filter(({ stmt }) => !(isNode(stmt) && 'TransactionStmt' in stmt))
  if (single.length < all.length) skipped.push('transaction statements')
  const parsed = single.filter((statement) => !isOfLevelb(statement))
  if (parsed.length < single.length) skipped.push('event triggers of levelb')
  const made = new Set([...nodes(parsed, 'CreateRoleStmt')].map(({ role }) => String(role)))
  if ([...nodes(parsed, 'CreateSchemaStmt')].some(({ schemaname }) => schemaname === 'levelb'))
    throw new StructureError('it holds levelb itself', "leave levelb out: pg_dump --schema-only -N 'levelb*'")
  let line = 1
  let counted = 0
  return {
    statements: parsed.map(({ stmt_location: from = 0, stmt_len: length }) => {
      line += lineEnds(bytes.subarray(counted, from))
      counted = from
      const whole = bytes.subarray(from, length === undefined ? undefined : from + length).toString()
      const leading = mask(whole).masked.search(/\S/)
      return {
        text: whole.slice(Math.max(leading, 0)),
        line: line + lineEnds(Buffer.from(whole.slice(0, Math.max(leading, 0)))),
      }
    }),
    roles: [...new Set(roleNames(parsed))].filter((name) => !made.has(name) && !/^(pg|levelb)_/.test(name)).sort(),
    skipped,
  }
}

const lineEnds = (bytes: Buffer) => bytes.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0)

type Parsed = { stmt?: unknown; stmt_location?: number; stmt_len?: number }

function trees(text: string): Parsed[] {
  try {
    return (parseSync(text) as { stmts?: Parsed[] }).stmts ?? []
  } catch (error) {
    const at = hasSqlDetails(error) ? (error.sqlDetails?.cursorPosition ?? 0) : 0
    const line = text.slice(0, at).split('\n').length
    throw new StructureError(
      `line ${line}: ${(error as Error).message}`,
      'write it with pg_dump --schema-only: rows of COPY are no SQL',
      { cause: error },
    )
  }
}
