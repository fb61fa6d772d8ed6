// The members of documents, as paths with [] for the entries of a list: quorum[].groups. Names that people choose are none.
import { z } from 'zod'

/** Every member that a schema knows. */
export function membersOfSchema(schema: unknown, path = ''): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return membersOfSchema(schema.unwrap(), path)
  if (schema instanceof z.ZodArray) return membersOfSchema(schema.element, `${path}[]`)
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries(schema.shape)
    .flatMap(([name, member]) => {
      const inner = path === '' ? name : `${path}.${name}`
      return [inner, ...membersOfSchema(member, inner)]
    })
    .sort()
}

/** Every member that a document has. */
export function membersOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((entry) => membersOf(entry, `${path}[]`)))].sort()
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value)
    .flatMap(([name, member]) => {
      const inner = path === '' ? name : `${path}.${name}`
      return [inner, ...membersOf(member, inner)]
    })
    .sort()
}
