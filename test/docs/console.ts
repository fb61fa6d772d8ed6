// Runs the console blocks of a page as a reader would: psql sessions, with the logins and the database of this test.
import { readFileSync } from 'node:fs'

export type Session = {
  /** Login of `psql … -U login`; the superuser where none is named. */
  login: string | undefined
  /** Each statement after an app=> prompt, with the lines printed under it. */
  calls: { statement: string; output: string[] }[]
}

/** Fenced blocks of one language, in order. */
export function blocks(page: URL, language: string): string[] {
  const text = readFileSync(page, 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    (match) => match[1] ?? '',
  )
}

export function sessions(console: string): Session[] {
  const found: Session[] = []
  let open: string[] | undefined
  for (const line of console.split('\n')) {
    const started = /^\$ psql \S+(?: -U (\w+))?\s*(?:#.*)?$/.exec(line)
    const prompt = /^app=> (.*)$/.exec(line)
    const session = found.at(-1)
    if (started) {
      found.push({ login: started[1], calls: [] })
    } else if (prompt) {
      if (!session) found.push({ login: undefined, calls: [] })
      found.at(-1)?.calls.push({ statement: prompt[1] ?? '', output: [] })
      open = complete(prompt[1]) ? undefined : []
    } else if (open) {
      const call = session?.calls.at(-1)
      if (call) call.statement += `\n${line}`
      if (complete(line)) open = undefined
    } else if (line.trim() !== '' && !line.startsWith('$')) {
      session?.calls.at(-1)?.output.push(line.trim())
    }
  }
  return found
}

function complete(line: string | undefined): boolean {
  return line?.trimEnd().endsWith(';') ?? false
}
