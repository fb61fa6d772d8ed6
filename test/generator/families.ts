// Kinds of privileged statements: one kind of statement on one kind of object each. A family looks at what there is and
// writes one statement about it; nothing where there is nothing it could be about.
import { columnsFamilies } from './families/columns.ts'
import { commentsFamilies } from './families/comments.ts'
import { constraintsFamilies } from './families/constraints.ts'
import { foreignFamilies } from './families/foreign.ts'
import { grantsFamilies } from './families/grants.ts'
import { neverFamilies } from './families/never.ts'
import { nothingFamilies } from './families/nothing.ts'
import { objectsFamilies } from './families/objects.ts'
import { ownersFamilies } from './families/owners.ts'
import { rolesFamilies } from './families/roles.ts'
import { routinesFamilies } from './families/routines.ts'
import { rowsFamilies } from './families/rows.ts'
import { securityFamilies } from './families/security.ts'
import { tablesFamilies } from './families/tables.ts'
import { typesFamilies } from './families/types.ts'
import { viewsFamilies } from './families/views.ts'
import type { Family } from './statement.ts'

export const families: readonly Family[] = [
  ...grantsFamilies,
  ...ownersFamilies,
  ...securityFamilies,
  ...viewsFamilies,
  ...routinesFamilies,
  ...tablesFamilies,
  ...columnsFamilies,
  ...constraintsFamilies,
  ...typesFamilies,
  ...objectsFamilies,
  ...foreignFamilies,
  ...commentsFamilies,
  ...rolesFamilies,
  ...rowsFamilies,
  ...nothingFamilies,
  ...neverFamilies,
]
