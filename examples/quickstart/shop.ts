// The place of the story: a throw-away server, the shop in it, and the connection of everybody who takes part.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import postgres, { type Sql } from 'postgres'
import { readiness, startEmbedded } from '../../src/index.ts'
import type { PolicyDocument } from '../../src/json/policy-document.ts'
import type { Principals } from '../../src/json/principals.ts'

export const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const json = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T

export class Shop {
  readonly policy: PolicyDocument
  readonly principals: Principals = json(here('principals.json'))
  readonly #server: Awaited<ReturnType<typeof startEmbedded>>
  readonly #clients = new Map<string, Sql>()

  private constructor(server: Awaited<ReturnType<typeof startEmbedded>>, policyFile: string) {
    this.#server = server
    this.policy = json(policyFile)
  }

  static async open(policyFile = here('policy.json')): Promise<Shop> {
    const shop = new Shop(await startEmbedded({ databases: ['shop'] }), policyFile)
    for (const login of ['shop_app', 'grace', ...shop.principals.flatMap((one) => one.logins)])
      await shop.as('postgres').unsafe(`create role ${login} login password 'quickstart'`)
    await shop.as('postgres').unsafe(readFileSync(here('schema.sql'), 'utf8'))
    return shop
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((sql) => sql.end({ timeout: 5 })))
    await this.#server.stop()
  }

  urlOf(login: string): string {
    const url = new URL(this.#server.url)
    url.pathname = '/shop'
    if (login !== 'postgres') {
      url.username = login
      url.password = 'quickstart'
    }
    return url.href
  }

  /** The connection of a login, the same for each call. */
  as(login: string): Sql {
    const sql = this.#clients.get(login) ?? postgres(this.urlOf(login), { max: 1, onnotice: () => {} })
    this.#clients.set(login, sql)
    return sql
  }

  /** Who takes part, by duty: `alice (author), bob (approver, dba), …`. */
  cast(): string {
    return this.principals
      .map(({ principal, duties, groups, person }) => {
        const what = [
          ...(duties ?? []),
          ...(groups ?? []),
          ...(person === undefined ? [] : [`the same person as ${person}`]),
        ]
        return `${principal} (${what.join(', ')})`
      })
      .join(', ')
  }

  /** One item of readiness, as the auditor reads it. */
  async item(name: string): Promise<string> {
    const found = (await readiness(this.as('frank'))).find((one) => one.item === name)
    return `${name}: ${found?.detail}`
  }

  /** Items of readiness that do not hold, as the superuser reads them. */
  async missing(): Promise<string> {
    const items = await readiness(this.as('postgres'))
    return items
      .filter(({ required, ok }) => required && ok === false)
      .map(({ item }) => item)
      .join(', ')
  }

  /** What drifts, as the auditor reads it. */
  async driftLines(): Promise<string[]> {
    const rows = await this.as('frank')<{ line: string }[]>`
      select levelb.effect_text(d) as line from levelb.drift() d where not d.expected`
    return rows.map((row) => row.line)
  }

  /** The effects of a proof as a DBA reads them. */
  async effectLines(activationId: bigint): Promise<string[]> {
    const rows = await this.as('frank')<{ line: string }[]>`
      select levelb.effect_text(e) as line
        from levelb.proof p, jsonb_populate_recordset(null::levelb.effect, p.effects) e
       where p.activation_id = ${activationId.toString()}
       order by e.class <> 'owner', line`
    return rows.map((row) => row.line)
  }
}
