-- Owns the scalars and composites that tables and functions share. Knows no table.
create domain levelb.slug as text
  constraint slug_is_a_name check (value ~ '^([a-z0-9][a-z0-9_-]{0,30}/)?[a-z0-9][a-z0-9_.-]{0,62}$');
comment on domain levelb.slug is
  'Name of a migration: [service/]0007_repoint_orders, lower-case letters, digits, _ - and dots.';

create domain levelb.hash as bytea constraint hash_is_sha256 check (octet_length(value) = 32);
comment on domain levelb.hash is 'A SHA-256 digest, 32 bytes.';

create type levelb.effect as (
  class        text,
  object_type  text,
  identity     text,
  attribute    text,
  before       text,
  after        text,
  expected     boolean
);
comment on type levelb.effect is 'One thing that changed. Two effects are the same when the first six fields are.';
comment on column levelb.effect.class is
  'What kind of change it is: owner, acl, role, data, setting, repoint, …; decides the quorum.';
comment on column levelb.effect.object_type is
  'Type of the object as PostgreSQL names it: table, function, role, role membership, …';
comment on column levelb.effect.identity is 'Schema-qualified identity of the object as pg_identify_object prints it.';
comment on column levelb.effect.attribute is
  'What of the object changed: owner, the grantee of a privilege, a role attribute, a verb on rows.';
comment on column levelb.effect.before is '@null

Value before, null when there was none.';
comment on column levelb.effect.after is '@null

Value after, null when there is none.';
comment on column levelb.effect.expected is '@null

Whether the policy expects this change as normal life; null outside drift.';

create type levelb.error_entry as (
  code       text,
  name       text,
  message    text,
  hint       text,
  retryable  boolean
);
comment on type levelb.error_entry is 'One error of class LB.';
comment on column levelb.error_entry.code is 'SQLSTATE, LB001 to LB9xx.';
comment on column levelb.error_entry.name is
  'Name in lower case with underscores; the error class of the typed callers.';
comment on column levelb.error_entry.message is 'The constant MESSAGE text.';
comment on column levelb.error_entry.hint is 'The usual next step; a function may give a more exact one.';
comment on column levelb.error_entry.retryable is 'Whether the same call may succeed later without any change.';

create type levelb.version_entry as (
  release         text,
  schema_version  integer,
  server_version  text
);
comment on type levelb.version_entry is 'Which levelb this database holds.';
comment on column levelb.version_entry.release is 'Release of levelb, for instance 0.1.0.';
comment on column levelb.version_entry.schema_version is 'Number of the catalog shape.';
comment on column levelb.version_entry.server_version is 'PostgreSQL''s own version.';

create type levelb.quorum_state as (
  migration_id      levelb.slug,
  revision          integer,
  met               boolean,
  approvals_met     integer,
  approvals_needed  integer,
  groups_needed     jsonb,
  counted           jsonb,
  void              jsonb,
  rejected_by       text[],
  missing           text
);
comment on type levelb.quorum_state is 'How the approvals of a migration stand against the active policy.';
comment on column levelb.quorum_state.migration_id is 'The migration.';
comment on column levelb.quorum_state.revision is 'Its newest revision.';
comment on column levelb.quorum_state.met is 'Whether every rule that applies is met and nobody rejects it.';
comment on column levelb.quorum_state.approvals_met is
  'Distinct persons whose approval counts, the author never among them.';
comment on column levelb.quorum_state.approvals_needed is 'Approvals that the strictest matching rule asks for.';
comment on column levelb.quorum_state.groups_needed is '@json GroupCounts

Group names with the number of approvals needed from each.';
comment on column levelb.quorum_state.counted is '@json CountedApprovals

The approvals that count: [{"approval_id", "principal", "person", "groups", "signature"}], with "preapproved": true where one
of the original stands for its rollback.';
comment on column levelb.quorum_state.void is '@json VoidApprovals

Approvals that do not count, and why: [{"approval", "principal", "why"}].';
comment on column levelb.quorum_state.rejected_by is 'Principals whose rejection stands.';
comment on column levelb.quorum_state.missing is 'One sentence that says what is missing; empty when nothing is.';

create type levelb.ledger_report as (
  ok         boolean,
  entries    bigint,
  unsealed   bigint,
  root       levelb.hash,
  first_bad  bigint,
  problem    text
);
comment on type levelb.ledger_report is 'State of the ledger.';
comment on column levelb.ledger_report.ok is 'Whether every entry, hash, root and row agrees.';
comment on column levelb.ledger_report.entries is 'Number of sealed entries, the size of the tree.';
comment on column levelb.ledger_report.unsealed is
  'Rows whose leaf is not in the tree yet; the next seal numbers them.';
comment on column levelb.ledger_report.root is 'RFC 6962 root of the tree over all sealed entries.';
comment on column levelb.ledger_report.first_bad is '@null

First entry that does not agree; null when all do, or when what does not agree has no entry.';
comment on column levelb.ledger_report.problem is '@null

What does not agree, in one sentence; null when all does.';

create type levelb.readiness_item as (
  item      text,
  artifact  text,
  ok        boolean,
  required  boolean,
  checked   text,
  detail    text,
  hint      text,
  waived    boolean
);
comment on type levelb.readiness_item is
  'One thing that must hold before this database may be changed through the channel.';
comment on column levelb.readiness_item.item is 'Name of the item.';
comment on column levelb.readiness_item.artifact is
  'Which of the five demands it proves: entrypoint, owner_credential, approval_record, proof_log, rollback.';
comment on column levelb.readiness_item.ok is '@null

True when it holds, false when it does not, null when it was not checked or is waived.';
comment on column levelb.readiness_item.required is
  'Whether a false here means AUTHOR_MODE; of what only full checks, that nobody should activate before it is mended.';
comment on column levelb.readiness_item.checked is 'What was looked at, or "not checked", or which policy waives it.';
comment on column levelb.readiness_item.detail is 'What was found.';
comment on column levelb.readiness_item.hint is '@null

The next step where it does not hold. What stands after "As a superuser:" is SQL as it can be run.';
comment on column levelb.readiness_item.waived is 'Whether the policy says that it need not hold.';

-- Here, because a table keeps such rows.
create type levelb._state_row as (
  catalog        text,
  key            text,
  object_type    text,
  identity       text,
  names          text[],
  schema         text,
  attributes     jsonb,
  absent         jsonb,
  whole          jsonb,
  rest           jsonb,
  named          jsonb,
  code           jsonb,
  part_of        text,
  is_implied     boolean,
  is_detail      boolean,
  is_levelb      boolean,
  exists_class   text,
  name_class     text,
  definition_as  text,
  definition     text,
  acl            text,
  written_by     text,
  replaced_by    xid8
);
comment on type levelb._state_row is 'One catalog row as its family reads it: attributes are {"class:attribute": value}, absent
what holds without the row, names the unquoted parts of its identity, whole all columns but the ACL,
  rest those that this
version does not render, named and code those of its name and of what a deparser says as definition, acl the raw ACL,
written_by its xmin, replaced_by the xmax of a row from before.';
