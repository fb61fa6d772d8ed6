// How a value of TypeScript travels. Every parameter is sent as text and cast by the server, and every result that
// drivers disagree on is read as text: a client's own parsers, serialisers and transforms then change nothing.
// (A driver given a timestamptz string makes a Date of it and drops the microseconds; a Date reads back the same way.)
import { z } from 'zod'
import { arrayItems, arrayLiteral } from './array-text.ts'
import { stringify } from './stringify.ts'

const instantShape = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/

/** A moment in UTC with all the microseconds that PostgreSQL keeps: `2026-11-02T08:15:00.123456Z`. */
export const Instant = /* @__PURE__ */ (() => z.string().regex(instantShape).brand<'Instant'>())()
export type Instant = z.output<typeof Instant>

/** Position in the write-ahead log, as PostgreSQL prints it: `0/1A2B3C4D`. */
export const Lsn = /* @__PURE__ */ (() => z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/))()

/** int8 and xid8: a number would be rounded above 2^53. */
export const Int8 = /* @__PURE__ */ (() =>
  z.union([
    z.bigint(),
    z
      .string()
      .regex(/^-?\d{1,20}$/)
      .transform((digits) => BigInt(digits)),
  ]))()

/** bytea; a driver's Buffer is one. */
export const Bytes = /* @__PURE__ */ (() => z.instanceof(Uint8Array))()

const parsed = (value: string, context: z.RefinementCtx): unknown => {
  try {
    return JSON.parse(value)
  } catch {
    context.addIssue({ code: 'custom', message: 'not JSON' })
    return z.NEVER
  }
}

/** jsonb, read as text so that a driver's parser cannot camel-case its keys. */
export const Json = <S extends z.ZodType>(schema: S) => z.string().transform(parsed).pipe(schema)

/** text[], read as text: drivers give the string "NULL" for a NULL element. */
export const List = <S extends z.ZodType>(item: S) =>
  z
    .string()
    .transform((literal, context) => {
      const items = arrayItems(literal)
      if (items === undefined) context.addIssue({ code: 'custom', message: 'not a one-dimensional array' })
      return items ?? z.NEVER
    })
    // An element may be null until the item's schema refuses it, as all but nullable ones do.
    .pipe(z.array(item) as unknown as z.ZodType<z.output<S>[], (string | null)[]>)

function refuse(place: string, wanted: string, value: unknown): never {
  throw new TypeError(`${place} must be ${wanted}, not ${value === null ? 'null' : typeof value}`)
}

export function text(value: string, place: string): string {
  if (typeof value !== 'string') refuse(place, 'a string', value)
  // Encoding would replace it silently, and the database would then hash another text.
  if (/\p{Surrogate}/u.test(value)) throw new TypeError(`${place} holds half of a surrogate pair`)
  return value
}

export function bool(value: boolean, place: string): string {
  return typeof value === 'boolean' ? String(value) : refuse(place, 'a boolean', value)
}

export function int4(value: number, place: string): string {
  return Number.isInteger(value) ? String(value) : refuse(place, 'an integer', value)
}

export function int8(value: bigint, place: string): string {
  return typeof value === 'bigint' ? String(value) : refuse(place, 'a bigint', value)
}

export function bytes(value: Uint8Array, place: string): string {
  if (!(value instanceof Uint8Array)) refuse(place, 'a Uint8Array', value)
  return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`
}

export function instant(value: Instant | Date, place: string): string {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
  return Instant.safeParse(value).success ? String(value) : refuse(place, 'a Date or an Instant', value)
}

export function json(value: unknown, place: string): string {
  return stringify(value, place)
}

export function list(value: readonly string[], place: string): string {
  if (!Array.isArray(value)) refuse(place, 'an array', value)
  return arrayLiteral(value.map((item, index) => text(item, `${place}[${index}]`)))
}

/** SQL NULL for null, else the encoded value. */
export function nullable<T>(
  encode: (value: T, place: string) => string,
  value: T | null,
  place: string,
): string | null {
  return value === null ? null : encode(value, place)
}
