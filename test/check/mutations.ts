// Every way to get one thing wrong in a JSON document, and seeded pairs of them.
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

export interface Mutation {
  /** `steps.0.apply: removed` */
  readonly what: string
  readonly value: Json
}

/** Made when asked for: of a thousand ways to be wrong a second time one is taken. */
type Way = { readonly what: string; make(): Json }

const replacements: Json[] = [null, true, 0, 1.5, 1e20, '', 'x', 'X y', 'ends\u200b', [], [[]], {}, { x: 1 }]

const isObject = (value: Json): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const replaced: readonly Way[] = replacements.map((value) => ({
  what: `: ${JSON.stringify(value)}`,
  make: () => value,
}))

const below = (key: string | number, member: Json, put: (changed: Json) => Json): Way[] =>
  [...replaced, ...inside(member)].map(({ what, make }) => ({ what: `.${key}${what}`, make: () => put(make()) }))

function inside(value: Json): Way[] {
  if (Array.isArray(value)) {
    return value.flatMap((entry, index) => [
      ...below(index, entry, (changed) => value.with(index, changed)),
      { what: `.${index}: removed`, make: () => value.toSpliced(index, 1) },
      { what: `.${index}: repeated`, make: () => [...value, entry] },
    ])
  }
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, member]) => {
    const { [key]: _, ...rest } = value
    return [
      ...below(key, member, (changed) => ({ ...value, [key]: changed })),
      { what: `.${key}: removed`, make: () => rest },
      { what: `.${key}: renamed`, make: () => ({ ...rest, [`${key}x`]: member }) },
      { what: `.${key}: joined by another`, make: () => ({ ...value, [`_${key}`]: member }) },
    ]
  })
}

const ways = (document: Json): Way[] => [...replaced, ...inside(document)]

/** Copies of `document` that differ in one place each. */
export const mutations = (document: Json): Mutation[] =>
  ways(document).map(({ what, make }) => ({ what, value: make() }))

/** Two mistakes at once, chosen by a seed. */
export function pairs(document: Json, count: number, seed: number): Mutation[] {
  let state = seed
  const pick = (from: readonly Way[]): Way => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return from[Math.floor((state / 2 ** 32) * from.length)] as Way
  }
  const first = ways(document)
  return Array.from({ length: count }, () => {
    const one = pick(first)
    const two = pick(ways(one.make()))
    return { what: `${one.what} and ${two.what}`, value: two.make() }
  })
}
