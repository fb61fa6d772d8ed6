// What levelb.review says of a revision: read, never written, so there is no twin in SQL.
import { z } from 'zod'
import { AcceptedFindings } from './accepted-findings.ts'
import { CountedApprovals } from './counted-approvals.ts'
import { Effects } from './effects.ts'
import { GroupCounts } from './group-counts.ts'
import { LintFindings } from './lint-findings.ts'
import { RehearsalWarnings } from './rehearsal-warnings.ts'
import { RehearsedLocks } from './rehearsed-locks.ts'
import { RehearsedStatements } from './rehearsed-statements.ts'
import { RoleDocument } from './role-document.ts'
import { VoidApprovals } from './void-approvals.ts'

/** `2026-11-22T12:25:51Z` */
const Time = z.iso.datetime()
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** `staged` until there is quorum, `approved` from then on; `expired`: approvals ran out, or the window closed. */
const State = z.enum(['staged', 'approved', 'rejected', 'expired', 'withdrawn', 'activated', 'rolled_back'])

const Step = z.object({
  position: z.int(),
  name: z.string(),
  apply: z.string().nullable(),
  apply_hash: Sha256.nullable(),
  roles: RoleDocument.nullable(),
  roles_hash: Sha256.nullable(),
  rollback: z.string().nullable(),
  rollback_hash: Sha256.nullable(),
  verify: z.string().nullable(),
  verify_hash: Sha256.nullable(),
})

/** What the author's lint said, in its place; `accepted` is the author's reason. */
const Finding = LintFindings.element.extend({ line: z.int(), accepted: z.string().nullable() })

const Quorum = z.object({
  met: z.boolean(),
  approvals_met: z.int(),
  approvals_needed: z.int(),
  groups_needed: GroupCounts,
  counted: CountedApprovals,
  void: VoidApprovals,
  rejected_by: z.array(z.string()),
  missing: z.string(),
})

const Decision = z.object({
  approval_id: z.int(),
  revision: z.int(),
  principal: z.string(),
  decision: z.enum(['approve', 'reject', 'revoke', 'rehearse']),
  reason: z.string().nullable(),
  decided_at: Time,
  expires_at: Time,
  stands: z.boolean(),
  /** Why it does not stand. */
  why_not: z.string().nullable(),
})

const Activation = z.object({
  activation_id: z.int(),
  revision: z.int(),
  outcome: z.enum(['activated', 'refused', 'failed']),
  code: z.string().nullable(),
  operator: z.string(),
  finished_at: Time,
  /** Null for authors where the text failed: it may hold rows of live tables. */
  reason: z.string().nullable(),
  lacking: z.string().nullable(),
  /** Of LB303 and LB310, for all but authors: `-` was expected and did not happen, `+` happened and was not expected. */
  difference: z.array(z.string()),
  accepted: AcceptedFindings.nullable(),
  effects: Effects.nullable(),
})

const Rehearsal = z.object({
  rehearsal_id: z.int(),
  place: z.enum(['sandbox', 'live']),
  outcome: z.enum(['passed', 'partial', 'incomplete', 'failed']),
  code: z.string().nullable(),
  principal: z.string(),
  finished_at: Time,
  server_version: z.string(),
  /** False where it ended before its effects were: then they and the locks are not known, and empty here. */
  was_read_back: z.boolean(),
  effects: Effects,
  /** Whether these are the effects that the author says; null where there are none. */
  as_claimed: z.boolean().nullable(),
  /** Where they are others, in lines as with activations; else where it did something else the second time. */
  difference: z.array(z.string()),
  rollback_restored: z.boolean().nullable(),
  /** For authors, of a live rehearsal: then what follows is empty. */
  withheld: z.boolean(),
  reason: z.string().nullable(),
  /** As with activations. */
  rollback_difference: z.array(z.string()),
  rollback_error: z.string().nullable(),
  statements: RehearsedStatements,
  locks: RehearsedLocks,
  warnings: RehearsalWarnings,
})

export const ReviewData = z.object({
  migration_id: z.string(),
  revision: z.int(),
  manifest_hash: Sha256,
  title: z.string(),
  description: z.string(),
  change_ref: z.string().nullable(),
  kind: z.string(),
  /** Document of a kind without steps. */
  payload: z.record(z.string(), z.unknown()).nullable(),
  /** What that document would do, in words; null once it is activated. */
  in_words: z.string().nullable(),
  classes: z.array(z.string()),
  search_path: z.string().nullable(),
  not_before: Time.nullable(),
  not_after: Time.nullable(),
  author: z.string(),
  staged_at: Time,
  state: State,
  policy_version: z.int(),
  /** The longest that the policy allows, as `set statement_timeout` takes it: `60s`. */
  statement_timeout: z.string(),
  depends_on: z.array(z.object({ migration_id: z.string(), state: State })),
  steps: z.array(Step),
  /** What the author says it changes. */
  effects: Effects.nullable(),
  /** Null where the document does not say. */
  findings: z.array(Finding).nullable(),
  quorum: Quorum,
  /** All decisions on all revisions, oldest first. */
  decisions: z.array(Decision),
  activations: z.array(Activation),
  /** The newest of exactly this revision in each place. */
  rehearsals: z.array(Rehearsal),
  revisions: z.array(
    z.object({
      revision: z.int(),
      manifest_hash: Sha256,
      staged_at: Time,
      withdrawn_by: z.string().nullable(),
      withdrawn_because: z.string().nullable(),
    }),
  ),
  /** As `diff -u` prints it, to the last revision that the caller decided on, else to the one before. */
  difference: z.object({ revision: z.int(), you_decided: z.boolean(), lines: z.array(z.string()) }).nullable(),
  /** What `activate` would refuse now, of which it names the first. */
  refusals: z.array(
    z.object({ code: z.string(), message: z.string(), hint: z.string(), lacking: z.string().nullable() }),
  ),
  rollback: z.object({ steps: z.int(), with_rollback: z.int(), snapshot: z.boolean() }),
  warnings: z.array(z.object({ warning: z.string(), text: z.string() })),
})
export type ReviewData = z.output<typeof ReviewData>
