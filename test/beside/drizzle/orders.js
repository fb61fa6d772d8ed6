import { sql } from 'drizzle-orm'
import { bigint, bigserial, check, index, numeric, pgSchema, text } from 'drizzle-orm/pg-core'

export const shop = pgSchema('shop')

export const orderState = shop.enum('order_state', ['open', 'paid'])

export const customers = shop.table('customers', {
  id: bigserial({ mode: 'bigint' }).primaryKey(),
  name: text().notNull(),
})

export const orders = shop.table(
  'orders',
  {
    id: bigserial({ mode: 'bigint' }).primaryKey(),
    customerId: bigint('customer_id', { mode: 'bigint' })
      .notNull()
      .references(() => customers.id),
    state: orderState().notNull().default('open'),
    total: numeric().notNull(),
  },
  (table) => [index('orders_customer').on(table.customerId), check('total_positive', sql`${table.total} >= 0`)],
)
