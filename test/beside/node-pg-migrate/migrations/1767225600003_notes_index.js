export function up(pgm) {
  pgm.noTransaction()
  pgm.createIndex({ schema: 'shop', name: 'orders' }, 'note', { concurrently: true })
}

export function down(pgm) {
  pgm.noTransaction()
  pgm.dropIndex({ schema: 'shop', name: 'orders' }, 'note', { concurrently: true })
}
