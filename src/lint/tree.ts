// Trees of PostgreSQL's grammar as libpg-query gives them: a node stands under its type, {"RangeVar": {…}}, but for members
// whose type never changes, which stand bare. What is false, zero or empty is left out.

export type Node = Record<string, unknown>

export const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

export const list = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : [])

export const inner = (value: unknown, type: string): Node => (isNode(value) && isNode(value[type]) ? value[type] : {})

export const options = (value: unknown): Node[] => list(value).map((each) => inner(each, 'DefElem'))

export const option = (value: unknown, name: string): Node | undefined =>
  options(value).find(({ defname }) => defname === name)

/** False where it says so; an option without a value is on. */
export function isOn(option: Node): boolean {
  const argument = option.arg
  if (!isNode(argument)) return true
  const value = inner(argument, 'String').sval ?? inner(argument, 'Integer').ival ?? inner(argument, 'Boolean').boolval
  return !['false', 'off', 0, undefined].includes(value as string)
}

/** Type and node of what stands under its type. */
export function unwrapped(value: unknown): [type: string, node: Node] {
  const [type = '', node] = Object.entries(isNode(value) ? value : {})[0] ?? []
  return [type, isNode(node) ? node : {}]
}

// Code that is stored and not run.
const stored = ['sql_body', 'actions']

/** Every node of a tree under its type, from the top; a bare RangeVar too. */
export function* nodes(value: unknown): Generator<[type: string, node: Node]> {
  if (!isNode(value)) return
  for (const [key, member] of Object.entries(value)) {
    if (!isNode(member) || stored.includes(key)) continue
    if (/^[A-Z]/.test(key)) yield [key, member]
    else if (typeof member.relname === 'string') yield ['RangeVar', member]
    yield* nodes(member)
  }
}

const quoted = (name: unknown) =>
  /^[a-z_][a-z0-9_$]*$/.test(String(name)) ? String(name) : `"${String(name).replaceAll('"', '""')}"`

const dotted = (names: readonly unknown[]) =>
  names
    .filter((name) => name !== undefined && name !== '')
    .map(quoted)
    .join('.')

const strings = (value: unknown) => list(value).map((each) => inner(each, 'String').sval)

/** `shop.orders`, as the text has it: with or without a schema. */
export function nameOf(value: unknown): string {
  if (Array.isArray(value)) return dotted(strings(value))
  if (!isNode(value)) return quoted(value)
  if (typeof value.relname === 'string') return dotted([value.schemaname, value.relname])
  const [type, node] = unwrapped(value)
  if (type === 'RangeVar') return nameOf(node)
  if (type === 'String') return quoted(node.sval)
  if (type === 'List') return nameOf(node.items)
  if (type === 'TypeName') return nameOf(node.names)
  if (type === 'RoleSpec') return roleOf(node)
  return nameOf(node.objname ?? value.objname ?? value.names ?? [])
}

/** A part of something: `shop.orders.id`. */
export const within = (name: string, part: unknown) => `${name}.${quoted(part)}`

/** The name with another last part, as after a rename. */
export const renamed = (name: string, last: unknown) => {
  const at = name.lastIndexOf('.')
  return at < 0 ? quoted(last) : within(name.slice(0, at), last)
}

/** Name of a role; `public` of PUBLIC. */
export function roleOf(value: unknown): string {
  const role = isNode(value) && isNode(value.RoleSpec) ? value.RoleSpec : isNode(value) ? value : {}
  if (role.roletype === 'ROLESPEC_CSTRING') return quoted(role.rolename)
  return String(role.roletype ?? '')
    .replace('ROLESPEC_', '')
    .toLowerCase()
}

/** The constants of a list of arguments, as text. */
export const constants = (value: unknown): string[] =>
  list(value).map((each) => {
    const constant = inner(each, 'A_Const')
    return String((isNode(constant.sval) ? constant.sval.sval : undefined) ?? '')
  })
