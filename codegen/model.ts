// What the library offers, free of OIDs and of SQL's spelling; everything that is rendered is rendered from this.
import type { CatalogError } from './catalog.ts'
import type { BaseName } from './type-map.ts'

export type Value =
  | { readonly kind: 'base'; readonly base: BaseName }
  | { readonly kind: 'domain'; readonly base: BaseName; readonly name: string }
  | { readonly kind: 'labels'; readonly labels: readonly string[] }
  | { readonly kind: 'json'; readonly schema: string }
  | { readonly kind: 'list'; readonly item: Value }

export interface Doc {
  readonly summary: string
  readonly body: string
  readonly since?: string
  readonly deprecated?: string
}

/** A CHECK that TypeScript can repeat, or one that is left to the server. */
export type Check =
  | { readonly kind: 'matches'; readonly pattern: string }
  | { readonly kind: 'bytes'; readonly length: number }
  | { readonly kind: 'labels'; readonly labels: readonly string[] }
  | { readonly kind: 'server'; readonly definition: string }

export interface Domain {
  readonly schema: string
  readonly name: string
  readonly identifier: string
  readonly base: BaseName
  readonly checks: readonly Check[]
  readonly doc: Doc
}

export interface Column {
  readonly name: string
  readonly property: string
  readonly value: Value
  readonly nullable: boolean
  readonly doc: Doc
}

export interface Composite {
  readonly schema: string
  readonly name: string
  readonly identifier: string
  readonly isRelation: boolean
  readonly columns: readonly Column[]
  readonly doc: Doc
}

export interface Argument {
  readonly name: string
  /** The name as SQL must spell it: `"full"`. */
  readonly quoted: string
  readonly property: string
  readonly value: Value
  readonly nullable: boolean
  readonly optional: boolean
  readonly default: string | null
}

export type Result =
  | { readonly kind: 'void' }
  | { readonly kind: 'scalar'; readonly value: Value; readonly nullable: boolean }
  | { readonly kind: 'composite'; readonly composite: Composite }

export type Cardinality = 'one' | 'maybe' | 'many'

/** How a caller with a connection of its own goes about it. */
export interface Channel {
  readonly arms: 'statement_timeout' | null
  readonly outcome: string | null
  readonly readback: Column | null
}

export interface Verb {
  readonly schema: string
  readonly name: string
  readonly identifier: string
  readonly file: string
  readonly signature: string
  readonly args: readonly Argument[]
  readonly result: Result
  readonly returnsSet: boolean
  readonly cardinality: Cardinality
  readonly raises: readonly CatalogError[]
  readonly direct: boolean
  readonly channel: Channel | null
  readonly doc: Doc
}

export interface Model {
  readonly domains: readonly Domain[]
  readonly composites: readonly Composite[]
  readonly verbs: readonly Verb[]
  readonly errors: readonly CatalogError[]
  /** Names of the hand-written schemas that jsonb places use. */
  readonly schemas: readonly string[]
}
