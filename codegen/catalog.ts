// The shape of introspect.sql's document, checked: a catalog that a later PostgreSQL changes fails here, by name.
import { z } from 'zod'

const Column = z.object({
  name: z.string(),
  type: z.string(),
  notNull: z.boolean(),
  comment: z.string().nullable(),
  checks: z.array(z.string()),
})
export type CatalogColumn = z.output<typeof Column>

const Type = z.object({
  schema: z.string(),
  name: z.string(),
  kind: z.string(),
  base: z.string(),
  element: z.string().nullable(),
  relation: z.string().nullable(),
  comment: z.string().nullable(),
  checks: z.array(z.string()),
  columns: z.array(Column),
})
export type CatalogType = z.output<typeof Type>

const Argument = z.object({
  name: z.string(),
  quoted: z.string(),
  mode: z.string(),
  type: z.string(),
  default: z.string().nullable(),
})
export type CatalogArgument = z.output<typeof Argument>

const Routine = z.object({
  schema: z.string(),
  name: z.string(),
  kind: z.string(),
  strict: z.boolean(),
  returnsSet: z.boolean(),
  returns: z.string(),
  comment: z.string().nullable(),
  variadic: z.boolean(),
  args: z.array(Argument),
})
export type CatalogFunction = z.output<typeof Routine>

const ErrorEntry = z.object({
  code: z.string().regex(/^LB\d{3}$/),
  name: z.string(),
  message: z.string(),
  hint: z.string(),
  retryable: z.boolean(),
})
export type CatalogError = z.output<typeof ErrorEntry>

export const Catalog = z.object({
  functions: z.array(Routine),
  types: z.record(z.string(), Type),
  errors: z.array(ErrorEntry),
})
export type Catalog = z.output<typeof Catalog>
