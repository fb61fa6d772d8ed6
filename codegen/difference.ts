// What a folder holds against what it should hold, byte by byte. Inputs are not compared: an edited output would pass.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import type { Files } from './layout.ts'
import { byCodePoint } from './names.ts'

export interface Difference {
  readonly kind: 'missing' | 'extra' | 'different'
  readonly file: string
  /** Unified diff from the file on disk to the generated one. */
  readonly patch: string
}

export function differences(folder: string, files: Files): Difference[] {
  const present = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : []
  const names = [...new Set([...present, ...files.keys()])].sort(byCodePoint)
  return names.flatMap((file): Difference[] => {
    const wanted = files.get(file)
    const found = present.includes(file) ? readFileSync(join(folder, file), 'utf8') : undefined
    if (wanted === found) return []
    const kind = found === undefined ? 'missing' : wanted === undefined ? 'extra' : 'different'
    const patch = createTwoFilesPatch(`on disk/${file}`, `generated/${file}`, found ?? '', wanted ?? '', '', '', {
      context: 2,
    })
    return [{ kind, file, patch }]
  })
}
