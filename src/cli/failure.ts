// How a command fails: what, why, the next step, and an exit code. Never a stack, never a secret.
import { CommanderError } from 'commander'
import { z } from 'zod'
import { EmbeddedUnavailable } from '../embedded.ts'
import { InstallError } from '../install.ts'
import { shown } from '../shown.ts'

/** 1 refused or failed, 2 usage, 3 cannot connect. 0 is done. */
export type Exit = 1 | 2 | 3

/** What `--json` prints on standard output in place of the result. */
export const FailureOutput = z.object({
  error: z.object({
    what: z.string(),
    why: z.string().nullable(),
    next: z.string().nullable(),
    /** SQLSTATE, or the operating system's code. */
    code: z.string().nullable(),
  }),
})
export type FailureOutput = z.infer<typeof FailureOutput>

export type FailureReport = {
  what: string
  why?: string | undefined
  next?: string | undefined
  code?: string | undefined
  /** Standard output has its line of JSON already: the result, of which this is the exit code. */
  answered?: boolean | undefined
}

export class Failure extends Error {
  override name = 'Failure'
  readonly report: FailureReport
  readonly exit: Exit

  constructor(exit: Exit, report: FailureReport) {
    super(report.what)
    this.exit = exit
    this.report = report
  }
}

export function usage(what: string, next: string): Failure {
  return new Failure(2, { what, next })
}

/** Codes of the system and of postgres.js that mean: there was no session, whatever was to be done in it. */
const noSession = new Set(
  'ECONNREFUSED ECONNRESET ENOTFOUND EAI_AGAIN ETIMEDOUT EHOSTUNREACH ENETUNREACH EPIPE ENOENT CONNECT_TIMEOUT CONNECTION_CLOSED CONNECTION_ENDED CONNECTION_DESTROYED SASL_SIGNATURE_MISMATCH'.split(
    ' ',
  ),
)

/** SQLSTATEs of a refused session: connection exceptions, authorisation, no such database, too many, starting up. */
const refusedSession = /^(08...|28...|3D000|53300|57P03)$/

/** Turns whatever a command threw into a Failure. `program` is what was called, `levelb check`. */
export function explain(error: unknown, program = 'levelb'): Failure {
  if (error instanceof Failure) return error
  if (error instanceof CommanderError) return usage(error.message.replace(/^error: /, ''), `${program} --help`)
  if (error instanceof EmbeddedUnavailable) return new Failure(1, { what: error.message })
  if (error instanceof InstallError) {
    return new Failure(1, { what: error.message, next: error.hint, code: error.code })
  }
  const { code, message, hint } = error as { code?: unknown; message?: unknown; hint?: unknown }
  const known = typeof code === 'string' ? code : undefined
  const said = text(message) ?? String(error)
  if (known && (noSession.has(known) || refusedSession.test(known))) {
    return new Failure(3, {
      what: 'cannot connect',
      why: said,
      next: 'check --url, LEVELB_URL or PGHOST, PGUSER, …',
      code: known,
    })
  }
  return new Failure(1, { what: said, next: text(hint), code: known })
}

/** Standard error gets the words; with --json standard output gets one line too. */
export function print(failure: Failure, json: boolean): void {
  const { what, why, next, code } = failure.report
  const lines = [`levelb: ${what}`, why && `  why:  ${why}`, next && `  next: ${next}`]
  process.stderr.write(`${lines.filter(Boolean).map(withoutSecrets).map(spelled).join('\n')}\n`)
  if (!json || failure.report.answered === true) return
  const given = (value: string | undefined) => (value === undefined ? null : withoutSecrets(value))
  const output = { error: { what: withoutSecrets(what), why: given(why), next: given(next), code: code ?? null } }
  process.stdout.write(`${JSON.stringify(FailureOutput.parse(output))}\n`)
}

/** Of a message in several lines none begins like one of levelb's. */
const spelled = (text: string) => text.split('\n').map(shown).join('\n        ')

/** Passwords inside URLs, and `password=…` of connection strings. */
function withoutSecrets(value: string | undefined | false): string {
  return String(value)
    .replace(/(:\/\/[^\s:@/]*:)[^\s@]*@/g, '$1***@')
    .replace(/(password\s*=\s*)('[^']*'|\S+)/gi, '$1***')
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
