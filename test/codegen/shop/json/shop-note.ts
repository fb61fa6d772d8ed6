import { z } from 'zod'

export const ShopNote = z.object({ text: z.string(), count: z.int(), snake_case: z.array(z.string()).optional() })
export type ShopNote = z.output<typeof ShopNote>
