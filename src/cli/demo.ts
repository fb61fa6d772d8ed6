// The people and the policy of the demo: those of the quickstart.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import { bootstrap } from '../../generated/index.ts'
import { PolicyDocument } from '../json/policy-document.ts'
import { type Principal, Principals } from '../json/principals.ts'
import { packageRoot } from '../package-root.ts'

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(packageRoot(), 'examples', 'quickstart', name), 'utf8'))

export function demoPrincipals(): readonly Principal[] {
  return Principals.parse(read('principals.json'))
}

/** Creates the logins and bootstraps; returns the password of each login. */
export async function bootstrapDemo(sql: Sql): Promise<Map<string, string>> {
  const principals = demoPrincipals()
  const logins = principals.flatMap((one) => one.logins)
  const passwords = new Map(logins.map((login) => [login, randomBytes(12).toString('hex')]))
  for (const [login, password] of passwords) await sql.unsafe(`create role ${login} login password '${password}'`)
  await bootstrap(sql, { policy: PolicyDocument.parse(read('policy.json')), principals: [...principals] })
  return passwords
}
