// Rules on what breaks programs that run, loses rows, or does not mean what it says.
import { constants, isNode, list, type Node, nameOf, within } from '../tree.ts'
import type { Look, Rule, Transaction } from './rule.ts'

const known = ({ made, undoes }: Transaction, name: string) => made.has(name) || undoes.has(name)

/** Dropped for good: neither made by these texts, nor made anew by them. */
const gone = (node: Node, type: string | undefined, transaction: Transaction) =>
  node.removeType === type
    ? list(node.objects)
        .map(nameOf)
        .filter((name) => !known(transaction, name) && !transaction.makes.has(name))
    : []

const renames =
  (...types: string[]): Look =>
  (node, transaction) => {
    if (!types.includes(String(node.renameType))) return false
    const whole = isNode(node.relation) ? nameOf(node.relation) : nameOf(node.object ?? node.subname)
    const name = node.renameType === 'OBJECT_COLUMN' ? within(whole, node.subname) : whole
    // another object takes the name, so whoever uses it finds something: a view that is put in the place of a table
    return !known(transaction, name) && !known(transaction, whole) && !transaction.makes.has(name) && name
  }

const droppable = [
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_FUNCTION',
  'OBJECT_PROCEDURE',
  'OBJECT_TYPE',
  'OBJECT_SEQUENCE',
  'OBJECT_DOMAIN',
  'OBJECT_EXTENSION',
]
const isUnqualified = (name: string) => name !== '' && !name.includes('.') && !/^"?pg_/.test(name)

/** Objects that have a schema. */
const inSchema =
  /^OBJECT_(?:TABLE|VIEW|MATVIEW|SEQUENCE|INDEX|FUNCTION|PROCEDURE|ROUTINE|AGGREGATE|TYPE|DOMAIN|COLLATION)$/
const unqualified = (names: readonly string[]) => names.filter(isUnqualified)

function withNames(statement: Node): Set<string> {
  const names = new Set<string>()
  const collect = (value: unknown): void => {
    if (!isNode(value)) return
    if (typeof value.ctename === 'string') names.add(nameOf(value.ctename))
    Object.values(value).forEach(collect)
  }
  collect(statement)
  return names
}

/** Relations that a statement names without a schema; not what WITH or the text itself has made. */
function looseRelations(statement: Node, { made }: Transaction): string[] {
  const own = withNames(statement)
  const found: string[] = []
  const collect = (value: unknown): void => {
    if (!isNode(value)) return
    if (typeof value.relname === 'string' && value.relpersistence !== 't') found.push(nameOf(value))
    for (const [key, member] of Object.entries(value)) if (key !== 'typevar') collect(member)
  }
  collect(statement)
  return unqualified(found).filter((name) => !own.has(name) && !made.has(name))
}

export const changeRules: readonly Rule[] = [
  {
    id: 'rename-column',
    severity: 'warning',
    finds: { RenameStmt: renames('OBJECT_COLUMN') },
    why: 'Programs that use the old name fail from that moment on.',
    instead: 'Add a column, keep both in step, and drop the old one when nobody uses it.',
  },
  {
    id: 'rename-table',
    severity: 'warning',
    finds: {
      RenameStmt: renames('OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_FOREIGN_TABLE', 'OBJECT_FUNCTION'),
      AlterObjectSchemaStmt: (node, transaction) => {
        const name = nameOf(node.relation ?? node.object)
        if (node.objectType === 'OBJECT_EXTENSION') return false
        return !known(transaction, name) && !transaction.makes.has(name) && name
      },
    },
    why: 'Programs that use the old name fail from that moment on.',
    instead: 'Leave a view of the old name in the same migration.',
  },
  {
    id: 'rename-schema',
    severity: 'warning',
    finds: { RenameStmt: renames('OBJECT_SCHEMA') },
    why: 'Every name in it changes, and programs that use the old ones fail from that moment on.',
    instead: 'Make a new schema and move to it one by one.',
  },
  {
    id: 'rename-enum-value',
    severity: 'warning',
    finds: {
      AlterEnumStmt: (node, transaction) =>
        node.oldVal !== undefined && !known(transaction, nameOf(node.typeName)) && nameOf(node.typeName),
    },
    why: 'Programs that write or compare with the old value fail from that moment on.',
    instead: 'Add the new value, and change programs before rows.',
  },
  {
    id: 'drop-column',
    severity: 'warning',
    finds: {
      AT_DropColumn: ({ name }, transaction, table) =>
        !known(transaction, table) && !known(transaction, within(table, name)) && within(table, name),
    },
    why: 'Its values are lost, no rollback brings them back, and programs that use it fail.',
    instead: 'Drop it when no program has used it for a while; keep a copy of its values.',
  },
  {
    id: 'drop-table',
    severity: 'warning',
    finds: { DropStmt: (node, transaction) => gone(node, 'OBJECT_TABLE', transaction) },
    why: 'Its rows are lost, and no rollback brings them back.',
    instead: 'Rename it or take its rights first, and drop it when nobody has missed it.',
  },
  {
    id: 'drop-schema',
    severity: 'warning',
    finds: { DropStmt: (node, transaction) => gone(node, 'OBJECT_SCHEMA', transaction) },
    why: 'Programs that use what was in it fail; with CASCADE, all of it is lost.',
    instead: 'Drop what is in it by name, in migrations before.',
  },
  {
    id: 'drop-object',
    severity: 'notice',
    finds: {
      DropStmt: (node, transaction) =>
        gone(node, droppable.find((type) => type === node.removeType) ?? 'none', transaction),
    },
    why: 'Programs that use it fail from that moment on.',
    instead: 'See that nobody uses it; CREATE OR REPLACE where it is to become another.',
  },
  {
    id: 'drop-cascade',
    severity: 'warning',
    finds: {
      DropStmt: (node, transaction) =>
        node.behavior === 'DROP_CASCADE' &&
        list(node.objects)
          .map(nameOf)
          .filter((name) => !known(transaction, name)),
      AT_DropColumn: ({ behavior, name }, transaction, table) =>
        behavior === 'DROP_CASCADE' && !known(transaction, within(table, name)) && within(table, name),
      AT_DropConstraint: ({ behavior, name }, transaction, table) =>
        behavior === 'DROP_CASCADE' && !known(transaction, within(table, name)) && within(table, name),
    },
    why: 'CASCADE drops what the text does not name, whatever depends on it by then.',
    instead: 'Drop each object by its name.',
  },
  {
    id: 'truncate',
    severity: 'warning',
    finds: {
      TruncateStmt: (node, { made }) =>
        list(node.relations)
          .map(nameOf)
          .filter((name) => !made.has(name)),
    },
    why: 'Its rows are lost, and no rollback brings them back.',
    instead: 'Copy them into another table first.',
  },
  {
    id: 'truncate-cascade',
    severity: 'warning',
    finds: { TruncateStmt: (node) => node.behavior === 'DROP_CASCADE' && list(node.relations).map(nameOf) },
    why: 'Every table with a foreign key to it is emptied too, whichever they are by then.',
    instead: 'Name all tables.',
  },
  {
    id: 'write-without-where',
    severity: 'warning',
    finds: {
      UpdateStmt: (node, { made }) =>
        node.whereClause === undefined && !made.has(nameOf(node.relation)) && nameOf(node.relation),
      DeleteStmt: (node, { made }) =>
        node.whereClause === undefined && !made.has(nameOf(node.relation)) && nameOf(node.relation),
    },
    why: 'Every row is written in one transaction: nobody else changes one until the end, and the table grows to twice its size.',
    instead: 'Say which rows, or write in batches outside of the migration.',
  },
  {
    id: 'drop-not-null',
    severity: 'notice',
    finds: {
      AT_DropNotNull: ({ name }, transaction, table) =>
        !known(transaction, table) && !known(transaction, within(table, name)) && within(table, name),
    },
    why: 'Programs meet a null where there was none.',
    instead: 'See that they can take it.',
  },
  {
    id: 'enum-created',
    severity: 'notice',
    finds: { CreateEnumStmt: (node) => nameOf(node.typeName) },
    why: 'A value can never be taken out of an enum again, and to rename one breaks programs.',
    instead: 'A table of values with a foreign key, or a CHECK, where the values may change.',
  },
  {
    id: 'enum-value-without-order',
    severity: 'notice',
    finds: {
      AlterEnumStmt: (node) =>
        node.newVal !== undefined &&
        node.oldVal === undefined &&
        node.newValNeighbor === undefined &&
        nameOf(node.typeName),
    },
    why: 'Without BEFORE or AFTER it comes last in the order, which ORDER BY and comparisons use.',
    instead: 'Write AFTER and the value that it follows, or BEFORE.',
  },
  {
    id: 'enum-value-used-at-once',
    severity: 'warning',
    finds: {
      A_Const: (node, { enumValues }) => {
        const [value] = constants([{ A_Const: node }])
        return value !== undefined && enumValues.has(value) && value
      },
    },
    why: 'A value that was added to an enum cannot be used before the end of that transaction: error 55P04.',
    instead: 'Use it in another migration.',
  },
  {
    id: 'name-without-schema',
    severity: 'notice',
    finds: {
      Statement: looseRelations,
      CreateFunctionStmt: (node) => unqualified([nameOf(node.funcname)]),
      AlterFunctionStmt: (node) => unqualified([nameOf(node.func)]),
      CreateEnumStmt: (node) => unqualified([nameOf(node.typeName)]),
      CreateDomainStmt: (node) => unqualified([nameOf(node.domainname)]),
      CompositeTypeStmt: (node) => unqualified([nameOf(node.typevar)]),
      DropStmt: (node, { made }) =>
        inSchema.test(String(node.removeType)) &&
        unqualified(list(node.objects).map(nameOf)).filter((name) => !made.has(name)),
      AlterOwnerStmt: (node) =>
        inSchema.test(String(node.objectType)) && node.object !== undefined && unqualified([nameOf(node.object)]),
      GrantStmt: (node) =>
        inSchema.test(String(node.objtype)) &&
        node.targtype === 'ACL_TARGET_OBJECT' &&
        unqualified(list(node.objects).map(nameOf)),
    },
    why: 'Which object it is depends on the search_path and on what else is in those schemas by then.',
    instead: 'Write the schema: shop.orders.',
  },
  {
    id: 'not-analysed',
    severity: 'notice',
    finds: { Unread: (node) => (typeof node.function === 'string' ? node.function : true) },
    why: 'This block or function could not be looked into: what it does is in no other finding.',
    instead: 'Read it; write a DO block in PL/pgSQL.',
  },
]
