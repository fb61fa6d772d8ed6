// Rules on privileges, P1 to P20: who may do what afterwards, and what hides it from approvers.
import { constants, inner, list, type Node, nameOf, option, options, roleOf, within } from '../tree.ts'
import type { Rule, Transaction } from './rule.ts'

const roles = (value: unknown) => list(value).map(roleOf)
const toPublic = (grant: Node) => roles(grant.grantees).includes('public')
const objectsOf = (grant: Node) => list(grant.objects).map(nameOf)
const privileges = (grant: Node) => list(grant.privileges).map((each) => inner(each, 'AccessPriv').priv_name)
const action = (statement: Node) => statement.action as Node
const schemasOf = (statement: Node) =>
  list(inner(option(statement.options, 'schemas')?.arg, 'List').items).map((each) => nameOf(each))
const defaultsOf = (statement: Node) =>
  schemasOf(statement).length > 0 ? schemasOf(statement) : ['default privileges']

const isTrue = (each: Node | undefined) => inner(each?.arg, 'Boolean').boolval === true

/** Attributes of a role that make it strong, or a person. */
const strong = ['superuser', 'bypassrls', 'createrole', 'createdb', 'isreplication', 'canlogin']
const makesStrong = (node: Node) =>
  (node.stmt_type === 'ROLESTMT_USER' && option(node.options, 'canlogin') === undefined) ||
  strong.some((each) => isTrue(option(node.options, each)))
const roleNamed = (node: Node) => (typeof node.role === 'string' ? nameOf(node.role) : roleOf(node.role))
const hasPassword = (node: Node) => inner(option(node.options, 'password')?.arg, 'String').sval !== undefined

// levelb_definer and levelb_deploy are there to own; the installer's word is CURRENT_USER.
const isOwner = (role: string) => ['levelb_deploy', 'levelb_definer', 'current_user', 'current_role'].includes(role)
const givenAway = (object: string, owner: unknown, { part }: Transaction) =>
  // a rollback gives back
  part !== 'rollback' && !isOwner(roleOf(owner)) && object

const settingOf = (value: unknown) => options(value).map(({ arg }) => inner(arg, 'VariableSetStmt'))
const definer = (value: unknown) => isTrue(option(value, 'security'))
/** Whether names in a function mean what they meant to whoever wrote it: temporary objects come last. */
const isPinned = (value: unknown) =>
  settingOf(value).some(
    ({ name, kind, args }) =>
      name === 'search_path' && (kind === 'VAR_SET_CURRENT' || constants(args).at(-1) === 'pg_temp'),
  )
const schemaOf = (name: string) => name.slice(0, Math.max(name.lastIndexOf('.'), 0))
const isRevoked = (name: string, { revoked }: Transaction) => revoked.has(name) || revoked.has(schemaOf(name))

/** Extensions that PostgreSQL itself calls trusted: they do not reach out of the database. */
const trusted = new Set(
  (
    'btree_gin btree_gist citext cube dict_int fuzzystrmatch hstore intarray isn lo ltree pg_trgm pgcrypto plperl ' +
    'plpgsql pltcl seg tablefunc tcn tsm_system_rows tsm_system_time unaccent uuid-ossp'
  ).split(' '),
)

// Roles that own levelb and administer roles; the others are there to be given objects and rights.
const ownRole = /^levelb_(?!deploy$|definer$)/
const ownSchema = /^levelb(?:_sandbox)?$/
const ofLevelb = (name: string) => ownSchema.test(name.split('.')[0] ?? '')
const anyOfLevelb = (objects: readonly string[]) => objects.filter((name) => ofLevelb(name) || ownRole.test(name))

export const privilegeRules: readonly Rule[] = [
  {
    id: 'P1-grant-to-public',
    severity: 'warning',
    finds: {
      GrantStmt: (grant, { taken }) =>
        grant.is_grant === true && toPublic(grant) && objectsOf(grant).filter((name) => !taken.has(name)),
    },
    why: 'Everybody who can connect gets the right, and every role that will ever be made.',
    instead: 'Grant it to the role that needs it.',
  },
  {
    id: 'P2-right-to-grant-on',
    severity: 'warning',
    finds: {
      GrantStmt: (grant) => grant.is_grant === true && grant.grant_option === true && objectsOf(grant),
      GrantRoleStmt: (grant) =>
        grant.is_grant === true && isTrue(option(grant.opt, 'admin')) && list(grant.granted_roles).map(roleNameOf),
    },
    why: 'Whoever has it can give it on to anybody, past the approvals; what they give on is drift.',
    instead: 'Leave out WITH GRANT OPTION and WITH ADMIN OPTION, and grant it to each role in a migration.',
  },
  {
    id: 'P3-predefined-role',
    severity: 'warning',
    finds: {
      GrantRoleStmt: (grant) =>
        grant.is_grant === true &&
        list(grant.granted_roles)
          .map(roleNameOf)
          .filter((role) => role.startsWith('pg_')),
    },
    why: 'A predefined role reaches over all databases of the cluster, some of them into the files and programs of the server.',
    instead: 'Grant the rights on the objects that are needed.',
  },
  {
    id: 'P4-strong-role',
    severity: 'warning',
    finds: {
      CreateRoleStmt: (node) => makesStrong(node) && roleNamed(node),
      AlterRoleStmt: (node) => makesStrong(node) && roleNamed(node),
    },
    why: 'SUPERUSER, BYPASSRLS, CREATEROLE, CREATEDB and REPLICATION pass by the rights of a database; LOGIN makes a way in.',
    instead:
      'Make a role without them that owns or is granted what it needs; let the administrator of the cluster make logins.',
  },
  {
    id: 'P5-password-in-text',
    severity: 'warning',
    finds: {
      CreateRoleStmt: (node) => hasPassword(node) && roleNamed(node),
      AlterRoleStmt: (node) => hasPassword(node) && roleNamed(node),
    },
    why: 'The password stays in the ledger, in the files and in the log of the server, for everybody who reads them.',
    instead: "Set it with psql's \\password, or let a secret manager do it.",
  },
  {
    id: 'P6-owner-elsewhere',
    severity: 'warning',
    finds: {
      AT_ChangeOwner: ({ newowner }, transaction, table) => givenAway(table, newowner, transaction),
      AlterOwnerStmt: ({ object, relation, newowner }, transaction) =>
        givenAway(nameOf(object ?? relation), newowner, transaction),
      CreateSchemaStmt: ({ schemaname, authrole }, transaction) =>
        authrole !== undefined && givenAway(nameOf(schemaname), authrole, transaction),
    },
    why: 'An owner can drop and alter the object and grant rights on it, past the approvals.',
    instead:
      'Let levelb_deploy own it (levelb_definer, where it is a SECURITY DEFINER function), and grant the rights that are needed.',
  },
  {
    id: 'P7-everything-of-a-role',
    severity: 'warning',
    finds: {
      ReassignOwnedStmt: (node) => roles(node.roles),
      DropOwnedStmt: (node) => roles(node.roles),
    },
    why: 'What it touches is not in the text but in the database at that moment, with the rights on the whole cluster that go along.',
    instead: 'Name each object: ALTER … OWNER TO, REVOKE, DROP.',
  },
  {
    id: 'P8-definer-search-path',
    severity: 'warning',
    finds: {
      CreateFunctionStmt: (node) => definer(node.options) && !isPinned(node.options) && nameOf(node.funcname),
      AlterFunctionStmt: (node) => definer(node.actions) && !isPinned(node.actions) && nameOf(node.func),
    },
    why: "Whoever calls a SECURITY DEFINER function chooses what its names mean, and runs code with its owner's rights; with search_path = '' still by temporary types and tables.",
    instead: 'Write SET search_path = pg_catalog, pg_temp with the schemas you need before, and pg_temp last.',
  },
  {
    id: 'P9-definer-for-public',
    severity: 'warning',
    finds: {
      CreateFunctionStmt: (node, transaction) => {
        const name = nameOf(node.funcname)
        return definer(node.options) && !isRevoked(name, transaction) && name
      },
      AlterFunctionStmt: (node, transaction) => {
        const name = nameOf(node.func)
        return definer(node.actions) && !isRevoked(name, transaction) && name
      },
    },
    why: "A new function can be executed by PUBLIC, so everybody who can connect runs it with its owner's rights.",
    instead: 'REVOKE EXECUTE ON FUNCTION … FROM PUBLIC in the same migration, and grant it to those who need it.',
  },
  {
    id: 'P10-default-privileges-to-public',
    severity: 'warning',
    finds: {
      AlterDefaultPrivilegesStmt: (node) =>
        action(node).is_grant === true && toPublic(action(node)) && defaultsOf(node),
    },
    why: 'Everybody gets the right on objects that nobody has thought of yet.',
    instead: 'Name the role, or grant the right with each object.',
  },
  {
    id: 'P10-default-revoke-without-effect',
    severity: 'warning',
    finds: {
      AlterDefaultPrivilegesStmt: (node) => action(node).is_grant !== true && toPublic(action(node)) && schemasOf(node),
    },
    why: 'What PUBLIC gets by default is not a default privilege of a schema, so that IN SCHEMA … REVOKE … FROM PUBLIC takes nothing away.',
    instead:
      'Leave IN SCHEMA out: ALTER DEFAULT PRIVILEGES FOR ROLE … REVOKE … FROM PUBLIC; and look at what new objects have.',
  },
  {
    id: 'P10-revoke-without-effect',
    severity: 'notice',
    finds: {
      GrantStmt: (grant) =>
        grant.is_grant !== true &&
        grant.objtype === 'OBJECT_SCHEMA' &&
        toPublic(grant) &&
        String(privileges(grant)) === 'create' &&
        objectsOf(grant).filter((name) => name === 'public'),
    },
    why: 'Since PostgreSQL 15, PUBLIC has no CREATE on the schema public of a new database: it takes nothing away there.',
    instead:
      'Leave it out, unless the database is older than version 15: the effects show whether it changed anything.',
  },
  {
    id: 'P11-extension-not-trusted',
    severity: 'warning',
    finds: { CreateExtensionStmt: ({ extname }) => !trusted.has(String(extname)) && nameOf(extname) },
    why: 'PostgreSQL does not call it trusted: it may reach other servers, files and memory, and whoever installs it must be a superuser.',
    instead: 'Let the database administrator install it (kind attended), and say why it is needed.',
  },
  {
    id: 'P11-extension-version',
    severity: 'notice',
    finds: {
      CreateExtensionStmt: (node) => !option(node.options, 'new_version') && nameOf(node.extname),
      AlterExtensionStmt: (node) => !option(node.options, 'new_version') && nameOf(node.extname),
    },
    why: 'Without a version it is the one that the server has on that day, which may be another than was tried.',
    instead: "Write VERSION '…', or UPDATE TO '…'.",
  },
  {
    id: 'P12-event-trigger',
    severity: 'warning',
    finds: {
      CreateEventTrigStmt: ({ trigname }) => nameOf(trigname),
      AlterEventTrigStmt: ({ trigname }) => nameOf(trigname),
      DropStmt: (node) => node.removeType === 'OBJECT_EVENT_TRIGGER' && list(node.objects).map(nameOf),
    },
    why: 'An event trigger runs with every change of structure, and can end the guard against changes past the approvals.',
    instead: 'Leave it to a superuser (kind attended), and say what it does to whom.',
  },
  {
    id: 'P12-trigger-disabled',
    severity: 'warning',
    finds: Object.fromEntries(
      ['AT_DisableTrig', 'AT_DisableTrigAll', 'AT_DisableTrigUser', 'AT_DisableRule'].map((subtype) => [
        subtype,
        ({ name }: Node, _: Transaction, table: string) => (name === undefined ? table : within(table, name)),
      ]),
    ),
    why: 'What the trigger or the rule kept true is not kept any more: audit trails, foreign keys, derived columns.',
    instead: 'Leave it on; where it must be off for a while, enable it again in the same migration and accept this.',
  },
  {
    id: 'P12-replication-role',
    severity: 'warning',
    finds: { VariableSetStmt: ({ name }) => name === 'session_replication_role' && String(name) },
    why: 'It switches off all triggers and foreign keys of the session at once.',
    instead: 'Leave it out; disable the one trigger that is in the way.',
  },
  {
    id: 'P13-lasting-setting',
    severity: 'warning',
    finds: {
      AlterSystemStmt: ({ setstmt }) => String((setstmt as Node | undefined)?.name ?? 'all'),
      AlterDatabaseSetStmt: ({ dbname }) => nameOf(dbname),
      AlterRoleSetStmt: ({ role }) => (role === undefined ? 'all' : roleOf(role)),
    },
    why: 'It holds for all sessions to come, also those of others: search_path and session_preload_libraries choose what code they run.',
    instead: 'SET LOCAL where only this migration needs it; a clause SET … of the function that needs it.',
  },
  {
    id: 'P14-row-security-off',
    severity: 'warning',
    finds: {
      AT_DisableRowSecurity: (_node, _transaction, table) => table,
      AT_NoForceRowSecurity: (_node, _transaction, table) => table,
    },
    why: 'Rows that a policy hid are seen, by all who have the right on the table or by its owner.',
    instead: 'Write a policy for those who need to see more.',
  },
  {
    id: 'P15-files-and-programs',
    severity: 'warning',
    finds: {
      CopyStmt: (node) => node.filename !== undefined && (node.relation === undefined || nameOf(node.relation)),
    },
    why: 'It runs a program on the server or reads and writes its files, which no rollback undoes.',
    instead: 'Let the client copy: \\copy of psql.',
  },
  {
    id: 'P16-view-options-lost',
    severity: 'notice',
    finds: {
      ViewStmt: (node, { made }) => {
        const name = nameOf(node.view)
        return node.replace === true && list(node.options).length === 0 && !made.has(name) && name
      },
    },
    why: 'CREATE OR REPLACE VIEW drops security_invoker, security_barrier and check_option where the new text does not say them; readers then see what the owner of the view sees.',
    instead: 'Write WITH (security_invoker = …) as it is to be, true or false.',
  },
  {
    id: 'P17-dynamic-sql',
    severity: 'notice',
    finds: { Execute: (node) => (typeof node.function === 'string' ? node.function : true) },
    why: 'EXECUTE runs a text that is made when it runs: neither approvers nor this lint see it.',
    instead:
      'Write the statements out where you can; else let the manifest list its effects, which are compared with what happened.',
  },
  {
    id: 'P18-levelb-itself',
    severity: 'warning',
    finds: {
      RangeVar: (node, { part }) => part !== 'verify' && anyOfLevelb([nameOf(node)]),
      FuncCall: (node, { part }) => part !== 'verify' && anyOfLevelb([nameOf(node.funcname)]),
      GrantStmt: (grant) => anyOfLevelb([...objectsOf(grant), ...roles(grant.grantees)]),
      GrantRoleStmt: (grant) =>
        [...list(grant.granted_roles).map(roleNameOf), ...roles(grant.grantee_roles)].filter((role) =>
          role.startsWith('levelb_'),
        ),
      CreateRoleStmt: (node) => roleNamed(node).startsWith('levelb_') && roleNamed(node),
      AlterRoleStmt: (node) => roleNamed(node).startsWith('levelb_') && roleNamed(node),
      DropRoleStmt: (node) => roles(node.roles).filter((role) => role.startsWith('levelb_')),
      AT_ChangeOwner: ({ newowner }) => anyOfLevelb([roleOf(newowner)]),
      AlterOwnerStmt: ({ newowner, object }) =>
        anyOfLevelb([roleOf(newowner), object === undefined ? '' : nameOf(object)]),
      DropStmt: (node) => anyOfLevelb(list(node.objects).map(nameOf)),
      CreateFunctionStmt: (node) => anyOfLevelb([nameOf(node.funcname)]),
      AlterFunctionStmt: (node) => anyOfLevelb([nameOf(node.func)]),
    },
    why: 'What levelb is made of is not changed by a migration: an activation that does so is refused and undone.',
    instead: 'Leave it out; people and policies change by migrations of kind principal and policy.',
  },
  {
    id: 'P19-another-role',
    severity: 'warning',
    finds: {
      TransactionStmt: () => true,
      VariableSetStmt: ({ name }) => (name === 'role' || name === 'session_authorization') && String(name),
      FuncCall: ({ funcname, args }) =>
        nameOf(funcname).replace('pg_catalog.', '') === 'set_config' &&
        constants(args)
          .filter((name) => name === 'role' || name === 'session_authorization')
          .slice(0, 1),
    },
    why: 'What follows is carried out by another role, or is kept or undone apart from the rest.',
    instead: 'Leave it out: the text runs as one role in one transaction.',
  },
  {
    id: 'P20-labels-and-replication',
    severity: 'warning',
    finds: {
      SecLabelStmt: ({ object }) => nameOf(object),
      CreatePublicationStmt: ({ pubname }) => nameOf(pubname),
      AlterPublicationStmt: ({ pubname }) => nameOf(pubname),
      CreateSubscriptionStmt: ({ subname }) => nameOf(subname),
      AlterSubscriptionStmt: ({ subname }) => nameOf(subname),
      DropSubscriptionStmt: ({ subname }) => nameOf(subname),
    },
    why: 'A publication or subscription sends rows out of the database or lets them in, past its rights; a label changes what a policy module allows.',
    instead: 'Say in the description who receives or sends what, and accept this; or leave it to a superuser.',
  },
]

/** In GRANT of a role the roles stand as privileges. */
function roleNameOf(value: Node): string {
  return nameOf(inner(value, 'AccessPriv').priv_name ?? '')
}
