// A policy document. Judges like levelb._check_policy, which has the last word and fills in the defaults.
import { z } from 'zod'
import { choice, classes, list } from './lists.ts'
import { identifier, name, role, text } from './text.ts'

const units = { ms: 1, s: 1000, second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/** Milliseconds of `500 ms`, `2s`, `30 minutes`, `7 days`; undefined when it is no such text. A day is 24 hours. */
export function intervalMs(value: string): number | undefined {
  const found = /^([1-9]\d{0,8}) ?(?:(ms|s|second|minute|hour|day)|(second|minute|hour|day)s)$/.exec(value)
  const unit = (found?.[2] ?? found?.[3]) as keyof typeof units | undefined
  return unit === undefined ? undefined : Number(found?.[1]) * units[unit]
}

const interval = (lowest: string, highest: string) =>
  z
    .string()
    .superRefine((value, context) => {
      const ms = intervalMs(value)
      if (ms === undefined) {
        context.addIssue({
          code: 'custom',
          message: `must be a number and one of ms, s, seconds, minutes, hours, days, for instance "${highest}"`,
        })
      } else if (ms < (intervalMs(lowest) ?? 0) || ms > (intervalMs(highest) ?? 0)) {
        context.addIssue({ code: 'custom', message: `must be from ${lowest} to ${highest}` })
      }
    })
    .nullish()

/** What of readiness a policy may waive: `event_triggers` is item guard, the others are called as the item. */
export const waivable = ['event_triggers', 'foreign_event_triggers', 'minor_version'] as const

const isMissing = (value: unknown) => (value ?? null) === null

const count = (most = 50) => z.int().min(1).max(most)

const QuorumRule = z
  .strictObject({
    classes: list(choice(classes), 1, 10).nullish(),
    schemas: list(identifier(), 1, 1000).nullish(),
    approvals: count().nullish(),
    groups: z
      .record(name(), count())
      .refine((groups) => Object.keys(groups).length > 0, { error: 'is empty; name a group' })
      .nullish(),
  })
  .superRefine((rule, context) => {
    if (isGeneral(rule) && isMissing(rule.approvals)) {
      context.addIssue({ code: 'custom', path: ['approvals'], message: 'is required' })
    } else if (isMissing(rule.approvals) && isMissing(rule.groups)) {
      context.addIssue({ code: 'custom', message: 'asks for nothing; write approvals or groups' })
    }
  })

const isGeneral = (rule: { classes?: unknown; schemas?: unknown }) => isMissing(rule.classes) && isMissing(rule.schemas)

/** In an identity, * stands for any text. */
const Expected = z.strictObject({
  class: choice(classes.filter((name) => name !== 'governance')),
  object_type: text(200).nullish(),
  identity: text(1000).refine((pattern) => !/^[* ]*$/.test(pattern), {
    error: 'would expect everything; write a part of the name before or after *',
  }),
  attribute: text(200).nullish(),
  reason: text(2000, true),
})

export const PolicyDocument = z.strictObject({
  name: text(200),
  cluster: choice(['govern', 'ignore']).nullish(),
  quorum: z
    .array(QuorumRule)
    .min(1)
    .max(1000)
    .refine((rules) => rules.some(isGeneral), { error: 'needs a rule without classes and schemas' }),
  approval: z
    .strictObject({
      ttl: interval('1 minute', '90 days'),
      signature: choice(['off'], ['required', 'optional']).nullish(),
    })
    .nullish(),
  rehearsal: z
    .strictObject({
      required: choice(['none', 'sandbox', 'live']).nullish(),
      /** How long a live rehearsal may take, in seconds; timeouts.statement when it is left out. */
      max_seconds: count(600).nullish(),
      /** How long it may keep others waiting; 2 s when it is left out. */
      max_hold: interval('1 ms', '60 s'),
    })
    .nullish(),
  effects: choice(['exact', 'classes']).nullish(),
  /** What an activation does about changes that came past the channel; refuse when it is left out. */
  drift: choice(['refuse', 'record', 'off']).nullish(),
  /** Drift that is normal life: listed, never refusing. */
  expected: z.array(Expected).max(100).nullish(),
  rollback: z
    .strictObject({
      required: z.boolean().nullish(),
      /** Left out, a rollback needs the quorum of its effects. */
      approvals: count().nullish(),
      /** How long the approvals of a migration stand for its rollback too. */
      preapproved_for: interval('1 minute', '30 days'),
    })
    .nullish(),
  timeouts: z.strictObject({ lock: interval('1 ms', '60 s'), statement: interval('1 ms', '24 hours') }).nullish(),
  break_glass: z.strictObject({ logins: list(role(), 1, 100), minutes: count(1440).nullish() }),
  waive: list(choice(waivable, ['secrets']), 0, 10).nullish(),
})
export type PolicyDocument = z.output<typeof PolicyDocument>
