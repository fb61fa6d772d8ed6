// Catalogs that no family reads, with the reason; and what an activation does that writes to one.

/** Catalogs whose rows follow from others: written without a word. The same as levelb._is_followed. */
export const followed: Readonly<Record<string, string>> = {
  pg_largeobject: 'content of large objects: an effect of class data by its tally',
  pg_shdepend: 'owners and grantees of objects, which are read where they are owners and grantees',
  pg_statistic: 'ANALYZE',
  pg_statistic_ext_data: 'ANALYZE',
}

/** Catalogs that no text can write, or must not: a write fails the activation (LB305). */
export const waived: Readonly<Record<string, string>> = {
  sql_features: 'facts of the SQL standard, written by initdb',
  sql_implementation_info: 'facts of the SQL standard, written by initdb',
  sql_parts: 'facts of the SQL standard, written by initdb',
  sql_sizing: 'facts of the SQL standard, written by initdb',
}

/** Columns that name roles and that no family reads, with the reason. */
export const waivedColumns: Readonly<Record<string, string>> = {}
