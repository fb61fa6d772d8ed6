// Which statements can never run in the channel, by PostgreSQL's own grammar: whole texts, and the static statements of
// DO blocks. The reasons and the ways out are those of src/json/statements.ts.
import { hasSqlDetails, loadModule, parsePlPgSQLSync, parseSync } from 'libpg-query'
import { filler, findStatement, mask, ruleOf, type TextFinding } from '../json/statements.ts'

type Node = Record<string, unknown>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

const list = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : [])
const inner = (value: unknown, type: string): Node => (isNode(value) && isNode(value[type]) ? value[type] : {})
const options = (value: unknown) => list(value).map((each) => inner(each, 'DefElem'))

/** False where it says so; an option without a value is on. */
function isOn(option: Node): boolean {
  const argument = option.arg
  if (!isNode(argument)) return true
  const value = inner(argument, 'String').sval ?? inner(argument, 'Integer').ival ?? inner(argument, 'Boolean').boolval
  return !['false', 'off', 0, undefined].includes(value as string)
}

/** The shape, as in src/json/statements.ts, of a statement that the grammar says is of that kind. */
const shapes: Record<string, (node: Node) => string | false> = {
  TransactionStmt: () => 'commit',
  VacuumStmt: (node) => node.is_vacuumcmd === true && 'vacuum',
  ClusterStmt: (node) => node.relation === undefined && 'cluster',
  IndexStmt: (node) => node.concurrent === true && 'create index concurrently',
  DropStmt: (node) => node.concurrent === true && 'drop index concurrently x',
  ReindexStmt: (node) =>
    ['REINDEX_OBJECT_SCHEMA', 'REINDEX_OBJECT_SYSTEM', 'REINDEX_OBJECT_DATABASE'].includes(String(node.kind))
      ? 'reindex schema'
      : options(node.params).some((option) => option.defname === 'concurrently' && isOn(option)) &&
        'reindex table concurrently x',
  AlterTableStmt: (node) =>
    list(node.cmds).some((each) => inner(inner(each, 'AlterTableCmd').def, 'PartitionCmd').concurrent === true) &&
    'alter table x detach partition y concurrently',
  CreatedbStmt: () => 'create database x',
  DropdbStmt: () => 'drop database x',
  CreateTableSpaceStmt: () => 'create tablespace x',
  DropTableSpaceStmt: () => 'drop tablespace x',
  AlterDatabaseStmt: (node) =>
    options(node.options).some(({ defname }) => defname === 'tablespace') && 'alter database x set tablespace y',
  AlterSystemStmt: () => 'alter system set',
  DiscardStmt: (node) => node.target === 'DISCARD_ALL' && 'discard all',
  CreateSubscriptionStmt: (node) =>
    !options(node.options).some(({ defname }) => defname === 'connect' || defname === 'create_slot') &&
    'create subscription x',
  AlterSubscriptionStmt: (node) => /REFRESH/.test(String(node.kind)) && 'alter subscription x refresh publication',
  CreateRoleStmt: () => 'create role x',
  AlterRoleStmt: () => 'alter role x',
  AlterRoleSetStmt: (node) => node.role !== undefined && 'alter role x',
  DropRoleStmt: () => 'drop role x',
  GrantRoleStmt: () => 'grant x to y',
  RenameStmt: (node) => node.renameType === 'OBJECT_ROLE' && 'alter role x',
  VariableSetStmt: (node) => (node.name === 'role' || node.name === 'session_authorization') && 'set role x',
  ListenStmt: () => 'listen x',
  UnlistenStmt: () => 'unlisten x',
  CopyStmt: (node) => (node.filename === undefined ? 'copy x to stdout' : "copy x to '"),
  LoadStmt: () => "load '",
  CheckPointStmt: () => 'checkpoint',
}

/** Why a parsed statement cannot run. */
function judged(statement: Node): Omit<TextFinding, 'at'> | undefined {
  const [type = '', node] = Object.entries(statement)[0] ?? []
  const shape = shapes[type]?.(isNode(node) ? node : {})
  const rule = shape ? ruleOf(shape) : undefined
  return (
    rule && {
      reason: rule.reason,
      hint:
        rule.hint ??
        'Write a step of its own with a role document: {"name": "roles", "roles": {…}}; docs/path.md shows one.',
    }
  )
}

const inDo = (finding: Omit<TextFinding, 'at'>, at: number): TextFinding => ({
  at,
  reason: `in a DO block: ${finding.reason}`,
  hint: finding.hint,
})

/** Static statements of a block, wherever they stand in it, each with its line. */
function* blockStatements(node: unknown): Generator<{ type: string; line: number; query: string }> {
  if (!isNode(node)) return
  for (const [key, value] of Object.entries(node)) {
    if (isNode(value) && /^PLpgSQL_stmt_(?:execsql|commit|rollback)$/.test(key)) {
      const query = inner(value.sqlstmt, 'PLpgSQL_expr').query
      yield { type: key, line: Number(value.lineno ?? 1), query: typeof query === 'string' ? query : '' }
    }
    yield* blockStatements(value)
  }
}

/** Where the nth line of a text that begins at `from` has its first word. */
function startOfLine(source: string, from: number, line: number): number {
  let at = from
  for (let nth = 1; nth < line; nth++) at = source.indexOf('\n', at) + 1 || from
  return line === 1 ? from : at + (/^[ \t]*/.exec(source.slice(at, at + 1000))?.[0].length ?? 0)
}

function blockFindings(source: string, statement: string, from: number): TextFinding[] {
  let block: unknown
  try {
    block = parsePlPgSQLSync(statement)
  } catch {
    // Another language, or a mistake that the server explains better: it knows the types.
    return []
  }
  const body = from + Math.max(statement.search(/\$(?:\w*)\$|'/), 0)
  return [...blockStatements(block)].flatMap(({ type, line, query }) => {
    const at = startOfLine(source, body, line)
    const found =
      type === 'PLpgSQL_stmt_execsql'
        ? list((attempt(query) as Node | undefined)?.stmts).map((each) => judged(each.stmt as Node))
        : [judged({ TransactionStmt: {} })]
    return found.filter((each) => each !== undefined).map((each) => inDo(each, at))
  })
}

/** As PostgreSQL cuts a name: at 63 bytes, between characters. */
function cut(name: string): string {
  let kept = ''
  for (const character of name) {
    if (Buffer.byteLength(kept + character) > 63) break
    kept += character
  }
  return kept
}

const nameOf = new RegExp(`"${filler}*|[A-Za-z_\\u0080-\\uffff][\\w$\\u0080-\\uffff]*`, 'g')

/** Names that PostgreSQL would cut with no more than a notice: the text then changes another object than it names. */
function longNames(source: string): TextFinding[] {
  const { masked } = mask(source)
  return [...masked.matchAll(nameOf)].flatMap(({ 0: found, index }) => {
    // of U&"…" the name is not what is written
    if (found.startsWith('"') && /u&$/i.test(masked.slice(0, index))) return []
    const written = source.slice(index, index + found.length)
    const name = found.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written
    if (Buffer.byteLength(name) <= 63) return []
    return [
      {
        at: index,
        reason: `a name of ${Buffer.byteLength(name)} bytes, which PostgreSQL cuts off after ${Buffer.byteLength(cut(name))}`,
        hint: `Write the name that the database has: ${cut(name)}`,
      },
    ]
  })
}

function attempt(query: string): unknown {
  try {
    return parseSync(query)
  } catch {
    return undefined
  }
}

/** All statements of a text that can never run in the channel, or the place where it stops to be SQL; of an attended one
 * only the latter. */
export async function statementFindings(source: string, required: boolean, attended = false): Promise<TextFinding[]> {
  await loadModule()
  const lexed = findStatement(source, required, attended)
  let parsed: ReturnType<typeof parseSync>
  try {
    parsed = parseSync(source)
  } catch (error) {
    // What psql or a string without end makes of the rest is no help; the database names that first cause too.
    if (lexed !== undefined) return [lexed]
    const details = hasSqlDetails(error) ? error.sqlDetails : undefined
    return [
      {
        at: [...source].slice(0, Math.max(details?.cursorPosition ?? 0, 0)).join('').length,
        reason: (error as Error).message,
        hint: 'Correct the text. It was read with the grammar of PostgreSQL 18: where the server is older, it has the last word.',
      },
    ]
  }
  const bytes = Buffer.from(source)
  const statements = (attended ? [] : (parsed.stmts ?? [])).flatMap(
    ({ stmt, stmt_location: start = 0, stmt_len: length }) => {
      const at = bytes.subarray(0, start).toString().length
      const text = bytes.subarray(start, length === undefined ? undefined : start + length).toString()
      const lead = /^(?:\s|--[^\n]*(?:\n|$))*/.exec(text)?.[0].length ?? 0
      const finding = judged(stmt as Node)
      if (finding !== undefined) return [{ at: at + lead, ...finding }]
      return isNode((stmt as Node).DoStmt) ? blockFindings(source, text, at) : []
    },
  )
  const found = [...statements, ...longNames(source)].sort((one, other) => one.at - other.at)
  return found.length === 0 && lexed !== undefined && (parsed.stmts ?? []).length === 0 ? [lexed] : found
}
