// The statements of a text, as PostgreSQL's own grammar reads them, each with its place; and those of DO blocks.
import { parsePlPgSQLSync, parseSync } from 'libpg-query'
import { inner, isNode, list, type Node, nameOf, option, unwrapped } from './tree.ts'

export interface Statement {
  readonly type: string
  readonly node: Node
  /** Where it begins, in units of UTF-16 from 0; in a DO block, where its line does. */
  readonly at: number
  readonly inBlock: boolean
  /** Where a node with that location stands. */
  readonly placed: (location: unknown) => number
}

/** Statements of a text; throws where it is no SQL. Besides those of the grammar there are `Execute`, dynamic SQL in a
 * block or function, and `Unread`, a block or function that cannot be looked into. */
export function parseStatements(source: string): Statement[] {
  const bytes = Buffer.from(source)
  const place = placesOf(source, bytes.length)
  return (parseSync(source).stmts ?? []).flatMap(({ stmt, stmt_location: start = 0, stmt_len: length }) => {
    const from = place(start)
    const text = bytes.subarray(start, length === undefined ? undefined : start + length).toString()
    const at = from + (/^(?:\s|--[^\n]*(?:\n|$))*/.exec(text)?.[0].length ?? 0)
    const [type, node] = unwrapped(stmt)
    const placed = (location: unknown) => (typeof location === 'number' ? place(location) : at)
    const statement = { type, node, at, inBlock: false, placed }
    if (type === 'DoStmt') return [statement, ...inside(source, text, from, at, node.args)]
    if (type === 'CreateFunctionStmt')
      return [statement, ...inside(source, text, from, at, node.options, nameOf(node.funcname))]
    return [statement]
  })
}

/** From bytes of UTF-8, in which the parser counts, to units of UTF-16. */
function placesOf(source: string, bytes: number): (byte: number) => number {
  if (bytes === source.length) return (byte) => byte
  const places = new Uint32Array(bytes + 1)
  let byte = 0
  let unit = 0
  for (const character of source) {
    places[byte] = unit
    byte += Buffer.byteLength(character)
    unit += character.length
  }
  places[byte] = unit
  return (byte) => places[byte] ?? unit
}

/** What of PL/pgSQL code counts: all of a block; of a function, which does not run yet, only what nobody can read. */
function inside(source: string, text: string, from: number, at: number, args: unknown, name?: string): Statement[] {
  const placedAt = (place: number, type: string, node: Node) => {
    return { type, node, at: place, inBlock: true, placed: () => place }
  }
  const owner = name === undefined ? {} : { function: name }
  const language = String(inner(option(args, 'language')?.arg, 'String').sval ?? (name ? 'sql' : 'plpgsql'))
  if (language.toLowerCase() !== 'plpgsql') return name === undefined ? [placedAt(at, 'Unread', owner)] : []
  let code: unknown
  try {
    code = parsePlPgSQLSync(text)
  } catch {
    // Types that only the server knows, or a mistake that it explains better.
    return [placedAt(at, 'Unread', owner)]
  }
  const body = from + Math.max(text.search(/\$(?:\w*)\$|'/), 0)
  return [...codeStatements(code)].flatMap(({ type, line, query }) => {
    const place = startOfLine(source, body, line)
    if (type === 'Execute') return [placedAt(place, type, owner)]
    if (name !== undefined) return []
    if (type === 'TransactionStmt') return [placedAt(place, type, {})]
    return list((attempt(query) as Node | undefined)?.stmts).map(({ stmt }) => placedAt(place, ...unwrapped(stmt)))
  })
}

/** Statements of PL/pgSQL code, wherever they stand in it, each with its line. */
function* codeStatements(node: unknown): Generator<{ type: string; line: number; query: string }> {
  if (!isNode(node)) return
  for (const [key, value] of Object.entries(node)) {
    if (isNode(value) && key.startsWith('PLpgSQL_stmt_')) {
      const line = Number(value.lineno ?? 1)
      const query = String(inner(value.sqlstmt ?? value.expr, 'PLpgSQL_expr').query ?? '')
      if (/_(?:execsql|perform|call)$/.test(key)) yield { type: 'SQL', line, query }
      if (/_(?:commit|rollback)$/.test(key)) yield { type: 'TransactionStmt', line, query: '' }
      if (/_dyn(?:execute|fors)$/.test(key) || isNode(value.dynquery)) yield { type: 'Execute', line, query: '' }
    }
    yield* codeStatements(value)
  }
}

/** Where the nth line of a text that begins at `from` has its first word. */
function startOfLine(source: string, from: number, line: number): number {
  let at = from
  for (let nth = 1; nth < line; nth++) at = source.indexOf('\n', at) + 1 || from
  return line === 1 ? from : at + (/^[ \t]*/.exec(source.slice(at, at + 1000))?.[0].length ?? 0)
}

function attempt(query: string): unknown {
  try {
    return parseSync(query)
  } catch {
    return undefined
  }
}
