// PostgreSQL's text form of a one-dimensional array: {plain,"with \"quotes\" and , commas",NULL}

/** Every element is quoted, so that NULL, the empty string and blanks need no rule of their own. */
export function arrayLiteral(items: readonly string[]): string {
  return `{${items.map((item) => `"${item.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`
}

// PostgreSQL quotes these six blanks and no others: JavaScript's \s would take U+00A0 for one more.
const element = /"((?:[^"\\]|\\.)*)"|([^",{}\\ \t\n\v\f\r]+)/sy

/** The elements, null for NULL; undefined where the text is no such array (nested, or with bounds of its own). */
export function arrayItems(literal: string): (string | null)[] | undefined {
  if (literal === '{}') return []
  if (!literal.startsWith('{') || !literal.endsWith('}')) return undefined
  const items: (string | null)[] = []
  element.lastIndex = 1
  for (;;) {
    const match = element.exec(literal)
    if (match === null) return undefined
    const [whole, quoted, plain] = match
    items.push(plain === undefined ? (quoted ?? '').replace(/\\(.)/gs, '$1') : plain === 'NULL' ? null : plain)
    const next = literal[match.index + whole.length]
    if (next === '}') return match.index + whole.length + 1 === literal.length ? items : undefined
    if (next !== ',') return undefined
    element.lastIndex = match.index + whole.length + 1
  }
}
