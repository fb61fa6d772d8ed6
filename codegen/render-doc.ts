// JSDoc from COMMENT: what psql's \df+ shows, an editor shows.
import type { Doc } from './model.ts'

const safe = (line: string): string => line.replaceAll('*/', '*\\/').trimEnd()

/** Lines of a doc comment; `extra` are tag lines at its end. */
export function jsdoc(doc: Doc, indent = '', extra: readonly string[] = []): string {
  const tags = [
    ...extra,
    ...(doc.since === undefined ? [] : [`@since ${doc.since}`]),
    ...(doc.deprecated === undefined ? [] : [`@deprecated ${doc.deprecated}`]),
  ]
  const lines = [
    doc.summary,
    ...(doc.body === '' ? [] : ['', ...doc.body.split('\n')]),
    ...(tags.length > 0 ? ['', ...tags] : []),
  ]
  const shown = lines.map(safe)
  const [only = ''] = shown
  if (shown.length === 1) return `${indent}/** ${only} */\n`
  return `${indent}/**\n${shown.map((line) => `${indent} *${line === '' ? '' : ` ${line}`}\n`).join('')}${indent} */\n`
}
