// What people do in every chapter: stage, decide, activate, and be refused.
import {
  activate,
  approve,
  LevelbError,
  type MigrationDocument,
  QuorumNotMet,
  quorum,
  readMigration,
  restage,
  stage,
} from '../../src/index.ts'
import type { Report } from './report.ts'
import { here, type Shop } from './shop.ts'

export type Staged = { migrationId: string; manifestHash: Uint8Array }

export class Story {
  readonly shop: Shop
  readonly report: Report

  constructor(shop: Shop, report: Report) {
    this.shop = shop
    this.report = report
  }

  /** alice stages a folder of files; or a document, where there is no text. */
  async stages(migrationId: string, document?: MigrationDocument): Promise<Staged> {
    const given = document ?? readMigration(here(migrationId)).document
    return this.#staged('alice stages', await stage(this.shop.as('alice'), { migrationId, document: given }))
  }

  async restages(migrationId: string, document: MigrationDocument): Promise<Staged> {
    return this.#staged('alice edits and restages', await restage(this.shop.as('alice'), { migrationId, document }))
  }

  async approves(login: string, { migrationId, manifestHash }: Staged, reason = 'read and agreed'): Promise<boolean> {
    await approve(this.shop.as(login), { migrationId, manifestHash, reason })
    const state = await quorum(this.shop.as(login), { migrationId })
    this.report.say(
      `${login} approves`,
      `${state.approvalsMet} of ${state.approvalsNeeded} approvals, ${state.met ? 'quorum met' : `missing ${state.missing}`}`,
    )
    return state.met
  }

  /** Asks one after the other, until the policy asks no more. */
  async askUntilMet(staged: Staged, logins: readonly string[]): Promise<void> {
    for (const login of logins) if (await this.approves(login, staged)) return
    throw new Error(`${staged.migrationId}: ${logins.join(', ')} are not enough for this policy`)
  }

  /** erin activates, with her script's URL: the caller opens a connection of its own and reads the proof back. */
  async activates(migrationId: string) {
    const proof = await activate(this.shop.urlOf('erin'), { migrationId })
    const persons = [...new Set(proof.approvals.map((one) => one.person))]
    this.report.say(
      'erin activates',
      `${proof.outcome} as transaction ${proof.transactionId}`,
      `${proof.effects.length} effect${proof.effects.length === 1 ? '' : 's'}, approved by ${persons.join(' and ')}`,
      ...first(await this.shop.effectLines(proof.activationId)),
    )
    return proof
  }

  async isRefusedTo(login: string, migrationId: string): Promise<void> {
    await this.refused(`${login} activates`, activate(this.shop.urlOf(login), { migrationId }))
  }

  /** Runs what must be refused, and reports how; a story in which it goes through has failed. */
  async refused(what: string, attempt: PromiseLike<unknown>): Promise<void> {
    try {
      await attempt
    } catch (error) {
      this.report.refused(what, ...reasons(error))
      return
    }
    throw new Error(`${what}: it was not refused`)
  }

  #staged(step: string, row: Staged & { revision: number }): Staged {
    this.report.say(step, `${row.migrationId} revision ${row.revision}`, `manifest ${hex(row.manifestHash)}`)
    return row
  }
}

/** Enough lines to see what it is. */
function first(lines: string[], most = 14): string[] {
  return lines.length <= most
    ? lines
    : [...lines.slice(0, most - 1), `… and ${lines.length - most + 1} more in levelb.proof`]
}

type Void = { principal: string; why: string }

function reasons(error: unknown): string[] {
  if (error instanceof QuorumNotMet) {
    const { activationId } = error.row as { activationId: bigint }
    const { missing, void: noMore } = error.detail as { missing: string; void: Void[] }
    return [
      `${error.code} ${error.message}: ${missing}`,
      ...noMore.map((one) => `${one.principal}'s approval does not count: ${one.why}`),
      `recorded as activation ${activationId}`,
    ]
  }
  if (error instanceof LevelbError) return [`${error.code} ${error.message}`]
  const { code, message } = error as { code: string; message: string }
  return [`${code} ${message}`, ...(code.startsWith('LB') ? [] : ['by PostgreSQL itself'])]
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
