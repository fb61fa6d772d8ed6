// The text of COMMENT ON: lines of tags, a blank line, then prose whose first line is the summary.
//
//   @raises LB204 LB208
//   @readback activation_id
//
//   Carry out an approved migration.
//
//   Everything else a reader needs.
import { refuse } from './refusal.ts'

export interface Comment {
  /** Operands of each tag line, by tag. */
  readonly tags: ReadonlyMap<string, readonly string[]>
  readonly summary: string
  readonly body: string
}

export const functionTags =
  'json null one maybe raises since deprecated internal name connection outcome readback arms direct'.split(' ')
export const columnTags = ['json', 'null', 'since', 'deprecated']
export const typeTags = ['since', 'deprecated']

const withoutOperand = ['one', 'maybe', 'internal', 'connection', 'direct']

const tagLine = /^@([a-z]+)(?:\s+(.*\S))?\s*$/

export function parseComment(place: string, comment: string | null, known: readonly string[]): Comment {
  if (comment === null || comment.trim() === '') return refuse(place, 'no comment', `comment on … ${place} is '…'`)
  const lines = comment.replaceAll('\r\n', '\n').trim().split('\n')
  const tags = new Map<string, string[]>()
  let prose = 0
  for (; prose < lines.length; prose++) {
    const line = lines[prose] ?? ''
    if (line.trim() === '') continue
    if (!tagLine.test(line)) break
    // `@null @json Effects` is two tags.
    for (const [, tag = '', operands = ''] of line.split(/\s+(?=@)/).map((part) => tagLine.exec(part) ?? [])) {
      if (!known.includes(tag))
        refuse(place, `unknown tag @${tag}`, `use one of ${known.map((name) => `@${name}`).join(' ')}`)
      if (operands !== '' && withoutOperand.includes(tag)) refuse(place, `@${tag} ${operands}`, `write only @${tag}`)
      tags.set(tag, [...(tags.get(tag) ?? []), operands])
    }
  }
  const [summary = '', ...body] = lines.slice(prose)
  if (summary === '') refuse(place, 'no text after the tags', 'say in one line what it is')
  const stray = body.find((line) => tagLine.test(line))
  if (stray !== undefined) refuse(place, `"${stray}" after the text`, 'tags come first')
  return { tags, summary: summary.trim(), body: body.join('\n').trim() }
}

/** The single operand of a tag, undefined where the tag is missing. */
export function operand(place: string, { tags }: Comment, tag: string): string | undefined {
  const operands = tags.get(tag)
  if (operands === undefined) return undefined
  const [only = ''] = operands
  if (operands.length !== 1 || only === '')
    refuse(place, `@${tag} needs one operand`, `write one line: @${tag} <operand>`)
  return only
}
