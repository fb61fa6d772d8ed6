// What can be said about SQL text without a parser, as sql/43-statements.sql says it: where each statement begins, and
// which of them can never run in the channel. src/lint says more, with PostgreSQL's own grammar.

interface ChannelRule {
  /** Why not. */
  readonly reason: string
  /** Which: a regular expression over the shape of a statement. */
  readonly pattern: string
  /** The way out; null where the database makes it from the statement. */
  readonly hint: string | null
}

/** The rows of levelb._channel_rules(), in its order. */
export const channelRules: readonly ChannelRule[] = [
  {
    reason: 'transaction control',
    pattern: '^(?:begin|start transaction|commit|end|rollback|abort|savepoint|release|prepare transaction)(?: |$)',
    hint: 'Take it out: all steps run in one transaction, which is kept or undone as a whole. Inside a DO block, EXCEPTION undoes a part.',
  },
  {
    reason: 'cannot run inside a transaction',
    pattern: String.raw`^(?:vacuum(?: |$)|cluster(?: verbose| \(.*\))?$)`,
    hint: 'Run it with psql, as the owner of the table; it changes nothing that needs approval. ANALYZE can stand in a step.',
  },
  {
    reason: 'cannot run inside a transaction',
    pattern: '^create (?:unique )?index concurrently(?: |$)|^drop index concurrently ',
    hint: 'Run it with your migration tool, write it as kind attended for a superuser, or take CONCURRENTLY out: then the table is locked for as long as it takes.',
  },
  {
    reason: 'cannot run inside a transaction',
    pattern: String.raw`^reindex (?:\( .* \) )?(?:schema|database|system)(?: |$)|^reindex (?:\( .* \) )?(?:index|table) concurrently |^reindex \( (?:.* )?concurrently(?: (?:true|on|1))? [,)]`,
    hint: 'Run it with psql, as the owner; it changes nothing that needs approval. REINDEX TABLE and REINDEX INDEX can stand in a step.',
  },
  {
    reason: 'cannot run inside a transaction',
    pattern: '^alter table (?=.* detach partition ).* concurrently$',
    hint: 'Take CONCURRENTLY out, which locks the parent for a moment, or run it with your migration tool.',
  },
  {
    reason: 'cannot run inside a transaction',
    pattern: '^(?:create|drop) (?:database|tablespace) |^alter database [^ ]+ set tablespace (?!to |= )',
    hint: 'A superuser runs it outside of levelb: it is no change of one database, and cannot be undone.',
  },
  {
    reason: 'cannot run inside a transaction',
    pattern: '^alter system ',
    hint: 'A superuser runs it outside of levelb. Where a setting of the database is enough: alter database … set ….',
  },
  {
    reason: 'cannot run inside a transaction',
    pattern: '^discard all$',
    hint: 'Take it out: an activation has a session of its own. DISCARD TEMP can stand in a step.',
  },
  {
    reason: 'cannot run inside a transaction',
    pattern: '^create subscription (?!.* (?:connect|create_slot|") )',
    hint: 'Write with (connect = false) and make the slot with psql, or let a superuser create it outside of levelb.',
  },
  {
    reason: 'cannot run inside a transaction',
    pattern: '^alter subscription [^ ]+ refresh publication(?: |$)',
    hint: 'Run it with psql, as the owner of the subscription.',
  },
  {
    reason: 'roles are changed by role documents',
    pattern:
      '^(?:create|alter|drop) (?:role|user|group) (?!mapping (?:for|if) |all in database )|^grant (?!.* on ).* to |^revoke (?!.* on ).* from ',
    hint: null,
  },
  {
    reason: 'the role of the text is fixed',
    pattern: '^(?:set|reset) (?:local |session )?(?:role|session authorization)(?: |$)',
    hint: 'Take it out: text runs as levelb_deploy. Let a superuser grant it the role that owns what is changed, for the while.',
  },
  {
    reason: 'the session ends with the activation',
    pattern: '^(?:listen|unlisten) ',
    hint: 'Take it out. NOTIFY can stand in a step: it is sent when the activation commits.',
  },
  {
    reason: 'data from the client',
    pattern: '^copy (?:.* )?(?:stdin|stdout)(?: |$)',
    hint: 'Write the rows as INSERT … VALUES: they are part of what is approved.',
  },
  {
    reason: 'reads or writes outside of the database',
    pattern: '^copy ',
    hint: 'Write the rows as INSERT … VALUES: they are part of what is approved, a file or program is not.',
  },
  {
    reason: 'loads code that nobody approved',
    pattern: '^load ',
    hint: 'Let a superuser set session_preload_libraries for whoever needs the library, outside of levelb.',
  },
  {
    reason: 'changes nothing',
    pattern: '^checkpoint(?: |$)',
    hint: 'Take it out, or run it with psql.',
  },
]

const refused = channelRules.map((rule) => ({ rule, expression: new RegExp(rule.pattern) }))

/** The first rule that refuses a statement of this shape. */
export const ruleOf = (shape: string): ChannelRule | undefined =>
  refused.find(({ expression }) => expression.test(shape))?.rule

/** What is said of a role statement where the database would write the document. */
const roleHint =
  'Write a step of its own with a role document: {"name": "roles", "roles": {"create": …, "alter": …, "grant": …, "revoke": …, ' +
  '"set": …, "drop": …}}. Logins, passwords, dangerous attributes and the roles of levelb and PostgreSQL are changed by a ' +
  'superuser outside of levelb.'

interface Masked {
  /** As long as the text: comments are blanks; of literals the opening quote stands, then U+0001 for each unit. */
  readonly masked: string
  /** What never ends, and where it begins. */
  readonly unfinished?: { readonly what: string; readonly at: number }
}

const dollar = /\$(?:[A-Za-z_\u0080-\u{10ffff}][A-Za-z0-9_\u0080-\u{10ffff}]*)?\$/uy
const word = /[A-Za-z0-9_\u0080-\u{10ffff}][A-Za-z0-9_$\u0080-\u{10ffff}]*/uy
const plainString = /'(?:[^']|'')*('?)/y
const escapedString = /'(?:[^'\\]|\\[\s\S]|'')*('?)/y
const quotedName = /"(?:[^"]|"")*("?)/y
const lineComment = /--[^\r\n]*/y
/** White space with a line end in it, and then a quote: the string before goes on. */
const continuation = /(?:[ \t\r\n\f]|--[^\r\n]*[\r\n])*(?=')/y

function match(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(source)
}

/** Stands for what is inside of a literal; no text holds it (LB006). */
export const filler = '\u0001'
const hidden = (length: number) => filler.repeat(Math.max(length, 0))
const apart = new RegExp(`[\\][(),.=]|['"]${filler}*`, 'g')
const gaps = new RegExp(`[ \\t\\r\\n\\f${filler}]+`, 'g')

/** Where the comment that begins at `at` ends, nested ones too; undefined when it does not. */
function endOfComment(source: string, at: number): number | undefined {
  const mark = /\/\*|\*\//g
  mark.lastIndex = at
  for (let depth = 0, found = mark.exec(source); found !== null; found = mark.exec(source)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return mark.lastIndex
  }
  return undefined
}

/** Blanks out the literals and comments of SQL text, as PostgreSQL reads it with standard_conforming_strings on. */
export function mask(source: string): Masked {
  const parts: string[] = []
  let escapes = false
  let at = 0
  const take = (part: string) => {
    parts.push(part)
    at += part.length
  }
  const unfinished = (what: string): Masked => {
    const start = at
    const rest = source.length - start
    take(what === 'comment' ? ' '.repeat(rest) : `${what === 'quoted name' ? '"' : "'"}${hidden(rest - 1)}`)
    return { masked: parts.join(''), unfinished: { what, at: start } }
  }
  while (at < source.length) {
    const two = source.slice(at, at + 2)
    const one = source[at] as string
    if (two === '--') {
      take(' '.repeat(match(lineComment, source, at)?.[0].length ?? 0))
    } else if (two === '/*') {
      const end = endOfComment(source, at)
      if (end === undefined) return unfinished('comment')
      take(' '.repeat(end - at))
    } else if (one === "'") {
      const found = match(escapes ? escapedString : plainString, source, at) as RegExpExecArray
      if (found[1] === '') return unfinished('string constant')
      take(`'${hidden(found[0].length - 1)}`)
      // An E string goes on after a line end, and its backslashes with it; a plain one would be read alike anyway.
      const gap = escapes ? match(continuation, source, at) : null
      if (gap === null) escapes = false
      else take(gap[0].replace(/--[^\r\n]*/g, (comment) => ' '.repeat(comment.length)))
    } else if (one === '"') {
      const found = match(quotedName, source, at) as RegExpExecArray
      if (found[1] === '') return unfinished('quoted name')
      take(`"${hidden(found[0].length - 1)}`)
    } else if (one === '$' && match(dollar, source, at) !== null) {
      const tag = match(dollar, source, at)?.[0] ?? ''
      const end = source.indexOf(tag, at + tag.length)
      if (end < 0) return unfinished('string constant')
      take(`'${hidden(end + tag.length - at - 1)}`)
    } else {
      const found = match(word, source, at)?.[0] ?? one
      take(found)
      escapes = /^e$/i.test(found) && source[at] === "'"
    }
  }
  return { masked: parts.join('') }
}

const lower = (text: string) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** Tokens of masked text in lower case, one space between them. */
const shapeOf = (masked: string) => lower(masked).replace(apart, ' $& ').replace(gaps, ' ').trim()

const judged =
  /^(?:abort|alter|begin|checkpoint|cluster|commit|copy|create|discard|drop|end|grant|listen|load|prepare|reindex|release|reset|revoke|rollback|savepoint|set|start|unlisten|vacuum)(?![A-Za-z0-9_$])/i

const count = (text: string, character: string) => text.split(character).length - 1

export interface Statement {
  /** Where its first word begins, in units of UTF-16 from 0. */
  readonly at: number
  /** '' where its first word says that nothing is to be judged. */
  readonly shape: string
}

/** A semicolon ends a statement but in the commands of a rule and between BEGIN ATOMIC and END. */
export function statements(masked: string): Statement[] {
  const found: Statement[] = []
  let at = 0
  let parentheses = 0
  let atomic = false
  for (const part of masked.split(';')) {
    const text = part.replace(/^[ \t\r\n\f]+/, '')
    if (atomic) atomic = !/^[ \t\r\n\f]*end[ \t\r\n\f]*$/i.test(part)
    else if (parentheses > 0) parentheses += count(part, '(') - count(part, ')')
    else if (text !== '') {
      const shape = judged.test(text) ? shapeOf(text) : ''
      if (/^create (?:or replace )?rule /.test(shape)) parentheses = count(part, '(') - count(part, ')')
      else if (/^create (?:or replace )?(?:function|procedure) /.test(shape))
        atomic = / begin atomic(?: |$)/.test(shape) && !/ begin atomic end$/.test(shape)
      found.push({ at: at + part.length - text.length, shape })
    }
    at += part.length + 1
  }
  return found
}

/** What is wrong at a place of a text, in units of UTF-16 from 0. */
export interface TextFinding {
  readonly at: number
  readonly reason: string
  readonly hint: string
}

/** The first thing of a text that can never run in the channel; where it is attended, that is not whole SQL. */
export function findStatement(source: string, required: boolean, attended = false): TextFinding | undefined {
  const { masked, unfinished } = mask(source)
  const backslash = masked.indexOf('\\')
  const outside: TextFinding[] = []
  if (unfinished !== undefined)
    outside.push({
      at: unfinished.at,
      reason: `a ${unfinished.what} does not end`,
      hint: 'End it, or double the quote inside of it.',
    })
  if (backslash >= 0)
    outside.push({
      at: backslash,
      reason: 'a backslash: psql reads it, PostgreSQL does not',
      hint: 'Take the psql command out: a file that \\i includes is copied in, a value that \\set names is written out.',
    })
  for (const { at, shape } of attended ? [] : statements(masked)) {
    const rule = shape === '' ? undefined : ruleOf(shape)
    if (rule === undefined) continue
    outside.push({ at, reason: rule.reason, hint: rule.hint ?? roleHint })
    break
  }
  if (outside.length === 0 && required && /^[; \t\r\n\f]*$/.test(masked))
    return { at: 0, reason: 'no statement, only comments', hint: 'Write the statement, or leave the step out.' }
  return outside.sort((one, other) => one.at - other.at)[0]
}
