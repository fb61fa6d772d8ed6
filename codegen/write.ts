// The only side effect of the generator.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Difference, differences } from './difference.ts'
import type { Files } from './layout.ts'

/** Make `folder` hold exactly `files`; returns what was not as it should be. Untouched files keep their time. */
export function write(folder: string, files: Files): Difference[] {
  const changed = differences(folder, files)
  mkdirSync(folder, { recursive: true })
  for (const { kind, file } of changed) {
    if (kind === 'extra') rmSync(join(folder, file))
    else writeFileSync(join(folder, file), files.get(file) ?? '')
  }
  return changed
}
