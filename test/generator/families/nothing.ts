// Changes that undo themselves: the state is as before, and what was written must be told all the same.
import { alone, familyList, one, quoted, tables } from '../statement.ts'

const { list, succeeds } = familyList()

succeeds(
  'there and back: grant and revoke',
  one(alone, (_, { name }) => `grant select on ${name} to gen_reader; revoke select on ${name} from gen_reader`),
)
succeeds(
  'there and back: rename',
  one(
    alone,
    (_, { name, word, schema: of }) =>
      `alter table ${name} rename to g_away; alter table ${of}.g_away rename to ${quoted(word)}`,
  ),
)
succeeds(
  'there and back: owner',
  one(
    alone,
    (_, thing) =>
      `alter table ${thing.name} owner to ${thing.owner === 'gen_app' ? 'gen_boss' : 'gen_app'}; alter table ${thing.name} owner to ${thing.owner}`,
  ),
)
succeeds(
  'there and back: row level security',
  one(tables, (_, { name, secured }) =>
    secured ? null : `alter table ${name} enable row level security; alter table ${name} disable row level security`,
  ),
)
succeeds(
  'there and back: drop and create',
  one(
    (o) => o.policies,
    (_, { name, table }) => `drop policy ${name} on ${table}; create policy ${name} on ${table} using (true)`,
  ),
)
succeeds(
  'swallowed failure beside a grant',
  one(
    alone,
    (r, { name }) =>
      `do $$ begin begin grant select on ${name} to gen_reader; perform 1 / 0; exception when division_by_zero then null; end; grant ${r.one('insert', 'update')} on ${name} to gen_writer; end $$`,
  ),
)

export const nothingFamilies = list
