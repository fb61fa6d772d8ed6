import { desc, sql } from 'drizzle-orm'
import { bigint, bigserial, check, index, numeric, pgSchema, text } from 'drizzle-orm/pg-core'

export const shop = pgSchema('shop')

export const orderState = shop.enum('order_state', ['open', 'paid', 'shipped'])

export const customers = shop.table('customers', {
  id: bigserial({ mode: 'bigint' }).primaryKey(),
  name: text().notNull(),
  email: text(),
})

export const orders = shop.table(
  'orders',
  {
    id: bigserial({ mode: 'bigint' }).primaryKey(),
    customerId: bigint('customer_id', { mode: 'bigint' })
      .notNull()
      .references(() => customers.id),
    state: orderState().notNull().default('open'),
    total: numeric({ precision: 12, scale: 2 }).notNull(),
    note: text(),
  },
  (table) => [
    index('orders_customer').on(table.customerId),
    index('orders_note').on(table.note),
    check('total_positive', sql`${table.total} >= 0`),
  ],
)

export const recent = shop
  .view('recent')
  .as((query) => query.select({ id: orders.id, note: orders.note }).from(orders).orderBy(desc(orders.id)).limit(10))
