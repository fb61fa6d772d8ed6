-- Owns every table. Append-only tables carry the facts; tables whose name starts with _ are mutable helpers.
-- No foreign keys, children or partitions: an owner elsewhere must not reach in, and a dump must restore in any order.
-- Installing writes no row: bootstrap does.

create table levelb.incident (
  incident_id        bigint generated always as identity primary key,
  kind               text not null constraint incident_kind check (kind in ('bootstrap', 'rebind', 'rebootstrap', 'break_glass', 'drift')),
  reason             text not null,
  login              text not null,
  authenticated_user text,
  client_address     text,
  database_identity  jsonb not null,
  server_version     text not null,
  details            jsonb not null,
  at                 timestamptz not null,
  transaction_id     xid8 not null
);
-- Every activation asks for these, and the rest is none of its business.
create index incident_of_break_glass on levelb.incident (incident_id) where kind = 'break_glass';
comment on table levelb.incident is 'What happened outside the ordinary path: bootstrap, rebind, break-glass, and drift that was found.';
comment on column levelb.incident.incident_id is 'Number of the incident; gaps mean nothing.';
comment on column levelb.incident.kind is 'bootstrap, rebind, rebootstrap, break_glass or drift.';
comment on column levelb.incident.reason is 'Why, in the words of whoever did it.';
comment on column levelb.incident.login is 'session_user of the call.';
comment on column levelb.incident.authenticated_user is '@null

system_user of the session, null before version 16 and under trust.';
comment on column levelb.incident.client_address is '@null

Address of the client, null over a Unix socket.';
comment on column levelb.incident.database_identity is '@json DatabaseIdentity

Which database this is from here on: cluster system identifier, database oid and name.';
comment on column levelb.incident.server_version is 'PostgreSQL''s version.';
comment on column levelb.incident.details is '@json IncidentDetails

What was taken over or done, by kind; names the fingerprint of the installed functions.';
comment on column levelb.incident.at is 'When.';
comment on column levelb.incident.transaction_id is 'Transaction that wrote the row.';

create table levelb.policy (
  version        integer primary key,
  hash           levelb.hash not null,
  document       jsonb not null,
  content        text not null,
  incident_id    bigint,
  activation_id  bigint,
  activated_at   timestamptz not null
);
comment on table levelb.policy is 'Every policy that was ever active; the newest version is.';
comment on column levelb.policy.version is 'Version, from 1.';
comment on column levelb.policy.hash is 'SHA-256 of content.';
comment on column levelb.policy.document is '@json PolicyDocument

The document.';
comment on column levelb.policy.content is 'The document as hashed text.';
comment on column levelb.policy.incident_id is '@null

Incident that set it, for the first.';
comment on column levelb.policy.activation_id is '@null

Activation that set it, for the later ones.';
comment on column levelb.policy.activated_at is 'When it became active.';

create table levelb.principal (
  principal      text not null,
  version        integer not null,
  nature         text not null constraint principal_nature check (nature in ('person', 'service', 'agent')),
  person         text,
  duties         text[] not null,
  groups         text[] not null,
  enabled        boolean not null,
  reason         text,
  at             timestamptz not null,
  activation_id  bigint,
  primary key (principal, version)
);
comment on table levelb.principal is 'Who may do what: every version of every principal; the newest version holds.';
comment on column levelb.principal.principal is 'Name of the principal.';
comment on column levelb.principal.version is 'Version, from 1.';
comment on column levelb.principal.nature is 'person, service or agent. An agent is never approver or operator.';
comment on column levelb.principal.person is '@null

Principal as whom this one counts: the person behind a second login or a service; null for oneself.';
comment on column levelb.principal.duties is 'Duties: author, approver, operator, auditor.';
comment on column levelb.principal.groups is 'Groups that the policy names, for instance dba.';
comment on column levelb.principal.enabled is 'False ends the principal.';
comment on column levelb.principal.reason is '@null

Why this version was made.';
comment on column levelb.principal.activation_id is '@null

Activation that made this version; null for those of bootstrap, rebind and rebootstrap.';
comment on column levelb.principal.at is 'When.';

create table levelb.principal_login (
  principal  text not null,
  version    integer not null,
  login      text not null,
  login_oid  oid not null,
  primary key (principal, version, login)
);
comment on table levelb.principal_login is 'Login roles of each version of a principal, bound by name and oid.';
comment on column levelb.principal_login.principal is 'Name of the principal.';
comment on column levelb.principal_login.version is 'Version of the principal.';
comment on column levelb.principal_login.login is 'Name of the login role.';
comment on column levelb.principal_login.login_oid is
  'Its oid in this incarnation of the database; never part of a hash.';

create table levelb.principal_key (
  principal  text not null,
  version    integer not null,
  key        text not null,
  key_bytes  bytea not null,
  primary key (principal, version, key_bytes)
);
comment on table levelb.principal_key is 'Public keys of each version of a principal.';
comment on column levelb.principal_key.principal is 'Name of the principal.';
comment on column levelb.principal_key.version is 'Version of the principal.';
comment on column levelb.principal_key.key is 'The key as given: ssh-ed25519 AAAA….';
comment on column levelb.principal_key.key_bytes is 'Its 32 bytes, by which keys are compared.';

create table levelb.pointer (
  pointer        text not null,
  version        integer not null,
  target         text,
  activation_id  bigint not null,
  at             timestamptz not null,
  primary key (pointer, version)
);
comment on table levelb.pointer is 'Every target that a pointer ever had; the newest version holds.';
comment on column levelb.pointer.pointer is 'Name of the pointer.';
comment on column levelb.pointer.version is 'Version, from 1.';
comment on column levelb.pointer.target is '@null

What it names; null when it names nothing any more.';
comment on column levelb.pointer.activation_id is 'Activation that set it.';
comment on column levelb.pointer.at is 'When.';

create table levelb.protection (
  schema_name    text not null,
  version        integer not null,
  level          text constraint protection_level check (level in ('full', 'privileged')),
  migrators      text[] not null,
  repoint        boolean not null,
  activation_id  bigint not null,
  at             timestamptz not null,
  primary key (schema_name, version)
);
comment on table levelb.protection is 'Every protection that a schema ever had; the newest version holds.';
comment on column levelb.protection.schema_name is 'Name of the schema.';
comment on column levelb.protection.version is 'Version, from 1.';
comment on column levelb.protection.level is '@null

full: every change goes through the channel. privileged: owners, rights and security do. Null when it is protected no more.';
comment on column levelb.protection.migrators is
  'At level privileged, the roles of the migration tools that own what is in it; at level full none.';
comment on column levelb.protection.repoint is
  'At level privileged, whether migrators may also replace what is there: views and functions.';
comment on column levelb.protection.activation_id is 'Activation that set it.';
comment on column levelb.protection.at is 'When.';

create table levelb.manifest (
  migration_id        levelb.slug not null,
  revision            integer not null,
  title               text not null,
  description         text not null,
  change_ref          text,
  kind                text not null,
  classes             text[] not null,
  search_path         text,
  depends_on          text[] not null,
  not_before          timestamptz,
  not_after           timestamptz,
  effects             jsonb,
  effects_hash        levelb.hash,
  payload             jsonb,
  content             text not null,
  manifest_hash       levelb.hash not null,
  author              text not null,
  login               text not null,
  authenticated_user  text,
  client_address      text,
  staged_at           timestamptz not null,
  transaction_id      xid8 not null,
  primary key (migration_id, revision)
);
create index manifest_of_explanation on levelb.manifest (migration_id, revision) where kind = 'explain';
comment on table levelb.manifest is 'Every revision of every migration that was ever staged. A row never changes.';
comment on column levelb.manifest.migration_id is 'Name of the migration.';
comment on column levelb.manifest.revision is 'Revision, from 1; verbs act on the newest.';
comment on column levelb.manifest.title is 'What it does, in one line.';
comment on column levelb.manifest.description is 'Why, for those who approve.';
comment on column levelb.manifest.change_ref is '@null

Ticket or operational-tool id.';
comment on column levelb.manifest.kind is 'Kind of migration: sql, attended, policy, principal, pointer, explain, protect or rollback.';
comment on column levelb.manifest.classes is 'Classes the author says it touches; a missing claim is all of them.';
comment on column levelb.manifest.search_path is '@null

search_path of the steps, pg_temp last; null where there are none.';
comment on column levelb.manifest.depends_on is 'Migrations that must be activated before.';
comment on column levelb.manifest.not_before is '@null

Start of the window.';
comment on column levelb.manifest.not_after is '@null

End of the window.';
comment on column levelb.manifest.effects is '@null @json Effects

Effects that the author says it has, in canonical order; null when not given.';
comment on column levelb.manifest.effects_hash is '@null

SHA-256 of the canonical text of effects.';
comment on column levelb.manifest.payload is '@null @json MigrationPayload

What the database carries out itself: the policy document, the change of principals, the pointer, what is explained, the
protection, or for a rollback the migration that is taken back. Null for kinds sql and attended.';
comment on column levelb.manifest.content is
  'The canonical text that is hashed; steps appear as the hashes of their text.';
comment on column levelb.manifest.manifest_hash is
  'SHA-256 of content; what approvals name. It contains no database identity.';
comment on column levelb.manifest.author is 'Principal who staged it.';
comment on column levelb.manifest.login is 'session_user of the call.';
comment on column levelb.manifest.authenticated_user is '@null

system_user of the session.';
comment on column levelb.manifest.client_address is '@null

Address of the client.';
comment on column levelb.manifest.staged_at is 'When.';
comment on column levelb.manifest.transaction_id is 'Transaction that wrote the row.';

create table levelb.step (
  migration_id   levelb.slug not null,
  revision       integer not null,
  position       integer not null,
  name           text not null,
  apply          text,
  apply_hash     levelb.hash,
  rollback       text,
  rollback_hash  levelb.hash,
  verify         text,
  verify_hash    levelb.hash,
  roles          jsonb,
  roles_hash     levelb.hash,
  primary key (migration_id, revision, position),
  constraint step_is_text_or_roles check (num_nonnulls(apply, roles) = 1)
);
comment on table levelb.step is 'The steps of each revision: SQL text, or a role document.';
comment on column levelb.step.migration_id is 'Name of the migration.';
comment on column levelb.step.revision is 'Revision.';
comment on column levelb.step.position is 'Order of execution, from 1.';
comment on column levelb.step.name is 'Name of the step.';
comment on column levelb.step.apply is '@null

SQL text that makes the change.';
comment on column levelb.step.apply_hash is '@null

sha256sum of that text.';
comment on column levelb.step.rollback is '@null

SQL text that takes it back.';
comment on column levelb.step.rollback_hash is '@null

sha256sum of that text.';
comment on column levelb.step.verify is '@null

One read-only query that must return true.';
comment on column levelb.step.verify_hash is '@null

sha256sum of that text.';
comment on column levelb.step.roles is '@null @json RoleDocument

Role document of the step.';
comment on column levelb.step.roles_hash is '@null

SHA-256 of its canonical text.';

create table levelb.withdrawal (
  migration_id    levelb.slug not null,
  revision        integer not null,
  principal       text not null,
  login           text not null,
  reason          text not null,
  at              timestamptz not null,
  transaction_id  xid8 not null,
  primary key (migration_id, revision)
);
comment on table levelb.withdrawal is 'Revisions that were taken back before activation.';
comment on column levelb.withdrawal.migration_id is 'Name of the migration.';
comment on column levelb.withdrawal.revision is 'Revision.';
comment on column levelb.withdrawal.principal is 'Who withdrew it.';
comment on column levelb.withdrawal.login is 'session_user of the call.';
comment on column levelb.withdrawal.reason is 'Why.';
comment on column levelb.withdrawal.at is 'When.';
comment on column levelb.withdrawal.transaction_id is 'Transaction that wrote the row.';

create table levelb.approval (
  approval_id         bigint generated always as identity primary key,
  migration_id        levelb.slug not null,
  revision            integer not null,
  decision            text not null constraint approval_decision check (decision in ('approve', 'reject', 'revoke', 'rehearse')),
  principal           text not null,
  login               text not null,
  authenticated_user  text,
  client_address      text,
  manifest_hash       levelb.hash not null,
  policy_version      integer not null,
  policy_hash         levelb.hash not null,
  incarnation         bigint not null,
  reason              text,
  expires_at          timestamptz not null,
  decision_text       text not null,
  signature           text,
  key                 text,
  decided_at          timestamptz not null,
  transaction_id      xid8 not null
);
create index approval_of_migration on levelb.approval (migration_id, revision);
comment on table levelb.approval is
  'Every decision of every principal. A later decision of the same principal replaces the earlier.';
comment on column levelb.approval.approval_id is 'Number of the decision; gaps mean nothing.';
comment on column levelb.approval.migration_id is 'Migration decided on.';
comment on column levelb.approval.revision is 'Its revision.';
comment on column levelb.approval.decision is 'approve, reject, revoke or rehearse.';
comment on column levelb.approval.principal is 'Who decided.';
comment on column levelb.approval.login is 'session_user of the call.';
comment on column levelb.approval.authenticated_user is '@null

system_user of the session.';
comment on column levelb.approval.client_address is '@null

Address of the client.';
comment on column levelb.approval.manifest_hash is 'Hash of the manifest that the principal named.';
comment on column levelb.approval.policy_version is 'Policy in force at the decision.';
comment on column levelb.approval.policy_hash is 'Its hash; under another policy the approval is void.';
comment on column levelb.approval.incarnation is
  'Incident since which the database was what it was; after a rebind the approval is void.';
comment on column levelb.approval.reason is '@null

Why, in the words of the principal.';
comment on column levelb.approval.expires_at is 'When the decision ends by itself.';
comment on column levelb.approval.decision_text is
  'The exact text that stands for the decision and that a signature covers.';
comment on column levelb.approval.signature is '@null

Signature over decision_text.';
comment on column levelb.approval.key is '@null

Key that signed.';
comment on column levelb.approval.decided_at is 'When.';
comment on column levelb.approval.transaction_id is 'Transaction that wrote the row.';

create table levelb.activation (
  activation_id       bigint generated always as identity primary key,
  migration_id        levelb.slug not null,
  revision            integer not null,
  outcome             text not null constraint activation_outcome check (outcome in ('activated', 'refused', 'failed')),
  code                text,
  reason              text,
  manifest_hash       levelb.hash not null,
  effects_hash        levelb.hash,
  policy_version      integer not null,
  policy_hash         levelb.hash not null,
  approvals           jsonb not null,
  operator            text not null,
  login               text not null,
  authenticated_user  text,
  client_address      text,
  started_at          timestamptz not null,
  finished_at         timestamptz not null,
  transaction_id      xid8 not null,
  wal_position        pg_lsn not null,
  server_version      text not null,
  database_identity   jsonb not null,
  commands            jsonb not null,
  effects             jsonb not null,
  write_tally         jsonb not null,
  state_before        levelb.hash,
  state_after         levelb.hash,
  rollback_snapshot   text,
  session_touched     jsonb not null,
  accepted            jsonb,
  dropped             jsonb,
  error               jsonb,
  incident_id         bigint
);
create unique index activation_happens_once on levelb.activation (migration_id) where outcome = 'activated';
create index activation_of_migration on levelb.activation (migration_id, revision);
create index activation_of_incident on levelb.activation (incident_id) where incident_id is not null;
comment on table levelb.activation is
  'Every call of activate that was judged: activated, refused or failed. A proof is one that was activated.';
comment on column levelb.activation.activation_id is 'Number of the activation; gaps mean nothing.';
comment on column levelb.activation.migration_id is 'Migration.';
comment on column levelb.activation.revision is 'Its revision.';
comment on column levelb.activation.outcome is
  'activated, refused (judged and not run) or failed (run and taken back).';
comment on column levelb.activation.code is '@null

SQLSTATE of the refusal or failure.';
comment on column levelb.activation.reason is '@null

What was wrong, in one sentence.';
comment on column levelb.activation.manifest_hash is 'Hash of the manifest judged.';
comment on column levelb.activation.effects_hash is '@null

SHA-256 of the canonical text of effects; null when nothing was run.';
comment on column levelb.activation.policy_version is 'Policy it was judged by.';
comment on column levelb.activation.policy_hash is 'Its hash.';
comment on column levelb.activation.approvals is '@json CountedApprovals

The approvals that counted.';
comment on column levelb.activation.operator is 'Principal who called.';
comment on column levelb.activation.login is 'session_user of the call.';
comment on column levelb.activation.authenticated_user is '@null

system_user of the session.';
comment on column levelb.activation.client_address is '@null

Address of the client.';
comment on column levelb.activation.started_at is 'When the call began.';
comment on column levelb.activation.finished_at is 'When the row was written.';
comment on column levelb.activation.transaction_id is 'Transaction; the proof counts once it is committed.';
comment on column levelb.activation.wal_position is 'WAL insert position when the row was written.';
comment on column levelb.activation.server_version is
  'PostgreSQL''s version; effects are compared within one major version.';
comment on column levelb.activation.database_identity is '@json DatabaseIdentity

Database it happened in.';
comment on column levelb.activation.commands is '@json Commands

Steps that were run, in order, with milliseconds and the DDL that each ran; those that a superuser ran are marked attended.';
comment on column levelb.activation.effects is '@json Effects

What really changed, read back from the catalogs, in canonical order.';
comment on column levelb.activation.write_tally is '@json WriteTally

Rows written by catalog or table: {"pg_class": {"inserted", "updated", "deleted"}}.';
comment on column levelb.activation.state_before is '@null

SHA-256 of the touched state before.';
comment on column levelb.activation.state_after is '@null

SHA-256 of the touched state after.';
comment on column levelb.activation.rollback_snapshot is '@null

SQL that a superuser can run with psql alone to restore the privileged state before.';
comment on column levelb.activation.session_touched is '@json SessionTouched

Settings, cursors, prepared statements and locks that the text left in the session and that were put back.';
comment on column levelb.activation.accepted is '@null @json AcceptedFindings

What the document accepts and whether it was found: [{"rule", "object", "found"}]; null where it accepts nothing or was
not activated.';
comment on column levelb.activation.dropped is '@null @json Effects

What went with what was dropped, owners, rights, code and columns, which its rollback brings back; null for nothing.';
comment on column levelb.activation.error is '@null @json ActivationError

SQLSTATE, message, detail, hint, context and step of a refusal or failure.';
comment on column levelb.activation.incident_id is '@null

Incident of break_glass under which a superuser ran the steps; null where the channel ran them.';

create table levelb.rehearsal (
  rehearsal_id         bigint generated always as identity primary key,
  migration_id         levelb.slug not null,
  revision             integer not null,
  place                text not null constraint rehearsal_place check (place in ('sandbox', 'live')),
  outcome              text not null constraint rehearsal_outcome check (outcome in ('passed', 'partial', 'incomplete', 'failed')),
  code                 text,
  reason               text,
  manifest_hash        levelb.hash not null,
  effects_hash         levelb.hash constraint rehearsal_ran check (effects_hash is not null or outcome not in ('passed', 'partial')),
  effects              jsonb not null,
  statements           jsonb not null,
  locks                jsonb not null,
  rollback_restored    boolean,
  rollback_difference  jsonb,
  warnings             jsonb not null,
  allowed_by           jsonb not null,
  policy_version       integer not null,
  policy_hash          levelb.hash not null,
  principal            text not null,
  login                text not null,
  authenticated_user   text,
  client_address       text,
  started_at           timestamptz not null,
  finished_at          timestamptz not null,
  transaction_id       xid8 not null,
  server_version       text not null,
  database_identity    jsonb not null,
  error                jsonb
);
create index rehearsal_of_migration on levelb.rehearsal (migration_id, revision);
create index rehearsal_of_manifest on levelb.rehearsal (manifest_hash);
comment on table levelb.rehearsal is
  'Every rehearsal of a staged migration: its text was executed for real and rolled back.';
comment on column levelb.rehearsal.rehearsal_id is 'Number of the rehearsal; gaps mean nothing.';
comment on column levelb.rehearsal.migration_id is 'Migration.';
comment on column levelb.rehearsal.revision is 'Its revision.';
comment on column levelb.rehearsal.place is 'sandbox (on a mirror without rows) or live (on the live objects).';
comment on column levelb.rehearsal.outcome is
  'passed; partial (some statements cannot run there); incomplete (something that it touches could not be mirrored); or failed.';
comment on column levelb.rehearsal.code is '@null

SQLSTATE of what failed.';
comment on column levelb.rehearsal.reason is '@null

What failed, in one sentence.';
comment on column levelb.rehearsal.manifest_hash is 'Hash of the manifest that was rehearsed.';
comment on column levelb.rehearsal.effects_hash is '@null

SHA-256 of the canonical text of effects; null when the apply texts failed.';
comment on column levelb.rehearsal.effects is '@json Effects

What the apply texts changed, read back from the catalogs, in canonical order.';
comment on column levelb.rehearsal.statements is '@json RehearsedStatements

Statements in the order in which they ran: where they are in the text, duration, rows, WAL and locks.';
comment on column levelb.rehearsal.locks is '@json RehearsedLocks

Relations that the apply texts held locked: strongest mode, what waits for it and how long, size, whether it was written anew.';
comment on column levelb.rehearsal.rollback_restored is '@null

Whether the rollback texts gave the state from before, but for differences that the document accepts; null when they did not run to their end, or not all of them.';
comment on column levelb.rehearsal.rollback_difference is '@null @json RollbackDifference

What they did not put back, by kind, accepted or not, with effects that are missing and unexpected ones; or the error they ended in.';
comment on column levelb.rehearsal.warnings is '@json RehearsalWarnings

What could not be checked or undone, one object with kind and detail each.';
comment on column levelb.rehearsal.allowed_by is '@json CountedApprovals

Decisions that allowed a live rehearsal.';
comment on column levelb.rehearsal.policy_version is 'Policy in force.';
comment on column levelb.rehearsal.policy_hash is 'Its hash.';
comment on column levelb.rehearsal.principal is 'Who called.';
comment on column levelb.rehearsal.login is 'session_user of the call.';
comment on column levelb.rehearsal.authenticated_user is '@null

system_user of the session.';
comment on column levelb.rehearsal.client_address is '@null

Address of the client.';
comment on column levelb.rehearsal.started_at is 'When the call began.';
comment on column levelb.rehearsal.finished_at is 'When the row was written.';
comment on column levelb.rehearsal.transaction_id is 'Transaction.';
comment on column levelb.rehearsal.server_version is
  'PostgreSQL''s version; effects are compared within one major version.';
comment on column levelb.rehearsal.database_identity is '@json DatabaseIdentity

Database it happened in.';
comment on column levelb.rehearsal.error is '@null @json ActivationError

SQLSTATE, hint, step and statement of what failed. The message only where it cannot carry data of the database.';

create table levelb.leaf (
  leaf_id     bigint generated always as identity primary key,
  relation    text not null,
  row_key     text not null,
  content     text not null,
  at          timestamptz not null,
  unique (relation, row_key)
);
comment on table levelb.leaf is
  'Canonical text of every append-only row, written with it. The ledger hashes this text.';
comment on column levelb.leaf.leaf_id is 'Number of the leaf; gaps mean nothing.';
comment on column levelb.leaf.relation is 'Table of the row.';
comment on column levelb.leaf.row_key is 'Its primary key, as JSON array.';
comment on column levelb.leaf.content is 'JSON of the row; a value over 1 KiB is {"sha256": …} of its text.';
comment on column levelb.leaf.at is 'When.';

create table levelb.ledger (
  entry      bigint primary key,
  leaf_id    bigint not null unique,
  leaf_hash  levelb.hash not null,
  root       levelb.hash not null,
  sealed_at  timestamptz not null
);
comment on table levelb.ledger is 'The Merkle tree (RFC 6962) over all leaves: one entry per leaf, without gaps.';
comment on column levelb.ledger.entry is 'Position in the tree, from 1.';
comment on column levelb.ledger.leaf_id is 'Leaf.';
comment on column levelb.ledger.leaf_hash is 'SHA-256 of 0x00 and the leaf text.';
comment on column levelb.ledger.root is 'Root of the tree of this size.';
comment on column levelb.ledger.sealed_at is 'When the leaf was sealed.';

create table levelb._head (
  one       boolean primary key default true check (one),
  size      bigint not null,
  root      levelb.hash not null,
  frontier  bytea[] not null
);
comment on table levelb._head is 'Mutable: size, root and right edge of the tree; locked only by sealing.';

create table levelb._unsealed (leaf_id bigint primary key);
comment on table levelb._unsealed is 'Mutable: leaves that are not in the tree yet.';

create table levelb._gate (name text primary key);
comment on table levelb._gate is
  'Mutable: rows that serialise. ''activation'' is held by one activation to its end, ''policy'' by policy changes, ''drift'' by
whoever records it, ''sandbox'' by one sandbox rehearsal.';

create table levelb._migration_gate (migration_id levelb.slug primary key, version bigint not null);
comment on table levelb._migration_gate is 'Mutable: one row a migration, updated by every decision on it.';

-- Part own is no step of a migration: levelb itself is about to change its own objects.
create table levelb._token (
  transaction_id  xid8 not null,
  backend         integer not null,
  migration_id    levelb.slug,
  revision        integer,
  position        integer,
  part            text not null check (part in ('apply', 'verify', 'roles', 'rollback', 'rollback roles', 'own')),
  used            boolean not null,
  roles           jsonb,
  rehearsed_in    text check (rehearsed_in in ('sandbox', 'live')),
  primary key (transaction_id, backend),
  constraint token_is_of_a_step check (num_nulls(migration_id, revision, position) = case part when 'own' then 3 else 0 end)
);
comment on table levelb._token is
  'Mutable: which step this transaction may fetch. Never visible to another transaction.';

create table levelb._rehearsed_statement (
  backend    integer not null,
  number     integer not null,
  step       integer not null,
  part       text not null,
  statement  integer not null,
  at         timestamptz not null,
  row_count  bigint not null,
  wal        pg_lsn not null,
  commands   integer not null,
  tag        text,
  rewritten  text[] not null,
  held       jsonb not null,
  held_since timestamptz,
  primary key (backend, number)
);
comment on table levelb._rehearsed_statement is
  'Mutable: how far the rehearsal that is running has come. Never visible to another transaction.';

-- One row of turn 0 without a line stands for the mirror itself.
create table levelb._mirror (
  backend  integer not null,
  number   integer not null,
  turn     integer not null,
  object   text not null,
  names    text[] not null,
  line     text,
  problem  text,
  primary key (backend, number)
);
comment on table levelb._mirror is
  'Mutable: what makes the mirror of the sandbox rehearsal that is running, in order. Never visible to another transaction.';

create table levelb._seed (
  principal    text not null,
  schema_name  text not null,
  sql          text not null,
  primary key (principal, schema_name)
);
comment on table levelb._seed is 'Mutable: the rows that an author keeps for sandbox rehearsals, as SQL.';

create table levelb._command (
  backend  integer not null,
  number   integer not null,
  tag      text not null,
  object   text,
  primary key (backend, number)
);
comment on table levelb._command is
  'Mutable: DDL that the step that is running has run, as the guard saw it. Never visible to another transaction.';

-- The guard asks for every DDL statement of the database: by oid, and by name for a schema that is put into the place of
-- one that was renamed.
create table levelb._protected (
  schema_oid    oid primary key,
  schema_name   text not null unique,
  level         text not null,
  migrators     oid[] not null,
  repoint       boolean not null
);
comment on table levelb._protected is 'Mutable: the schemas that are protected now, with oids of this database; made from
protection.';

create table levelb._open_guard (
  backend        integer primary key,
  session_key    bigint not null,
  login          oid not null,
  incident_id    bigint not null,
  until          timestamptz not null
);
comment on table levelb._open_guard is 'Mutable: backends for which break_glass opened the guard, and until when.
session_key: the advisory lock that the session holds and that ends with it.';

create table levelb._baseline (
  catalog     text not null,
  key         text not null,
  written_by  text not null,
  digest      text,
  is_aside    boolean not null,
  state       levelb._state_row not null,
  primary key (catalog, key)
);
create index baseline_parts on levelb._baseline (((state).part_of));
-- Few, and every look asks for them: rows about what initdb made, and rows that follow others.
create index baseline_aside on levelb._baseline (catalog) where is_aside;
comment on table levelb._baseline is 'Mutable: watched rows of the catalogs as they were known last, without what drift
does not look at: whole rows are a digest.';

-- Rows whose xid is horizon or more recent are new to the baseline: every older transaction had ended when it was set.
create table levelb._baseline_head (
  one       boolean primary key default true check (one),
  horizon   xid8 not null,
  system    jsonb not null,
  drifting  text[] not null
);
comment on table levelb._baseline_head is 'Mutable: since which transaction rows are to be looked at; digests of the rows
that initdb made, by catalog; "catalog key" of what drifted when the horizon was set, to be looked at whatever its age.';
