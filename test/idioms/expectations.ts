// What should become of each idiom, written by hand: the classes of its effects by the design's table, or the reason a
// DBA would give for its refusal. The corpus is older than that table and sorts by statement; where its group is not the
// class, `why` says why.

export type Expectation = {
  /** Classes of the effects, when it is to be activated. */
  classes?: readonly string[]
  /** One of these codes, when it is not. */
  codes?: readonly string[]
  /** Why it is refused, what to do instead; or what to know about it when it is not. */
  reason?: string
  /** SQL of the superuser who follows the reason before levelb comes: then it goes through. */
  wayOut?: string
  /** Why the classes are not the group of the corpus. */
  why?: string
  /** Versions before refuse it, each in its own words. */
  since?: number
  /** Why the undo of the corpus does not lead back. */
  noWayBack?: string
  /** What PostgreSQL cannot give back, and rollback_snapshot says so. */
  lost?: string
  /** Versions before cannot say it, and so not undo it. */
  undoSince?: number
}

const as = (classes: string, why?: string): Expectation => ({
  classes: classes.split(' '),
  ...(why === undefined ? {} : { why }),
})
const not = (codes: string, reason: string): Expectation => ({ codes: codes.split(' '), reason })

const after = (wayOut: string, expectation: Expectation): Expectation => ({ ...expectation, wayOut })

const noEffect = 'LB303'
const noTransaction = 'LB011 25001'
const role = 'LB011 42501'
const right = '42501'
const secret = 'LB014 42501'
const field = 'LB001'

const superusersEventTrigger = 'Event triggers are made, altered and owned by superusers only: a superuser does it.'
const superusersExtension =
  'A superuser made it, and PostgreSQL has no ALTER EXTENSION … OWNER: a superuser does it. Extensions that an activation installs belong to levelb_deploy.'
const untrusted = 'Not a trusted extension: only a superuser installs it.'
const noLogin =
  'Levelb makes no logins: whoever sets the password would hold it. Make the group by a role document and the login outside.'
const dangerous =
  'SUPERUSER, CREATEROLE, CREATEDB, REPLICATION and BYPASSRLS go round the gate: no migration gives them.'
const predefined =
  'Predefined roles reach past the database (all settings, all sessions, files): a superuser grants them.'
const sessionRole =
  'The text runs inside a SECURITY DEFINER function, where PostgreSQL refuses it; and what it did as another role would be nobody’s approved change.'
const outside = 'It takes effect outside of the transaction and cannot be taken back with it: run it from psql.'
const noTrace = 'It changes nothing that stays: no proof could show it. Run it from psql, in the session that needs it.'
const pgCatalog = 'It belongs to PostgreSQL (the bootstrap superuser), and the deployer has no grant option on it.'
const password = 'The text is kept for ever and every auditor reads it: set the password with \\password, outside.'
const notOurs = 'A superuser made it: only its owner alters it. Give it to a role that levelb_deploy is a member of.'
const resolves = 'what a name resolves to is repoint'
const replacesCode = 'replacing code repoints its name; who it runs as is security'
const triggerState = 'state of triggers is security'

const special: Readonly<Record<string, Expectation>> = {
  P014: not(
    right,
    'A new owner of a database must be given by who holds CREATEDB; levelb_deploy does not: a superuser does it.',
  ),
  P019: not(right, superusersEventTrigger),
  P020: not(right, 'The language belongs to a superuser: a superuser hands it over.'),
  P028: not(role, 'A role is dropped by a role document; give its objects away in a step of SQL before.'),
  P029: not(role, 'What belongs to the bootstrap superuser is PostgreSQL itself.'),
  P031: as('acl', 'legacy_owner owns nothing here: what goes are its rights'),
  P034: not(right, pgCatalog),
  P055: not(
    noEffect,
    'There was nothing to take away: PUBLIC holds no right on that column. Rights on the table are apart.',
  ),
  P059: {
    classes: ['acl'],
    noWayBack:
      'The undo grants again in the name of app_rw with SET ROLE, which no text may: the grantor’s entry is given back by the SQL of the proof.',
  },
  P062: not(noEffect, 'There was nothing to take away: PUBLIC holds no right on that table.'),
  P064: { ...as('acl'), since: 17 },
  P073: not(noEffect, 'The language belongs to a superuser: PostgreSQL only warns that no privileges were granted.'),
  P074: not(
    noEffect,
    'The language belongs to a superuser: PostgreSQL only warns that no privileges could be revoked.',
  ),
  P076: after(
    `grant usage on foreign server remote_app to levelb_deploy with grant option`,
    not(right, 'A superuser made the server: its owner grants, or gives levelb_deploy USAGE WITH GRANT OPTION.'),
  ),
  P079: after(
    `grant set, alter system on parameter log_min_duration_statement to levelb_deploy with grant option`,
    not(
      right,
      'Parameters belong to the superuser: GRANT … ON PARAMETER … TO levelb_deploy WITH GRANT OPTION lends the right to pass it on.',
    ),
  ),
  P080: after(
    `grant set on parameter row_security to levelb_deploy with grant option`,
    not(
      right,
      'Parameters belong to the superuser: GRANT … ON PARAMETER … TO levelb_deploy WITH GRANT OPTION lends the right to pass it on.',
    ),
  ),
  P082: not(noEffect, `${pgCatalog} PostgreSQL only warns.`),
  P083: not(right, pgCatalog),
  P085: not(noEffect, `${pgCatalog} PostgreSQL only warns.`),
  P086: {
    classes: ['acl'],
    reason:
      'Without FOR ROLE these are the default privileges of whoever runs it, which is levelb_deploy: tables that app_owner makes get nothing.',
  },
  P091: not(
    noEffect,
    'Default privileges of a schema only add to the global ones: EXECUTE for PUBLIC is taken away globally (leave out IN SCHEMA) or not at all.',
  ),
  P095: { ...as('acl'), since: 18 },
  P100: not(role, noLogin),
  P101: not(role, dangerous),
  P104: not(role, noLogin),
  P107: not(
    role,
    'Whether a role may log in is not changed here; INHERIT and the connection limit go into a role document.',
  ),
  P109: not(`${secret} LB011`, password),
  P110: not(role, 'Passwords, and that there is none, are changed outside.'),
  P112: not(role, dangerous),
  P113: not(role, dangerous),
  P115: not(role, dangerous),
  P116: not(role, 'A new name is a new role to whoever grants by name: make the new one, grant, and drop the old one.'),
  P118: not('LB001', 'A migration says what is there: the role is not, so there is nothing to drop.'),
  // levelb_deploy has the rights of app_owner, and 15, which has no INHERIT FALSE, gives it those of app_user with them:
  // it would gain what app_user is granted
  P103: { ...as('role'), since: 16 },
  P121: { ...as('role'), since: 16 },
  P122: { ...as('role'), since: 16 },
  P124: { ...as('role'), since: 16 },
  P125: { ...as('role'), since: 16 },
  P128: { ...as('role'), since: 16 },
  P130: { ...as('role'), undoSince: 16 },
  P133: not('LB001', predefined),
  P134: not('LB001', predefined),
  P136: { ...as('role'), undoSince: 16 },
  P142: not(right, untrusted),
  // 0A000 where the package of the server does not bring it
  P143: not('42501 0A000', untrusted),
  P145: not(right, untrusted),
  P146: not(right, untrusted),
  P148: not(right, superusersExtension),
  P149: not(right, superusersExtension),
  P151: not(right, superusersExtension),
  P152: not(right, superusersExtension),
  P155: {
    ...as('repoint security', replacesCode),
    noWayBack:
      'The undo replaces the function without SECURITY DEFINER and SET, in silence: say so with accept, or ALTER.',
  },
  P157: as('repoint security', replacesCode),
  P158: as('repoint', 'the names inside resolve elsewhere'),
  P160: not(right, 'LEAKPROOF lets a function see rows before the policies do: only a superuser declares it.'),
  P161: as('structure', 'costs and parallel safety are structure'),
  P163: {
    ...as('repoint', resolves),
    noWayBack: 'The undo makes the function again in the name of app_owner with SET ROLE, which no text may.',
  },
  P164: as('repoint', replacesCode),
  P166: not(right, superusersEventTrigger),
  P167: not(right, superusersEventTrigger),
  P169: not(right, superusersEventTrigger),
  P170: as('security', triggerState),
  P172: as('security', triggerState),
  P173: as('security', triggerState),
  P175: as('security', 'triggers fire in the order of their names'),
  P176: as('security', 'triggers are security'),
  P178: not(right, 'A publication of all tables hands every row of the database on: only a superuser makes one.'),
  P179: as('security', 'publications are security'),
  P181: after(`alter publication app_pub owner to app_owner`, not(right, notOurs)),
  P182: not(
    right,
    'A subscription connects to another server and writes what that says: pg_create_subscription or a superuser.',
  ),
  P184: not(right, notOurs),
  P185: after(
    `grant usage on foreign data wrapper postgres_fdw to levelb_deploy`,
    not(right, 'The wrapper belongs to a superuser: GRANT USAGE ON FOREIGN DATA WRAPPER … TO levelb_deploy first.'),
  ),
  P187: not(
    secret,
    'A password in the text would be kept for ever and read by every auditor; and a superuser made the server.',
  ),
  P188: not(
    secret,
    'A password in the text would be kept for ever and read by every auditor; and a superuser made the server.',
  ),
  P190: not(right, 'A wrapper runs C code in the server: only superusers make one.'),
  P191: as('security', 'casts are security'),
  P193: not(right, 'A language runs C code in the server: only superusers make one.'),
  P194: as('structure', 'a new operator is structure'),
  P196: not(right, 'C and internal functions run in the server: only superusers make one.'),
  P208: not('22023', 'No provider of security labels is loaded in this server.'),
  P209: not('22023', 'The provider “anon” is not loaded in this server.'),
  P211: not(`${role}`, 'It switches triggers and foreign keys off for the session: only superusers may.'),
  P212: not(role, sessionRole),
  P214: not(role, sessionRole),
  P217: not(
    'LB306',
    'DROP and CREATE lose what CREATE OR REPLACE keeps: the grant to app_ro would be gone. Grant it again in the same migration, or accept the loss.',
  ),
  P218: {
    ...as('owner repoint'),
    reason: 'The new view is the deployer’s: give it to app_owner in the same migration.',
  },
  P220: as('owner repoint structure', 'the new, empty schema is structure, and goes to another owner than its maker'),
  P224: as('data structure', 'no name resolves to anything else; whether ALTER moved the value too cannot be told'),
  P226: as('structure', 'no name resolves to anything else'),
  P227: as('security', 'rules are security'),
  P229: as('repoint structure', 'the new type is structure'),
  P230: {
    ...as('structure', 'no name resolves to anything else'),
    lost: 'PostgreSQL takes no label out of an enumeration',
  },
  P232: as('repoint', 'search_path of a role is repoint'),
  P233: as('role', 'settings of a role are role'),
  P235: as('repoint', 'search_path of a database is repoint'),
  P236: after(
    `grant set on parameter "app.settings.jwt_exp" to levelb_deploy`,
    not(
      right,
      'No module has defined it: GRANT SET ON PARAMETER "app.settings.jwt_exp" TO levelb_deploy first, or a superuser sets it.',
    ),
  ),
  P238: not(field, 'It loads a library into every session of the role: no role document sets it, a superuser does.'),
  P239: not(field, 'It switches triggers and foreign keys off for every session of the role: only superusers set it.'),
  P241: as('role', 'settings of a role are role'),
  P242: as('role', 'settings of a role are role'),
  P244: not(
    field,
    'Each session of the role would begin as another one: what it does then is nobody’s approved change.',
  ),
  P245: not(
    noTransaction,
    'It writes a file of the server, for all its databases, and cannot run in a transaction: a superuser does it.',
  ),
  P247: not(
    noTransaction,
    'It writes a file of the server, for all its databases, and cannot run in a transaction: a superuser does it.',
  ),
  P248: not(right, outside),
  P250: not('22023', 'Nobody could come back: PostgreSQL refuses it for the database one is connected to.'),
  P251: as('structure', 'storage parameters of a table are structure'),
  P253: as('structure', 'comments are structure'),
  P254: not(role, 'Comments on roles are for who holds CREATEROLE: text does not, and a role document has none.'),
  P256: not(right, superusersExtension),
  P257: not(
    noTransaction,
    'It makes a folder on the server’s disk and cannot run in a transaction: a superuser does it.',
  ),
  P259: not(noTransaction, 'It cannot run in a transaction; and another database has a gate of its own.'),
  P260: not(right, 'Only a superuser writes to catalogs, and what it breaks nobody can say.'),
  P262: not(noEffect, outside),
  P263: not(role, 'It runs a program on the server’s machine: pg_execute_server_program or a superuser.'),
  P265: not(noEffect, noTrace),
  P266: not(noTransaction, 'It cannot run in a transaction: your migration tool makes indexes.'),
  P268: {
    ...as('structure', 'a large object is an object'),
    lost: 'the bytes of a large object are data, and a proof keeps none',
  },
  P269: not(
    right,
    'A slot keeps WAL until the disk is full: only REPLICATION may make one, and no rollback takes it away.',
  ),
  P271: not(noEffect, noTrace),
}

/** Those of the corpus whose group is the class of all their effects need no line. */
export function expectationOf(id: string, group: string): Expectation {
  return special[id] ?? as(group)
}

export const specialIds = Object.keys(special)
