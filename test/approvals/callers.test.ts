// The typed callers reach their verbs, the direct ones included, and say in their own words what is refused.
import { expect, test } from 'vitest'
import { activate } from '../../generated/activate.ts'
import { approve } from '../../generated/approve.ts'
import { decisionText } from '../../generated/decision-text.ts'
import { AlreadyActivated, HashMismatch, QuorumNotMet, Rejected, SelfApproval } from '../../generated/errors.ts'
import { quorum } from '../../generated/quorum.ts'
import { reject } from '../../generated/reject.ts'
import { restage } from '../../generated/restage.ts'
import { revoke } from '../../generated/revoke.ts'
import { stage } from '../../generated/stage.ts'
import { withdraw } from '../../generated/withdraw.ts'
import { documentOf, world } from '../world.ts'

const migrationId = '0001_typed'
const document = documentOf('grant select on shop.orders to public') as Parameters<typeof stage>[1]['document']

test('a migration goes from stage to a committed proof by typed callers alone', async () => {
  const there = await world()
  const [ann, bob, carol, olga] = await Promise.all([
    there.as('ann'),
    there.as('bob'),
    there.as('carol'),
    there.urlOf('olga'),
  ])
  await stage(ann, { migrationId, document })
  const { manifestHash, revision } = await restage(ann, { migrationId, document })
  expect(revision).toBe(2)
  expect(await decisionText(bob, { migrationId, reason: 'read' })).toMatch(/^levelb decision v1\n/)

  await approve(bob, { migrationId, manifestHash, reason: 'read', expiresAt: new Date(Date.now() + 60_000) })
  await expect(activate(olga, { migrationId })).rejects.toThrow(QuorumNotMet)
  await reject(carol, { migrationId, manifestHash, reason: 'not yet' })
  await expect(activate(olga, { migrationId })).rejects.toThrow(Rejected)
  await revoke(carol, { migrationId, reason: 'now' })
  await approve(carol, { migrationId, manifestHash })
  expect(await quorum(bob, { migrationId })).toMatchObject({ met: true, approvalsMet: 2, missing: '' })

  expect(await activate(olga, { migrationId })).toMatchObject({ outcome: 'activated', revision: 2 })
  await expect(withdraw(ann, { migrationId, reason: 'too late' })).rejects.toThrow(AlreadyActivated)
})

test('a refusal is an error of its own class, with its detail', async () => {
  const there = await world()
  const [arno, bob] = [await there.as('arno'), await there.as('bob')]
  const { manifestHash } = await stage(arno, { migrationId, document })
  await expect(approve(arno, { migrationId, manifestHash })).rejects.toThrow(SelfApproval)
  const error = await approve(bob, { migrationId, manifestHash: new Uint8Array(32) }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(HashMismatch)
  expect(error).toMatchObject({ detail: { given: '00'.repeat(32), staged: Buffer.from(manifestHash).toString('hex') } })
  expect(await withdraw(arno, { migrationId, reason: 'a mistake' })).toMatchObject({ migrationId, revision: 1 })
})
