import { z } from 'zod'

const rows = () => z.int().nonnegative()

/** Rows written by catalog or table: `{"pg_class":{"inserted":0,"updated":1,"deleted":0}}`. */
export const WriteTally = z.record(z.string(), z.object({ inserted: rows(), updated: rows(), deleted: rows() }))
export type WriteTally = z.output<typeof WriteTally>
