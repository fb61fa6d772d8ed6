// The bootstrap superuser gets another name, and an ordinary login takes the name that the application comes in with.
import type { Succession } from './plan.ts'
import type { Present } from './present.ts'
import { bootstrapOid } from './roles.ts'
import type { Section } from './section.ts'
import { block, insistently, literal, type Quote, settingValue } from './statement.ts'

/** Its own session cannot rename it, so there is a second superuser for as long as that takes. */
const second = 'adopt_second_superuser'

export function succeed(present: Present, { login, newName }: Succession, quote: Quote): Section[] {
  const [name, kept] = [quote(login.name), quote(newName)]
  const options = [
    login.inherits ? [] : ['noinherit'],
    login.connectionLimit === -1 ? [] : [`connection limit ${login.connectionLimit}`],
    login.validUntil === null ? [] : [`valid until ${literal(login.validUntil)}`],
  ].flat()
  return [
    {
      why: `A role cannot be renamed by a session of its own: a second superuser does it, that nobody can log in as and that\nis gone with the end of this part. Nothing of it stays when something fails.`,
      statements: [`create role ${second} superuser nologin;`, `set session authorization ${second};`],
    },
    {
      why: `${login.name} is the superuser that initdb made (oid 10): from 16 on it cannot be demoted. So it becomes ${newName}, and an\nordinary login takes the name. The password goes along as the hash that the server keeps, which no file and no log\nsees: the application's connection string stays as it is. ${newName} must not keep it.`,
      statements: [
        `set local pg_stat_statements.track = 'none';`,
        block(
          [
            'declare',
            `  hash constant text := (select a.rolpassword from pg_catalog.pg_authid a where a.oid = ${bootstrapOid});`,
            'begin',
            `  alter role ${name} rename to ${kept};`,
            `  alter role ${kept} password null;`,
            `  create role ${name} login${options.map((option) => ` ${option}`).join('')};`,
            `  execute pg_catalog.format('alter role ${name.replaceAll("'", "''").replaceAll('%', '%%')} password %L', hash);`,
            'end',
          ].join('\n'),
        ),
        'reset session authorization;',
        `drop role ${second};`,
      ],
    },
    {
      why: `Asks for the new password of ${newName}, the break-glass login. Nothing is locked while it waits.`,
      statements: [`\\password ${kept}`],
    },
    inherited(present, { login, newName }, quote),
  ]
}

/** What the old name held by name. What it owned is moved, with the rights that others have on it. */
function inherited(present: Present, { login, newName }: Succession, quote: Quote): Section {
  const { named, memberships } = present
  const old = login.name
  const [name, kept] = [quote(old), quote(newName)]
  const to = (who: string | null) => (who === null ? 'public' : quote(who))
  return {
    why: `What ${old} held by its name goes to the login that has it now: grants on what others own, its place in row\npolicies, memberships, settings, user mappings, and default privileges.`,
    statements: [
      ...named.grants.map(
        ({ privilege, on, grantable }) =>
          `grant ${privilege} on ${on} to ${name}${grantable ? ' with grant option' : ''};`,
      ),
      ...named.policies.map(
        ({ policy, table, roles }) => `alter policy ${quote(policy)} on ${table} to ${roles.map(quote).join(', ')};`,
      ),
      ...memberships.flatMap((each) => {
        if (each.member === old && each.role !== 'pg_database_owner')
          return [`grant ${quote(each.role)} to ${name}${membershipOptions(each)};`]
        if (each.role === old)
          return [
            `grant ${name} to ${quote(each.member)}${membershipOptions(each)};`,
            `revoke ${kept} from ${quote(each.member)};`,
          ]
        return []
      }),
      ...named.settings.map(
        ({ name: setting, value, database }) =>
          `alter role ${name}${database === null ? '' : ` in database ${quote(database)}`} set ${quotedSetting(setting, quote)} = ${settingValue(setting, value)};`,
      ),
      ...named.mappings.map((server) => mapping(server, name, quote)),
      ...named.defaults.map((each) => {
        const scope = `alter default privileges for role ${quote(each.owner)}${each.schema === null ? '' : ` in schema ${quote(each.schema)}`}`
        return each.isRevoke
          ? `${scope} revoke ${each.privilege} on ${each.objects} from ${to(each.grantee)};`
          : `${scope} grant ${each.privilege} on ${each.objects} to ${to(each.grantee)}${each.grantable ? ' with grant option' : ''};`
      }),
    ],
  }
}

export function membershipOptions(each: { admin: boolean; inherit: boolean | null; set: boolean | null }): string {
  if (each.inherit === null) return each.admin ? ' with admin option' : ''
  return ` with admin ${each.admin}, inherit ${each.inherit}, set ${each.set}`
}

/** A setting of a module has a dot in its name. */
function quotedSetting(setting: string, quote: Quote): string {
  return setting.split('.').map(quote).join('.')
}

/** Its options may hold a password, so they are copied inside the server. */
function mapping(server: string, name: string, quote: Quote): string {
  return block(
    [
      'begin',
      `  execute pg_catalog.format('create user mapping for %s server %s%s', ${literal(name)}, ${literal(quote(server))}, (`,
      `    select ' options (' || pg_catalog.string_agg(pg_catalog.format('%I %L', o.option_name, o.option_value), ', ') || ')'`,
      '      from pg_catalog.pg_user_mappings m cross join lateral pg_catalog.pg_options_to_table(m.umoptions) o',
      `     where m.umuser = ${bootstrapOid} and m.srvname = ${literal(server)}));`,
      'end',
    ].join('\n'),
  )
}

/** What the old superuser made while the script ran would be out of the application's reach. */
export function nothingLeft({ login }: Succession): Section {
  return {
    why: `Stops, and undoes all of it, when ${login.name} made something since it was looked at.`,
    statements: [
      block(
        `declare
  made constant text := (
    select pg_catalog.string_agg(o.identity, ', ' order by o.identity)
      from (
        select c.oid::pg_catalog.regclass::text, 'pg_class'::pg_catalog.regclass, c.oid, c.relnamespace, c.relowner
          from pg_catalog.pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
        union all
        select p.oid::pg_catalog.regprocedure::text, 'pg_proc', p.oid, p.pronamespace, p.proowner from pg_catalog.pg_proc p
      ) o (identity, classid, objid, schema, owner)
      join pg_catalog.pg_namespace n on n.oid = o.schema
     where o.owner = ${bootstrapOid} and o.objid >= 16384
       and n.nspname !~ '^pg_(toast|temp)|^levelb(_exec|_sandbox)?$|^information_schema$'
       and not exists (select from pg_catalog.pg_depend d
         where d.classid = o.classid and d.objid = o.objid and (d.deptype = 'e'
           or d.deptype = 'i' and d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
           or d.deptype in ('a', 'i') and d.refclassid = 'pg_class'::pg_catalog.regclass)));
begin
  if made is not null then
    raise exception 'made since levelb adopt looked: %', made using hint = 'Run levelb adopt again. Nothing was changed.';
  end if;
end`,
      ),
    ],
  }
}

/** Sessions keep what they came in as; PostgreSQL asks who somebody is once. */
export function endSessions(why: string, whose: string): Section {
  return {
    why,
    statements: [
      block(
        `begin
  for attempt in 1 .. 300 loop
    perform pg_catalog.pg_stat_clear_snapshot();
    -- between two transactions, where a pool opens another connection without a word
    perform pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a
      where ${whose} and a.state = 'idle';
    exit when not exists (select from pg_catalog.pg_stat_activity a where ${whose});
    perform pg_catalog.pg_sleep(0.1);
  end loop;
  -- who is in one for half a minute is not waited for
  perform pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a where ${whose};
end`,
      ),
    ],
  }
}

export const sessionsOfBootstrap = `a.usesysid = ${bootstrapOid} and a.backend_type = 'client backend' and a.pid <> pg_catalog.pg_backend_pid()`
/** The ordinary login on its way out; nobody logs in as it. */
export const leaving = ({ login }: Succession) => `${login.name.slice(0, 50)}_leaving`

function sessionsOf(role: string): string {
  return `a.usesysid = (select r.oid from pg_catalog.pg_roles r where r.rolname = ${literal(role)}) and a.backend_type = 'client backend'`
}

/** The way back: the superuser takes its name again. What the ordinary login owned is its own by then. */
export function abdicate(present: Present, succession: Succession, quote: Quote): Section[] {
  const { login, newName } = succession
  const [name, kept, old] = [quote(login.name), quote(newName), quote(leaving(succession))]
  const { named, memberships } = present
  return [
    {
      why: `The policies that name ${login.name} name the superuser again, before what is granted to the ordinary login is taken\nfrom it: a policy without a role would be dropped.`,
      statements: named.policies.map(
        ({ policy, table, roles }) =>
          `alter policy ${quote(policy)} on ${table} to ${roles.map((role) => (role === login.name ? kept : quote(role))).join(', ')};`,
      ),
    },
    {
      why: `The superuser takes its name again, and the password that the application comes in with. Sessions of the ordinary\nlogin are not to fail until they are ended below, so it is a superuser for that while, as ${login.name} is from now on.`,
      statements: [
        `create role ${second} superuser nologin;`,
        `set session authorization ${second};`,
        `set local pg_stat_statements.track = 'none';`,
        block(
          [
            'declare',
            `  hash constant text := (select a.rolpassword from pg_catalog.pg_authid a where a.rolname = ${literal(login.name)});`,
            'begin',
            `  alter role ${name} rename to ${old};`,
            `  alter role ${old} superuser nologin password null;`,
            `  alter role ${kept} rename to ${name};`,
            `  execute pg_catalog.format('alter role ${name.replaceAll("'", "''").replaceAll('%', '%%')} password %L', hash);`,
            'end',
          ].join('\n'),
        ),
        'reset session authorization;',
        `drop role ${second};`,
        ...memberships.flatMap((each) =>
          each.role === login.name ? [`grant ${name} to ${quote(each.member)}${membershipOptions(each)};`] : [],
        ),
      ],
    },
  ]
}

/** After the commit: who came in as the ordinary login goes, and then the login. */
export function leave(succession: Succession, quote: Quote): Section[] {
  const [name, old] = [quote(succession.login.name), quote(leaving(succession))]
  return [
    endSessions(
      'Who came in as the ordinary login is ended between two transactions, and connects again.',
      sessionsOf(leaving(succession)),
    ),
    {
      why: 'Takes every grant of it, and the login. Run this again by hand where something stops it: until then it is a superuser\nthat nobody can log in as.',
      statements: insistently([`reassign owned by ${old} to ${name};`, `drop owned by ${old};`, `drop role ${old};`]),
    },
  ]
}
