// The documents that levelb takes next: the migration that protects the schemas, and drafts of policy and people.
import type { Plan } from './plan.ts'
import type { Present } from './present.ts'

/** `0001_protect_shop` */
export function migrationName({ levelb }: Present, { schemas }: Plan): string {
  const number = String((levelb?.lastNumber ?? 0) + 1).padStart(4, '0')
  const plain = schemas.map((name) => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')).join('_')
  return `${number}_protect_${plain.replaceAll(/^_+|_+$/g, '') || 'schemas'}`.slice(0, 50).replace(/_+$/, '')
}

/** What stands in levelb.json. The steps of level full are written by the database when it is staged. */
export function migrationDocument({ schemas, level, migrators, application }: Plan): object {
  const whose = application === null ? 'their owners' : application
  return {
    title: `Protect ${schemas.length === 1 ? 'schema' : 'schemas'} ${schemas.join(', ')}`.slice(0, 200),
    description:
      level === 'full'
        ? `Taken over from ${whose}: from now on every change of these schemas goes through levelb. Rights to read and write stay as they are.`
        : `${migrators.join(', ')} goes on making tables; owners, grants, extensions and security of these schemas change through levelb alone.`,
    kind: 'protect',
    payload: {
      schemas: schemas.map((name) => (level === 'full' ? { name, level } : { name, level, migrators, repoint: true })),
    },
  }
}

/** The smallest that is no joke: one approval by somebody who is neither author nor operator. */
export function policyDraft({ database }: Present, { breakGlass }: Plan): object {
  return {
    name: database,
    cluster: 'govern',
    quorum: [{ approvals: 1 }],
    approval: { ttl: '7 days', signature: 'off' },
    rehearsal: { required: 'none' },
    effects: 'classes',
    drift: 'refuse',
    rollback: { required: true },
    // below deadlock_timeout: in a deadlock the activation gives up, and not the application
    timeouts: { lock: '500ms', statement: '60s' },
    break_glass: { logins: breakGlass },
  }
}

/** Logins that do not exist: bootstrap refuses them until they are those of your people. */
export function principalsDraft(): object[] {
  return [
    { principal: 'author', nature: 'person', logins: ['login_of_author'], duties: ['author'], groups: [] },
    {
      principal: 'approver',
      nature: 'person',
      logins: ['login_of_approver'],
      duties: ['approver', 'auditor'],
      groups: [],
    },
    { principal: 'ci', nature: 'service', logins: ['login_of_ci'], duties: ['operator'], groups: [] },
  ]
}
