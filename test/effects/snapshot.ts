// Activate, take back with psql, compare everything.
import { expect } from 'vitest'
import { type World, world } from '../world.ts'
import { failure, runAccepting } from './effects.ts'
import { takeBack } from './state.ts'
import { wholeState } from './whole-state.ts'

export type Studio = {
  w: World
  /** Activates `text` over a fresh schema S, takes it back, expects the state from before; returns the snapshot. */
  thereAndBack(text: string): Promise<string>
  /** The snapshot of `text` and the state before and after it ran, where the two differ. */
  takenBack(text: string): Promise<{ snapshot: string; before: string[]; after: string[] }>
}

/** One company, whose login app makes these objects in a schema of its own for each text. S, reader! and app! are replaced. */
export async function studio(objects: string): Promise<Studio> {
  const w = await world()
  const app = w.role('app')
  let made = 0
  await w.sql.unsafe(`grant create on database ${w.name} to levelb_deploy, ${app}`)

  const takenBack = async (text: string) => {
    made += 1
    const name = `s${made}`
    const own = (sql: string) =>
      sql
        .replaceAll(/\bS(?=\b|_)/g, name)
        .replaceAll('reader!', w.role('reader'))
        .replaceAll('app!', app)
    await w.sql.unsafe(`set role ${app}; ${own(objects)}; grant all on schema ${name} to levelb_deploy; reset role`)
    const before = await wholeState(w.sql)
    const proof = await runAccepting(w, own(text))
    expect(failure(proof)).toEqual({ outcome: 'activated', code: null, detail: null })
    expect(await wholeState(w.sql)).not.toEqual(before)
    await takeBack(w.url, proof)
    const after = await wholeState(w.sql)
    await w.sql.unsafe(own('drop schema S cascade'))
    return { snapshot: String(proof.rollback_snapshot), before, after }
  }
  return {
    w,
    takenBack,
    async thereAndBack(text) {
      const { snapshot, before, after } = await takenBack(text)
      expect(after, snapshot).toEqual(before)
      return snapshot
    },
  }
}
