// What migrations change belongs to levelb_deploy: the schemas are taken over as levelb adopt does it.
import { randomBytes } from 'node:crypto'
import type { Sql } from 'postgres'
import { z } from 'zod'
import { activate, approve, type Manifest, stage } from '../../generated/index.ts'
import { migrationDocument } from '../adopt/drafts.ts'
import { type Plan, planOf } from '../adopt/plan.ts'
import { type Present, readPresent } from '../adopt/present.ts'
import { dangers } from '../adopt/roles.ts'
import { scriptsOf } from '../adopt/script.ts'
import { LevelbError } from '../errors.ts'
import type { MigrationDocument } from '../json/migration-document.ts'
import { type Stand, StandError } from './stand.ts'
import { withoutCommands } from './structure.ts'

export type Takeover = { schemas: string[]; carryOut(stand: Stand): Promise<void> }

/** The superuser's part of it, which comes before levelb knows anybody; what is left is a migration. */
export async function prepareTakeover(root: Sql, wished: readonly string[], login: string): Promise<Takeover> {
  const present = await readPresent(root)
  const schemas = await schemasOf(root, present, wished)
  if (schemas.length === 0) return { schemas, carryOut: async () => {} }
  const plan = planOf(present, {
    schemas,
    level: 'full',
    // The application cannot be told from a structure; a login that owns nothing leaves everything else as it is.
    application: login,
    breakGlass: dangers(present.roles, present.memberships).map((danger) => danger.login),
  })
  const [problem] = plan.problems
  if (problem !== undefined) throw new StandError(`it cannot be protected: ${problem.what}`, problem.next)
  const scripts = scriptsOf(present, plan)
  if (scripts.superuser !== null) await root.unsafe(withoutCommands(scripts.superuser).text).simple()
  const lend = (script: string | null) =>
    script === null ? undefined : root.unsafe(withoutCommands(script).text).simple()
  return {
    schemas,
    async carryOut(stand) {
      await lend(scripts.lend)
      await protect(stand, plan)
      await lend(scripts.takeBack)
    },
  }
}

/** All that are not protected yet. */
async function schemasOf(root: Sql, present: Present, wished: readonly string[]): Promise<string[]> {
  const there = present.objects.flatMap(({ schema }) => (schema === null ? [] : [schema]))
  const rows = await root<{ schema_name: string }[]>`select schema_name::text from levelb.active_protection`
  const protectedAlready = rows.map((row) => row.schema_name)
  const chosen = wished.length > 0 ? wished : there.filter((name) => !/^(pg_|levelb$|levelb_)/.test(name))
  return [...new Set(chosen)].filter((name) => !protectedAlready.includes(name)).sort()
}

async function protect(stand: Stand, plan: Plan): Promise<void> {
  // a shadow may hold that of a run before
  const migrationId = `check/0000_protect_${randomBytes(3).toString('hex')}`
  try {
    const { manifestHash } = await staged(stand, migrationId, migrationDocument(plan) as MigrationDocument)
    await approve(stand.as('approver'), { migrationId, manifestHash })
    await activate(stand.urlOf('operator'), { migrationId })
  } catch (error) {
    if (!(error instanceof LevelbError)) throw error
    throw new StandError(
      `${plan.schemas.join(', ')} cannot be protected: ${error.code} ${error.message}: ${JSON.stringify(error.detail)}`,
      'name the schemas that the migrations change with --protect SCHEMA',
    )
  }
}

const Refused = z.object({ rule: z.enum(['rights_of_others', 'row_security_of_owner']), objects: z.array(z.string()) })

/** What people decide about where others have rows and rights is nothing to decide here. */
async function staged(stand: Stand, migrationId: string, document: MigrationDocument): Promise<Manifest> {
  for (const accept: { rule: string; object: string; reason: string }[] = []; ; ) {
    try {
      return await stage(stand.as('author'), { migrationId, document: { ...document, accept } as MigrationDocument })
    } catch (error) {
      const refused = Refused.safeParse(error instanceof LevelbError && error.code === 'LB307' ? error.detail : null)
      if (!refused.success || accept.some(({ rule }) => rule === refused.data.rule)) throw error
      accept.push(
        ...refused.data.objects.map((object) => ({ rule: refused.data.rule, object, reason: 'levelb check' })),
      )
    }
  }
}
