// What the generator does not take is refused by name, with the fix; all of it at once, so that one run is one list.

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly place: string
  readonly fix: string

  constructor(place: string, problem: string, fix: string) {
    super(`${place}: ${problem}\n  fix: ${fix}`)
    this.place = place
    this.fix = fix
  }
}

export class Refusals extends Error {
  override readonly name = 'Refusals'
  readonly refusals: readonly Refusal[]

  constructor(refusals: readonly Refusal[]) {
    super(refusals.map(({ message }) => message).join('\n'))
    this.refusals = refusals
  }
}

export function refuse(place: string, problem: string, fix: string): never {
  throw new Refusal(place, problem, fix)
}

/** Collects refusals while the rest of the model is still built. */
export interface Attempts {
  /** The value, or undefined where it was refused. */
  readonly attempt: <T>(make: () => T) => T | undefined
  /** Throw what was collected. */
  readonly settle: () => void
}

export function attempts(): Attempts {
  const collected = new Map<string, Refusal>()
  return {
    attempt: (make) => {
      try {
        return make()
      } catch (error) {
        if (error instanceof Refusals) for (const refusal of error.refusals) collected.set(refusal.message, refusal)
        else if (error instanceof Refusal) collected.set(error.message, error)
        else throw error
        return undefined
      }
    },
    settle: () => {
      if (collected.size > 0) throw new Refusals([...collected.values()])
    },
  }
}
