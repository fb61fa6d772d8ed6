// What a check found, in the words that its page and its markdown share.
import type { RehearsalWarnings } from '../json/rehearsal-warnings.ts'
import type { RehearsedLocks } from '../json/rehearsed-locks.ts'
import type { Checked } from './check.ts'

/** `0.04`, `1.2`, `340`: what can be told apart. */
export function milliseconds(value: number): string {
  return value < 10 ? String(Number(value.toPrecision(2))) : String(Math.round(value))
}

export function heldInWords({ table, mode, blocks, milliseconds: ms, bytes }: RehearsedLocks[number]): string {
  return `${spelled(mode)} on ${table} (${sizeOf(bytes)} here) for ${milliseconds(ms)} ms: ${blocks} wait`
}

/** `AccessExclusiveLock` is ACCESS EXCLUSIVE in SQL. */
const spelled = (mode: string) =>
  mode
    .replace(/Lock$/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase()

const sizeOf = (bytes: number) => (bytes < 10_240 ? `${bytes} bytes` : `${Math.round(bytes / 1024)} kB`)

export function rollbackInWords(one: Checked): string {
  if (one.effects === null) return ''
  if (one.rollback_restored === null) return 'not tried'
  return one.rollback_restored ? 'restores the state from before' : 'does not restore the state from before'
}

export function warningInWords({ kind, detail }: RehearsalWarnings[number]): string {
  return `${kind}: ${Array.isArray(detail) ? detail.join(', ') : JSON.stringify(detail)}`
}

export function placeOf({ file, field, line, column }: Checked['findings'][number]): string {
  return line === null ? `${file}: ${field}:` : `${file}:${line}:${column}:`
}
