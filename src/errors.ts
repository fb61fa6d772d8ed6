// Every error of levelb in TypeScript is one class per SQLSTATE (generated/errors.ts) over the base of this module.

/** What a server report, or the row of a recorded refusal, says. */
export interface ErrorReport {
  readonly message: string
  /** DETAIL: levelb writes one JSON object there. */
  readonly detail?: unknown
  readonly hint?: string | undefined
  /** The row that records a refused or failed call, where the call returned one. */
  readonly row?: unknown
  readonly cause?: unknown
}

/** What a class of errors has in common: `{ name: 'QuorumNotMet', code: 'LB204', retryable: false }`. */
export interface ErrorIdentity {
  readonly name: string
  readonly code: string
  readonly retryable: boolean
}

/** Classes by SQLSTATE; each generated caller has its own, so that a bundler drops the classes no call raises. */
export type ErrorTable = Readonly<Record<string, new (report: ErrorReport) => LevelbError>>

export class LevelbError extends Error {
  /** SQLSTATE: LBnnn, or the server's own where a step failed. */
  readonly code: string
  readonly detail: unknown
  /** The next step, one sentence. */
  readonly hint: string | undefined
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean
  declare readonly row: unknown

  constructor(report: ErrorReport, identity: ErrorIdentity) {
    super(report.message, report.cause === undefined ? undefined : { cause: report.cause })
    this.code = identity.code
    this.detail = report.detail
    this.hint = report.hint
    this.retryable = identity.retryable
    // Not enumerable: logs and `console.log(error)` show what to do, not a page of recorded state; and a minifier
    // would change a name taken from the class.
    Object.defineProperty(this, 'row', { value: report.row, enumerable: false })
    Object.defineProperty(this, 'name', { value: identity.name, enumerable: false })
  }
}

/** A step of the activation ended with an error of PostgreSQL's own, or of the team's code; `row` is its record. */
export class ExecutionFailed extends LevelbError {
  constructor(report: ErrorReport, code: string) {
    super(report, { name: 'ExecutionFailed', code, retryable: false })
  }
}

/** The connection broke while the call ran: PostgreSQL may have committed it, or not. */
export class OutcomeUnknown extends LevelbError {
  constructor(report: ErrorReport) {
    super(report, { name: 'OutcomeUnknown', code: '08007', retryable: false })
  }
}

/** What another connection read after the commit is not what the call returned. */
export class ReadbackMismatch extends LevelbError {
  constructor(report: ErrorReport) {
    super(report, { name: 'ReadbackMismatch', code: 'LB306', retryable: false })
  }
}

/** The database answered in a shape that its own declarations exclude; outside a transaction the call took effect. */
export class UnexpectedResult extends LevelbError {
  constructor(report: ErrorReport) {
    super(report, { name: 'UnexpectedResult', code: 'LB901', retryable: false })
  }
}
