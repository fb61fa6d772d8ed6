// Names across languages. snake_case in, so that every name has one spelling out.
import { refuse } from './refusal.ts'

const snake = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/

export function checkName(place: string, name: string): string {
  return snake.test(name) ? name : refuse(place, `name "${name}" is not snake_case`, 'rename it: a-z, 0-9 and single _')
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** `started_at` → `StartedAt` */
export const pascal = (name: string): string => name.split('_').map(capital).join('')

/** `started_at` → `startedAt` */
export const camel = (name: string): string => {
  const [first = '', ...rest] = name.split('_')
  return first + rest.map(capital).join('')
}

/** `started_at` → `started-at`, `startedAt` → `started-at`, `IncidentDetails` → `incident-details` */
export const kebab = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase()

/** By code points: localeCompare orders by the machine's language, sort() by UTF-16 units. */
export function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

const reserved = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof var void while with yield ' +
    'run one maybe codec raises sql args options ownConnection isDeepStrictEqual undefined NaN Infinity globalThis'
  ).split(' '),
)

/** Whether a generated module cannot declare this name: the language, or the module itself, has taken it. */
export const isTaken = (identifier: string): boolean => reserved.has(identifier)
