import { z } from 'zod'

export const SaleError = z.object({ detail: z.string(), hint: z.string() })
export type SaleError = z.output<typeof SaleError>
