export function up(pgm) {
  pgm.createType({ schema: 'shop', name: 'order_state' }, ['open', 'paid'])
  pgm.createTable({ schema: 'shop', name: 'customers' }, { id: 'id', name: { type: 'text', notNull: true } })
  pgm.createTable(
    { schema: 'shop', name: 'orders' },
    {
      id: 'id',
      customer_id: { type: 'integer', notNull: true, references: { schema: 'shop', name: 'customers' } },
      state: { type: 'shop.order_state', notNull: true, default: 'open' },
      total: { type: 'numeric', notNull: true, check: 'total >= 0' },
    },
  )
  pgm.createIndex({ schema: 'shop', name: 'orders' }, 'customer_id')
  pgm.createFunction(
    { schema: 'shop', name: 'open_orders' },
    [],
    { returns: 'bigint', language: 'sql', behavior: 'STABLE' },
    `select count(*) from shop.orders where state = 'open'`,
  )
  pgm.createView({ schema: 'shop', name: 'recent' }, {}, 'select id, customer_id from shop.orders order by id desc')
}

export function down(pgm) {
  pgm.dropView({ schema: 'shop', name: 'recent' })
  pgm.dropFunction({ schema: 'shop', name: 'open_orders' }, [])
  pgm.dropTable({ schema: 'shop', name: 'orders' })
  pgm.dropTable({ schema: 'shop', name: 'customers' })
  pgm.dropType({ schema: 'shop', name: 'order_state' })
}
