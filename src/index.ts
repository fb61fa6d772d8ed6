// The public surface: generated callers, the errors and shapes they use, and what a script needs around them.
export * from '../generated/index.ts'
export type { CallOptions, Queryable } from './call.ts'
export { startEmbedded } from './embedded.ts'
export {
  type ErrorReport,
  ExecutionFailed,
  LevelbError,
  OutcomeUnknown,
  ReadbackMismatch,
  UnexpectedResult,
} from './errors.ts'
export { type Installation, InstallError, install } from './install.ts'
export { MigrationDocument } from './json/migration-document.ts'
export { PolicyDocument } from './json/policy-document.ts'
export { Principals } from './json/principals.ts'
export { type Finding, lint } from './lint/lint.ts'
export { type Migration, MigrationFileError, readMigration } from './migration.ts'
export type { Connection, OwnConnectionOptions } from './own-connection.ts'
