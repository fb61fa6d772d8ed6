// The texts of a whole document, and what its "accept" says of them, as sql/44-texts.sql judges them.
import type { Accept } from './accept.ts'
import { fieldOf } from './problems.ts'
import type { RoleDocument } from './role-document.ts'
import { findSecret } from './secrets.ts'
import { findStatement, type TextFinding } from './statements.ts'

export interface DocumentText {
  readonly path: readonly (string | number)[]
  readonly source: string
  readonly isSql: boolean
  /** A rollback may say in a comment that there is nothing to undo. */
  readonly required: boolean
}

interface Texts {
  readonly kind?: string | null | undefined
  readonly title: string
  readonly description: string
  readonly change_ref?: string | null | undefined
  readonly steps?: readonly object[] | null | undefined
  readonly accept?: Accept | null | undefined
}

/** Texts of a document that people wrote, in its order. */
export function documentTexts(document: Texts): DocumentText[] {
  const texts: DocumentText[] = []
  const add = (path: (string | number)[], source: unknown, isSql = false, required = false) => {
    if (typeof source === 'string') texts.push({ path, source, isSql, required })
  }
  for (const key of ['title', 'description', 'change_ref'] as const) add([key], document[key])
  for (const [index, step] of (document.steps ?? []).entries()) {
    const { apply, rollback, verify, roles } = step as { [key: string]: unknown; roles?: RoleDocument | null }
    for (const [nth, setting] of (roles?.set ?? []).entries())
      add(['steps', index, 'roles', 'set', nth, 'value'], setting.value)
    for (const [key, source] of Object.entries({ apply, rollback, verify }))
      add(['steps', index, key], source, true, key !== 'rollback')
  }
  return texts
}

export interface Refused {
  readonly path: readonly (string | number)[]
  readonly code: 'LB001' | 'LB011' | 'LB014'
  readonly message: string
}

const said = (source: string, { at, reason }: TextFinding) => {
  const before = source.slice(0, at).split('\n')
  return `${reason}, at line ${before.length}, column ${[...(before.at(-1) ?? '')].length + 1}`
}

/** Findings in the texts of a document that it does not accept, and entries of "accept" that accept nothing. */
export function refusedTexts(document: Texts): Refused[] {
  const accept = document.accept ?? []
  const used = new Set<string>()
  const found = documentTexts(document).flatMap(({ path, source, isSql, required }): Refused[] => {
    const field = fieldOf(path)
    const secret = findSecret(source)
    const accepted = accept.some(({ rule, object }) => rule === 'LB014' && object === field)
    if (secret !== undefined) used.add(field)
    const statement = isSql ? findStatement(source, required, document.kind === 'attended') : undefined
    return [
      ...(secret === undefined || accepted
        ? []
        : [{ path, code: 'LB014' as const, message: `holds a secret: ${said(source, secret)}` }]),
      ...(statement === undefined
        ? []
        : [{ path, code: 'LB011' as const, message: `cannot run in the channel: ${said(source, statement)}` }]),
    ]
  })
  const idle = accept.flatMap(({ rule, object }, index): Refused[] =>
    rule !== 'LB014' || used.has(object)
      ? []
      : [{ path: ['accept', index], code: 'LB001', message: 'accepts nothing: LB014 finds nothing there' }],
  )
  return [...found, ...idle]
}
