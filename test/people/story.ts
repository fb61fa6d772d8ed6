// One story of the company, told by every page that people read: two migrations, of which one is rejected, restaged and
// tried too early, and the other fails once.
import { documentOf, type Json, type World, world } from '../world.ts'

const step = (name: string, apply: string, rollback?: string): Json => ({
  name,
  apply,
  ...(rollback ? { rollback } : {}),
})

export async function tellStory(): Promise<World> {
  const w = await world()
  const reader = w.role('reader')
  const takeover = documentOf('', {
    title: 'Take the shop from its application',
    description:
      'The application owns every table of the shop and could drop them. From now on levelb_deploy owns orders and items, and the application keeps the rights that it uses.\n\nAgreed in the meeting of Monday.',
    change_ref: 'OPS-7',
    classes: ['acl', 'owner'],
    steps: [
      step(
        'own',
        `alter table shop.orders owner to levelb_deploy;\nalter table shop.items owner to levelb_deploy;`,
        `alter table shop.items owner to ${w.role('app')};\nalter table shop.orders owner to ${w.role('app')};`,
      ),
      step('keep', `grant select, insert on shop.orders, shop.items\n\tto ${w.role('app')};`),
    ],
  })
  await w.through('0001_take_shop', takeover)

  const report = (columns: string, more: Json = {}) =>
    documentOf('', {
      title: 'Let reporting read orders',
      description: 'For the monthly report.',
      depends_on: ['0001_take_shop'],
      steps: [
        step('usage', `grant usage on schema shop to ${reader};`, `revoke usage on schema shop from ${reader};`),
        step('select', `-- für den Bericht\ngrant select${columns} on shop.orders\nto ${reader};`),
      ],
      ...more,
    })
  await w.stage('0002_report', report(''))
  await w.approve('0002_report', ['bob'])
  await reject(w, '0002_report', 'dan', "The card number is nobody's business:\nname the columns.")
  const ann = await w.as('ann')
  const second = report(' (id, customer)', {
    classes: ['acl'],
    effects: [
      { class: 'acl', object_type: 'schema', identity: 'shop', attribute: reader, before: null, after: 'usage' },
      ...['id', 'customer'].map((column) => ({
        ...{ class: 'acl', object_type: 'table column', identity: `shop.orders.${column}`, attribute: reader },
        ...{ before: null, after: 'select' },
      })),
    ],
  })
  await ann`select * from levelb.restage('0002_report', ${ann.json(second as never)})`
  await w.approve('0002_report', ['carol'])
  await w.activate('0002_report')

  await w.stage(
    '0003_count',
    "do $$ begin raise exception 'card % is taken', (select card from shop.orders limit 1); end $$",
  )
  await w.approve('0003_count')
  await w.activate('0003_count')

  const [active] = await w.sql`select document from levelb.active_policy`
  const quorum = [
    { approvals: 2, groups: { dba: 1 } },
    { classes: ['role', 'governance'], approvals: 3, groups: { security: 1 } },
  ]
  await w.stage('0004_policy', {
    title: 'Three for roles and governance',
    description: 'As the auditors asked.',
    kind: 'policy',
    payload: { ...active?.document, quorum, timeouts: { lock: '3s', statement: '60s' } },
  })
  return w
}

export async function reject(w: World, id: string, by: string, reason: string): Promise<void> {
  const client = await w.as(by)
  const [row] =
    await w.sql`select manifest_hash from levelb.manifest where migration_id = ${id} order by revision desc limit 1`
  await client`select * from levelb.reject(${id}, ${row?.manifest_hash}, ${reason})`
}

/** The same story in every run: times, the suffix of the roles, the database, and the hashes of texts that hold them. */
export function told(w: World, text: string): string {
  const suffix = w.role('')
  return text
    .replaceAll(w.name, 'shop_database')
    .replaceAll(suffix, '')
    .replaceAll(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\dZ/g, '2026-11-22 12:00:00Z')
    .replaceAll(/[0-9a-f]{64}/g, '5ba7…')
}
