// The quorum as a person would explain it, to judge the database by.

export type Slot = {
  principal: string
  person: string
  groups: readonly string[]
  decision: 'approve' | 'reject' | 'revoke' | 'none'
}

export type Judgement = { approvals: number; groups: Record<string, number>; rejected: string[]; met: boolean }

/** Each slot's last decision; neither the author nor the operator counts, and a person counts once. */
export function judge(slots: readonly Slot[], author: string, operator: string, needed: Needed): Judgement {
  const counted = slots.filter((s) => s.decision === 'approve' && s.person !== author && s.person !== operator)
  const persons = (some: readonly Slot[]) => new Set(some.map((s) => s.person)).size
  const groups = Object.fromEntries(
    Object.keys(needed.groups).map((name) => [name, persons(counted.filter((s) => s.groups.includes(name)))]),
  )
  const rejected = slots.filter((s) => s.decision === 'reject').map((s) => s.principal)
  const enough = Object.entries(needed.groups).every(([name, count]) => (groups[name] ?? 0) >= count)
  const approvals = persons(counted)
  return { approvals, groups, rejected, met: approvals >= needed.approvals && enough && rejected.length === 0 }
}

export type Needed = { approvals: number; groups: Record<string, number> }
