// One row per type that may cross the border: how it is sent, read and called. A type without a row is refused.

export interface TypeRow {
  /** Type of an argument. */
  readonly argument: string
  /** Encoder of src/codec.ts, which makes the text that is sent. */
  readonly encoder: string
  /** Zod expression for a result; codec.* are of src/codec.ts. */
  readonly schema: string
  /** How the column is selected: as it is, as text, or in UTC to the microsecond. */
  readonly select: 'plain' | 'text' | 'instant'
  /** OID of what the statement must then describe. */
  readonly described: number
}

const oid = { bool: 16, bytea: 17, int4: 23, text: 25 }

export const typeMap = {
  text: { argument: 'string', encoder: 'text', schema: 'z.string()', select: 'plain', described: oid.text },
  bool: { argument: 'boolean', encoder: 'bool', schema: 'z.boolean()', select: 'plain', described: oid.bool },
  int4: { argument: 'number', encoder: 'int4', schema: 'z.int()', select: 'plain', described: oid.int4 },
  int8: { argument: 'bigint', encoder: 'int8', schema: 'codec.Int8', select: 'text', described: oid.text },
  xid8: { argument: 'bigint', encoder: 'int8', schema: 'codec.Int8', select: 'text', described: oid.text },
  pg_lsn: { argument: 'string', encoder: 'text', schema: 'codec.Lsn', select: 'text', described: oid.text },
  bytea: { argument: 'Uint8Array', encoder: 'bytes', schema: 'codec.Bytes', select: 'plain', described: oid.bytea },
  timestamptz: {
    argument: 'codec.Instant | Date',
    encoder: 'instant',
    schema: 'codec.Instant',
    select: 'instant',
    described: oid.text,
  },
} as const satisfies Record<string, TypeRow>

export type BaseName = keyof typeof typeMap

export const isBase = (name: string): name is BaseName => Object.hasOwn(typeMap, name)

/** What to do instead of a type without a row. */
export const instead: Readonly<Record<string, string>> = {
  jsonb: 'name its schema: @json <Schema>',
  json: 'use jsonb with @json <Schema>',
  interval: 'use int4 or int8 with the unit in the name, for instance timeout_ms',
  timestamp: 'use timestamptz',
  date: 'use timestamptz or text',
  numeric: 'use int8, or text with the digits',
  int2: 'use int4',
  float4: 'use int4, int8 or text',
  float8: 'use int4, int8 or text',
  oid: 'use int8 or the name of the object',
  name: 'cast to text',
  uuid: 'use text',
  varchar: 'use text',
  bpchar: 'use text',
  inet: 'use text: pg_catalog.host(…)',
  record: 'return a named composite: create type … as (…)',
}
