// What this package ships against what a database has, asked without believing any function of that database.
import type { Sql } from 'postgres'
import { bundleText } from './install.ts'

export type ShippedDifference = { object: string; difference: string }

/**
 * The objects of levelb that are not those of this package. Both the list and the text that reads the catalogs are the
 * package's; of the server it believes the catalogs and pg_catalog's functions. Any login that can connect may ask.
 */
export async function shippedDifferences(sql: Sql, bundle = bundleText()): Promise<ShippedDifference[]> {
  return sql.begin('read only', async (transaction) => {
    await transaction
      .unsafe(
        'set local search_path = pg_catalog, pg_temp; set local quote_all_identifiers = off; set local jit = off; set local standard_conforming_strings = on',
      )
      .simple()
    const rows = await transaction.unsafe<ShippedDifference[]>(
      `select coalesce(i.object, s.object) as object, case when s.object is null then 'was added'
          when i.object is null then 'is missing' else 'is not as shipped' end as difference
        from (${bodyOf(bundle, '_installed_objects')}) as i (object, digest)
          full join (${bodyOf(bundle, '_shipped_objects')}) as s (object, digest) on s.object = i.object
       where i.digest is distinct from s.digest
       order by coalesce(i.object, s.object) collate "C"`,
    )
    return [...rows]
  })
}

/** The text of a function of the bundle; dollar tags are named like their functions. */
function bodyOf(bundle: string, name: string): string {
  const tag = `$${name}$`
  const start = bundle.indexOf(tag)
  const end = bundle.indexOf(tag, start + tag.length)
  if (start < 0 || end < 0) throw new Error(`the bundle of this package has no ${name}: install the package again`)
  return bundle.slice(start + tag.length, end)
}
