// One document of each kind that says everything this version understands.
import type { Json } from './mutations.ts'

export const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUDvBUMCuKfXMCZbFHrAMCcw3CMv3dnBA3GcQG8d'
export const otherKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBCEFGHvBUMCuKfXMCZbFHrAMCcw3CMv3dnBA3GcQG8d'

export const policy: { [key: string]: Json } = {
  name: 'production',
  cluster: 'govern',
  quorum: [
    { approvals: 2, groups: { dba: 1 } },
    { classes: ['role', 'governance'], approvals: 3, groups: { security: 1, dba: 2 } },
    { schemas: ['payments', 'Billing data'], groups: { payments_dba: 1 } },
  ],
  approval: { ttl: '7 days', signature: 'off' },
  rehearsal: { required: 'none' },
  effects: 'exact',
  drift: 'record',
  expected: [
    {
      class: 'role',
      object_type: 'role',
      identity: 'v-token-*',
      attribute: 'exists',
      reason: "Vault's roles come and go.",
    },
    { class: 'extension', identity: 'pg_stat_statements', reason: 'The provider updates it.' },
  ],
  rollback: { required: true, approvals: 1, preapproved_for: '24 hours' },
  timeouts: { lock: '2s', statement: '60s' },
  break_glass: { logins: ['postgres', 'rescue'], minutes: 45 },
  waive: [],
}

export const document: { [key: string]: Json } = {
  title: 'Point app.orders at orders_v2',
  description: "Why:\n\tthe old table is frozen.\r\nSee the ticket on token 'T'.",
  change_ref: 'CHG-1042',
  kind: 'sql',
  classes: ['repoint', 'acl'],
  search_path: 'app, pg_catalog',
  depends_on: ['billing/0006_prepare', '0001_first'],
  not_before: '2026-11-01T08:00:00Z',
  not_after: '2026-11-01T12:30:00.25+02:00',
  accept: [
    { rule: 'LB014', object: 'description', reason: 'The name of a kind of token, no token.' },
    { rule: 'lint:index-not-concurrent', object: 'app.orders', reason: 'A hundred rows.' },
  ],
  effects: [
    {
      class: 'acl',
      object_type: 'view',
      identity: 'app.orders',
      attribute: 'reader',
      before: null,
      after: 'SELECT',
    },
    { class: 'repoint', object_type: 'view', identity: 'app.orders', attribute: 'definition', before: 'a', after: 'b' },
  ],
  findings: [
    {
      ...{ rule: 'index-not-concurrent', step: '01-swap', part: 'apply', position: 1 },
      ...{ object: 'app.orders', why: 'No write gets through.' },
    },
  ],
  steps: [
    { name: '01-swap', apply: 'select 1', rollback: 'select 2', verify: 'select true' },
    {
      name: '02-roles',
      roles: {
        create: [{ name: 'app_reader', inherit: true, connection_limit: 5 }],
        alter: [{ name: 'app_writer', connection_limit: -1 }],
        grant: [{ role: 'app_reader', to: 'alice', admin: false, inherit: true, set: true }],
        revoke: [{ role: 'app_reader', from: 'bob' }],
        set: [{ role: 'app_reader', name: 'search_path', value: 'app', database: 'shop' }],
        drop: ['app_old'],
      },
    },
  ],
}

export const principals: Json = [
  {
    principal: 'alice',
    nature: 'person',
    logins: ['alice', 'alice_admin'],
    duties: ['author', 'approver'],
    groups: ['dba', 'security'],
    keys: [key],
    person: null,
  },
  { principal: 'ci', nature: 'service', logins: ['ci'], duties: ['operator'], groups: [], keys: [otherKey] },
  { principal: 'bot', nature: 'agent', logins: ['bot'], duties: ['author', 'auditor'], person: 'alice' },
]

/** One document of each kind that the database carries out itself. */
const native = (kind: string, payload: Json): { [key: string]: Json } => ({
  title: 'A change of who decides',
  description: 'See the ticket.',
  change_ref: 'CHG-1043',
  kind,
  classes: ['governance'],
  depends_on: ['0001_first'],
  not_before: '2026-11-01T08:00:00Z',
  not_after: '2026-11-01T12:30:00Z',
  effects: [],
  payload,
})

export const policyChange = native('policy', policy)

export const principalChange = native('principal', {
  enrol: [
    {
      principal: 'erin',
      nature: 'person',
      logins: ['erin', 'erin_admin'],
      duties: ['approver'],
      groups: ['dba'],
      keys: [key],
    },
    { principal: 'cd', nature: 'service', logins: ['cd'], duties: ['operator'], groups: [], keys: [], person: 'erin' },
  ],
  change: [{ principal: 'bob', nature: 'person', logins: ['bob'], duties: ['approver'], groups: ['dba', 'security'] }],
  disable: [{ principal: 'dan', reason: 'left the company' }],
})

export const pointerChange = {
  ...native('pointer', { pointer: 'orders_api', expected: 'app.orders_v1', target: 'app.orders_v2' }),
  classes: ['repoint'],
}

export const explanation = {
  ...native('explain', {
    effects: [
      {
        class: 'acl',
        object_type: 'table',
        identity: 'app.orders',
        attribute: 'PUBLIC',
        before: null,
        after: 'select',
      },
      {
        class: 'role',
        object_type: 'role',
        identity: 'bob',
        attribute: 'attributes',
        before: 'login',
        after: 'nologin',
      },
    ],
    incidents: [3, 17],
  }),
  classes: ['acl', 'governance', 'role'],
}

export const attended = {
  ...{ title: 'Index the orders', description: 'See the ticket.', kind: 'attended', search_path: 'app' },
  classes: ['extension', 'structure'],
  depends_on: ['0001_first'],
  accept: [{ rule: 'LB310', object: 'index app.by_day', reason: 'it stays' }],
  effects: [
    {
      ...{ class: 'structure', object_type: 'index', identity: 'app.by_day', attribute: 'exists' },
      ...{ before: null, after: 'present' },
    },
  ],
  steps: [
    {
      name: 'index',
      apply: 'create index concurrently by_day on orders (day)',
      rollback: 'drop index concurrently by_day',
    },
    { name: 'system', apply: "alter system set work_mem = '8MB'" },
  ],
}

export const protection = {
  ...native('protect', {
    schemas: [
      { name: 'shop', level: 'full' },
      { name: 'Billing data', level: 'privileged', migrators: ['dbmate', 'prisma'], repoint: true },
      { name: 'old', level: 'none' },
    ],
    objects: [],
  }),
  classes: ['acl', 'governance', 'owner'],
  accept: [{ rule: 'row_security_of_owner', object: 'table shop.orders', reason: 'The owner is no reader.' }],
}
