// Which statements can never run in the channel, by PostgreSQL's own grammar: whole texts, and the static statements of
// DO blocks. The reasons and the ways out are those of src/json/statements.ts.
import { hasSqlDetails, loadModule } from 'libpg-query'
import { filler, findStatement, mask, ruleOf, type TextFinding } from '../json/statements.ts'
import { parseStatements, type Statement } from './parsed.ts'
import { inner, isOn, list, type Node, options } from './tree.ts'

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
export function judged({ type, node }: Pick<Statement, 'type' | 'node'>): Omit<TextFinding, 'at'> | undefined {
  const shape = shapes[type]?.(node)
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

/** All statements of a text that can never run in the channel, or the place where it stops to be SQL; of an attended one
 * only the latter. */
export async function statementFindings(source: string, required: boolean, attended = false): Promise<TextFinding[]> {
  await loadModule()
  const lexed = findStatement(source, required, attended)
  let parsed: Statement[]
  try {
    parsed = parseStatements(source)
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
  const statements = (attended ? [] : parsed).flatMap((statement) => {
    const finding = judged(statement)
    if (finding === undefined) return []
    const { reason, hint } = finding
    return [{ at: statement.at, reason: statement.inBlock ? `in a DO block: ${reason}` : reason, hint }]
  })
  const found = [...statements, ...longNames(source)].sort((one, other) => one.at - other.at)
  return found.length === 0 && lexed !== undefined && parsed.length === 0 ? [lexed] : found
}
