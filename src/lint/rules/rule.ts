// What a rule of the lint is. A rule judges text alone: what it cannot know it does not say.
import type { Node } from '../tree.ts'

/** Objects that a rule found something in, as the text names them; true where the statement names none. */
export type Objects = string | readonly string[] | boolean | undefined

/**
 * Looks at a node. A rule has one for each type of node it looks for, wherever that stands; of ALTER TABLE for each
 * subtype, `AT_SetNotNull`, with the table's name; `Statement` looks at every statement as a whole.
 */
export type Look = (node: Node, transaction: Transaction, table: string) => Objects

export interface Rule {
  readonly id: string
  /** A warning fails `levelb lint` unless it is accepted; a notice never does. */
  readonly severity: 'warning' | 'notice'
  readonly finds: Readonly<Record<string, Look>>
  readonly why: string
  readonly instead: string
}

/** What is known of the texts that run together, up to the statement that is looked at. */
export interface Transaction {
  readonly part: 'apply' | 'rollback' | 'verify' | 'roles'
  /** Objects that these texts have made so far: nobody else sees or locks them yet. */
  readonly made: Set<string>
  /** All that they make, earlier or later. */
  readonly makes: ReadonlySet<string>
  /** Of a rollback: what its apply makes, so that to drop it is what is asked for. */
  readonly undoes: ReadonlySet<string>
  /** Of a rollback: objects of which its apply takes a right from PUBLIC, so that it gives it back. */
  readonly taken: ReadonlySet<string>
  /** Functions, and schemas of all of them, that PUBLIC may not execute afterwards. */
  readonly revoked: ReadonlySet<string>
  /** The first table that was there before and is locked against everybody until the end. */
  locked: string | undefined
  /** Tables that were read as a whole by an ALTER TABLE. */
  readonly scanned: Set<string>
  /** Values that were added to enums. */
  readonly enumValues: Set<string>
}
