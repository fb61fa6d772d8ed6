// What a manifest of another kind than sql holds instead of text.
import { z } from 'zod'
import { Explanation } from './explanation.ts'
import { PointerChange } from './pointer-change.ts'
import { PolicyDocument } from './policy-document.ts'
import { PrincipalChange } from './principal-change.ts'
import { Protection } from './protection.ts'

/** The migration that is taken back, by its activation; what undoes it, where that is not text. */
const Rollback = z.object({
  migration_id: z.string(),
  activation_id: z.int(),
  reason: z.string(),
  kind: z.enum(['sql', 'attended', 'policy', 'principal', 'pointer', 'protect']),
  payload: z.union([PolicyDocument, PrincipalChange, PointerChange, Protection]).optional(),
})

export const MigrationPayload = z.union([
  PolicyDocument,
  PrincipalChange,
  PointerChange,
  Explanation,
  Protection,
  Rollback,
])
export type MigrationPayload = z.output<typeof MigrationPayload>
