// Random choices that a seed repeats: mulberry32, whose whole state is one number.

export type Random = {
  /** Below `bound`. */
  int(bound: number): number
  chance(share: number): boolean
  /** One of them; undefined of none. */
  pick<T>(items: readonly T[]): T | undefined
  /** One of a list that is never empty. */
  one<T>(...items: readonly [T, ...T[]]): T
  /** At least one of them, in their order; none of none. */
  some<T>(items: readonly T[]): T[]
  shuffled<T>(items: readonly T[]): T[]
}

/** The seed is any text: that of an episode is `seed/episode`, so that one can be repeated without those before it. */
export function randomOf(seed: string): Random {
  let state = 0
  for (const character of seed) state = (Math.imul(state, 31) + character.charCodeAt(0)) | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const self: Random = {
    int: (bound) => Math.floor(next() * bound),
    chance: (share) => next() < share,
    pick: (items) => items[self.int(items.length)],
    one: (...items) => items[self.int(items.length)] ?? items[0],
    some(items) {
      const chosen = items.filter(() => self.chance(0.5))
      const one = self.pick(items)
      return chosen.length > 0 || one === undefined ? chosen : [one]
    },
    shuffled(items) {
      const result = [...items]
      for (let i = result.length - 1; i > 0; i--) {
        const j = self.int(i + 1)
        const [a, b] = [result[i] as (typeof result)[0], result[j] as (typeof result)[0]]
        result[i] = b
        result[j] = a
      }
      return result
    },
  }
  return self
}
