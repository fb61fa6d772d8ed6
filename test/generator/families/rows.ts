// Rows of data.
import { alone, familyList, one, tables } from '../statement.ts'

const { list, succeeds } = familyList()

succeeds(
  'insert rows',
  one(
    (o) => tables(o).filter(({ name }) => name === 'extra.parent' || name === 'shop."Odd one"'),
    (r, { name }) => `insert into ${name} select from generate_series(1, ${1 + r.int(3)})`,
  ),
)
succeeds(
  'update rows',
  one(
    (o) => tables(o).filter(({ word }) => word === 'notes'),
    (_, { name, columns }) => `update ${name} set ${columns[0]?.name} = ${columns[0]?.name}`,
  ),
)
succeeds(
  'delete rows',
  one(
    (o) => tables(o).filter(({ name }) => name === 'extra.parent' || name === 'shop."Odd one"'),
    (_, { name }) =>
      `insert into ${name} select; delete from only ${name} where ctid in (select ctid from only ${name} limit 1)`,
  ),
)
succeeds(
  'truncate table',
  one(
    (o) => alone(o).filter(({ referenced }) => !referenced),
    (_, { name }) => `truncate ${name}`,
  ),
)

export const rowsFamilies = list
