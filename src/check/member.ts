// One member of a JSON object written anew, and every other character left as it is.

type Token = { text: string; from: number; to: number; depth: number }

/** Strings, brackets and punctuation with their depth; the text is known to be JSON. */
function tokensOf(json: string): Token[] {
  const tokens: Token[] = []
  let depth = 0
  for (const { 0: text, index } of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s"{}[\]:,]+/g)) {
    if (text === '}' || text === ']') depth--
    tokens.push({ text, from: index, to: index + text.length, depth })
    if (text === '{' || text === '[') depth++
  }
  return tokens
}

/** Sets the member of the outermost object; a new one comes last. Indented by two spaces. */
export function withMember(json: string, name: string, value: unknown): string {
  const written = JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')
  const tokens = tokensOf(json)
  // of a name that stands twice the last one counts
  const key = tokens.findLastIndex(
    ({ text, depth }, at) =>
      depth === 1 && tokens[at + 1]?.text === ':' && text[0] === '"' && JSON.parse(text) === name,
  )
  if (key >= 0) {
    const from = tokens[key + 2]
    const end = tokens.findIndex(
      ({ text, depth }, at) => at > key && ((depth === 1 && text === ',') || (depth === 0 && text === '}')),
    )
    const to = tokens[end - 1]
    if (from === undefined || to === undefined) throw new Error('the text is no JSON object')
    return json.slice(0, from.from) + written + json.slice(to.to)
  }
  const last = tokens.at(-2)
  if (last === undefined || tokens.at(-1)?.text !== '}') throw new Error('the text is no JSON object')
  const comma = last.text === '{' && last.depth === 0 ? '' : ','
  const rest = json.slice(last.to)
  const end = /^\s*\n/.test(rest) ? rest : `\n${rest.trimStart()}`
  return `${json.slice(0, last.to)}${comma}\n  ${JSON.stringify(name)}: ${written}${end}`
}
