// JSON.stringify drops undefined members and writes null for NaN; what a person approved must not lose a field on the
// way to the database, so each of these is an error that names the place.
const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function inspect(value: unknown, place: string, above: readonly object[]): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${place} is ${value}, which JSON cannot hold`)
    return
  }
  if (typeof value !== 'object')
    throw new TypeError(
      `${place} is ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}, which JSON cannot hold`,
    )
  if (above.includes(value)) throw new TypeError(`${place} contains itself`)
  if (Array.isArray(value)) {
    // By index, not forEach: that skips holes, which JSON.stringify writes as null.
    for (let index = 0; index < value.length; index++) inspect(value[index], `${place}[${index}]`, [...above, value])
    return
  }
  if (!isPlain(value))
    throw new TypeError(`${place} is a ${value.constructor?.name ?? 'class instance'}, not a plain object`)
  for (const [key, member] of Object.entries(value)) inspect(member, `${place}.${key}`, [...above, value])
}

/** JSON text that says exactly what `value` says, or a TypeError that names the place which JSON cannot hold. */
export function stringify(value: unknown, place = 'value'): string {
  inspect(value, place, [])
  return JSON.stringify(value)
}
