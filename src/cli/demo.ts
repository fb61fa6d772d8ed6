// The people of the demo: one of each duty and enough approvers for the demo policy.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import type { z } from 'zod'
import { bootstrap } from '../../generated/bootstrap.ts'
import type { PolicyDocument } from '../json/policy-document.ts'
import { packageRoot } from '../package-root.ts'

export type DemoPrincipal = {
  principal: string
  nature: 'person' | 'service'
  logins: string[]
  duties: ('author' | 'approver' | 'operator' | 'auditor')[]
  groups: string[]
}

const person = (principal: string, duty: DemoPrincipal['duties'][number], ...groups: string[]): DemoPrincipal => ({
  principal,
  nature: 'person',
  logins: [principal],
  duties: [duty],
  groups,
})

export const demoPrincipals: readonly DemoPrincipal[] = [
  person('alice', 'author'),
  person('bob', 'approver', 'dba'),
  person('carol', 'approver', 'dba'),
  person('dave', 'approver', 'security'),
  person('erin', 'operator'),
  { ...person('release', 'operator'), nature: 'service' },
  person('frank', 'auditor'),
]

/** The policy of the quickstart. */
export function demoPolicy(): z.input<typeof PolicyDocument> {
  return JSON.parse(readFileSync(join(packageRoot(), 'examples', 'quickstart', 'policy.json'), 'utf8'))
}

/** Creates the logins and bootstraps; returns the password of each login. */
export async function bootstrapDemo(sql: Sql): Promise<Map<string, string>> {
  const passwords = new Map(demoPrincipals.map(({ principal }) => [principal, randomBytes(12).toString('hex')]))
  for (const [login, password] of passwords) await sql.unsafe(`create role ${login} login password '${password}'`)
  await bootstrap(sql, { policy: demoPolicy(), principals: [...demoPrincipals] })
  return passwords
}
