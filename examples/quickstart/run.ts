// The main job, from files to committed proofs, on a throw-away server:
//   npm run quickstart [-- --json] [-- --policy FILE]
// Read it as an operator's script: every step is a generated caller on the connection of whoever does it.
import { parseArgs } from 'node:util'
import { migrationDocument, migrationName } from '../../src/adopt/drafts.ts'
import { planOf } from '../../src/adopt/plan.ts'
import { readPresent } from '../../src/adopt/present.ts'
import {
  bootstrap,
  drift,
  type MigrationDocument,
  mode,
  readMigration,
  stageRollback,
  verifyLedger,
} from '../../src/index.ts'
import { install } from '../../src/install.ts'
import { asRow, Report } from './report.ts'
import { here, Shop } from './shop.ts'
import { hex, Story } from './story.ts'

const { values: options } = parseArgs({ options: { json: { type: 'boolean' }, policy: { type: 'string' } } })
const report = new Report(options.json ?? false)
const shop = await Shop.open(options.policy)
const story = new Story(shop, report)
const root = shop.as('postgres')
try {
  await setUp()
  const proofs = [
    ...(await adoptShop()),
    await addReporting(),
    await askSecurity(),
    ...(await repointAndBack()),
    await goRound(),
  ]
  await lookBack(proofs)
  report.end()
} finally {
  await shop.close()
}

async function setUp(): Promise<void> {
  report.chapter('A shop whose application owns everything')
  const [owned] =
    await root`select count(*)::int as n from pg_class where relowner = 'shop_app'::regrole and relkind in ('r', 'v')`
  report.say('a shop', `shop_app owns ${owned?.n} tables and views, and PUBLIC may read the card tokens`)
  const { version, database } = await install(shop.urlOf('postgres'))
  report.say('install', `levelb ${version} in database ${database}`)
  report.say('mode', await mode(root), `missing: ${await shop.missing()}`)
  const { policy, principals } = shop
  const first = await bootstrap(root, { policy, principals })
  const [rule] = policy.quorum
  const groups = Object.entries(rule?.groups ?? {}).map(([group, count]) => `, ${count} of group ${group}`)
  report.say(
    'bootstrap',
    `${principals.length} principals, ${rule?.approvals} approvals for everything; ledger entry 1 at ${first.at}`,
  )
  report.say('people', shop.cast())
  report.say('policy', `${rule?.approvals} approvals${groups.join('')}; author and operator never count as approvers`)
  report.say('mode', await mode(root))
}

/** Ownership goes from the application's login to roles that nobody can log in as; then the rights of everybody end. */
async function adoptShop() {
  report.chapter('1. The shop adopted')
  const present = await readPresent(root)
  const plan = planOf(present, { schemas: ['shop'], level: 'full', breakGlass: ['postgres'] })
  report.say(
    'levelb adopt',
    `${plan.application} owns ${present.objects.filter(({ schema }) => schema === 'shop').length} objects, which go to levelb_deploy and levelb_definer`,
    `a superuser lends levelb_deploy the rights of ${plan.loans.join(', ')} meanwhile`,
  )
  // A superuser's one statement: an owner can only be changed by a role that has the owner's rights.
  await root.unsafe('grant shop_app to levelb_deploy')
  report.say('superuser', 'grant shop_app to levelb_deploy;', 'so that levelb_deploy may take over what shop_app owns')
  report.say('readiness', await shop.item('takeover'), `mode ${await mode(shop.as('frank'))}`)

  const migration = await story.stages(migrationName(present, plan), migrationDocument(plan) as MigrationDocument)
  await story.isRefusedTo('alice', migration.migrationId)
  await story.approves('bob', migration)
  await story.approves('bob_oncall', migration, 'the same person, by a second login')
  await story.isRefusedTo('erin', migration.migrationId)
  await story.askUntilMet(migration, ['carol', 'dave'])
  const proof = await story.activates(migration.migrationId)

  await root.unsafe('revoke shop_app from levelb_deploy')
  report.say('superuser', 'revoke shop_app from levelb_deploy;', await shop.item('takeover'))
  const [orders] = await shop.as('shop_app')`select count(*)::int as n from shop.open_order`
  report.say('shop_app works on', `${orders?.n} open orders`)
  await story.refused('shop_app drops a table', shop.as('shop_app')`drop table shop.customer`)
  await story.refused('superuser grants', root`grant delete on shop.orders to grace`)

  const close = await story.stages('0002_close_to_public')
  await story.askUntilMet(close, ['bob', 'carol', 'dave'])
  const closed = await story.activates(close.migrationId)
  report.say('shop_app works on', `${(await shop.as('shop_app')`select from shop.open_order`).length} open orders`)
  return [proof, closed]
}

/** A role, made by a role document, with rights on columns and on tables to come. */
async function addReporting() {
  report.chapter('2. A role for reporting')
  const { migrationId, document } = readMigration(here('0003_reporting'))
  const first = await story.stages(migrationId)
  await story.askUntilMet(first, ['bob', 'carol', 'dave'])
  const second = await story.restages(migrationId, { ...document, title: 'Let reporting read names and orders' })
  await story.isRefusedTo('erin', migrationId)
  await story.askUntilMet(second, ['bob', 'carol', 'dave'])
  const proof = await story.activates(migrationId)
  const [customer] = await shop.as('grace')`select count(name)::int as n from shop.customer`
  report.say('grace reports on', `${customer?.n} customers by name`)
  await story.refused('grace reads card tokens', shop.as('grace')`select card_token from shop.customer`)
  return proof
}

/** The policy changes while another migration waits: who approved it agreed under other rules. */
async function askSecurity() {
  report.chapter('3. A policy that asks more')
  const waiting = await story.stages('0004_open_order_paid_only')
  await story.askUntilMet(waiting, ['bob', 'carol', 'dave'])
  const change = await story.stages('0005_ask_security', {
    title: 'Ask security too when a stable name is repointed',
    description: 'After the audit of SHOP-160: what shop.open_order shows is sent to partners.',
    change_ref: 'SHOP-160',
    kind: 'policy',
    payload: { ...shop.policy, quorum: [...shop.policy.quorum, { classes: ['repoint'], groups: { security: 1 } }] },
  })
  await story.askUntilMet(change, ['carol', 'bob', 'dave'])
  const proof = await story.activates(change.migrationId)
  await story.isRefusedTo('erin', waiting.migrationId)
  await story.askUntilMet(waiting, ['bob', 'dave', 'carol'])
  return proof
}

/** A stable view goes to its next version, and back. */
async function repointAndBack() {
  report.chapter('4. A stable view repointed, and rolled back')
  const migrationId = '0004_open_order_paid_only'
  const open = async () => (await shop.as('shop_app')`select order_id from shop.open_order`).length
  report.say('shop.open_order shows', `${await open()} orders`)
  const forth = await story.activates(migrationId)
  report.say('shop.open_order shows', `${await open()} order`)
  const rollback = await stageRollback(shop.as('erin'), { migrationId, reason: 'partners want the new ones after all' })
  report.say('erin stages the rollback', `${rollback.migrationId} of ${rollback.author}'s migration`)
  await story.isRefusedTo('erin', rollback.migrationId)
  await story.askUntilMet(rollback, ['dave', 'bob', 'carol'])
  const back = await story.activates(rollback.migrationId)
  report.say('shop.open_order shows', `${await open()} orders`)
  return [forth, back]
}

/** No event trigger sees a change of a role: drift does, and nothing else is activated until somebody answers for it. */
async function goRound() {
  report.chapter('5. Past the channel')
  await root.unsafe('alter role shop_app connection limit 200')
  report.say('superuser', 'alter role shop_app connection limit 200;', 'no event trigger sees a change of a role')
  const found = await drift(shop.as('frank'), {})
  const effects = found.map(({ objectType, expected: _, ...effect }) => ({ ...effect, object_type: objectType }))
  report.say('frank asks for drift', ...(await shop.driftLines()))
  const waiting = await story.stages('0006_open_orders', {
    title: 'Let reporting read open orders',
    description: 'It waits for an answer to what drifted.',
    classes: ['acl'],
    steps: [
      {
        name: 'one',
        apply: 'grant select on shop.open_order to shop_reporting',
        rollback: 'revoke select on shop.open_order from shop_reporting',
      },
    ],
  })
  await story.askUntilMet(waiting, ['bob', 'carol', 'dave'])
  await story.isRefusedTo('erin', waiting.migrationId)
  const answer = await story.stages('0007_answer', {
    title: 'More connections for the shop, made by hand',
    description: 'The campaign of SHOP-171 began early.',
    kind: 'explain',
    payload: { effects },
  } as MigrationDocument)
  await story.askUntilMet(answer, ['bob', 'carol', 'dave'])
  const proof = await story.activates(answer.migrationId)
  await story.activates(waiting.migrationId)
  return proof
}

async function lookBack(proofs: Record<string, unknown>[]): Promise<void> {
  report.chapter('What the database says about it')
  await story.refused('superuser edits a proof', root`update levelb.activation set operator = 'nobody'`)
  const audit = await shop.as('frank')<{ who: string; what: string }[]>`select who, what from levelb.audit`
  report.say('audit', `${audit.length} sentences`, ...audit.map(({ who, what }) => `${who} ${what}`))
  const ledger = await verifyLedger(shop.as('frank'))
  report.say(
    'frank verifies',
    `ledger ${ledger.ok ? 'ok' : `broken: ${ledger.problem}`}, ${ledger.entries} entries`,
    `root ${hex(ledger.root)}`,
  )
  report.result({ proofs: proofs.map(asRow), ledger: asRow(ledger), audit })
}
