// What the statements of a migration make, so that the rules know what was there before.
import type { Statement } from './parsed.ts'
import { locked, scanned } from './rules/locks.ts'
import type { Transaction } from './rules/rule.ts'
import { inner, isNode, list, type Node, nameOf, renamed, roleOf, within } from './tree.ts'

const inSchemaOf = (relation: unknown, name: unknown) => renamed(nameOf(relation), name)

/** Of ALTER TABLE … ADD CONSTRAINT its name, of ADD COLUMN the column's. */
function addedTo(command: unknown): unknown {
  const { subtype, def, missing_ok } = inner(command, 'AlterTableCmd')
  if (missing_ok === true) return undefined
  if (subtype === 'AT_AddColumn') return inner(def, 'ColumnDef').colname
  return subtype === 'AT_AddConstraint' ? inner(def, 'Constraint').conname : undefined
}

/** New objects of a statement, by its type. */
const makers: Record<string, (node: Node) => unknown[]> = {
  CreateStmt: ({ relation }) => [nameOf(relation)],
  CreateForeignTableStmt: ({ base }) => [nameOf((base as Node | undefined)?.relation)],
  CreateTableAsStmt: ({ into }) => [nameOf((into as Node | undefined)?.rel)],
  SelectStmt: ({ intoClause }) => (isNode(intoClause) ? [nameOf(intoClause.rel)] : []),
  ViewStmt: ({ view }) => [nameOf(view)],
  CreateSeqStmt: ({ sequence }) => [nameOf(sequence)],
  IndexStmt: ({ relation, idxname }) => (idxname === undefined ? [] : [inSchemaOf(relation, idxname)]),
  CreateFunctionStmt: ({ funcname }) => [nameOf(funcname)],
  CompositeTypeStmt: ({ typevar }) => [nameOf(typevar)],
  CreateEnumStmt: ({ typeName }) => [nameOf(typeName)],
  CreateRangeStmt: ({ typeName }) => [nameOf(typeName)],
  CreateDomainStmt: ({ domainname }) => [nameOf(domainname)],
  CreateSchemaStmt: ({ schemaname }) => [nameOf(schemaname)],
  AlterTableStmt: ({ relation, cmds }) =>
    list(cmds).flatMap((command) => {
      const name = addedTo(command)
      return name === undefined ? [] : [within(nameOf(relation), name)]
    }),
}

/** Names under which something stands after a statement; `isNew`: that nothing had before. */
function namesAfter({ type, node }: Statement): { names: string[]; isNew: boolean } {
  if (type === 'RenameStmt') {
    const whole = isNode(node.relation) ? nameOf(node.relation) : nameOf(node.object ?? node.subname)
    const name = node.renameType === 'OBJECT_COLUMN' ? within(whole, node.newname) : renamed(whole, node.newname)
    return { names: [name], isNew: false }
  }
  if (type === 'AlterObjectSchemaStmt') {
    const name = nameOf(node.relation ?? node.object)
    return { names: [`${nameOf(node.newschema)}.${name.slice(name.lastIndexOf('.') + 1)}`], isNew: false }
  }
  const isNew = node.if_not_exists !== true && node.replace !== true
  return { names: (makers[type]?.(node) ?? []).map(String), isNew }
}

const isRevoke = ({ type, node }: Statement) =>
  type === 'GrantStmt' && node.is_grant !== true && list(node.grantees).some((each) => roleOf(each) === 'public')
const objectsOf = ({ node }: Statement) => list(node.objects).map(nameOf)
const isOfFunctions = ({ node }: Statement) => /FUNCTION|PROCEDURE|ROUTINE/.test(String(node.objtype))

/** Objects of which statements take a right from PUBLIC. */
export const takenBy = (statements: readonly Statement[]) => new Set(statements.filter(isRevoke).flatMap(objectsOf))

/** A transaction before its first statement. */
export function begin(
  part: Transaction['part'],
  statements: readonly Statement[],
  before?: { made?: ReadonlySet<string>; undoes?: ReadonlySet<string>; taken?: ReadonlySet<string> },
): Transaction {
  return {
    part,
    made: new Set(before?.made),
    makes: new Set(statements.flatMap((each) => namesAfter(each).names)),
    undoes: before?.undoes ?? new Set(),
    taken: before?.taken ?? new Set(),
    revoked: takenBy(statements.filter(isOfFunctions)),
    locked: undefined,
    scanned: new Set(),
    enumValues: new Set(),
  }
}

/** What is known once a statement has run. */
export function note(statement: Statement, transaction: Transaction): void {
  const { type, node } = statement
  const { made } = transaction
  transaction.locked ??= locked(type, node).find((table) => !made.has(table))
  for (const table of scanned(type, node)) if (!made.has(table)) transaction.scanned.add(table)
  if (type === 'AlterEnumStmt' && node.oldVal === undefined && !made.has(nameOf(node.typeName)))
    transaction.enumValues.add(String(node.newVal))
  const { names, isNew } = namesAfter(statement)
  const own = type === 'RenameStmt' && isNode(node.relation) && made.has(nameOf(node.relation))
  if (isNew || own) for (const name of names) made.add(name)
}
