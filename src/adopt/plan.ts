// What adopting means for a database in its present state: pure, so that every rule can be tried without a server.

import { shown } from '../shown.ts'
import type { OwnedObject } from './objects.ts'
import type { Present } from './present.ts'
import { type Attribute, bootstrapOid, type Danger, dangers, type Membership, type Role } from './roles.ts'

export type Level = 'full' | 'privileged'

export type Wishes = {
  /** Empty: every schema with something in it. */
  schemas: readonly string[]
  level: Level
  /** Login of the application; found out where only one owns anything. */
  application?: string | undefined
  /** Logins that stay superusers. The first is the new name of the bootstrap superuser where an application has it. */
  breakGlass: readonly string[]
  /** The application's login will be subject to row security that it went past as superuser. */
  acceptRowSecurity?: boolean
}

/** The application's login is the bootstrap superuser: it gets another name, and an ordinary login takes its own. */
export type Succession = { login: Role; newName: string }

/** Ownership that a superuser cannot lend: the superuser script moves it to a role whose membership can be lent. */
export type Move = { from: string; to: string; objects: OwnedObject[] }

export type Demotion = { login: string; attributes: Attribute[]; memberships: Membership[] }

export type Plan = {
  schemas: string[]
  level: Level
  application: string | null
  breakGlass: string[]
  succession: Succession | null
  /** A NOLOGIN role to be made, for what superusers own and no application. */
  newOwner: string | null
  moves: Move[]
  /** What the application may do as superuser to what others own, and needs a grant for as an ordinary login. */
  reached: OwnedObject[]
  demotions: Demotion[]
  dangers: Danger[]
  /** The new owner of the database, where the application has it. */
  databaseTo: string | null
  /** Schema public belongs to whom the database belongs to, and no migration can take it. */
  takesPublic: boolean
  /** Roles whose membership levelb_deploy needs while the migration runs. */
  loans: string[]
  migrators: string[]
  /** What has to be decided first; with one of them nothing is written. */
  problems: Problem[]
  notes: string[]
}

export type Problem = { what: string; next: string }

export function planOf(present: Present, wishes: Wishes): Plan {
  const problems: Problem[] = []
  const notes: string[] = []
  const { level } = wishes
  const role = new Map(present.roles.map((each) => [each.name, each]))
  const schemas = chosenSchemas(present, wishes, problems)
  const inside = present.objects.filter(({ schema }) => schema !== null && schemas.includes(schema))

  const application = applicationOf(present, wishes, ordinary(inside.map(({ owner }) => owner)), role, problems)
  const succession = successionOf(present, wishes, application, role, problems)
  const breakGlass = breakGlassOf(present, wishes, application, succession, role, problems, notes)
  const found = dangers(present.roles, present.memberships)
  const demotions = demotionsOf(found, breakGlass, succession)
  const { moves, newOwner } = movesOf(present, wishes, { inside, application, succession, demotions, role, problems })

  const ownedAfter = (object: OwnedObject) => moves.find(({ objects }) => objects.includes(object))?.to ?? object.owner
  const isWeakened = losesSuperuser(application, succession, demotions)
  checkRowSecurity(inside, application, isWeakened, ownedAfter, wishes, problems)
  checkNames(present.objects, problems)
  notes.push(...notesOf(present, succession, moves, demotions, inside))
  if (level === 'full') notes.push(...notesOfFull(inside))
  const ownersAfter = ordinary(
    inside.filter(({ isSuperusers, follows }) => !isSuperusers && !follows).map(ownedAfter),
  ).sort()
  return {
    schemas,
    level,
    application,
    breakGlass,
    succession,
    newOwner,
    moves,
    reached: isWeakened ? reachedOf(inside, application, ownedAfter) : [],
    demotions,
    dangers: found,
    databaseTo: databaseToOf(present, application, succession, breakGlass),
    takesPublic: level === 'full' && holdsPublic(inside),
    loans: level === 'full' ? ownersAfter : [],
    migrators: level === 'privileged' ? ownersAfter : [],
    problems,
    notes,
  }
}

const isLevelb = (name: string) => name.startsWith('levelb_')
/** Each once, without the roles of the server and of levelb. */
const ordinary = (names: readonly string[]) =>
  [...new Set(names)].filter((name) => !isLevelb(name) && !name.startsWith('pg_'))

function chosenSchemas({ objects }: Present, { schemas }: Wishes, problems: Problem[]): string[] {
  const there = [...new Set(objects.flatMap(({ schema }) => (schema === null ? [] : [schema])))]
  for (const name of schemas)
    if (!there.includes(name))
      problems.push({
        what: `there is no schema ${shown(name)} to take over`,
        next: `one of: ${there.map(shown).join(', ')}`,
      })
  if (schemas.length > 0) return [...new Set(schemas)].sort()
  const filled = there.filter((name) => objects.some(({ schema, type }) => schema === name && type !== 'schema'))
  if (filled.length === 0)
    problems.push({
      what: 'there is nothing to take over: no schema holds anything',
      next: 'name another database with --url',
    })
  return filled.sort()
}

/** The login that the application comes in with: named, or the only one that owns anything. */
function applicationOf(
  present: Present,
  wishes: Wishes,
  owners: readonly string[],
  role: ReadonlyMap<string, Role>,
  problems: Problem[],
): string | null {
  if (wishes.application !== undefined) {
    if (role.get(wishes.application)?.canLogin) return wishes.application
    problems.push({
      what: `there is no login ${shown(wishes.application)}`,
      next: '--app takes the login that the application connects with',
    })
    return null
  }
  const owning = owners.filter((name) => role.get(name)?.canLogin)
  const others = present.roles.filter(({ name, sessions }) => sessions > 0 && !owning.includes(name))
  if (owning.length === 0) return null
  // A superuser that owns all while others are at work made it for them, or is at work itself: only a person knows.
  if (owning.length === 1 && (others.length === 0 || role.get(owning[0] ?? '')?.isSuperuser === false))
    return owning[0] ?? null
  const candidates = [...new Set([...owning, ...others.map(({ name }) => name)])].map(shown).join(', ')
  problems.push({
    what: `which login the application uses cannot be told: ${candidates}`,
    next: 'say it with --app LOGIN',
  })
  return null
}

function successionOf(
  present: Present,
  wishes: Wishes,
  application: string | null,
  role: ReadonlyMap<string, Role>,
  problems: Problem[],
): Succession | null {
  const login = present.roles.find(({ oid }) => oid === bootstrapOid)
  if (login === undefined || application !== login.name) return null
  return { login, newName: newNameOf(wishes, role, problems) }
}

function newNameOf({ breakGlass }: Wishes, role: ReadonlyMap<string, Role>, problems: Problem[]): string {
  const name = breakGlass[0] ?? (role.has('postgres') ? 'break_glass' : 'postgres')
  if (role.has(name))
    problems.push({
      what: `the bootstrap superuser cannot be renamed to ${shown(name)}: there is such a role`,
      next: 'give a name that is free with --break-glass NAME',
    })
  if (/^(pg_|levelb_)/.test(name))
    problems.push({
      what: `${shown(name)} is a name that is kept for the server or levelb`,
      next: 'give another with --break-glass NAME',
    })
  return name
}

function breakGlassOf(
  present: Present,
  wishes: Wishes,
  application: string | null,
  succession: Succession | null,
  role: ReadonlyMap<string, Role>,
  problems: Problem[],
  notes: string[],
): string[] {
  const declared = [...wishes.breakGlass, ...(present.levelb?.breakGlass ?? [])]
  const kept = new Set(succession ? [succession.newName] : [])
  for (const name of declared) {
    if (name === succession?.newName) continue
    if (name === application || name === succession?.login.name)
      problems.push({
        what: `${shown(name)} is the application's login and cannot be break-glass`,
        next: 'give another with --break-glass',
      })
    else if (role.get(name)?.canLogin) kept.add(name)
    else
      problems.push({ what: `there is no login ${shown(name)} for break-glass`, next: 'leave it out of --break-glass' })
  }
  for (const { name, oid, isSuperuser, replicates, canLogin, ...rest } of present.roles) {
    if (!canLogin || name === application || kept.has(name) || name === succession?.login.name) continue
    if (oid === bootstrapOid) kept.add(name)
    else if (isSuperuser && name === present.reader) {
      kept.add(name)
      notes.push(`${shown(name)} stays a superuser: you are connected as it. It goes into break_glass.logins.`)
    } else if (replicates && !isSuperuser && !rest.createsRoles && !rest.bypassesRowSecurity) {
      kept.add(name)
      notes.push(`${shown(name)} keeps REPLICATION, or its standby would stop. It goes into break_glass.logins.`)
    }
  }
  // The one that can always be relied on first: it becomes the owner of the database.
  const bootstrap = succession?.newName ?? present.roles.find(({ oid }) => oid === bootstrapOid)?.name
  return [...kept].sort((a, b) => Number(b === bootstrap) - Number(a === bootstrap) || (a < b ? -1 : 1))
}

/** Every login that could go round levelb and is not kept for break-glass. The successor of one is made without. */
function demotionsOf(
  found: readonly Danger[],
  breakGlass: readonly string[],
  succession: Succession | null,
): Demotion[] {
  return found
    .filter(({ login }) => !breakGlass.includes(login) && login !== succession?.login.name)
    .map(({ login, attributes, memberships }) => ({ login, attributes, memberships }))
}

type Ground = {
  inside: readonly OwnedObject[]
  application: string | null
  succession: Succession | null
  demotions: readonly Demotion[]
  role: ReadonlyMap<string, Role>
  problems: Problem[]
}

/** levelb_deploy cannot be lent a superuser: what those own goes to a role that can be lent, before. */
function movesOf(present: Present, wishes: Wishes, ground: Ground): { moves: Move[]; newOwner: string | null } {
  const { inside, application, succession, demotions, role, problems } = ground
  const staysSuperuser = (name: string) =>
    role.get(name)?.isSuperuser === true && !demotions.some(({ login }) => login === name)
  const canMove = ({ isSuperusers, follows, range }: OwnedObject) => !isSuperusers && !follows && range === null
  const moves: Move[] = []
  if (succession !== null) {
    // of the whole database: the application loses the rest otherwise
    const objects = present.objects.filter((each) => each.owner === succession.login.name && canMove(each))
    moves.push({ from: succession.newName, to: succession.login.name, objects })
  }
  const byOthers = inside.filter(
    (each) => staysSuperuser(each.owner) && each.owner !== succession?.login.name && canMove(each),
  )
  if (byOthers.length === 0) return { moves: withMultiranges(moves, present, ground), newOwner: null }
  const newOwner = wishes.level === 'full' ? `${present.database}_owner`.slice(0, 63) : null
  if (newOwner !== null && role.has(newOwner))
    problems.push({
      what: `superusers own some of it, and the role that would take it, ${shown(newOwner)}, exists`,
      next: 'move it by hand to an ordinary role: alter … owner to …',
    })
  const to = newOwner ?? application
  if (to === null)
    problems.push({
      what: 'superusers own all of it, and no migration tool',
      next: 'say the login of the tool with --app LOGIN',
    })
  else
    for (const from of new Set(byOthers.map(({ owner }) => owner)))
      moves.push({ from, to, objects: byOthers.filter(({ owner }) => owner === from) })
  return { moves: withMultiranges(moves, present, ground), newOwner }
}

/** A migration takes a range type and its multirange from one owner; a dump restored before 17 leaves them with two. */
function withMultiranges(moves: readonly Move[], { objects }: Present, { inside, succession }: Ground): Move[] {
  const following = moves.map((move) => ({ ...move, objects: [...move.objects] }))
  const bootstrap = succession?.login.name
  for (const multirange of objects) {
    const range = objects.find(({ type, identity }) => type === 'type' && identity === multirange.range)
    if (range === undefined || !(inside.includes(multirange) || multirange.owner === bootstrap)) continue
    const to = moves.find((move) => move.objects.includes(range))?.to ?? range.owner
    const from = multirange.owner === bootstrap ? (succession?.newName ?? bootstrap) : multirange.owner
    if (from === to) continue
    const move = following.find((each) => each.from === from && each.to === to)
    if (move === undefined) following.push({ from, to, objects: [multirange] })
    else move.objects.push(multirange)
  }
  return following
}

function losesSuperuser(
  application: string | null,
  succession: Succession | null,
  demotions: readonly Demotion[],
): boolean {
  if (succession !== null) return true
  return demotions.some(({ login, attributes }) => login === application && attributes.includes('superuser'))
}

function reachedOf(
  inside: readonly OwnedObject[],
  application: string | null,
  ownedAfter: (object: OwnedObject) => string,
): OwnedObject[] {
  return inside.filter((object) => ownedAfter(object) !== application && !object.follows && isReachable(object))
}

function isReachable({ type, isOpen }: OwnedObject): boolean {
  if (['schema', 'function', 'procedure', 'aggregate'].includes(type)) return !isOpen
  return ['table', 'view', 'materialized view', 'foreign table', 'sequence'].includes(type)
}

/** A bootstrap superuser keeps the database under its new name. */
function databaseToOf(
  { databaseOwner }: Present,
  application: string | null,
  succession: Succession | null,
  breakGlass: readonly string[],
): string | null {
  if (application === null || succession !== null || databaseOwner !== application) return null
  return breakGlass[0] ?? null
}

function holdsPublic(inside: readonly OwnedObject[]): boolean {
  return inside.some(({ type, identity, owner }) => type === 'schema' && identity === 'public' && !isLevelb(owner))
}

/** A superuser goes past row security, an owner past what is not forced, and nobody else. */
function checkRowSecurity(
  inside: readonly OwnedObject[],
  application: string | null,
  isWeakened: boolean,
  ownedAfter: (object: OwnedObject) => string,
  { acceptRowSecurity }: Wishes,
  problems: Problem[],
): void {
  if (!isWeakened || acceptRowSecurity === true) return
  const subject = inside.filter(
    (each) => each.rowSecurity === 'forced' || (each.rowSecurity === 'on' && ownedAfter(each) !== application),
  )
  if (subject.length > 0)
    problems.push({
      what: `as an ordinary login ${shown(application ?? '')} sees only what row security lets it see of ${subject.map(({ identity }) => shown(identity)).join(', ')}`,
      next: 'where its policies are meant for it, say --accept-row-security; else mend them first',
    })
}

/** Of the whole database: the superuser script names what is in no chosen schema too. */
function checkNames(objects: readonly OwnedObject[], problems: Problem[]): void {
  for (const { identity } of objects)
    if (shown(identity) !== identity)
      problems.push({
        what: `a name holds characters that cannot be seen: ${JSON.stringify(identity)}`,
        next: 'rename it: who reads the script could not tell what it does',
      })
}

/** What staging the migration says, and what no grant gives back. */
function notesOfFull(inside: readonly OwnedObject[]): string[] {
  const named = (objects: readonly OwnedObject[]) => objects.map(({ identity }) => shown(identity)).join(', ')
  const open = inside.filter(({ rowSecurity, isSuperusers }) => rowSecurity === 'on' && !isSuperusers)
  const kept = inside.filter(({ type }) => type === 'materialized view')
  return [
    ...(open.length > 0
      ? [
          `row security does not hold for the owner of ${named(open)}, and will: give it a policy, then force row level security, or the migration is refused (LB307)`,
        ]
      : []),
    ...(kept.length > 0
      ? [
          `before version 17 only the channel refreshes ${named(kept)} afterwards; from 17 on its owner of today still may`,
        ]
      : []),
  ]
}

function notesOf(
  present: Present,
  succession: Succession | null,
  moves: readonly Move[],
  demotions: readonly Demotion[],
  inside: readonly OwnedObject[],
): string[] {
  const notes: string[] = []
  const definers = moves.flatMap(({ objects }) =>
    objects.filter(({ runsAsOwner, type }) => runsAsOwner && /function|procedure/.test(type)),
  )
  if (definers.length > 0)
    notes.push(
      `these ran as a superuser and run with their new owner's rights: ${definers.map(({ identity }) => shown(identity)).join(', ')}`,
    )
  if (succession !== null) {
    const stay = present.objects.filter(({ owner, isSuperusers }) => isSuperusers && owner === succession.login.name)
    if (stay.length > 0)
      notes.push(
        `only a superuser may own these, they stay with ${shown(succession.newName)}: ${stay.map(({ type, identity }) => `${type} ${shown(identity)}`).join(', ')}`,
      )
    notes.push(`${shown(succession.login.name)} can no longer create databases or roles, nor run COPY … FROM PROGRAM`)
    if (present.otherDatabases.length > 0)
      notes.push(
        `in other databases ${shown(succession.login.name)} owns nothing after this, what it owned there stays with ${shown(succession.newName)}: look into ${present.otherDatabases.map(shown).join(', ')} first`,
      )
  }
  for (const { login, attributes } of demotions)
    if (attributes.includes('superuser') && inside.every(({ owner }) => owner !== login))
      notes.push(`${shown(login)} is no superuser afterwards; what it needs has to be granted to it`)
  if (present.levelb?.isBootstrapped)
    notes.push(
      'levelb is bootstrapped here: what the superuser script does is drift until a migration of kind explain answers for it',
    )
  return notes
}
