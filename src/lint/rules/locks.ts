// Rules on locks: what keeps others waiting, and for how long. Objects that the same texts have made are nobody else's
// yet, so nothing about them is a finding.
import { inner, isNode, isOn, list, type Node, nameOf, option, options, within } from '../tree.ts'
import type { Look, Rule, Transaction } from './rule.ts'

/** A look at a table that was there before. */
const there =
  (look: (node: Node, table: string, transaction: Transaction) => boolean | string): Look =>
  (node, transaction, table) => {
    const found = !transaction.made.has(table) && look(node, table, transaction)
    return found === true ? table : found
  }

const others = (objects: readonly string[], { made }: Transaction) => objects.filter((name) => !made.has(name))
const relationOf = (node: Node) => nameOf(node.relation)

const constraint = (command: Node) => inner(command.def, 'Constraint')
const adds = (...types: string[]) => there((command) => types.includes(String(constraint(command).contype)))

const column = (command: Node) => inner(command.def, 'ColumnDef')
const constraintsOf = (definition: Node) => list(definition.constraints).map((each) => inner(each, 'Constraint'))
const has = (definition: Node, type: string) => constraintsOf(definition).some(({ contype }) => contype === type)
const defaultOf = (definition: Node) => constraintsOf(definition).find(({ contype }) => contype === 'CONSTR_DEFAULT')
const columnOf = (command: Node, table: string) => within(table, column(command).colname ?? command.name)
const isSerial = (definition: Node) => /^(?:small|big)?serial[248]?$/.test(nameOf(definition.typeName))

/** Functions of PostgreSQL that give another value for each row; what others wrote is volatile unless it says otherwise. */
const volatile = /^(?:random\w*|setseed|clock_timestamp|timeofday|nextval|gen_random_uuid|uuidv[47]|uuid_generate_\w+)$/
function isVolatile(value: unknown): boolean {
  if (!isNode(value)) return false
  const name = isNode(value.FuncCall) ? nameOf(value.FuncCall.funcname).replace(/^pg_catalog\./, '') : ''
  return volatile.test(name) || name.includes('.') || Object.values(value).some(isVolatile)
}

/** Constraints that read the table as a whole while they are added. */
const reads = (command: Node) => {
  const { contype, skip_validation, indexname } = constraint(command)
  return indexname === undefined && skip_validation !== true && contype !== undefined
}
const rewrites = ['AT_AlterColumnType', 'AT_SetLogged', 'AT_SetUnLogged', 'AT_SetAccessMethod', 'AT_SetTableSpace']
const scans = (command: Node) =>
  ['AT_SetNotNull', 'AT_ValidateConstraint', ...rewrites].includes(String(command.subtype)) ||
  (command.subtype === 'AT_AddConstraint' && reads(command))

/** Subcommands of ALTER TABLE that let others read meanwhile. */
const weak = new Set(
  (
    'AT_ValidateConstraint AT_SetStatistics AT_SetOptions AT_ResetOptions AT_ClusterOn AT_DropCluster AT_AttachPartition ' +
    'AT_EnableTrig AT_EnableAlwaysTrig AT_EnableReplicaTrig AT_EnableTrigAll AT_EnableTrigUser AT_DisableTrig ' +
    'AT_DisableTrigAll AT_DisableTrigUser AT_SetRelOptions AT_ResetRelOptions'
  ).split(' '),
)
const commandsOf = (node: Node) => list(node.cmds).map((each) => inner(each, 'AlterTableCmd'))
const dropped = (node: Node, type: string) => (node.removeType === type ? list(node.objects).map(nameOf) : [])

/** Tables that a statement locks against everybody, readers too. */
const exclusive: Record<string, (node: Node) => string[]> = {
  AlterTableStmt: (node) =>
    commandsOf(node).some((each) => !weak.has(String(each.subtype)) && constraint(each).contype !== 'CONSTR_FOREIGN')
      ? [relationOf(node)]
      : [],
  DropStmt: (node) => dropped(node, 'OBJECT_TABLE'),
  TruncateStmt: (node) => list(node.relations).map(nameOf),
  RenameStmt: (node) => (/_(?:TABLE|COLUMN|VIEW)$/.test(String(node.renameType)) ? [relationOf(node)] : []),
  AlterObjectSchemaStmt: (node) => (node.relation === undefined ? [] : [relationOf(node)]),
  ClusterStmt: (node) => [relationOf(node)],
}
export const locked = (type: string, node: Node): string[] => exclusive[type]?.(node) ?? []

/** What takes as long as there are rows. */
const long = new Set(
  'InsertStmt UpdateStmt DeleteStmt MergeStmt IndexStmt ReindexStmt CreateTableAsStmt RefreshMatViewStmt CallStmt'.split(
    ' ',
  ),
)
const takesLong = (type: string, node: Node) =>
  long.has(type) || (type === 'AlterTableStmt' && commandsOf(node).some(scans))

export const scanned = (type: string, node: Node): string[] =>
  type === 'AlterTableStmt' && commandsOf(node).some(scans) ? [relationOf(node)] : []

const withTool = 'with your migration tool, or as kind attended'

export const lockRules: readonly Rule[] = [
  {
    id: 'index-not-concurrent',
    severity: 'warning',
    finds: { IndexStmt: (node, transaction) => node.concurrent !== true && others([relationOf(node)], transaction) },
    why: 'Nobody writes to the table while the index is built.',
    instead: `CREATE INDEX CONCURRENTLY runs in no transaction: run it ${withTool}. Accept this where the table is small.`,
  },
  {
    id: 'drop-index-not-concurrent',
    severity: 'warning',
    finds: {
      DropStmt: (node, transaction) =>
        node.concurrent !== true &&
        others(dropped(node, 'OBJECT_INDEX'), transaction).filter((name) => !transaction.undoes.has(name)),
    },
    why: 'It waits for everybody who uses the table, and everybody who comes after waits for it.',
    instead: `Run DROP INDEX CONCURRENTLY ${withTool}.`,
  },
  {
    id: 'reindex-not-concurrent',
    severity: 'warning',
    finds: {
      ReindexStmt: (node, transaction) =>
        !options(node.params).some((each) => each.defname === 'concurrently' && isOn(each)) &&
        node.relation !== undefined &&
        others([relationOf(node)], transaction),
    },
    why: 'Nobody writes to the table, nor uses the index, while it is built again.',
    instead: 'Run REINDEX … CONCURRENTLY with psql: it changes nothing that needs approval.',
  },
  {
    id: 'detach-partition-not-concurrent',
    severity: 'warning',
    finds: {
      AT_DetachPartition: there(({ def }) => inner(def, 'PartitionCmd').concurrent !== true),
    },
    why: 'The parent is locked against everybody, readers too.',
    instead: `Run DETACH PARTITION … CONCURRENTLY ${withTool}.`,
  },
  {
    id: 'constraint-missing-not-valid',
    severity: 'warning',
    finds: {
      AT_AddConstraint: there((command) => {
        const { contype, skip_validation } = constraint(command)
        return (
          ['CONSTR_CHECK', 'CONSTR_FOREIGN', 'CONSTR_NOTNULL'].includes(String(contype)) && skip_validation !== true
        )
      }),
    },
    why: 'The whole table is read under the lock, to see whether the constraint holds.',
    instead: 'Add it NOT VALID, and VALIDATE CONSTRAINT in another migration: that lets others write.',
  },
  {
    id: 'validate-in-same-transaction',
    severity: 'warning',
    finds: {
      AT_ValidateConstraint: ({ name }, { made }, table) => made.has(within(table, name)) && !made.has(table) && table,
    },
    why: 'The lock of NOT VALID is held until the end, so the table is read under it all the same.',
    instead: 'Put VALIDATE CONSTRAINT into another migration.',
  },
  {
    id: 'add-foreign-key',
    severity: 'notice',
    finds: {
      Constraint: ({ contype, pktable }, transaction) =>
        contype === 'CONSTR_FOREIGN' && isNode(pktable) && others([nameOf(pktable)], transaction),
      AT_AddConstraint: there((command) => constraint(command).contype === 'CONSTR_FOREIGN'),
      AT_AddColumn: there((command) => has(column(command), 'CONSTR_FOREIGN')),
    },
    why: 'Nobody writes to either table until the end, and later every delete in the other one searches this one.',
    instead: 'Add it NOT VALID in a migration of its own, with an index on its columns.',
  },
  {
    id: 'set-not-null',
    severity: 'warning',
    finds: {
      AT_SetNotNull: there(({ name }, table, { made }) => !made.has(within(table, name)) && within(table, name)),
    },
    why: 'The whole table is read while nobody else reads or writes it, unless a valid CHECK says the same.',
    instead:
      'Add CHECK (… IS NOT NULL) NOT VALID, validate it in another migration, then set NOT NULL and drop the check.',
  },
  {
    id: 'add-required-column',
    severity: 'warning',
    finds: {
      AT_AddColumn: there((command, table) => {
        const definition = column(command)
        const filled = ['CONSTR_DEFAULT', 'CONSTR_IDENTITY', 'CONSTR_GENERATED'].some((each) => has(definition, each))
        return has(definition, 'CONSTR_NOTNULL') && !filled && !isSerial(definition) && columnOf(command, table)
      }),
    },
    why: 'It fails as soon as the table has a row, and programs that do not know the column can insert none.',
    instead: 'Add it with a DEFAULT, or without NOT NULL.',
  },
  {
    id: 'volatile-default',
    severity: 'warning',
    finds: {
      AT_AddColumn: there(
        (command, table) => isVolatile(defaultOf(column(command))?.raw_expr) && columnOf(command, table),
      ),
    },
    why: 'Each row gets a value of its own, so the table is written anew while nobody else reads it.',
    instead: 'Add the column without it, set the default, then fill the rows in batches.',
  },
  {
    id: 'stored-generated-or-serial',
    severity: 'warning',
    finds: {
      AT_AddColumn: there((command, table) => {
        const definition = column(command)
        const stored = constraintsOf(definition).some(({ generated_kind }) => generated_kind === 's')
        return (stored || has(definition, 'CONSTR_IDENTITY') || isSerial(definition)) && columnOf(command, table)
      }),
    },
    why: 'Each row gets a value of its own, so the table is written anew while nobody else reads it.',
    instead:
      'Add a plain column, fill it in batches and by a trigger; a generated column may be VIRTUAL (PostgreSQL 18).',
  },
  {
    id: 'column-type-change',
    severity: 'warning',
    finds: { AT_AlterColumnType: there(({ name }, table) => within(table, name)) },
    why: 'In most cases the table and its indexes are written anew while nobody else reads it, and programs meet another type.',
    instead:
      'Add a column of the new type, keep both in step, then switch. varchar to text and longer varchar are no rewrite: accept this.',
  },
  {
    id: 'table-rewrite',
    severity: 'warning',
    finds: Object.fromEntries(rewrites.slice(1).map((subtype) => [subtype, there(() => true)])),
    why: 'The table is written anew while nobody else reads it.',
    instead: 'Do it in a window, or copy into a new table and switch.',
  },
  {
    id: 'statements-after-access-exclusive',
    severity: 'notice',
    finds: {
      Statement: (statement, transaction) =>
        Object.entries(statement).some(([type, node]) => isNode(node) && takesLong(type, node)) && transaction.locked,
    },
    why: 'That table was locked against everybody before, and stays it while this takes its time.',
    instead: 'Put what takes long before the change of the table, or into another migration.',
  },
  {
    id: 'multiple-alter-table',
    severity: 'notice',
    finds: {
      AlterTableStmt: (node, transaction) =>
        scanned('AlterTableStmt', node).filter((table) => transaction.scanned.has(table)),
    },
    why: 'The table is read or written as a whole once for each ALTER TABLE.',
    instead: 'Write one ALTER TABLE with several subcommands.',
  },
  {
    id: 'add-primary-key',
    severity: 'warning',
    finds: {
      AT_AddConstraint: there((command) => constraint(command).contype === 'CONSTR_PRIMARY' && reads(command)),
      AT_AddColumn: there((command) => has(column(command), 'CONSTR_PRIMARY')),
    },
    why: 'Its index is built while nobody else reads or writes the table.',
    instead: `Build a unique index CONCURRENTLY ${withTool}, then ADD PRIMARY KEY USING INDEX.`,
  },
  {
    id: 'primary-key-using-index',
    severity: 'notice',
    finds: {
      AT_AddConstraint: there(({ def }) => {
        const { contype, indexname } = inner(def, 'Constraint')
        return contype === 'CONSTR_PRIMARY' && indexname !== undefined
      }),
    },
    why: 'Columns that may be null are made NOT NULL, for which the whole table is read under the lock.',
    instead: 'Make the columns NOT NULL before, by a CHECK that is valid.',
  },
  {
    id: 'add-unique-constraint',
    severity: 'warning',
    finds: {
      AT_AddConstraint: there((command) => constraint(command).contype === 'CONSTR_UNIQUE' && reads(command)),
      AT_AddColumn: there((command) => has(column(command), 'CONSTR_UNIQUE')),
    },
    why: 'Its index is built while nobody else reads or writes the table.',
    instead: `Build a unique index CONCURRENTLY ${withTool}, then ADD UNIQUE USING INDEX.`,
  },
  {
    id: 'add-exclusion-constraint',
    severity: 'warning',
    finds: { AT_AddConstraint: adds('CONSTR_EXCLUSION') },
    why: 'Its index is built while nobody else reads or writes the table, and there is no other way.',
    instead: 'Do it in a window, or into a new table that takes the place of the old one.',
  },
  {
    id: 'domain-with-constraint',
    severity: 'warning',
    finds: {
      AlterDomainStmt: (node, { made }) => {
        const { contype, skip_validation } = inner(node.def, 'Constraint')
        const name = nameOf(node.typeName)
        return contype !== undefined && skip_validation !== true && !made.has(name) && name
      },
    },
    why: 'Every table that has a column of the domain is read as a whole under a lock.',
    instead: 'Add the constraint NOT VALID, and validate it in another migration.',
  },
  {
    id: 'vacuum-full-or-cluster',
    severity: 'warning',
    finds: {
      VacuumStmt: (node) =>
        option(node.options, 'full') !== undefined && (list(node.rels).length === 0 || vacuumed(node)),
      ClusterStmt: (node, transaction) => node.relation === undefined || others([relationOf(node)], transaction),
    },
    why: 'The table is written anew while nobody else reads it.',
    instead: 'Run pg_repack, or do it in a window.',
  },
]

const vacuumed = (node: Node) => list(node.rels).map((each) => relationOf(inner(each, 'VacuumRelation')))
