// The scripts for a superuser: before, the loan, its end, and the way back.
import type { Demotion, Move, Plan } from './plan.ts'
import type { Present } from './present.ts'
import { bootstrapOid } from './roles.ts'
import { type Section, sectionsText } from './section.ts'
import { block, comment, insistently, literal, type Quote, quoting } from './statement.ts'
import {
  abdicate,
  endSessions,
  leave,
  membershipOptions,
  nothingLeft,
  sessionsOfBootstrap,
  succeed,
} from './succession.ts'

export type Scripts = {
  /** Null where a superuser has nothing to do before. */
  superuser: string | null
  lend: string | null
  takeBack: string | null
  wayBack: string | null
}

export function scriptsOf(present: Present, plan: Plan): Scripts {
  const quote = quoting(present.reserved)
  const before = sectionsBefore(present, plan, quote)
  const needsScript = before.some(({ statements }) => statements.length > 0)
  return {
    superuser: needsScript ? superuserScript(present, plan, before, quote) : null,
    wayBack: needsScript ? wayBackScript(present, plan, quote) : null,
    ...loans(plan, quote),
  }
}

const header = (what: string) => `${comment(what)}\n\\set ON_ERROR_STOP on\n`

function superuserScript(present: Present, plan: Plan, before: readonly Section[], quote: Quote): string {
  const { succession } = plan
  return [
    header(
      `Run once, as a superuser, where a person can answer: psql -X -f 01-superuser.sql DATABASE
It is one transaction of its own: what fails leaves nothing. A second run is refused and changes nothing.${
        succession === null
          ? ''
          : '\nWhat comes after the commit ends sessions and cannot be in it: they would come back as what they were.'
      }`,
    ),
    'begin;\nset local search_path = pg_catalog, pg_temp;\n',
    sectionsText([asFound(present, plan), ...before]),
    'commit;\n',
    succession === null
      ? `\\echo done; next: levelb.bootstrap, see the order that levelb adopt printed\n`
      : `${sectionsText([
          endSessions(
            `Who came in as ${succession.login.name} before is still the superuser, now under the name ${succession.newName}, for as long as the\nconnection lives. So each is ended, between two of its transactions; the application connects again, as itself.`,
            sessionsOfBootstrap,
          ),
        ])}\\echo done; log in as ${quote(succession.newName)} from now on\n`,
  ].join('\n')
}

/** The script was written for one state of one database. */
function asFound(present: Present, plan: Plan): Section {
  const conditions = [
    `(select c.system_identifier from pg_control_system() c) = ${present.systemIdentifier}`,
    `current_database() = ${literal(present.database)}`,
    ...(plan.succession
      ? [`(select r.oid from pg_roles r where r.rolname = ${literal(plan.succession.login.name)}) = ${bootstrapOid}`]
      : []),
    ...(plan.newOwner ? [`not exists (select from pg_roles r where r.rolname = ${literal(plan.newOwner)})`] : []),
    ...plan.demotions.flatMap(({ login, attributes, memberships }) => [
      ...attributes.map(
        (attribute) => `(select r.${columnOf[attribute]} from pg_roles r where r.rolname = ${literal(login)})`,
      ),
      ...memberships.map(
        ({ role }) =>
          `exists (select from pg_auth_members m where pg_get_userbyid(m.roleid) = ${literal(role)} and pg_get_userbyid(m.member) = ${literal(login)})`,
      ),
    ]),
    ...(plan.databaseTo
      ? [
          `(select pg_get_userbyid(d.datdba) from pg_database d where d.datname = current_database()) = ${literal(present.databaseOwner)}`,
        ]
      : []),
    ...(plan.takesPublic
      ? [`(select pg_get_userbyid(n.nspowner) from pg_namespace n where n.nspname = 'public') <> 'levelb_deploy'`]
      : []),
  ]
  const needsLevelb = plan.takesPublic
    ? `  if not exists (select from pg_roles r where r.rolname = 'levelb_deploy') then
    raise exception 'levelb is not installed' using hint = 'Install it first: levelb install. Nothing was changed.';
  end if;
`
    : ''
  return {
    why: 'Only as a superuser, in the database that it was written for, and in the state that was looked at.',
    statements: [
      block(
        `begin
  if not (select r.rolsuper from pg_roles r where r.rolname = session_user) then
    raise exception '% is no superuser', session_user using hint = 'Connect as one. Nothing was changed.';
  end if;
${needsLevelb}  if not coalesce(${conditions.join('\n    and ')}, false) then
    raise exception 'this was carried out already, or is not the state that levelb adopt found'
      using hint = 'Run levelb adopt again, as a superuser of this database. Nothing was changed.';
  end if;
end`,
      ),
    ],
  }
}

const columnOf = {
  superuser: 'rolsuper',
  createrole: 'rolcreaterole',
  bypassrls: 'rolbypassrls',
  replication: 'rolreplication',
} as const

function sectionsBefore(present: Present, plan: Plan, quote: Quote): Section[] {
  const { succession, newOwner, moves, databaseTo, takesPublic } = plan
  return [
    ...(succession === null ? [] : succeed(present, succession, quote)),
    {
      why: 'Nobody logs in as it: it holds what superusers own here until the migration takes it over.',
      statements: newOwner === null ? [] : [`create role ${quote(newOwner)} nologin;`],
    },
    {
      why: `levelb_deploy cannot be lent the rights of a superuser, so what superusers own goes to a role that can be lent.
One by one: REASSIGN OWNED is refused for the superuser of initdb. Each needs its table for itself for a moment; under
load it gives all of them back and tries again, so that nobody waits long for it.`,
      statements: insistently(ownerStatements(moves, 'to', quote)),
    },
    {
      why: 'What the application reached as a superuser, it needs grants for as an ordinary login.',
      statements: grants(present, plan, quote),
    },
    {
      why: `No login but break-glass ones may go round the channel: activation is refused while one can (AUTHOR_MODE).`,
      statements: plan.demotions.flatMap((demotion) => demote(demotion, quote)),
    },
    {
      why: 'Whoever owns the database may rename it and change its settings, and owns schema public.',
      statements:
        databaseTo === null ? [] : [`alter database ${quote(present.database)} owner to ${quote(databaseTo)};`],
    },
    {
      why: 'Schema public belongs to the owner of the database until it gets one of its own: no migration can do that.',
      statements: takesPublic ? ['alter schema public owner to levelb_deploy;'] : [],
    },
    ...(succession === null ? [] : [nothingLeft(succession)]),
  ]
}

/** `alter table shop.orders owner to …` for each object, to where it goes or to where it came from. */
function ownerStatements(moves: readonly Move[], towards: 'from' | 'to', quote: Quote): string[] {
  return moves.flatMap((move) =>
    move.objects.map(({ type, identity }) => `alter ${type} ${identity} owner to ${quote(move[towards])};`),
  )
}

function grants(
  present: Present,
  { application, reached, succession, databaseTo, level, schemas }: Plan,
  quote: Quote,
): string[] {
  if (application === null) return []
  const to = quote(application)
  // Only what PUBLIC may not; TEMPORARY and CONNECT as nearly everywhere.
  const database =
    succession === null && databaseTo === null
      ? []
      : ['connect', 'temporary'].filter((each) => !present.openToPublic.includes(each))
  const isTools = level === 'privileged' && (succession !== null || databaseTo !== null)
  const onDatabase = [...database, ...(isTools ? ['create'] : [])]
  return [
    ...(onDatabase.length === 0
      ? []
      : [`grant ${onDatabase.join(', ')} on database ${quote(present.database)} to ${to};`]),
    ...(isTools && schemas.includes('public') ? [`grant create on schema public to ${to};`] : []),
    ...reached.map(({ type, identity }) => {
      if (type === 'schema') return `grant usage on schema ${identity} to ${to};`
      if (type === 'sequence') return `grant usage, select, update on sequence ${identity} to ${to};`
      if (/^(function|procedure|aggregate)$/.test(type))
        return `grant execute on ${type === 'aggregate' ? 'function' : type} ${identity} to ${to};`
      return `grant select, insert, update, delete on ${identity} to ${to};`
    }),
  ]
}

function demote({ login, attributes, memberships }: Demotion, quote: Quote): string[] {
  return [
    ...(attributes.length === 0
      ? []
      : [`alter role ${quote(login)} ${attributes.map((each) => `no${each}`).join(' ')};`]),
    ...memberships.map(
      ({ role, grantor, inherit }) =>
        `revoke ${quote(role)} from ${quote(login)}${inherit === null ? '' : ` granted by ${quote(grantor)}`};`,
    ),
  ]
}

function promote({ login, attributes, memberships }: Demotion, quote: Quote): string[] {
  return [
    ...(attributes.length === 0 ? [] : [`alter role ${quote(login)} ${attributes.join(' ')};`]),
    ...memberships.map((each) => `grant ${quote(each.role)} to ${quote(login)}${membershipOptions(each)};`),
  ]
}

function loans({ loans: owners }: Plan, quote: Quote): Pick<Scripts, 'lend' | 'takeBack'> {
  if (owners.length === 0) return { lend: null, takeBack: null }
  const list = owners.map(quote).join(', ')
  return {
    lend: `${header(`Run as a superuser when the migration has its approvals, and not before: until it is taken back, approved text may do
whatever these roles may, in every database of the cluster. A second run changes nothing.`)}
grant ${list} to levelb_deploy;
`,
    takeBack: `${header('Run as a superuser as soon as the migration is activated, or failed. A second run changes nothing.')}
revoke ${list} from levelb_deploy;
`,
  }
}

function wayBackScript(present: Present, plan: Plan, quote: Quote): string {
  const { succession, newOwner, moves, databaseTo, takesPublic, demotions } = plan
  const sections: Section[] = [
    asLeft(present, plan),
    {
      why: 'Owners as they were, and of what was made since.',
      statements: insistently([
        // what the application's new login owns is all that it was given, and what it made since
        ...ownerStatements(
          moves.filter(({ from, to }) => from !== succession?.newName || to !== succession?.login.name),
          'from',
          quote,
        ),
        ...(succession === null
          ? []
          : [`reassign owned by ${quote(succession.login.name)} to ${quote(succession.newName)};`]),
      ]),
    },
    {
      why: 'The role that held them for the migration.',
      statements: newOwner === null ? [] : [`drop owned by ${quote(newOwner)};`, `drop role ${quote(newOwner)};`],
    },
    {
      why: 'Schema public belongs to whom the database belongs to, and the database to whom it belonged.',
      statements: [
        ...(takesPublic ? ['alter schema public owner to pg_database_owner;'] : []),
        ...(databaseTo === null
          ? []
          : [`alter database ${quote(present.database)} owner to ${quote(present.databaseOwner)};`]),
      ],
    },
    { why: 'Logins may again what they might.', statements: demotions.flatMap((each) => promote(each, quote)) },
    ...(succession === null ? [] : abdicate(present, succession, quote)),
  ]
  return [
    header(`The way back to before 01-superuser.sql. First roll the migrations back, as docs/adopt.md says; then as a superuser:
psql -X -f 99-way-back.sql DATABASE
It is one transaction of its own: what fails leaves nothing. A second run is refused and changes nothing.`),
    'begin;\nset local search_path = pg_catalog, pg_temp;\n',
    sectionsText(sections),
    'commit;\n',
    ...(succession === null ? [] : [sectionsText(leave(succession, quote))]),
    '\\echo done: everything is as it was before 01-superuser.sql\n',
  ].join('\n')
}

/** The way back is for what the superuser script left, once levelb has given back what it took. */
function asLeft(present: Present, { schemas, succession, newOwner, demotions, databaseTo }: Plan): Section {
  const carriedOut = succession
    ? `(select r.oid from pg_roles r where r.rolname = ${literal(succession.newName)}) = ${bootstrapOid}`
    : newOwner
      ? `exists (select from pg_roles r where r.rolname = ${literal(newOwner)})`
      : demotions[0]?.attributes[0]
        ? `not (select r.${columnOf[demotions[0].attributes[0]]} from pg_roles r where r.rolname = ${literal(demotions[0].login)})`
        : databaseTo
          ? `(select pg_get_userbyid(d.datdba) from pg_database d where d.datname = current_database()) = ${literal(databaseTo)}`
          : 'true'
  const names = schemas.map(literal).join(', ')
  return {
    why: 'Only where 01-superuser.sql was carried out, and where levelb owns nothing of it any more.',
    statements: [
      block(
        `begin
  if not coalesce((select c.system_identifier from pg_control_system() c) = ${present.systemIdentifier}
    and current_database() = ${literal(present.database)}
    and ${carriedOut}, false) then
    raise exception '01-superuser.sql was not carried out here, or was taken back already'
      using hint = 'Nothing was changed.';
  end if;
  if exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in (${names}) and pg_get_userbyid(c.relowner) in ('levelb_deploy', 'levelb_definer')) then
    raise exception 'levelb owns what is in these schemas'
      using hint = 'Roll the migration that took them over back first; docs/adopt.md shows how. Nothing was changed.';
  end if;
end`,
      ),
    ],
  }
}
