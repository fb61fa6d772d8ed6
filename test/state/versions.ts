// Columns of the catalogs that not every version has. The one place that says so: families name such a column in their
// list of ignored ones, and read it as to_jsonb(c) ->> 'column' where they render it; tests hold both to this list.

/** Catalog, column, first and last major version that has it. */
export const columnsByVersion: readonly (readonly [catalog: string, column: string, from: number, to: number])[] = [
  ['pg_attribute', 'attcacheoff', 15, 17],
  ['pg_auth_members', 'inherit_option', 16, 18],
  ['pg_auth_members', 'oid', 16, 18],
  ['pg_auth_members', 'set_option', 16, 18],
  ['pg_class', 'relallfrozen', 18, 18],
  ['pg_collation', 'colliculocale', 15, 16],
  ['pg_collation', 'collicurules', 16, 18],
  ['pg_collation', 'colllocale', 17, 18],
  ['pg_constraint', 'conenforced', 18, 18],
  ['pg_constraint', 'conperiod', 18, 18],
  ['pg_database', 'dathasloginevt', 17, 18],
  ['pg_publication', 'pubgencols', 18, 18],
]

/** Columns of the catalog that two catalogs share a family with, and only one of them has. */
export const columnsOfOne: readonly (readonly [catalog: string, column: string])[] = [
  ['pg_shdescription', 'objsubid'],
  ['pg_shseclabel', 'objsubid'],
]
