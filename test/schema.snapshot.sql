-- What levelb installs, from the catalog. Compared by test/sql/snapshot.test.ts; written by it with -u.

schema levelb owner levelb_owner -- The gate for privileged changes of this database: manifest, approvals, activation, proof.
  grant usage to levelb_approver
  grant usage to levelb_auditor
  grant usage to levelb_author
  grant usage to levelb_deploy
  grant usage to levelb_operator
  grant usage to levelb_reader
  grant usage to levelb_roles
  grant usage to levelb_sandbox

schema levelb_exec owner levelb_owner -- Executors that run approved text with the rights of levelb_deploy or levelb_roles. Nobody calls them but activate.

schema levelb_sandbox owner levelb_owner -- Rehearsals of authors: the verbs. What they run on is made and undone in their transaction.
  grant usage to levelb_author

domain levelb.hash bytea -- A SHA-256 digest, 32 bytes.
  constraint hash_is_sha256 CHECK ((octet_length(VALUE) = 32))

domain levelb.slug text -- Name of a migration: [service/]0007_repoint_orders, lower-case letters, digits, _ - and dots.
  constraint slug_is_a_name CHECK ((VALUE ~ '^([a-z0-9][a-z0-9_-]{0,30}/)?[a-z0-9][a-z0-9_.-]{0,62}$'::text))

type levelb._call -- Who is calling.
  principal text
  person text
  duties text[]
  login text
  authenticated_user text
  client_address text

type levelb._change -- A catalog row before and after.
  old levelb._state_row
  new levelb._state_row

type levelb._channel_rule -- Statements that cannot run in the channel.
  reason text -- Why not.
  pattern text -- Which: a regular expression over the shape of the statement.
  hint text -- The way out; null where it is made from the statement.

type levelb._code -- Function, operator, operator class, view or domain that is code, and whether its calls are counted.
  class oid
  object oid
  is_counted boolean

type levelb._code_undo -- A view, function or procedure that is to be dropped, made, or replaced. is_whole: with rights and comments.
  object_type text
  identity text
  object oid
  is_dropped boolean
  is_made boolean
  is_whole boolean

type levelb._comparison -- Rows of the baseline and of today that differ, in the form of the baseline. rewritten:
  old levelb._state_row[]
  new levelb._state_row[]
  rewritten text[]
  system jsonb

type levelb._counted -- A function of others: its oid, the xmin of its row, and how often it was called.
  function oid
  written_by text
  calls bigint

type levelb._definition -- What a deparser says of one catalog row, and the xmin of that row.
  catalog text
  key text
  written_by text
  definition text

type levelb._document_text -- A text of a migration document.
  field text -- Where it stands: steps[0].apply.
  source text -- The text.
  is_sql boolean -- Whether it will run.
  required boolean -- Whether it must hold a statement; a rollback may say in a comment that there is nothing to undo.

type levelb._door -- A way out of the sandbox, and SQL that closes it.
  object text
  why text
  remedy text

type levelb._drift -- One attribute that drifted, with the keys of the row in the baseline and today, and what it was
  catalog text
  old_key text
  new_key text
  class text
  object_type text
  identity text
  attribute text
  before text
  after text
  schemas text[]
  expected boolean
  part_of text[]
  is_migrators boolean

type levelb._edge -- One unit needs another.
  dependent text
  referenced text

type levelb._execution -- What running a migration did: what it left behind, rows before and after, and what that says.
  run levelb._run
  before levelb._state_row[]
  after levelb._state_row[]
  back levelb._read_back

type levelb._fact_table -- A table of facts, its primary key and the columns that a leaf holds.
  relation text -- Name of the table.
  key_columns text[] -- Columns of the primary key, in its order.
  columns text[] -- Columns of its leaves: all but login_oid, since oids never enter a hash.

type levelb._failure_rule -- What to say of a kind of failure.
  sqlstate text -- SQLSTATE.
  pattern text -- Regular expression over the message.
  hint text -- The reason and the next step.

type levelb._family -- How the rows of one kind in one catalog are read; see levelb._family_of.
  relation text
  filter text
  joins text
  key text
  object_type text
  identity text
  names text
  schema text
  owner text
  acl text
  acl_kind text
  acl_owner text
  part_of text
  is_implied text
  is_detail text
  is_levelb text
  attributes text
  absent text
  whole text
  exists_class text
  name_class text
  name_columns text[]
  code_columns text[]
  definition text
  defined text
  definition_as text
  ignored text[]

type levelb._finding -- Something in the ledger that does not agree.
  entry bigint -- First entry that does not agree, null when it has no entry.
  problem text -- One sentence that names table, key and what.

type levelb._grant -- A right that a protection gives, beside the objects of which schema it is told.
  schema_name text
  target text
  privilege text
  grantee text
  turn integer

type levelb._mark -- A catalog row that may be watched: is_root when it is by itself, else when what it is
  catalog text
  key text
  part_of text
  is_root boolean
  written_by text
  digest text
  place tid

type levelb._masked_text -- A text without its literals and comments, as long as before.
  masked text -- Comments are blanks; of string constants and quoted names the opening quote stands, then U+0001 for each character.
  unfinished text -- What never ends: string constant, quoted name or comment; null when all end.
  position integer -- Where that begins, in characters from 1.

type levelb._mirror_line -- What makes one object of a mirror; line is null where there is no statement for its kind.
  turn integer -- Objects of one turn do not need one another, as far as that is known.
  place bigint -- Order within the turn.
  object text -- What it makes, in words.
  names text[] -- A text that has one of these names may need it.
  line text -- SQL, read under search_path pg_catalog: names stand with their schema.

type levelb._need -- What code did to a relation with the rights of its former owner.
  owner oid
  code text
  relation oid
  privilege text

type levelb._object -- An object, as pg_depend names it.
  class oid
  object oid

type levelb._owned -- A schema, or an object in one, with its owner.
  class oid
  object oid
  object_type text
  identity text
  schema_name text
  owner oid
  acl aclitem[] -- Its rights, those that nobody wrote too; null for what has none.
  is_code boolean -- Whether it runs with the rights of its owner.
  follows boolean -- Whether its owner follows that of a table: the sequence of a column.

type levelb._part -- One thing to run: the text, role document, verify query or rollback of a step; roles is the document of a rollback.
  position integer
  name text
  part text
  roles jsonb

type levelb._part_result -- What running one part of a step left behind: a search_path in the session, findings that are accepted, DDL it ran.
  has_path boolean
  accepted jsonb
  ddl jsonb

type levelb._pending -- The step that an executor is about to run: of a rehearsal its text by statement, null for one that a sandbox cannot run.
  texts text[]
  verify text
  roles jsonb
  search_path text
  is_rehearsed boolean

type levelb._places -- Where row versions are in one catalog.
  catalog text
  tids tid[]

type levelb._protection -- Something that protects an object, and the SQL that gives it.
  protection text
  write text

type levelb._read_back -- What activate learns from the catalogs after the text has run.
  effects jsonb
  tally jsonb
  state_before bytea
  state_after bytea
  rollback text
  accepted jsonb
  dropped jsonb

type levelb._reason -- Why an item of readiness does not hold.
  item text -- Name of the item.
  problem text -- What was found.
  remedy text -- SQL with which a superuser undoes it, null where a statement does not do.

type levelb._refused -- What the guard refuses: an object in a guarded schema, and why.
  level text
  schema_name text
  object text
  why text

type levelb._replaced -- Rows from before, by who replaced or removed them.
  own levelb._state_row[]
  others levelb._state_row[]

type levelb._rollback_plan -- Units by what happens to them. renewed: restored ones that are there and must be made again;
  restored text[]
  renewed text[]
  made text[]
  lost jsonb
  places jsonb
  drops jsonb
  is_aside boolean

type levelb._rule -- A rule on what may result.
  rule text -- Its name, in DETAIL of an error and in "accept" of a document.
  code text -- The error it raises.
  refuses text -- What it refuses.
  accepted_as text -- What "object" of an acceptance names; null where nobody can accept it.
  hint text -- What to do.

type levelb._run -- What running the steps of a migration left behind.
  commands jsonb
  session_touched jsonb
  tally levelb._written[]
  tables levelb._written[]
  accepted jsonb

type levelb._secret -- A secret that was found in a text.
  position integer -- Where it begins, in characters from 1.
  secret text -- What kind it is.
  hint text -- Where it belongs instead.

type levelb._secret_rule -- A kind of secret.
  secret text -- What it is.
  pattern text -- How it looks: a regular expression, case-insensitive.
  hint text -- Where it belongs instead.

type levelb._session -- What of a session can be seen.
  settings jsonb
  cursors text[]
  prepared_statements jsonb
  locks text[]

type levelb._state_row -- One catalog row as its family reads it: attributes are {"class:attribute": value}, absent
  catalog text
  key text
  object_type text
  identity text
  names text[]
  schema text
  attributes jsonb
  absent jsonb
  whole jsonb
  rest jsonb
  named jsonb
  code jsonb
  part_of text
  is_implied boolean
  is_detail boolean
  is_levelb boolean
  exists_class text
  name_class text
  definition_as text
  definition text
  acl text
  written_by text
  replaced_by xid8

type levelb._statement -- One statement of a text.
  position integer -- Where its first word begins, in characters from 1.
  shape text -- Its tokens in lower case with one space between them; ' stands for a string constant, " for a quoted name. Null where its first word says that nothing is to be judged.
  masked text -- Its text as in levelb._masked_text, from its first word on.

type levelb._undo -- Statements of rollback_snapshot. part and place: their order.
  part integer
  place text
  line text

type levelb._used_sequence -- A sequence that may have moved, and whether it was, or may have been, altered.
  sequence oid
  is_altered boolean

type levelb._verdict -- Judgement of a migration; code null means go.
  code text
  detail jsonb
  approvals jsonb
  hint text -- The next step, where it is another than that of the registry.

type levelb._written -- Rows written to one relation.
  relation oid
  name text
  inserted bigint
  updated bigint
  deleted bigint

type levelb.derived_rollback -- SQL that takes a migration back, as far as it could be derived.
  migration_id levelb.slug -- Migration.
  revision integer -- Its newest revision.
  rollback text -- SQL that takes all of its steps back; comments in front say what it leaves to its author. Null where there is none.
  not_derived text[] -- Effects that it does not take back, and statements whose effects are not known, a line each.

type levelb.drift_record -- What drifted when somebody looked.
  incident_id bigint -- Incident that says the same; null when nothing has ever drifted since this ledger began here.
  unexpected integer -- How many of the effects the policy does not expect; only those are recorded.
  effects jsonb -- What drifts, in canonical order, each with whether the policy expects it.

type levelb.effect -- One thing that changed. Two effects are the same when the first six fields are.
  class text -- What kind of change it is: owner, acl, role, data, setting, repoint, …; decides the quorum.
  object_type text -- Type of the object as PostgreSQL names it: table, function, role, role membership, …
  identity text -- Schema-qualified identity of the object as pg_identify_object prints it.
  attribute text -- What of the object changed: owner, the grantee of a privilege, a role attribute, a verb on rows.
  before text -- Value before, null when there was none.
  after text -- Value after, null when there is none.
  expected boolean -- Whether the policy expects this change as normal life; null outside drift.

type levelb.error_entry -- One error of class LB.
  code text -- SQLSTATE, LB001 to LB9xx.
  name text -- Name in lower case with underscores; the error class of the typed callers.
  message text -- The constant MESSAGE text.
  hint text -- The usual next step; a function may give a more exact one.
  retryable boolean -- Whether the same call may succeed later without any change.

type levelb.ledger_report -- State of the ledger.
  ok boolean -- Whether every entry, hash, root and row agrees.
  entries bigint -- Number of sealed entries, the size of the tree.
  unsealed bigint -- Rows whose leaf is not in the tree yet; the next seal numbers them.
  root levelb.hash -- RFC 6962 root of the tree over all sealed entries.
  first_bad bigint -- First entry that does not agree; null when all do, or when what does not agree has no entry.
  problem text -- What does not agree, in one sentence; null when all does.

type levelb.quorum_state -- How the approvals of a migration stand against the active policy.
  migration_id levelb.slug -- The migration.
  revision integer -- Its newest revision.
  met boolean -- Whether every rule that applies is met and nobody rejects it.
  approvals_met integer -- Distinct persons whose approval counts, the author never among them.
  approvals_needed integer -- Approvals that the strictest matching rule asks for.
  groups_needed jsonb -- Group names with the number of approvals needed from each.
  counted jsonb -- The approvals that count: [{"approval_id", "principal", "person", "groups", "signature"}], with "preapproved": true where one
  void jsonb -- Approvals that do not count, and why: [{"approval", "principal", "why"}].
  rejected_by text[] -- Principals whose rejection stands.
  missing text -- One sentence that says what is missing; empty when nothing is.

type levelb.readiness_item -- One thing that must hold before this database may be changed through the channel.
  item text -- Name of the item.
  artifact text -- Which of the five demands it proves: entrypoint, owner_credential, approval_record, proof_log, rollback.
  ok boolean -- True when it holds, false when it does not, null when it was not checked or is waived.
  required boolean -- Whether a false here means AUTHOR_MODE; of what only full checks, that nobody should activate before it is mended.
  checked text -- What was looked at, or "not checked", or which policy waives it.
  detail text -- What was found.
  hint text -- The next step where it does not hold. What stands after "As a superuser:" is SQL as it can be run.
  waived boolean -- Whether the policy says that it need not hold.

type levelb.review_page -- The newest revision of a migration with everything that decides about it.
  migration_id levelb.slug -- Migration.
  revision integer -- Its newest revision.
  manifest_hash levelb.hash -- Hash of what was read; what levelb.approve is given.
  data jsonb -- Fields, steps, effects, quorum, decisions, earlier revisions and the difference to them, and what stands in the way.
  page text -- The same as a page of plain text, 100 columns, times in UTC.

type levelb.version_entry -- Which levelb this database holds.
  release text -- Release of levelb, for instance 0.1.0.
  schema_version integer -- Number of the catalog shape.
  server_version text -- PostgreSQL's own version.

table levelb._baseline -- Mutable: watched rows of the catalogs as they were known last, without what drift
  catalog text not null
  key text not null
  written_by text not null
  digest text
  is_aside boolean not null
  state levelb._state_row not null
  constraint _baseline_pkey PRIMARY KEY (catalog, key)
  CREATE INDEX baseline_aside ON levelb._baseline USING btree (catalog) WHERE is_aside
  CREATE INDEX baseline_parts ON levelb._baseline USING btree (((state).part_of))
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT OR DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  grant insert to pg_database_owner

table levelb._baseline_head -- Mutable: since which transaction rows are to be looked at; digests of the rows
  one boolean not null default true
  horizon xid8 not null
  system jsonb not null
  drifting text[] not null
  constraint _baseline_head_one_check CHECK (one)
  constraint _baseline_head_pkey PRIMARY KEY (one)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT OR DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  grant insert to pg_database_owner

table levelb._command -- Mutable: DDL that the step that is running has run, as the guard saw it. Never visible to another transaction.
  backend integer not null
  number integer not null
  tag text not null
  object text
  constraint _command_pkey PRIMARY KEY (backend, number)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT OR DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  grant insert to pg_database_owner

table levelb._gate -- Mutable: rows that serialise. 'activation' is held by one activation to its end, 'policy' by policy changes, 'drift' by
  name text not null
  constraint _gate_pkey PRIMARY KEY (name)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT OR DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  grant insert to pg_database_owner

table levelb._head -- Mutable: size, root and right edge of the tree; locked only by sealing.
  one boolean not null default true
  size bigint not null
  root levelb.hash not null
  frontier bytea[] not null
  constraint _head_one_check CHECK (one)
  constraint _head_pkey PRIMARY KEY (one)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT OR DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  grant insert to pg_database_owner

table levelb._migration_gate -- Mutable: one row a migration, updated by every decision on it.
  migration_id levelb.slug not null
  version bigint not null
  constraint _migration_gate_pkey PRIMARY KEY (migration_id)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT OR DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  grant insert to pg_database_owner

table levelb._mirror -- Mutable: what makes the mirror of the sandbox rehearsal that is running, in order. Never visible to another transaction.
  backend integer not null
  number integer not null
  turn integer not null
  object text not null
  names text[] not null
  line text
  problem text
  constraint _mirror_pkey PRIMARY KEY (backend, number)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT OR DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  grant insert to pg_database_owner

table levelb._open_guard -- Mutable: backends for which break_glass opened the guard, and until when.
  backend integer not null
  session_key bigint not null
  login oid not null
  incident_id bigint not null
  until timestamp with time zone not null
  constraint _open_guard_pkey PRIMARY KEY (backend)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT OR DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  grant insert to pg_database_owner

table levelb._protected -- Mutable: the schemas that are protected now, with oids of this database; made from
  schema_oid oid not null
  schema_name text not null
  level text not null
  migrators oid[] not null
  repoint boolean not null
  constraint _protected_pkey PRIMARY KEY (schema_oid)
  constraint _protected_schema_name_key UNIQUE (schema_name)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT OR DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  grant insert to pg_database_owner

table levelb._rehearsed_statement -- Mutable: how far the rehearsal that is running has come. Never visible to another transaction.
  backend integer not null
  number integer not null
  step integer not null
  part text not null
  statement integer not null
  at timestamp with time zone not null
  row_count bigint not null
  wal pg_lsn not null
  commands integer not null
  tag text
  rewritten text[] not null
  held jsonb not null
  held_since timestamp with time zone
  constraint _rehearsed_statement_pkey PRIMARY KEY (backend, number)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT OR DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  grant insert to pg_database_owner

table levelb._seed -- Mutable: the rows that an author keeps for sandbox rehearsals, as SQL.
  principal text not null
  schema_name text not null
  sql text not null
  constraint _seed_pkey PRIMARY KEY (principal, schema_name)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT OR DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  grant insert to pg_database_owner

table levelb._token -- Mutable: which step this transaction may fetch. Never visible to another transaction.
  transaction_id xid8 not null
  backend integer not null
  migration_id levelb.slug
  revision integer
  position integer
  part text not null
  used boolean not null
  roles jsonb
  rehearsed_in text
  constraint _token_part_check CHECK ((part = ANY (ARRAY['apply'::text, 'verify'::text, 'roles'::text, 'rollback'::text, 'rollback roles'::text, 'own'::text])))
  constraint _token_pkey PRIMARY KEY (transaction_id, backend)
  constraint _token_rehearsed_in_check CHECK ((rehearsed_in = ANY (ARRAY['sandbox'::text, 'live'::text])))
  constraint token_is_of_a_step CHECK ((num_nulls(migration_id, revision, "position") =
CASE part
    WHEN 'own'::text THEN 3
    ELSE 0
END))
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT OR DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  grant insert to pg_database_owner

table levelb._unsealed -- Mutable: leaves that are not in the tree yet.
  leaf_id bigint not null
  constraint _unsealed_pkey PRIMARY KEY (leaf_id)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT OR DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  grant insert to pg_database_owner

table levelb.activation -- Every call of activate that was judged: activated, refused or failed. A proof is one that was activated.
  activation_id bigint not null identity -- Number of the activation; gaps mean nothing.
  migration_id levelb.slug not null -- Migration.
  revision integer not null -- Its revision.
  outcome text not null -- activated, refused (judged and not run) or failed (run and taken back).
  code text -- SQLSTATE of the refusal or failure.
  reason text -- What was wrong, in one sentence.
  manifest_hash levelb.hash not null -- Hash of the manifest judged.
  effects_hash levelb.hash -- SHA-256 of the canonical text of effects; null when nothing was run.
  policy_version integer not null -- Policy it was judged by.
  policy_hash levelb.hash not null -- Its hash.
  approvals jsonb not null -- The approvals that counted.
  operator text not null -- Principal who called.
  login text not null -- session_user of the call.
  authenticated_user text -- system_user of the session.
  client_address text -- Address of the client.
  started_at timestamp with time zone not null -- When the call began.
  finished_at timestamp with time zone not null -- When the row was written.
  transaction_id xid8 not null -- Transaction; the proof counts once it is committed.
  wal_position pg_lsn not null -- WAL insert position when the row was written.
  server_version text not null -- PostgreSQL's version; effects are compared within one major version.
  database_identity jsonb not null -- Database it happened in.
  commands jsonb not null -- Steps that were run, in order, with milliseconds and the DDL that each ran; those that a superuser ran are marked attended.
  effects jsonb not null -- What really changed, read back from the catalogs, in canonical order.
  write_tally jsonb not null -- Rows written by catalog or table: {"pg_class": {"inserted", "updated", "deleted"}}.
  state_before levelb.hash -- SHA-256 of the touched state before.
  state_after levelb.hash -- SHA-256 of the touched state after.
  rollback_snapshot text -- SQL that a superuser can run with psql alone to restore the privileged state before.
  session_touched jsonb not null -- Settings, cursors, prepared statements and locks that the text left in the session and that were put back.
  accepted jsonb -- What the document accepts and whether it was found: [{"rule", "object", "found"}]; null where it accepts nothing or was
  dropped jsonb -- What went with what was dropped, owners, rights, code and columns, which its rollback brings back; null for nothing.
  error jsonb -- SQLSTATE, message, detail, hint, context and step of a refusal or failure.
  incident_id bigint -- Incident of break_glass under which a superuser ran the steps; null where the channel ran them.
  constraint activation_accepted_is_structure CHECK ((jsonb_typeof(accepted) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint activation_approvals_is_structure CHECK ((jsonb_typeof(approvals) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint activation_commands_is_structure CHECK ((jsonb_typeof(commands) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint activation_database_identity_is_structure CHECK ((jsonb_typeof(database_identity) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint activation_dropped_is_structure CHECK ((jsonb_typeof(dropped) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint activation_effects_is_structure CHECK ((jsonb_typeof(effects) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint activation_error_is_structure CHECK ((jsonb_typeof(error) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint activation_outcome CHECK ((outcome = ANY (ARRAY['activated'::text, 'refused'::text, 'failed'::text])))
  constraint activation_pkey PRIMARY KEY (activation_id)
  constraint activation_session_touched_is_structure CHECK ((jsonb_typeof(session_touched) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint activation_write_tally_is_structure CHECK ((jsonb_typeof(write_tally) = ANY (ARRAY['object'::text, 'array'::text])))
  CREATE UNIQUE INDEX activation_happens_once ON levelb.activation USING btree (migration_id) WHERE (outcome = 'activated'::text)
  CREATE INDEX activation_of_incident ON levelb.activation USING btree (incident_id) WHERE (incident_id IS NOT NULL)
  CREATE INDEX activation_of_migration ON levelb.activation USING btree (migration_id, revision)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_20_append_only BEFORE DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_90_leaf AFTER INSERT FOR EACH ROW EXECUTE FUNCTION levelb._write_leaf('activation_id') -- A
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator
  grant insert to pg_database_owner

table levelb.approval -- Every decision of every principal. A later decision of the same principal replaces the earlier.
  approval_id bigint not null identity -- Number of the decision; gaps mean nothing.
  migration_id levelb.slug not null -- Migration decided on.
  revision integer not null -- Its revision.
  decision text not null -- approve, reject, revoke or rehearse.
  principal text not null -- Who decided.
  login text not null -- session_user of the call.
  authenticated_user text -- system_user of the session.
  client_address text -- Address of the client.
  manifest_hash levelb.hash not null -- Hash of the manifest that the principal named.
  policy_version integer not null -- Policy in force at the decision.
  policy_hash levelb.hash not null -- Its hash; under another policy the approval is void.
  incarnation bigint not null -- Incident since which the database was what it was; after a rebind the approval is void.
  reason text -- Why, in the words of the principal.
  expires_at timestamp with time zone not null -- When the decision ends by itself.
  decision_text text not null -- The exact text that stands for the decision and that a signature covers.
  signature text -- Signature over decision_text.
  key text -- Key that signed.
  decided_at timestamp with time zone not null -- When.
  transaction_id xid8 not null -- Transaction that wrote the row.
  constraint approval_decision CHECK ((decision = ANY (ARRAY['approve'::text, 'reject'::text, 'revoke'::text, 'rehearse'::text])))
  constraint approval_pkey PRIMARY KEY (approval_id)
  CREATE INDEX approval_of_migration ON levelb.approval USING btree (migration_id, revision)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_20_append_only BEFORE DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_90_leaf AFTER INSERT FOR EACH ROW EXECUTE FUNCTION levelb._write_leaf('approval_id') -- A
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator
  grant insert to pg_database_owner

table levelb.incident -- What happened outside the ordinary path: bootstrap, rebind, break-glass, and drift that was found.
  incident_id bigint not null identity -- Number of the incident; gaps mean nothing.
  kind text not null -- bootstrap, rebind, rebootstrap, break_glass or drift.
  reason text not null -- Why, in the words of whoever did it.
  login text not null -- session_user of the call.
  authenticated_user text -- system_user of the session, null before version 16 and under trust.
  client_address text -- Address of the client, null over a Unix socket.
  database_identity jsonb not null -- Which database this is from here on: cluster system identifier, database oid and name.
  server_version text not null -- PostgreSQL's version.
  details jsonb not null -- What was taken over or done, by kind; names the fingerprint of the installed functions.
  at timestamp with time zone not null -- When.
  transaction_id xid8 not null -- Transaction that wrote the row.
  constraint incident_database_identity_is_structure CHECK ((jsonb_typeof(database_identity) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint incident_details_is_structure CHECK ((jsonb_typeof(details) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint incident_kind CHECK ((kind = ANY (ARRAY['bootstrap'::text, 'rebind'::text, 'rebootstrap'::text, 'break_glass'::text, 'drift'::text])))
  constraint incident_pkey PRIMARY KEY (incident_id)
  CREATE INDEX incident_of_break_glass ON levelb.incident USING btree (incident_id) WHERE (kind = 'break_glass'::text)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_20_append_only BEFORE DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_90_leaf AFTER INSERT FOR EACH ROW EXECUTE FUNCTION levelb._write_leaf('incident_id') -- A
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator
  grant insert to pg_database_owner

table levelb.leaf -- Canonical text of every append-only row, written with it. The ledger hashes this text.
  leaf_id bigint not null identity -- Number of the leaf; gaps mean nothing.
  relation text not null -- Table of the row.
  row_key text not null -- Its primary key, as JSON array.
  content text not null -- JSON of the row; a value over 1 KiB is {"sha256": …} of its text.
  at timestamp with time zone not null -- When.
  constraint leaf_pkey PRIMARY KEY (leaf_id)
  constraint leaf_relation_row_key_key UNIQUE (relation, row_key)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_20_append_only BEFORE DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator
  grant insert to pg_database_owner

table levelb.ledger -- The Merkle tree (RFC 6962) over all leaves: one entry per leaf, without gaps.
  entry bigint not null -- Position in the tree, from 1.
  leaf_id bigint not null -- Leaf.
  leaf_hash levelb.hash not null -- SHA-256 of 0x00 and the leaf text.
  root levelb.hash not null -- Root of the tree of this size.
  sealed_at timestamp with time zone not null -- When the leaf was sealed.
  constraint ledger_leaf_id_key UNIQUE (leaf_id)
  constraint ledger_pkey PRIMARY KEY (entry)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_20_append_only BEFORE DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator
  grant insert to pg_database_owner

table levelb.manifest -- Every revision of every migration that was ever staged. A row never changes.
  migration_id levelb.slug not null -- Name of the migration.
  revision integer not null -- Revision, from 1; verbs act on the newest.
  title text not null -- What it does, in one line.
  description text not null -- Why, for those who approve.
  change_ref text -- Ticket or operational-tool id.
  kind text not null -- Kind of migration: sql, attended, policy, principal, pointer, explain, protect or rollback.
  classes text[] not null -- Classes the author says it touches; a missing claim is all of them.
  search_path text -- search_path of the steps, pg_temp last; null where there are none.
  depends_on text[] not null -- Migrations that must be activated before.
  not_before timestamp with time zone -- Start of the window.
  not_after timestamp with time zone -- End of the window.
  effects jsonb -- Effects that the author says it has, in canonical order; null when not given.
  effects_hash levelb.hash -- SHA-256 of the canonical text of effects.
  payload jsonb -- What the database carries out itself: the policy document, the change of principals, the pointer, what is explained, the
  content text not null -- The canonical text that is hashed; steps appear as the hashes of their text.
  manifest_hash levelb.hash not null -- SHA-256 of content; what approvals name. It contains no database identity.
  author text not null -- Principal who staged it.
  login text not null -- session_user of the call.
  authenticated_user text -- system_user of the session.
  client_address text -- Address of the client.
  staged_at timestamp with time zone not null -- When.
  transaction_id xid8 not null -- Transaction that wrote the row.
  constraint manifest_effects_is_structure CHECK ((jsonb_typeof(effects) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint manifest_payload_is_structure CHECK ((jsonb_typeof(payload) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint manifest_pkey PRIMARY KEY (migration_id, revision)
  CREATE INDEX manifest_of_explanation ON levelb.manifest USING btree (migration_id, revision) WHERE (kind = 'explain'::text)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_20_append_only BEFORE DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_90_leaf AFTER INSERT FOR EACH ROW EXECUTE FUNCTION levelb._write_leaf('migration_id', 'revision') -- A
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator
  grant insert to pg_database_owner

table levelb.pointer -- Every target that a pointer ever had; the newest version holds.
  pointer text not null -- Name of the pointer.
  version integer not null -- Version, from 1.
  target text -- What it names; null when it names nothing any more.
  activation_id bigint not null -- Activation that set it.
  at timestamp with time zone not null -- When.
  constraint pointer_pkey PRIMARY KEY (pointer, version)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_20_append_only BEFORE DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_90_leaf AFTER INSERT FOR EACH ROW EXECUTE FUNCTION levelb._write_leaf('pointer', 'version') -- A
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator
  grant insert to pg_database_owner

table levelb.policy -- Every policy that was ever active; the newest version is.
  version integer not null -- Version, from 1.
  hash levelb.hash not null -- SHA-256 of content.
  document jsonb not null -- The document.
  content text not null -- The document as hashed text.
  incident_id bigint -- Incident that set it, for the first.
  activation_id bigint -- Activation that set it, for the later ones.
  activated_at timestamp with time zone not null -- When it became active.
  constraint policy_document_is_structure CHECK ((jsonb_typeof(document) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint policy_pkey PRIMARY KEY (version)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_20_append_only BEFORE DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_90_leaf AFTER INSERT FOR EACH ROW EXECUTE FUNCTION levelb._write_leaf('version') -- A
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator
  grant insert to pg_database_owner

table levelb.principal -- Who may do what: every version of every principal; the newest version holds.
  principal text not null -- Name of the principal.
  version integer not null -- Version, from 1.
  nature text not null -- person, service or agent. An agent is never approver or operator.
  person text -- Principal as whom this one counts: the person behind a second login or a service; null for oneself.
  duties text[] not null -- Duties: author, approver, operator, auditor.
  groups text[] not null -- Groups that the policy names, for instance dba.
  enabled boolean not null -- False ends the principal.
  reason text -- Why this version was made.
  at timestamp with time zone not null -- When.
  activation_id bigint -- Activation that made this version; null for those of bootstrap, rebind and rebootstrap.
  constraint principal_nature CHECK ((nature = ANY (ARRAY['person'::text, 'service'::text, 'agent'::text])))
  constraint principal_pkey PRIMARY KEY (principal, version)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_20_append_only BEFORE DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_90_leaf AFTER INSERT FOR EACH ROW EXECUTE FUNCTION levelb._write_leaf('principal', 'version') -- A
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator
  grant insert to pg_database_owner

table levelb.principal_key -- Public keys of each version of a principal.
  principal text not null -- Name of the principal.
  version integer not null -- Version of the principal.
  key text not null -- The key as given: ssh-ed25519 AAAA….
  key_bytes bytea not null -- Its 32 bytes, by which keys are compared.
  constraint principal_key_pkey PRIMARY KEY (principal, version, key_bytes)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_20_append_only BEFORE DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_90_leaf AFTER INSERT FOR EACH ROW EXECUTE FUNCTION levelb._write_leaf('principal', 'version', 'key_bytes') -- A
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator
  grant insert to pg_database_owner

table levelb.principal_login -- Login roles of each version of a principal, bound by name and oid.
  principal text not null -- Name of the principal.
  version integer not null -- Version of the principal.
  login text not null -- Name of the login role.
  login_oid oid not null -- Its oid in this incarnation of the database; never part of a hash.
  constraint principal_login_pkey PRIMARY KEY (principal, version, login)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_20_append_only BEFORE DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_90_leaf AFTER INSERT FOR EACH ROW EXECUTE FUNCTION levelb._write_leaf('principal', 'version', 'login') -- A
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator
  grant insert to pg_database_owner

table levelb.protection -- Every protection that a schema ever had; the newest version holds.
  schema_name text not null -- Name of the schema.
  version integer not null -- Version, from 1.
  level text -- full: every change goes through the channel. privileged: owners, rights and security do. Null when it is protected no more.
  migrators text[] not null -- At level privileged, the roles of the migration tools that own what is in it; at level full none.
  repoint boolean not null -- At level privileged, whether migrators may also replace what is there: views and functions.
  activation_id bigint not null -- Activation that set it.
  at timestamp with time zone not null -- When.
  constraint protection_level CHECK ((level = ANY (ARRAY['full'::text, 'privileged'::text])))
  constraint protection_pkey PRIMARY KEY (schema_name, version)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_20_append_only BEFORE DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_90_leaf AFTER INSERT FOR EACH ROW EXECUTE FUNCTION levelb._write_leaf('schema_name', 'version') -- A
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator
  grant insert to pg_database_owner

table levelb.rehearsal -- Every rehearsal of a staged migration: its text was executed for real and rolled back.
  rehearsal_id bigint not null identity -- Number of the rehearsal; gaps mean nothing.
  migration_id levelb.slug not null -- Migration.
  revision integer not null -- Its revision.
  place text not null -- sandbox (on a mirror without rows) or live (on the live objects).
  outcome text not null -- passed; partial (some statements cannot run there); incomplete (something that it touches could not be mirrored); or failed.
  code text -- SQLSTATE of what failed.
  reason text -- What failed, in one sentence.
  manifest_hash levelb.hash not null -- Hash of the manifest that was rehearsed.
  effects_hash levelb.hash -- SHA-256 of the canonical text of effects; null when the apply texts failed.
  effects jsonb not null -- What the apply texts changed, read back from the catalogs, in canonical order.
  statements jsonb not null -- Statements in the order in which they ran: where they are in the text, duration, rows, WAL and locks.
  locks jsonb not null -- Relations that the apply texts held locked: strongest mode, what waits for it and how long, size, whether it was written anew.
  rollback_restored boolean -- Whether the rollback texts gave the state from before, but for differences that the document accepts; null when they did not run to their end, or not all of them.
  rollback_difference jsonb -- What they did not put back, by kind, accepted or not, with effects that are missing and unexpected ones; or the error they ended in.
  warnings jsonb not null -- What could not be checked or undone, one object with kind and detail each.
  allowed_by jsonb not null -- Decisions that allowed a live rehearsal.
  policy_version integer not null -- Policy in force.
  policy_hash levelb.hash not null -- Its hash.
  principal text not null -- Who called.
  login text not null -- session_user of the call.
  authenticated_user text -- system_user of the session.
  client_address text -- Address of the client.
  started_at timestamp with time zone not null -- When the call began.
  finished_at timestamp with time zone not null -- When the row was written.
  transaction_id xid8 not null -- Transaction.
  server_version text not null -- PostgreSQL's version; effects are compared within one major version.
  database_identity jsonb not null -- Database it happened in.
  error jsonb -- SQLSTATE, hint, step and statement of what failed. The message only where it cannot carry data of the database.
  constraint rehearsal_allowed_by_is_structure CHECK ((jsonb_typeof(allowed_by) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint rehearsal_database_identity_is_structure CHECK ((jsonb_typeof(database_identity) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint rehearsal_effects_is_structure CHECK ((jsonb_typeof(effects) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint rehearsal_error_is_structure CHECK ((jsonb_typeof(error) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint rehearsal_locks_is_structure CHECK ((jsonb_typeof(locks) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint rehearsal_outcome CHECK ((outcome = ANY (ARRAY['passed'::text, 'partial'::text, 'incomplete'::text, 'failed'::text])))
  constraint rehearsal_pkey PRIMARY KEY (rehearsal_id)
  constraint rehearsal_place CHECK ((place = ANY (ARRAY['sandbox'::text, 'live'::text])))
  constraint rehearsal_ran CHECK (((effects_hash IS NOT NULL) OR (outcome <> ALL (ARRAY['passed'::text, 'partial'::text]))))
  constraint rehearsal_rollback_difference_is_structure CHECK ((jsonb_typeof(rollback_difference) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint rehearsal_statements_is_structure CHECK ((jsonb_typeof(statements) = ANY (ARRAY['object'::text, 'array'::text])))
  constraint rehearsal_warnings_is_structure CHECK ((jsonb_typeof(warnings) = ANY (ARRAY['object'::text, 'array'::text])))
  CREATE INDEX rehearsal_of_manifest ON levelb.rehearsal USING btree (manifest_hash)
  CREATE INDEX rehearsal_of_migration ON levelb.rehearsal USING btree (migration_id, revision)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_20_append_only BEFORE DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_90_leaf AFTER INSERT FOR EACH ROW EXECUTE FUNCTION levelb._write_leaf('rehearsal_id') -- A
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator
  grant insert to pg_database_owner

table levelb.step -- The steps of each revision: SQL text, or a role document.
  migration_id levelb.slug not null -- Name of the migration.
  revision integer not null -- Revision.
  position integer not null -- Order of execution, from 1.
  name text not null -- Name of the step.
  apply text -- SQL text that makes the change.
  apply_hash levelb.hash -- sha256sum of that text.
  rollback text -- SQL text that takes it back.
  rollback_hash levelb.hash -- sha256sum of that text.
  verify text -- One read-only query that must return true.
  verify_hash levelb.hash -- sha256sum of that text.
  roles jsonb -- Role document of the step.
  roles_hash levelb.hash -- SHA-256 of its canonical text.
  constraint step_is_text_or_roles CHECK ((num_nonnulls(apply, roles) = 1))
  constraint step_pkey PRIMARY KEY (migration_id, revision, "position")
  constraint step_roles_is_structure CHECK ((jsonb_typeof(roles) = ANY (ARRAY['object'::text, 'array'::text])))
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_20_append_only BEFORE DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_90_leaf AFTER INSERT FOR EACH ROW EXECUTE FUNCTION levelb._write_leaf('migration_id', 'revision', 'position') -- A
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator
  grant insert to pg_database_owner

table levelb.withdrawal -- Revisions that were taken back before activation.
  migration_id levelb.slug not null -- Name of the migration.
  revision integer not null -- Revision.
  principal text not null -- Who withdrew it.
  login text not null -- session_user of the call.
  reason text not null -- Why.
  at timestamp with time zone not null -- When.
  transaction_id xid8 not null -- Transaction that wrote the row.
  constraint withdrawal_pkey PRIMARY KEY (migration_id, revision)
  CREATE TRIGGER levelb_10_channel_only BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION levelb._guard_channel() -- A
  CREATE TRIGGER levelb_20_append_only BEFORE DELETE OR UPDATE FOR EACH ROW EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_30_no_truncate BEFORE TRUNCATE FOR EACH STATEMENT EXECUTE FUNCTION levelb._guard_append_only() -- A
  CREATE TRIGGER levelb_90_leaf AFTER INSERT FOR EACH ROW EXECUTE FUNCTION levelb._write_leaf('migration_id', 'revision') -- A
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator
  grant insert to pg_database_owner

view levelb.active_policy -- The policy in force.
  version integer -- Version.
  hash levelb.hash -- SHA-256 of its text.
  document jsonb -- The document.
  activated_at timestamp with time zone -- When it became active.
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator

view levelb.active_principal -- Principals that are enabled now, with their logins and keys.
  principal text -- Name of the principal.
  version integer -- Its newest version.
  nature text -- person, service or agent.
  counts_as text -- Person as whom it counts in a quorum.
  duties text[] -- Duties.
  groups text[] -- Groups.
  logins text[] -- Login roles.
  keys text[] -- Public keys.
  since timestamp with time zone -- When this version was written.
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator

view levelb.active_protection -- The schemas that are protected.
  schema_name text -- Name of the schema.
  level text -- full: every change goes through the channel. privileged: owners, rights and security do.
  migrators text[] -- At level privileged, the roles of the migration tools that own what is in it.
  repoint boolean -- At level privileged, whether migrators may also replace what is there: views and functions.
  activated timestamp with time zone -- When it was set.
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator

view levelb.audit -- Everything that happened, a sentence each: a rebootstrap first, then oldest first.
  at timestamp with time zone -- When.
  who text -- Principal, or login where there was none.
  what text -- What, as a sentence whose subject is who. Words of others follow a colon.
  ref text -- Row it comes from: the table and its key.
  is_first boolean -- Whether it stands before everything else, whenever it was: a rebootstrap.
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator

view levelb.catalog_state -- The privileged state of this database, a line per attribute, in the words of effects.
  class text -- What a change of it would be: owner, acl, role, extension, repoint, security, setting or structure.
  object_type text -- Kind of object, as pg_identify_object names it: table, function, role.
  identity text -- Qualified and quoted name, as pg_identify_object writes it: shop.orders, shop.total(integer).
  attribute text -- What is told of it: owner, a grantee (class acl), exists, definition, a setting or an option.
  value text -- Its value. Privileges are a list, * with grant option; the text of functions and views is a hash.
  schema text -- Schema that the object is in; null where it is in none.
  catalog text -- System catalog that says so: pg_class.
  key text -- Its row there: the oid, or what else tells rows of that catalog apart.
  written_by text -- xmin of that row: the transaction that wrote it last, as proof.transaction_id has it modulo 2^32, while it is not frozen.
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator

view levelb.metrics -- Numbers for a monitoring system. A monitoring login is a service with duty auditor.
  name text -- Name by the rules of Prometheus: counters end in _total, _sum or _count; units are base units.
  value double precision -- Value.
  labels jsonb -- Labels: {"outcome": "refused", "code": "LB204"}.
  type text -- counter or gauge.
  help text -- What it counts.
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator

view levelb.proof -- Activations that were carried out: what changed, who agreed, how to take it back.
  activation_id bigint -- Number of the activation; gaps mean nothing.
  migration_id levelb.slug -- Migration.
  revision integer -- Its revision.
  outcome text -- activated, refused (judged and not run) or failed (run and taken back).
  code text -- SQLSTATE of the refusal or failure.
  reason text -- What was wrong, in one sentence.
  manifest_hash levelb.hash -- Hash of the manifest judged.
  effects_hash levelb.hash -- SHA-256 of the canonical text of effects; null when nothing was run.
  policy_version integer -- Policy it was judged by.
  policy_hash levelb.hash -- Its hash.
  approvals jsonb -- The approvals that counted.
  operator text -- Principal who called.
  login text -- session_user of the call.
  authenticated_user text -- system_user of the session.
  client_address text -- Address of the client.
  started_at timestamp with time zone -- When the call began.
  finished_at timestamp with time zone -- When the row was written.
  transaction_id xid8 -- Transaction; the proof counts once it is committed.
  wal_position pg_lsn -- WAL insert position when the row was written.
  server_version text -- PostgreSQL's version; effects are compared within one major version.
  database_identity jsonb -- Database it happened in.
  commands jsonb -- Steps that were run, in order, with milliseconds and the DDL that each ran; those that a superuser ran are marked attended.
  effects jsonb -- What really changed, read back from the catalogs, in canonical order.
  write_tally jsonb -- Rows written by catalog or table: {"pg_class": {"inserted", "updated", "deleted"}}.
  state_before levelb.hash -- SHA-256 of the touched state before.
  state_after levelb.hash -- SHA-256 of the touched state after.
  rollback_snapshot text -- SQL that a superuser can run with psql alone to restore the privileged state before.
  session_touched jsonb -- Settings, cursors, prepared statements and locks that the text left in the session and that were put back.
  accepted jsonb -- What the document accepts and whether it was found: [{"rule", "object", "found"}]; null where it accepts nothing or was
  dropped jsonb -- What went with what was dropped, owners, rights, code and columns, which its rollback brings back; null for nothing.
  error jsonb -- SQLSTATE, message, detail, hint, context and step of a refusal or failure.
  incident_id bigint -- Incident of break_glass under which a superuser ran the steps; null where the channel ran them.
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_operator

view levelb.status -- A line for each migration: where it stands and what is missing.
  migration_id levelb.slug -- Name of the migration.
  revision integer -- Revision, from 1; verbs act on the newest.
  title text -- What it does, in one line.
  kind text -- Kind of migration: sql, attended, policy, principal, pointer, explain, protect or rollback.
  classes text[] -- Classes the author says it touches; a missing claim is all of them.
  state text -- staged, approved, rejected, withdrawn, expired, activated or rolled_back.
  author text -- Principal who staged it.
  approvals_met integer -- Distinct persons whose approval counts.
  approvals_needed integer -- Approvals that the policy asks for; once activated, that the policy of then asked for.
  missing text -- What is missing, in words; empty when nothing is.
  staged_at timestamp with time zone -- When.
  activated_at timestamp with time zone -- When it was activated.
  last_outcome text -- Outcome of the last call of activate; null before the first.
  last_code text -- Its code, where it was refused or failed.
  grant select to levelb_approver
  grant select to levelb_auditor
  grant select to levelb_author
  grant select to levelb_operator

sequence levelb.activation_activation_id_seq --

sequence levelb.approval_approval_id_seq --

sequence levelb.incident_incident_id_seq --

sequence levelb.leaf_leaf_id_seq --

sequence levelb.rehearsal_rehearsal_id_seq --

function levelb._accept_hint(rule text, objects jsonb, kind text DEFAULT 'sql'::text) returns text -- Hint that says how to accept findings of a rule.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._accept_rules() returns text[] -- Rules whose findings a document may accept.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._acceptances(manifest levelb.manifest, found jsonb) returns jsonb -- What a document accepts, and whether an activation found it; null for nothing.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._accepted_differences(manifest levelb.manifest, differences jsonb, effects jsonb) returns jsonb -- What of its acceptances a rollback found: [{rule, object}, …].
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._accepted_findings(rule text, objects text[]) returns jsonb -- Accepted findings of a rule: [{rule, object}, …].
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._access_rollback_sql(changes levelb._change[], again levelb._change[], plan levelb._rollback_plan) returns SETOF levelb._undo -- SQL that restores owners and privileges of objects.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._acl_attributes(acl aclitem[], kind "char", owner oid) returns jsonb -- Normalised ACL as attributes.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._acl_difference(change levelb._change) returns TABLE(label text, before text, after text) -- ACL entries of a change that differ.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._acl_entry_sql(prefix text, target text, columns text, is_bare boolean, owner text, label text, before text, after text) returns TABLE(turn integer, line text) -- SQL that restores one ACL entry.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._activation_line(activation jsonb) returns text -- One call of activate in words.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._activation_sentence(fact levelb.activation) returns text -- What came of a call of activate.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._and(words text[]) returns text -- Words as a list that is read aloud: ann, bob and carol. Null when there are none.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._approvals_missing(needed jsonb, counted jsonb) returns text[] -- What the counted approvals leave open of what is needed, in words.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp

function levelb._as_deployed(effects jsonb) returns jsonb -- Effects on the mirror as an activation would have them.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._as_rehearsed(effects jsonb, place text) returns jsonb -- Effects of a rehearsal as an activation would have them.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._aside_identity(state levelb._state_row, changes levelb._change[], plan levelb._rollback_plan) returns text -- Identity of an object that is aside.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._aside_name(key text) returns text -- Name of an object while names are given back.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._attach_runs_code(parent oid) returns boolean -- Whether ATTACH PARTITION to a table may run code of users.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._attached_schemas(class oid, object oid) returns oid[] -- Schemas of what an object is attached to.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._attended_commands(manifest levelb.manifest) returns jsonb -- Steps that a superuser answers for.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._attended_drift(manifest levelb.manifest, drift levelb._drift[]) returns levelb._drift[] -- Drift that an attended migration answers for.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._attended_lines(migration_id text, revision integer, search_path text) returns text[] -- How to run an attended migration in psql, and to close it.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._attended_migration(incident levelb.incident) returns text -- Migration for which the glass was broken, null for an emergency.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._attended_rollback_sql(manifest levelb.manifest) returns text -- SQL that takes an attended migration back.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._attribute_sql(state levelb._state_row, attribute text, value text, former text, changes levelb._change[]) returns text -- SQL that gives one attribute back; null where none does.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._attributes_sql(changes levelb._change[], again levelb._change[], plan levelb._rollback_plan) returns SETOF levelb._undo -- SQL that gives attributes back.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._audit() returns TABLE(at timestamp with time zone, who text, what text, ref text, is_first boolean) -- Lines of the view audit.
  sql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_operator

function levelb._authenticated_user() returns text -- system_user where the server knows it.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._base_types(types oid[]) returns SETOF oid -- Types, and what those among them that are domains are over.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._baseline_row(state levelb._state_row) returns levelb._baseline -- A row as the baseline keeps it.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._begin_own_change() returns void -- Let this transaction alter levelb's own objects.
  sql volatile
  set search_path=pg_catalog, pg_temp

function levelb._begin_phase() returns xid -- Begin a phase of a rehearsal and return its xid.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._begin_write() returns void -- Refuse transactions a verb cannot write in; set lock and idle timeouts.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._begun_activation(manifest levelb.manifest, policy_version integer, policy_hash levelb.hash, call levelb._call) returns levelb.activation -- The record of an activation before anything has run.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._begun_rehearsal(manifest levelb.manifest, place text, policy_version integer, policy_hash levelb.hash, call levelb._call) returns levelb.rehearsal -- The record of a rehearsal before anything has run.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._beyond_sandbox() returns text -- Regular expression for the shape of statements that a sandbox cannot run.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._bind_protection() returns void -- Make the table that the guard reads from the protections in force.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._blocks(mode text) returns text -- What waits for a lock on a table: reads and writes, writes, or null.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._break_glass_call() returns levelb._call -- Who breaks the glass.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._break_glass_findings() returns SETOF levelb._reason -- Uses of break-glass that nobody has answered for, in words.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._break_glass_hint(incident levelb.incident) returns text -- What whoever broke the glass does next.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._break_glass_sentence(fact levelb.incident) returns text -- How and why the glass was broken, in words.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._break_glass_until(incident levelb.incident) returns timestamp with time zone -- When the guard closes by itself.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._build_baseline() returns void -- Read the baseline anew.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._build_mirror(plan levelb._mirror[]) returns void -- Put the mirror in the place of the schemas of level full.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._by_code_point(words text[]) returns text[] -- Sort words by code point.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._call_now() returns levelb._call -- Who calls; without a principal for a login that nobody is enrolled with.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._calls_only_immutable(definition text) returns boolean -- Whether an expression calls no function that acts.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._canonical_effects(effects jsonb) returns jsonb -- The six fields of every effect, in canonical order.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._carry_out(kind text, payload jsonb, reason text, activation_id bigint) returns jsonb -- Do what a payload says; return the effects.
  sql volatile
  set search_path=pg_catalog, pg_temp

function levelb._carry_out_explanation(payload jsonb) returns jsonb -- Make explained drift the baseline; return it as effects.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._carry_out_manifest(manifest levelb.manifest, activation_id bigint, back levelb._read_back) returns levelb._read_back -- Carry out a native manifest and add what it did to what was read back.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._carry_out_pointer(change jsonb, activation_id bigint) returns jsonb -- Set a pointer; return what differs.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._carry_out_policy(policy jsonb, activation_id bigint) returns jsonb -- Make a policy active; return what differs.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._carry_out_principal_change(change jsonb, reason text, activation_id bigint) returns jsonb -- Write the new versions of principals; return what differs.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._carry_out_protection(protection jsonb, activation_id bigint) returns jsonb -- Write protections; return what differs.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._cast_sql(state levelb._state_row) returns text -- SQL that makes a cast again.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._casts_keys(key jsonb) returns boolean -- Whether a foreign key (a row of pg_constraint) is over columns of different types, one of which is of users.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._catalog_state() returns TABLE(class text, object_type text, identity text, attribute text, value text, schema text, catalog text, key text, written_by text) -- Lines of the view catalog_state.
  sql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set standard_conforming_strings=on
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_operator

function levelb._change_effects(changes levelb._change[], has_rewrites boolean) returns jsonb -- Effects of a set of changes, each with the schemas of its object.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._changes(before levelb._state_row[], after levelb._state_row[]) returns SETOF levelb._change -- Pair the rows of two states by their keys.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._channel_findings() returns TABLE(item text, problem text, remedy text, verdict levelb._verdict) -- What is wrong with the channel itself, in the order of gravity.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._channel_problem() returns levelb._verdict -- What is wrong with the channel itself; code null when it is intact.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._channel_rules() returns SETOF levelb._channel_rule -- Which statements cannot run in the channel, why, and the way out.
  sql immutable
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on

function levelb._check_accept(path text, accept jsonb, rules text[] DEFAULT levelb._accept_rules(), lint boolean DEFAULT false) returns jsonb -- Return [{rule, object, reason}, …] of a document, else raise; with lint, its rules may be named too.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_against_database(document jsonb) returns void -- Refuse documents that this database cannot take.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_break_glass_logins(policy jsonb) returns void -- Refuse break-glass logins that do not exist.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_document(document jsonb) returns jsonb -- Return a migration document with its defaults, else raise.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_effects(path text, effects jsonb) returns jsonb -- Return effects in canonical order, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_effects_approved(manifest levelb.manifest, policy levelb.active_policy, approvals jsonb, effects jsonb) returns jsonb -- Refuse effects that nobody approved.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_effects_claimed(manifest levelb.manifest, effects jsonb) returns void -- Refuse effects that a manifest does not say.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_end(path text, entry jsonb) returns jsonb -- Return who is disabled and why, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_expected(expected jsonb) returns jsonb -- Return the patterns of expected drift, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_expiry(expires_at timestamp with time zone) returns void -- Refuse an expiry that is past or beyond the policy.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_explanation(explanation jsonb) returns jsonb -- Return {effects, incidents?}, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_finding(path text, finding jsonb) returns jsonb -- Return one finding of the lint, else raise.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_findings(path text, findings jsonb, steps jsonb) returns jsonb -- Return [{rule, step, part, position, object, why}, …] of a document, else raise.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_hash(field text, value bytea) returns bytea -- Return a SHA-256 digest, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_head() returns SETOF levelb._finding -- Find whether the head agrees with the newest entry; no row when it does.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_identifier(field text, value text) returns text -- Return the name of a database object, else raise LB001 or LB006.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_incidents(incidents jsonb) returns jsonb -- Return numbers of incidents in order, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_interval(path text, value jsonb, otherwise text, lowest text, highest text) returns text -- Return an interval within limits, or the default when it is missing.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_leaves() returns SETOF levelb._finding -- Find leaves that are missing or do not have their hash, and a queue that is not the leaves without entry.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_logins(paths text[], principals jsonb) returns void -- Refuse logins that do not exist or could go round the channel.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_name(field text, value text) returns text -- Return the name of a principal, group or step, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_payload(kind text, payload jsonb) returns jsonb -- Return the payload of a native kind, else raise.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_pointer(pointer jsonb) returns jsonb -- Return {pointer, expected, target}, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_policy(policy jsonb) returns jsonb -- Return a policy document with its defaults, else raise LB005, LB006 or LB012.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_principal(path text, entry jsonb) returns jsonb -- Return one principal with its defaults, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_principal_change(change jsonb) returns jsonb -- Return {enrol, change, disable}, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_principals(principals jsonb) returns jsonb -- Return a list of principals with their defaults, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_protected_schema(path text, schema jsonb) returns jsonb -- Return {name, level, …} of a protection, else raise.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_protection(protection jsonb) returns jsonb -- Return {schemas}, else raise LB001, LB006 or LB012.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_quorum(quorum jsonb) returns jsonb -- Return the quorum rules, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_quorum_rule(path text, rule jsonb) returns jsonb -- Return one quorum rule, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_quota(call levelb._call) returns void -- Bound the open migrations of one author.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_reason(reason text) returns text -- Return the reason of a decision, else raise LB001, LB006 or LB014.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_role(field text, value text) returns text -- Return the name of a role that callers may name, else raise LB001 or LB006.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_role_entry(path text, verb text, entry jsonb) returns jsonb -- Return one entry of a role document, else raise.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_roles(path text, document jsonb) returns jsonb -- Return a role document, else raise.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_rollback_claimed(manifest levelb.manifest, effects jsonb) returns void -- Refuse effects of a rollback that are of no class of what it takes back.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_rolled_back(manifest levelb.manifest, effects jsonb) returns jsonb -- Refuse a rollback that does not give the state from before.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_rows() returns SETOF levelb._finding -- Find rows without a leaf, leaves without a row, and rows that are not what their leaf says.
  plpgsql stable
  set search_path=pg_catalog, pg_temp
  set TimeZone=UTC
  set DateStyle=ISO, YMD
  set IntervalStyle=iso_8601
  set bytea_output=hex
  set extra_float_digits=1

function levelb._check_search_path(field text, value text) returns text -- Return a search_path of plain names with pg_temp last, else raise.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_size(document jsonb) returns void -- Refuse a document over 8 MiB.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_slug(field text, value text) returns text -- Return the name of a migration, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_statements(field text, source text, required boolean, attended boolean) returns void -- Raise LB011 for the first statement of a text that can never run in the channel.
  plpgsql stable
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on

function levelb._check_step(path text, step jsonb) returns jsonb -- Return one step, SQL text or a role document, else raise.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_steps(steps jsonb) returns jsonb -- Return the steps of a document, else raise.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_text(field text, value text, max_bytes integer, multiline boolean DEFAULT false) returns text -- Return a text that is not blank, not too long, and holds nothing that readers cannot see; else raise LB001 or LB006.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_texts(document jsonb) returns void -- Raise LB011 or LB014 for the first finding in the texts of a checked document that it does not accept.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_time(field text, value text) returns text -- Return a moment in UTC, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_tree() returns SETOF levelb._finding -- Find the first entry that is missing or has a root other than its tree.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._check_waive(waive jsonb) returns text[] -- Return the items that a policy waives, else raise LB001 or LB012.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._claim_role_home() returns void -- Mark this database as the one that governs the roles of the cluster.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._claimed(manifest levelb.manifest) returns jsonb -- Classes and schemas a manifest claims to touch.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._classed_protect_steps(protection jsonb, accept jsonb) returns jsonb -- Steps that take over the schemas of level full, each with the classes of what it does, else raise LB001 or LB307.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._classes() returns text[] -- The classes of effects, by code point.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._clean_call(verb text) returns void -- Refuse calls that are not the first of a transaction of their own.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._clean_start(verb text, policy jsonb) returns void -- Refuse calls and sessions that an activation cannot run in.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._clock_set_back() returns text -- The newest activation with an earlier time than the one before, null when there is none.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._close_restore_door() returns void -- Take away the entry that stands for the open restore door.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._cluster_effects(effects jsonb) returns jsonb -- Those of some effects that reach beyond this database, null when none does.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._code_again_sql(code levelb._code_undo) returns text -- SQL that makes a view or routine what it is now.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._code_behind(keys text[]) returns SETOF text -- "catalog key" of the code that some rows run, themselves aside.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._code_of(relation oid) returns SETOF levelb._code -- Code that runs with the rights of the owner of a relation, directly and through other code.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._code_owner(catalog oid, object oid) returns oid -- Owner of a function, operator, operator class, view or type.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._code_sql(unit text, state levelb._state_row, definition text, changes levelb._change[], plan levelb._rollback_plan) returns text -- SQL that makes a function, view, type or schema what it was.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._code_undone(net jsonb, renames jsonb[]) returns SETOF levelb._code_undo -- Views and routines that effects made, dropped or changed.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._codepoint(value text) returns text -- The first character as U+200B.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._column_attribute_sql(state levelb._state_row, attribute text, value text, former text, changes levelb._change[]) returns text -- SQL that gives one attribute of a column back; null where none does.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._column_attributes_before(relation oid, number smallint, changes levelb._change[]) returns jsonb -- Column privileges before the changes.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._column_orders(effects jsonb) returns jsonb -- {"table …": names of its columns} of the tables that effects are on.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._column_type_sql(target text, value text, former text, has_constraint boolean) returns text -- SQL that gives back what a column is but for its type; null when that changed.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp

function levelb._comment_target(object_type text, identity text) returns text -- Object in COMMENT ON.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._commented_now(part_of text) returns text -- Object in COMMENT ON, as it is named now.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._comments_rollback(changes levelb._change[], again levelb._change[], plan levelb._rollback_plan) returns SETOF levelb._undo -- SQL that gives comments back.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._compare_with_baseline("full" boolean) returns levelb._comparison -- Rows that differ from the baseline.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._composite_sql(type levelb._state_row, changes levelb._change[]) returns text -- SQL that makes a composite type again.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._container_of(state levelb._state_row) returns text -- Identity of the relation or type that a column or constraint is in.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._cosmetic_kinds() returns jsonb -- {"kind": rule that accepts it} of differences after a rollback.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._count(number bigint, noun text) returns text -- A number with its noun: 1 effect, 2 effects.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._counted_in_words(counted jsonb) returns text -- Who has agreed, each person once.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._create_role_document(name text, options text) returns jsonb -- The role document of CREATE ROLE, or null where none says the same.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on

function levelb._creators(schema_name text) returns TABLE(grantee text, with_option boolean) -- Roles that were granted CREATE on a schema.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._dangerous_logins(policy jsonb) returns SETOF levelb._reason -- Logins that could go round the channel and that this policy does not declare.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._database_identity() returns jsonb -- Which database this is: cluster, oid and name.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._decide(migration_id text, manifest_hash bytea, decision text, reason text, expires_at timestamp with time zone, signature text) returns levelb.approval -- Check and write one decision.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._decision_line(decision jsonb) returns text -- One decision in words.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._decision_text(manifest levelb.manifest, policy_hash bytea, principal text, decision text, expires_at timestamp with time zone, reason text) returns text -- Text of one decision.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._decisions(manifest levelb.manifest, policy levelb.active_policy, operator_person text, is_eased boolean, with_rehearsals boolean DEFAULT false) returns TABLE(approval_id bigint, decision text, principal text, person text, groups text[], is_preapproved boolean, why text) -- Standing decisions on a revision, and why one does not count.
  plpgsql stable
  set search_path=pg_catalog, pg_temp
  set plan_cache_mode=force_generic_plan

function levelb._default_acl_rollback_sql(change levelb._change) returns text -- SQL that restores one set of default privileges.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._default_privileges_told(schema_name text, taken levelb._owned[]) returns text -- What a step says of default privileges, null for nothing.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._deferrable_code(relation oid) returns SETOF text -- Deferrable constraints of a table that may run code of users.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._definitions(objects levelb._object[]) returns levelb._definition[] -- Definitions of the code of users among some objects, or of all of it, as they are now.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp
  set lock_timeout=10ms

function levelb._derived_rollback(effects jsonb) returns levelb.derived_rollback -- SQL that takes effects back that have not happened yet.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._detail_of(error jsonb) returns jsonb -- DETAIL of a recorded error as an object, null when it is none.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp

function levelb._dies_with_object(relation text) returns boolean -- Whether the rows of a catalog go with their object only.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._difference_hint(manifest levelb.manifest, open_differences jsonb) returns text -- HINT of LB310.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._difference_lines(difference jsonb) returns text -- A difference as lines under something.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._difference_record(differences jsonb) returns jsonb -- {"differences": [{kind, object, privileged, accepted}, …], "missing": effects, "unexpected": effects}.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._differences(change levelb._change, status text) returns TABLE(class text, attribute text, before text, after text) -- Attributes in which a change shows.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._digest(value jsonb) returns jsonb -- What stands in a leaf for a value that is too long for it.
  sql stable parallel safe
  set search_path=pg_catalog, pg_temp

function levelb._direct_code(relation oid) returns SETOF levelb._code -- Code that a relation uses itself.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._document_texts(document jsonb) returns SETOF levelb._document_text -- Texts of a checked document that people wrote, in its order.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._drift("full" boolean) returns SETOF levelb._drift -- What drifted, with what the policy expects.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._drift_before() returns levelb._drift[] -- What drifts, and what migration tools did, before an activation runs anything; LB102 when that cannot be read.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._drift_effects(drift levelb._drift[]) returns jsonb -- Drift as effects.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._drift_found("full" boolean) returns SETOF levelb._drift -- What differs from the baseline, with what the policy expects and what is a migration tool's own affair.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._drift_of(comparison levelb._comparison) returns SETOF levelb._drift -- What differs, in the words of effects.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._drift_sentence(details jsonb) returns text -- What a look for drift found, in words.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._drifting(drift levelb._drift[]) returns text[] -- "catalog key" of the rows that drift.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._drop_object_sql(state levelb._state_row, changes levelb._change[], plan levelb._rollback_plan) returns SETOF levelb._undo -- SQL that drops one of these objects.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._drop_part_sql(state levelb._state_row, changes levelb._change[], plan levelb._rollback_plan) returns SETOF levelb._undo -- SQL that drops a constraint, column or default.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._drop_sql(state levelb._state_row, changes levelb._change[], plan levelb._rollback_plan) returns text -- SQL that drops a function, relation, type or schema.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._dropped_effects(changes levelb._change[]) returns jsonb -- What went with what was dropped: owners, rights, code, columns.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._dropped_units_sql(changes levelb._change[], plan levelb._rollback_plan) returns SETOF levelb._undo -- SQL that drops what the text made.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._edits(old text[], new text[], most integer) returns text[] -- All lines of two texts, each with ' ', '-' or '+' before it.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp

function levelb._effect_differences(detail jsonb) returns text[] -- What DETAIL of LB303 and LB310 names, a line each.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp

function levelb._effect_objects(effects jsonb) returns text[] -- Objects that effects are on.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._effect_undo_sql(effect jsonb, net jsonb, renames jsonb[]) returns SETOF levelb._undo -- SQL that takes one effect back; no row where it cannot.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._effects_by_class(effects jsonb) returns text[] -- Effects in words under their classes.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._effects_with_gone(manifest levelb.manifest, effects jsonb) returns jsonb -- Effects of an activation, with those that its manifest expected of what was dropped.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._emergencies() returns SETOF levelb.incident -- Uses of break-glass that nobody has answered for.
  sql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_operator

function levelb._enabled_principals() returns TABLE(principal text, entry jsonb, can_log_in boolean) -- Enabled principals as bootstrap takes them, and whether one of their logins can log in.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._end_own_change() returns void -- The guard is as it was.
  sql volatile
  set search_path=pg_catalog, pg_temp

function levelb._ends_string(run text, escapes boolean) returns boolean -- Whether a string constant ends in this run of quotes and backslashes.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._enter(duties text[]) returns levelb._call -- Identify the caller and require one of these duties.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._enum_sql(type levelb._state_row, changes levelb._change[]) returns text -- SQL that makes an enumeration again.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._error_record(code text, message text, detail text, hint text, context text) returns jsonb -- A refusal or failure as JSON.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._event_trigger_findings() returns SETOF levelb._reason -- Event triggers of others that are enabled.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._execute(manifest levelb.manifest, parts levelb._part[], armed_ms bigint, session levelb._session, place text DEFAULT NULL::text, since xid DEFAULT NULL::xid) returns levelb._execution -- Run parts of steps and read back what they changed.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._executors() returns text -- The catalog rows of the executors.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._expected_with(drift levelb._drift[], policy levelb.active_policy, manifest levelb.manifest) returns levelb._drift[] -- Drift, with what this migration makes the policy expect.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._explained_rows(changes levelb._change[]) returns text[] -- "catalog key" of the rows of all objects that show in an effect.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._explanation_problem(incident_id bigint) returns text -- Why an incident cannot be explained now.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._fact_tables() returns SETOF levelb._fact_table -- List the tables whose every row has a leaf.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._factory_state(state levelb._state_row) returns levelb._state_row -- A system object as initdb made it.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._failure_hint(sqlstate text, message text) returns text -- The reason and the next step for text that failed, or null where PostgreSQL has said all.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._failure_rules() returns SETOF levelb._failure_rule -- What to say of failures, by SQLSTATE and message.
  sql immutable
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on

function levelb._families() returns SETOF levelb._family -- All catalog families.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._families_access() returns SETOF levelb._family -- Families of roles, memberships, settings and default privileges.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._families_cluster() returns SETOF levelb._family -- Families of what the databases of a cluster share, besides roles.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._families_code() returns SETOF levelb._family -- Families of functions, types and schemas.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._families_columns() returns SETOF levelb._family -- Families of columns and their defaults.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._families_composed() returns SETOF levelb._family -- Families of aggregates, ranges and statistics objects.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._families_extension() returns SETOF levelb._family -- Families of extensions and of what belongs to them.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._families_foreign() returns SETOF levelb._family -- Families of foreign data and of logical replication.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._families_indexes() returns SETOF levelb._family -- Families of indexes.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._families_links() returns SETOF levelb._family -- Families of comments and dependencies.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._families_objects() returns SETOF levelb._family -- Families of casts, languages, operators, collations and the like.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._families_partitions() returns SETOF levelb._family -- Families of inheritance and partition keys.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._families_relations() returns SETOF levelb._family -- Families of relations, their queries and constraints, and of sequences.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._families_security() returns SETOF levelb._family -- Families of policies, triggers, rules and event triggers.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._families_structure() returns SETOF levelb._family -- Families of indexes, partitions and what is composed.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._families_text_search() returns SETOF levelb._family -- Families of text search.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._family_of(relation text, key text, object_type text, identity text, schema text DEFAULT 'null::text'::text, joins text DEFAULT ''::text, filter text DEFAULT 'true'::text, names text DEFAULT 'null::text[]'::text, owner text DEFAULT NULL::text, acl text DEFAULT NULL::text, acl_kind text DEFAULT NULL::text, acl_owner text DEFAULT NULL::text, part_of text DEFAULT 'null::text'::text, is_implied text DEFAULT 'false'::text, is_detail text DEFAULT 'true'::text, is_levelb text DEFAULT NULL::text, attributes text DEFAULT '''{}''::jsonb'::text, absent text DEFAULT '''{}''::jsonb'::text, whole text DEFAULT 'to_jsonb(c)'::text, exists_class text DEFAULT 'null::text'::text, name_class text DEFAULT 'null::text'::text, name_columns text[] DEFAULT '{}'::text[], code_columns text[] DEFAULT '{}'::text[], definition text DEFAULT NULL::text, defined text DEFAULT 'true'::text, definition_as text DEFAULT NULL::text, ignored text[] DEFAULT '{}'::text[]) returns levelb._family -- A family; what is not given has none of it.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._family_query(family levelb._family, condition text, replaced_by text, with_definition boolean) returns text -- Query for the state rows of one family.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._far_reaching_roles() returns text[] -- Roles of the server that run programs, or read or write what they like.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._filled(pattern text) returns text -- A pattern of levelb._secret_rules with its {words} written out.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on

function levelb._find_secret(source text) returns levelb._secret -- The first secret in a text; null when there is none.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._findings(policy jsonb, change jsonb DEFAULT '{}'::jsonb) returns SETOF levelb._reason -- Why required items do not hold under this policy after this change of principals.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._findings_listed(findings jsonb, step text) returns text[] -- Findings of the lint in a step, as points.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._fingerprint() returns text -- Hash of everything that levelb installed here.
  sql stable
  set search_path=pg_catalog, pg_temp
  set bytea_output=hex
  set quote_all_identifiers=off
  set extra_float_digits=1
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set lc_monetary=C

function levelb._fired_sql(state levelb._state_row, definition text, target text) returns text -- SQL that makes a trigger or rule again.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._firing(enabled "char") returns text -- State of a trigger or rule; null when it is as CREATE makes it.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._firing_sql(kind text, name text, state text) returns text -- End of ALTER TABLE that gives the state of a trigger or rule back.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._follow(before levelb._state_row[], after levelb._state_row[], drifting text[]) returns void -- Move the baseline by what an activation changed.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._foreign_functions() returns levelb._counted[] -- Functions of others, as they are now.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._foreign_options(options text[], prefix text, is_written boolean) returns jsonb -- Options of foreign data as attributes, without secrets.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._foreign_options_sql(attributes jsonb, prefix text) returns text -- OPTIONS clause; null where it cannot be told.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._forget_code(keys text[], drifting text[]) returns void -- Take code out of the baseline that nothing watched runs.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._forget_rows(keys text[]) returns void -- Take rows, by "catalog key", out of the baseline.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._full_readiness() returns SETOF levelb.readiness_item -- The items of readiness that only full checks.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._full_xid(xid_column text) returns text -- Text of an expression for an xid column as xid8.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._function_name(function oid) returns text -- Identity of a function; null for none.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._function_object(function oid, written_by text) returns text -- Name and hash of a function of others.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._governance_effects(object_type text, identity text, before jsonb, after jsonb) returns jsonb -- What differs between {leaf: text} and {leaf: text}, as effects.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._grant_again(state levelb._state_row, label text) returns text -- GRANT of what a row gave to one grantee.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._grant_duty(duty text, login text) returns boolean -- Open the door of a duty to a login; whether this transaction did.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._grant_statements(grants levelb._grant[], verb text) returns text[] -- GRANT or REVOKE of some rights.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._grant_target(object_type text, identity text) returns text -- An object in a GRANT.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._grantee(role oid) returns text -- A role in a GRANT.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._grants_for_public(taken levelb._owned[]) returns SETOF levelb._grant -- Who keeps the definer code that PUBLIC loses.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._grants_to_definer(taken levelb._owned[], needs levelb._need[]) returns SETOF levelb._grant -- What levelb_definer needs for the code that it gets.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._grants_to_owners(taken levelb._owned[]) returns SETOF levelb._grant -- What former owners keep.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._guard() returns event_trigger -- Refuse DDL on levelb's own objects and on what is protected. Fires for every command, as levelb_owner.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set quote_all_identifiers=off
  set standard_conforming_strings=on

function levelb._guard_append_only() returns trigger -- Refuse UPDATE, DELETE and TRUNCATE.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._guard_channel() returns trigger -- Refuse rows that do not come through a verb of levelb.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._guard_findings() returns SETOF levelb._reason -- Why the guard would not fire for everybody.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._guard_is_open() returns boolean -- Whether break_glass opened the guard for this session, and it still is.
  sql volatile
  set search_path=pg_catalog, pg_temp

function levelb._guarded_at(guarded levelb._protected[], class oid, object oid, schema_name text, tag text) returns levelb._protected[] -- Guarded schemas that a command on an object reaches, the strictest first.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._guarded_classes(guarded levelb._protected, now levelb._state_row) returns text[] -- Classes in which a row differs from what a schema at level privileged lets its migrators change.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._guarded_schemas() returns levelb._protected[] -- The schemas whose DDL is guarded now: those that are protected, and levelb's own at level levelb.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._has_default_rights(relation text, object oid) returns boolean -- Whether nobody granted or revoked anything on an object.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._has_initial_acl(change levelb._change) returns boolean -- Whether the ACL of a row follows from its extension.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._has_new_storage(change levelb._change) returns boolean -- Whether a relation has a new file.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._has_steps(manifest levelb.manifest) returns boolean -- Whether text runs when a manifest is activated.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._held(since xid) returns jsonb -- {"oid": strongest mode} of the tables that this transaction keeps others waiting for, but for those made since.
  sql volatile
  set search_path=pg_catalog, pg_temp

function levelb._held_in_words(lock jsonb) returns text -- A lock of a rehearsal in words.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._held_too_long(code text, error jsonb) returns text -- What a rehearsal would have kept others waiting for; null where it was not that.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._holds_secret(state levelb._state_row) returns boolean -- Whether a row may have a secret that its attributes do not show.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._hunks(edits text[]) returns text[] -- Edits as diff -u prints them, with line numbers before each group.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._identity_before(effect jsonb, renames jsonb[]) returns text -- What the object of an effect was called before it was renamed, or what it is a part of was.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._in_place(changes levelb._change[], plan levelb._rollback_plan) returns SETOF levelb._change -- Changes of what is there before and after the rollback.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._incarnation() returns levelb.incident -- The incident since which the ledger belongs to this database.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._incident_effects(explanation jsonb) returns jsonb -- Incidents that an explanation names, as effects.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._incidents_named(explanation jsonb) returns text -- Incidents that an explanation names, in words; null for none.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._index_text(index oid) returns text -- What an index of columns is, without its name.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._inheritance_sql(state levelb._state_row, changes levelb._change[], plan levelb._rollback_plan) returns text -- SQL that puts a table back under its parent.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._installed_objects() returns TABLE(object text, digest text) -- SHA-256 of the definition, owner and rights of every object of levelb.
  sql stable
  set search_path=pg_catalog, pg_temp
  set quote_all_identifiers=off
  set jit=off
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C

function levelb._interval_ms(value text) returns bigint -- Milliseconds of "500 ms", "2s", "30 minutes", "7 days"; null when it is no such text.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._invalid(field text, problem text) returns void -- Raise LB001 for a field.
  sql stable
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_roles

function levelb._inverse_effects(effects jsonb) returns jsonb -- Effects that take these back, without data.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._inverse_memberships(path text, document jsonb, effects jsonb) returns jsonb -- {"revoke", "grant"} that take back what a document did to memberships.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._inverse_payload(kind text, payload jsonb, activation_id bigint, reason text) returns jsonb -- Payload that takes back what the database carried out itself.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._inverse_principal_change(activation_id bigint, reason text) returns jsonb -- Change of principals that takes back what an activation changed.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._inverse_protection(activation_id bigint) returns jsonb -- Protections that take back what an activation set.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._inverse_role(path text, verb text, role text, effect jsonb) returns jsonb -- Opposite of an entry that made, altered or dropped a role, null when it left none; else raise.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._inverse_role_entries(path text, document jsonb, effects jsonb, verb text) returns jsonb -- Opposites of the entries of one of the verbs create, alter, drop, last first.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._inverse_roles(path text, document jsonb, effects jsonb) returns jsonb -- Role document that takes one back, {} when it had no effect; raises where no role document can.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._inverse_settings(document jsonb, effects jsonb) returns jsonb -- Entries of set that take back what a document did to settings.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._invisible() returns text -- Those characters but the C0 controls, as the inside of a bracket expression.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._irreversible(path text, problem text) returns void -- Raise LB001 for what no rollback can be derived for.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_accepted(accept jsonb, rule text, object text) returns boolean -- Whether "accept" of a document names this rule and object.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_activated(migration_id text) returns boolean -- Whether a migration has a proof.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_approved_rule(rule oid, relation oid, changes levelb._change[]) returns boolean -- Whether a rule came by approved text.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_as_approved(manifest levelb.manifest) returns boolean -- Whether a manifest and its steps have the hashes they claim.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_as_installed(incarnation levelb.incident) returns boolean -- Whether levelb's own objects are what an incarnation entry says.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_attended(manifest levelb.manifest) returns boolean -- Whether a superuser carries a manifest out.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_call_of(query text, verb text) returns boolean -- Whether a text is one call of this verb, of schema levelb unless it names another, and nothing else.
  plpgsql stable
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on

function levelb._is_channel() returns boolean -- Whether this code runs inside a verb of levelb.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_closed(incident levelb.incident) returns boolean -- Whether close_attended has judged what was done.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_comment_of_control_file(change levelb._change) returns boolean -- Whether a comment is the one an extension comes with.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_direct(verb text) returns boolean -- Whether this session runs one call of this verb and nothing else.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_dropped_with_column(state levelb._state_row, rows levelb._state_row[]) returns boolean -- Whether a new sequence belongs to a new column.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_eased_rollback(manifest levelb.manifest, touched jsonb) returns boolean -- Whether the part of the policy about rollbacks applies.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_emergency(incident levelb.incident) returns boolean -- Whether a use of break-glass has to be explained.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_expected(drift levelb._drift, patterns jsonb) returns boolean -- Whether the policy expects a drift.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_explained(change levelb._change, changes levelb._change[]) returns boolean -- Whether a rewrite follows from other changes.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_explained(incident levelb.incident) returns boolean -- Whether an activated explanation names an incident.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_followed(relation text) returns boolean -- Whether the rows of a catalog only follow others.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_gone(effect jsonb, found jsonb) returns boolean -- Whether what an effect takes away went with something that was dropped.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_guarded_role(role text) returns boolean -- Whether role documents must leave this role alone.
  sql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_roles

function levelb._is_guarded_setting(name text) returns boolean -- Whether role documents must leave this setting alone.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_held(guard levelb._open_guard) returns boolean -- Whether the session that opened the guard is still there, and its time not over.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._is_in_force(migration_id text) returns boolean -- Whether a migration was activated and is not rolled back.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_in_reach(class oid, object oid, schema oid) returns boolean -- Whether levelb_sandbox can come to use something, if it has the right to.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_in_sandbox() returns boolean -- Whether this transaction is a sandbox rehearsal.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_inert_type(type text) returns boolean -- Whether reading values of a type (its oid) runs no code of users.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_lint_rule(rule text) returns boolean -- Whether an acceptance names a rule of the lint, by its shape.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_list_setting(name text) returns boolean -- Whether the value of this setting is a list of names.
  sql immutable
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_roles

function levelb._is_loan(drift levelb._drift) returns boolean -- Whether levelb_deploy is being enabled to take something over, or no longer.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_made_along(effect jsonb, found jsonb) returns boolean -- Whether an effect only says what a made object consists of.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_made_not_null("column" pg_attribute) returns boolean -- Whether a column stands as NOT NULL in CREATE TABLE.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_made_or_gone(effect jsonb, effects jsonb, gone_only boolean DEFAULT false) returns boolean -- Whether effects say that the object of one is new, or is gone.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_migrators_affair(change levelb._change, class text, migrated levelb._protected[]) returns boolean -- Whether what differs is structure that migrators may change.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_native(manifest levelb.manifest) returns boolean -- Whether the database carries a manifest out itself.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_never_expected(drift levelb._drift) returns boolean -- Whether no policy may call a drift normal life.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_normal(drift levelb._drift) returns boolean -- Whether a drift is normal life everywhere.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_of_initdb(relation text, key text) returns boolean -- Whether a row is about an object that initdb made.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_of_nonsuperuser(class oid, object oid) returns boolean -- Whether an object belongs to a role that is no superuser.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_on_renamed(effect jsonb, renames jsonb[], was boolean) returns boolean -- Whether an effect is on something that was renamed, or on a part of it.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_ours(written_by text) returns boolean -- Whether this transaction wrote the row that has this xmin.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_own(manifest levelb.manifest, call levelb._call) returns boolean -- Whether the caller counts as the author.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_part_of(effect jsonb, object jsonb) returns boolean -- Whether an effect is on a part or attribute of the object of another.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_part_of_unit(state levelb._state_row) returns boolean -- Whether a row has no statement of its own.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_plain_ddl(source text) returns boolean -- Whether the statements of a text name all that they replace.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_read_in_full(relation text) returns boolean -- Whether rows of a catalog are known by a hash of all they are.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_redefined(change levelb._change, changes levelb._change[]) returns boolean -- Whether an object was replaced, or made again.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_rehearsed(manifest levelb.manifest, required text) returns boolean -- Whether a rehearsal of a manifest is good enough.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_role_home() returns boolean -- Whether this database governs the roles of its cluster.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_script_made(state levelb._state_row) returns boolean -- Whether an object, being a member, can only be its extension's own.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_setting_list(value text) returns boolean -- Whether a text is a list of names, quoted or not.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_stray(class oid, object oid, changes levelb._change[]) returns boolean -- Whether a view, type or operator of levelb_definer was made past the channel.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_superuser_at_work(migrators oid[]) returns boolean -- Whether this session works as a superuser who is none of these.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_there(state levelb._state_row) returns boolean -- Whether a row is there and stands for something.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_undone_with(effect jsonb, code levelb._code_undo) returns boolean -- Whether the statement for a view or routine takes an effect back.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_unguarded() returns boolean -- Whether the guard lets everything pass.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_unit(state levelb._state_row) returns boolean -- Whether a row has statements of its own.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._is_withdrawn(migration_id text, revision integer) returns boolean -- Whether a revision was taken back.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._is_written_here(xmin xid) returns boolean -- Whether a row that is visible was written by this transaction.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._json_array(path text, value jsonb, fewest integer, most integer) returns jsonb -- Return an array of so many entries, empty when it is missing and may be.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._json_boolean(path text, value jsonb, otherwise boolean DEFAULT NULL::boolean) returns boolean -- Return a boolean, or the default when it is missing.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._json_choice(path text, value jsonb, known text[], otherwise text DEFAULT NULL::text) returns text -- Return one of the known words, or the default when it is missing.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._json_integer(path text, value jsonb, lowest integer, highest integer) returns integer -- Return a whole number within limits.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._json_leaves(value jsonb) returns TABLE(leaf text, content text) -- Leaves of a document with their paths.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._json_list(path text, value jsonb, fewest integer, most integer, rule text) returns text[] -- Return a list of different words that each obey a rule.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._json_object(path text, value jsonb, known text[]) returns jsonb -- Return an object of known members, without those that are null.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._json_text(path text, value jsonb) returns text -- Return a string, or null when it is missing.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._judge(manifest levelb.manifest, policy levelb.active_policy, call levelb._call) returns levelb._verdict -- Whether this migration may be activated by this caller now.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._judge_attended(migration_id text) returns jsonb -- Refuse an attended migration that may not be carried out now; return what was judged.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._judge_drift(policy text, drift levelb._drift[], verdict levelb._verdict) returns levelb._verdict -- Refuse drift where the policy says so.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._judge_manifest(manifest levelb.manifest, call levelb._call) returns levelb._verdict -- Whether the text of this migration may be run by this caller, as far as approvals have no say.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._judge_quorum(manifest levelb.manifest, policy levelb.active_policy, operator_person text, touched jsonb) returns levelb.quorum_state -- Approvals of a revision against the policy.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._judge_readiness(manifest levelb.manifest, verdict levelb._verdict) returns levelb._verdict -- The verdict, or the refusal where the channel is not ready for a manifest.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._judge_rehearsal(manifest levelb.manifest, policy levelb.active_policy, call levelb._call) returns levelb._verdict -- Whether this migration may be rehearsed on the live objects by this caller now.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._kept_rights(owned levelb._owned) returns text[] -- Rights on an object that its former owner keeps.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._key_bytes(key text, field text DEFAULT 'key'::text) returns bytea -- Return the 32 bytes of a public key, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._kinds_in_words(detail jsonb) returns text[] -- Differences after a rollback that DETAIL of LB310 names, a line each.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._known_needs(taken levelb._owned[]) returns SETOF levelb._need -- What code that is taken over does, as PostgreSQL knows it.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._labelled(label text, value text) returns text[] -- A label with its text beside it, as lines.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._labels_sql(changes levelb._change[], plan levelb._rollback_plan) returns SETOF levelb._undo -- SQL that gives labels their names back.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._lacking(detail jsonb) returns text -- What a refusal lacks, in words; null when its DETAIL does not say.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp

function levelb._leaf_difference(fact anyelement, relation text, columns text[], content text) returns text -- Say in what a row differs from its leaf; null when in nothing.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._leaf_hash(content text) returns bytea -- SHA-256 of 0x00 and the UTF-8 text.
  sql stable parallel safe
  set search_path=pg_catalog, pg_temp

function levelb._leaf_text(relation text, fact jsonb) returns text -- The leaf of a row of a table: every value over 1 KiB replaced by its SHA-256.
  sql stable parallel safe
  set search_path=pg_catalog, pg_temp

function levelb._leave_role_home() returns void -- Take the mark away, so that another database may govern.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._left_effects(missing jsonb, unexpected jsonb) returns TABLE(effect jsonb, is_missing boolean, kind text, object text) -- What a rollback left, with kinds and the objects that an acceptance names.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._left_out_of(warnings jsonb) returns text[] -- Statements that a rehearsal could not run.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._left_schemas(class oid, object oid) returns oid[] -- Schemas that an object was in before this command.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._left_sql(changes levelb._change[], plan levelb._rollback_plan) returns SETOF levelb._undo -- Lines about what has no statement.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._levelb_gains(granted text, grantee text, with_admin boolean) returns text -- The role of levelb that would gain rights by a membership; null where none does.
  sql stable
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_roles

function levelb._line_difference(old text[], new text[]) returns text[] -- Difference of two texts by lines, as diff -u shows it.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._lines(statements text[]) returns text -- Statements, each in a line; nulls are left out.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._linked_schemas(relation oid) returns oid[] -- Schemas of tables that this transaction has linked to a table, or altered with it.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._listing(value text) returns text[] -- Text with line numbers.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._loan_findings() returns SETOF levelb._reason -- Roles whose objects levelb_deploy is taking over.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._lock_for_activation(migration_id text) returns void -- Take the gates of an activation.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._lock_role_home() returns void -- Let one database of the cluster at a time claim the mark.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._locked(mode text) returns oid[] -- Relations of users that this transaction holds in one lock mode.
  sql volatile
  set search_path=pg_catalog, pg_temp

function levelb._locking_first(steps jsonb, taken levelb._owned[]) returns jsonb -- Steps of a protection that lock before they change.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._locks(taken levelb._owned[], are_taken boolean) returns text -- Statements that lock what changes hands: its views, its tables.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._log_break_glass(event text, incident levelb.incident, more jsonb DEFAULT '{}'::jsonb) returns void -- Write what is done past the channel as one line into the log of the server.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._log_drift(drift levelb._drift[], about jsonb DEFAULT '{}'::jsonb) returns void -- Write drift as one line into the log of the server; nothing where there is none.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._logins_unbound(named text[] DEFAULT '{}'::text[]) returns SETOF levelb._reason -- Enrolled logins that were dropped, renamed or made anew, those of the named principals aside.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._lost_sql(changes levelb._change[], plan levelb._rollback_plan) returns SETOF levelb._undo -- Lines about what is not restored.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._lost_with_object(change levelb._change, changes levelb._change[]) returns SETOF levelb._protection -- Rights and policies of a dropped object that the one made again does not have.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._made_again(changes levelb._change[], plan levelb._rollback_plan) returns levelb._change[] -- What is made again.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._makers(guarded levelb._protected) returns text[] -- Roles whose default privileges reach into a guarded schema.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._manifest_content(migration_id text, document jsonb) returns text -- Canonical text of a manifest; steps appear as hashes.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._manifest_described(fact levelb.manifest) returns text -- What a revision is, in words.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._mark_query(family levelb._family, condition text, with_digest boolean) returns text -- Query for the marks of one family.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._marks(places levelb._places[], with_digest boolean) returns SETOF levelb._mark -- Marks of the rows at some places.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._mask(source text) returns levelb._masked_text -- Blank out the literals and comments of SQL text, as PostgreSQL reads it with standard_conforming_strings on.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on

function levelb._max_hold_ms() returns bigint -- How long a live rehearsal may keep others waiting.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._may_look(duties text[]) returns void -- Let superusers look, and others with one of these duties.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._members_touched(changes levelb._change[]) returns SETOF text -- Members of the extensions among the changes.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._membership_rollback_sql(change levelb._change) returns TABLE(turn integer, line text) -- SQL that restores one membership, in turns.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._merged(changes levelb._change[]) returns levelb._change[] -- Changes that may show, with what was dropped and made again as one.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._metric_samples() returns TABLE(name text, value double precision, labels jsonb) -- Samples of the view metrics.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._metrics() returns TABLE(name text, value double precision, labels jsonb, type text, help text) -- Lines of the view metrics.
  sql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_operator

function levelb._milliseconds(milliseconds numeric) returns text -- A duration as people read it.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._minor_version_findings() returns SETOF levelb._reason -- A minor release without known fixes.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._minor_version_gate() returns integer -- server_version_num from which on activation is allowed, null for a major version that levelb was not tried on.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._mirror_code(schemas oid[]) returns SETOF levelb._mirror_line -- What makes the types and functions of some schemas again, and their rights.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._mirror_columns(relation pg_class) returns text -- Columns of a table or composite type in parentheses of CREATE.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._mirror_comments(schemas oid[]) returns SETOF levelb._mirror_line -- What gives the objects of some schemas their comments again.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._mirror_depth(relation oid) returns integer -- How many tables a table inherits from, one above the other.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._mirror_grants(acl aclitem[], owner oid, target text, columns text DEFAULT ''::text) returns text -- SQL that gives rights on an object as an ACL has them.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._mirror_limit() returns integer -- How many locks a mirror may take.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._mirror_lines(maker text) returns SETOF levelb._mirror -- What makes the mirror. Answers nobody but its executors.
  plpgsql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_deploy
  grant execute to levelb_sandbox

function levelb._mirror_options(options text[], clause text) returns text -- Storage or view options in a clause, or nothing.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._mirror_plan(call levelb._call) returns levelb._mirror[] -- What makes the mirror, in order.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._mirror_relations(schemas oid[]) returns SETOF levelb._mirror_line -- What makes the tables, sequences and views of some schemas again.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._mirror_sequence_options(sequence oid) returns text -- Options of a sequence, as CREATE SEQUENCE has them.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._mirror_table(relation pg_class) returns text -- SQL that makes a table with its columns.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._mirror_type(type pg_type) returns text -- SQL that makes a type again; null where none does.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._missed_in_mirror(manifest levelb.manifest) returns jsonb -- Objects that a migration names and that could not be mirrored; null for none.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._moved_aside(changes levelb._change[], plan levelb._rollback_plan) returns SETOF levelb._change -- Changes of objects that get another name first.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._moved_columns(change levelb._change) returns text[] -- Columns in which a row differs, but for those that move by themselves.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._moved_in_mirror(was jsonb, now jsonb, after levelb._state_row[]) returns levelb._used_sequence[] -- Sequences of the mirror that a text has used.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._moves_alone(change levelb._change) returns boolean -- Whether an object has to be moved to its schema by itself.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._moving_columns() returns text[] -- Columns whose change alone says nothing.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._name_of(state levelb._state_row) returns text -- Unquoted name of an object.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._named_part(part levelb._state_row) returns levelb._state_row -- The row with the name of the object that it says something about.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._named_parts(rows levelb._state_row[]) returns levelb._state_row[] -- Rows with the names of what they say something about.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._named_principals(change jsonb) returns text[] -- Principals that a change enrols, changes or disables.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._named_shape(statement levelb._statement, source text) returns text -- The shape of a short statement with its literals, or null.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on

function levelb._names_in(source text) returns name[] -- All that may be a name in a text; null when that cannot be said.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._names_rollback(changes levelb._change[], plan levelb._rollback_plan) returns SETOF levelb._undo -- SQL that gives names back.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._namespace_of(state levelb._state_row) returns text -- Oid of the schema of an object.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._native_classes(document jsonb) returns text[] -- Classes of a checked document of a native kind.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._native_form(manifest levelb.manifest) returns levelb.manifest -- A manifest as the database carries it out: of a rollback, what it puts in place.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp

function levelb._native_kinds() returns text[] -- Kinds that bring a payload instead of steps.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._native_problem(manifest levelb.manifest) returns levelb.error_entry -- Why a native manifest cannot be carried out now, null when it can.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._native_rollback_sql(effects jsonb) returns text -- SQL that takes back what a native manifest left in the catalogs.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._needs_renewal(change levelb._change, changes levelb._change[]) returns boolean -- Whether what was there can only be made anew.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._net_effects(effects jsonb) returns jsonb -- The difference that effects make, without data, in canonical order.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._new_versions(change jsonb) returns jsonb -- Principals as a change writes them.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._newest(migration_id text) returns levelb.manifest -- Newest revision of a migration.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._next_rollback_revision(migration_id text) returns integer -- Revision under which a rollback is staged.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._not_rehearsed(manifest levelb.manifest, policy levelb.active_policy) returns levelb.error_entry -- What a manifest lacks of what the policy asks for before it is approved: code, DETAIL as message, HINT; code null when nothing.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._not_rehearsed_here(manifest levelb.manifest) returns jsonb -- Statements and role documents that a sandbox cannot run; null for none.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._note_commands(event text, tag text) returns void -- Note the DDL that a step of an activation runs.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._note_drift(policy text, drift levelb._drift[]) returns void -- Say what an activation learned of drift, in the log and, where the policy asks for it, on record.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._note_statement(step integer, part text, statement integer, row_count bigint) returns levelb._rehearsed_statement -- Note how far a rehearsal has come.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._object_attribute_sql(state levelb._state_row, attribute text, value text, former text, changes levelb._change[]) returns text -- SQL that gives one attribute of one of these objects back.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._object_column(relation text) returns text -- Column over alias c with the oid of the object of a row.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._object_rollback_sql(change levelb._change, changes levelb._change[]) returns text -- SQL that restores owner and ACL of one object.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._object_sql(state levelb._state_row, definition text, changes levelb._change[], plan levelb._rollback_plan) returns text -- SQL that makes one of these objects again.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._objects_in_reach(manifest levelb.manifest) returns levelb._object[] -- Objects that a migration may replace; null for all.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._objects_named(names name[], with_users boolean) returns levelb._object[] -- Objects with these names in schemas with these names, and what depends on them.
  sql stable
  set search_path=pg_catalog, pg_temp
  set enable_hashjoin=off
  set enable_mergejoin=off
  set enable_seqscan=off

function levelb._of_extensions(extensions text[], is_now boolean) returns text[] -- What the versions of some extensions tell.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._on_relation(state levelb._state_row, changes levelb._change[], plan levelb._rollback_plan) returns text -- Identity of the relation that a policy, trigger or rule is on, when names are back.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._open_attended() returns levelb.incident -- The attended migration that is being carried out now.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._open_doors() returns SETOF levelb._door -- Ways out of the sandbox.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._open_guard_for(incident levelb.incident) returns void -- Open the guard for this session.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._operator_family_name(family oid) returns text -- Identity of an operator family.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._operator_name(operator oid) returns text -- Qualified name of an operator; null for none.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._operator_signature(operator oid) returns text -- Identity of an operator.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._option_attributes(options text[], prefix text, special jsonb) returns jsonb -- Options as attributes.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._option_sql(name text, value text) returns text -- End of ALTER … that gives one option back.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._order_differences(manifest levelb.manifest, before jsonb, after jsonb) returns jsonb -- Tables with the same columns in another order.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._outliving_words() returns text -- Regular expression for names whose use a rollback does not undo.
  sql immutable
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on

function levelb._own_schemas() returns name[] -- Names of the schemas of levelb itself.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._owned_by_sql(changes levelb._change[], plan levelb._rollback_plan) returns SETOF levelb._undo -- SQL that gives sequences back to their columns.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._owned_in(schemas text[]) returns SETOF levelb._owned -- Some schemas and what is in them, with owners.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._owner_named(object_type text, identity text) returns text -- Owner of an object today; null where it is not looked up.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._owner_roles() returns text[] -- Roles of levelb that own something; the others are duties.
  sql immutable
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_roles

function levelb._owner_step(name text, schema_name text, moved levelb._owned[], new_owner text) returns jsonb -- The step that gives objects to a role of levelb, with its classes.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._parts(manifest levelb.manifest) returns levelb._part[] -- What is run, in order.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._parts_of_place(parts levelb._part[], place text) returns levelb._part[] -- What of a migration is run in a rehearsal.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._pass_gate(migration_id text) returns void -- Wait for one's turn to decide on a migration.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._patched(base levelb._state_row, before levelb._state_row, after levelb._state_row) returns levelb._state_row -- A row of the baseline with the changes between two readings.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp

function levelb._path(path text, key text) returns text -- Path of a member.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._paths(list text, entries jsonb) returns text[] -- Paths of the entries of a list.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._payload_field(field text) returns text -- Path in the document of a field of its payload.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._payload_in_words(fact levelb.manifest, policy jsonb) returns text -- What a payload would do, null for other kinds.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._payload_problem(kind text, payload jsonb) returns levelb.error_entry -- Why a payload cannot be carried out now: code, DETAIL as message, HINT; null when it can.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._pending_step(part text) returns levelb._pending -- Hand out the pending step of this transaction, once. Answers nobody but an activation.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_deploy
  grant execute to levelb_roles
  grant execute to levelb_sandbox

function levelb._person(principal text) returns text -- Person as whom a principal counts.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._pick(whole jsonb, columns text[]) returns jsonb -- Some columns of a row; null when it has none of them.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._pieces(source text) returns TABLE(statement integer, at integer, piece text, is_beyond_sandbox boolean) -- Statements of a text: number, position in characters from 1, text, whether a sandbox can run it.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._place(source text, at integer) returns jsonb -- {position, line, column} of a character.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._places(units text[], edges levelb._edge[]) returns jsonb -- {"unit": place} in an order that resolves.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp

function levelb._places_written(since integer, keys text[]) returns levelb._places[] -- Places of rows that are not older than an age.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._plan_rollback(changes levelb._change[]) returns levelb._rollback_plan -- What of a set of changes can be undone, and in which order.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._point(value text) returns text[] -- A point of a list as lines.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._pointer_now(pointer text) returns levelb.pointer -- Newest version of a pointer.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._points(sentences text[]) returns text[] -- Sentences as the points of a list.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._policy_again_sql(state levelb._state_row, definition text, target text, changes levelb._change[]) returns text -- SQL that makes a policy again, whether it is there or not.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._policy_difference(old jsonb, new jsonb) returns text -- What one policy asks for and the other did not, in words.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._policy_effects(before jsonb, after jsonb) returns jsonb -- What differs between two policies, as effects.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._policy_leaves(policy jsonb) returns TABLE(leaf text, content text) -- What a policy says, line by line.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._policy_numbers(policy jsonb) returns TABLE(scope text, whose text, needed integer) -- The numbers of a policy's quorum rules.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._policy_outcome(policy jsonb, schemas text[]) returns TABLE(class text, schema text, whose text, needed integer) -- What a policy asks for each class, in these schemas and elsewhere.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._policy_problem(policy jsonb, principals jsonb) returns text -- Say which quorum rules these principals cannot meet; null when they can meet all.
  plpgsql stable
  set search_path=pg_catalog, pg_temp
  set jit=off

function levelb._policy_rules(policy jsonb) returns text -- What a policy asks for, in words.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._policy_sql(state levelb._state_row, definition text, target text) returns text -- SQL that makes a policy again.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._policy_values(policy jsonb) returns TABLE(path text, value text) -- Values of a policy by path, apart from its quorum rules.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._possible_needs(taken levelb._owned[], schemas text[]) returns SETOF levelb._need -- What code that is taken over may do that PostgreSQL does not know.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._preapprovals(manifest levelb.manifest, policy levelb.active_policy) returns SETOF levelb.approval -- Approvals of a change that may stand for its rollback.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._principal_described(principal text, version integer) returns text -- Everything of one version of a principal, in words.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._principal_leaves(principal text) returns jsonb -- What holds of a principal, as {leaf: text}.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._principal_parts(principal text, version integer) returns TABLE(part text, said text) -- Parts of one version of a principal, in words.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._principal_sentence(fact levelb.principal) returns text -- What happened to a principal.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._principal_version(principal text, version integer) returns jsonb -- One version of a principal as a document.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._principals_after(change jsonb) returns jsonb -- The principals that decide after a change.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._principals_now() returns jsonb -- The enabled principals that can log in, as a document.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._principals_problem(principals jsonb) returns TABLE(n bigint, field text, problem text, about text) -- First contradiction in a list of principals: entry from 0, field, problem, and the name it is about.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._protect_steps(protection jsonb, accept jsonb) returns jsonb -- Steps that take over the schemas of level full, else raise LB001 or LB307.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._protecting_roles() returns text[] -- Roles of levelb that own what is protected at level full.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._protection_in_words(protection jsonb) returns text -- What a payload of kind protect says.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._protection_leaves(level text, migrators text[], repoint boolean) returns jsonb -- A protection, as {leaf: text}.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._protections(state levelb._state_row) returns SETOF levelb._protection -- What protects a function, view or table.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._publication_sql(state levelb._state_row) returns text -- SQL that makes a publication again.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._put_back(before levelb._session) returns jsonb -- Put back what the text changed in the session, and list it.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._put_drift(drift levelb._drift[], among levelb._drift[], snapshot pg_snapshot) returns bigint -- Make what drifted the baseline; return how many rows were written meanwhile and left out.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._put_parts(keys text[], snapshot pg_snapshot) returns bigint -- Put the parts of rows, by "catalog key", into the baseline; return how many were left out.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._put_rows(states levelb._state_row[]) returns void -- Write rows into the baseline.
  sql volatile
  set search_path=pg_catalog, pg_temp

function levelb._quorum_lines(quorum jsonb) returns text[] -- What the policy asks for and who has agreed, as lines.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._quorum_needed(policy jsonb, touched jsonb) returns jsonb -- Approvals and groups that the matching rules ask for.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._quorum_of(manifest levelb.manifest, policy jsonb, touched jsonb) returns jsonb -- Approvals and groups that a manifest needs.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp

function levelb._raise(code text, detail jsonb, hint text DEFAULT NULL::text) returns void -- Raise an error of the registry.
  plpgsql stable
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_roles

function levelb._raise_refused(refused levelb._refused[], tag text) returns void -- Refuse a command, with what is wrong and the way to do it.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._raise_rule(rule text, detail jsonb, hint text DEFAULT NULL::text) returns void -- Raise the error of a rule.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._reach(relation text) returns text -- Which rows of a catalog are watched: cluster, database, object or none.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._reached_code(roots levelb._code[]) returns SETOF levelb._code -- Some code and all that it uses.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._read_back(manifest levelb.manifest, before levelb._state_row[], after levelb._state_row[], definitions levelb._definition[], tally levelb._written[], tables levelb._written[], sequences levelb._used_sequence[]) returns levelb._read_back -- Effects, tally, digests and rollback of what this transaction did; raises where something is not covered.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._readiness() returns SETOF levelb.readiness_item -- Readiness without asking who calls.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._reads_as_caller(options text[]) returns boolean -- Whether a view with these options is a security_invoker one.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._reads_values(unit text, state levelb._state_row, edges levelb._edge[]) returns boolean -- Whether parsing what a unit was may run code of users. state: its row.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._rebind_principal(principal text, version integer, reason text) returns void -- Write a principal again with its logins as they are now.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._rebuild_baseline() returns jsonb -- Read the baseline anew; return {count, effects}: how much differs from the one before, and a hundred of it.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._record_activation(activation levelb.activation) returns levelb.activation -- Write one activation and seal the ledger.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._record_drift(drift levelb._drift[]) returns bigint -- Write what drifts, unless it is what was written last; return the incident that says it, null when there is none.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._record_incident(kind text, reason text, details jsonb) returns levelb.incident -- Write one incident.
  sql volatile
  set search_path=pg_catalog, pg_temp

function levelb._record_rehearsal(rehearsal levelb.rehearsal) returns levelb.rehearsal -- Write one rehearsal.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._refreshed(changes levelb._change[]) returns oid[] -- Materialized views that were filled; changes: what was read back.
  sql volatile
  set search_path=pg_catalog, pg_temp

function levelb._refusal(code text, detail jsonb, approvals jsonb DEFAULT '[]'::jsonb, hint text DEFAULT NULL::text) returns levelb._verdict -- A judgement that says no.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_cluster_document(document jsonb) returns void -- Refuse a document about the cluster in a database that does not govern it.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_cluster_effects(effects jsonb) returns void -- Refuse effects on the cluster in a database that does not govern it.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_code_in_relations(changes levelb._change[]) returns void -- Refuse relations whose owner would run code of others.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_code_in_triggers(triggers oid[]) returns void -- Refuse those among some triggers that are enabled and run code of others.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_code_that_ran(manifest levelb.manifest, before levelb._counted[]) returns jsonb -- Refuse code of others that ran, or would have, with the rights of the text.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._refuse_contradictions(paths text[], change jsonb) returns void -- Refuse names, logins, keys and persons that contradict each other after a change.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_deferred() returns void -- Refuse triggers and constraints that could run after the proof.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_definer_code(manifest levelb.manifest, changes levelb._change[]) returns void -- Refuse SECURITY DEFINER functions that would lend levelb's rights.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_differences(manifest levelb.manifest, differences jsonb) returns void -- Refuse what a rollback left and nobody accepts.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_extensions_in_catalog(changes levelb._change[]) returns void -- Refuse extensions in pg_catalog.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_foreign_triggers() returns void -- Refuse triggers that would run code of others as the deployer.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_hidden_triggers(changes levelb._change[]) returns void -- Refuse to hide a trigger that may have run code of others.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_impersonation() returns void -- Raise LB202 unless session_user is the authenticated login.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_levelb_objects(changes levelb._change[]) returns void -- Refuse changes of levelb's own objects, roles and memberships.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_levelb_rows() returns void -- Refuse rows that the text had levelb write.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_lost_protection(manifest levelb.manifest, changes levelb._change[]) returns jsonb -- Refuse protections that went with a definition.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_other_identity(paths text[], principals jsonb) returns void -- Refuse keys that ever belonged to another principal, and principals that ever counted as somebody else.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_others_changes(changes levelb._change[], others levelb._state_row[], tally levelb._written[]) returns void -- Refuse to tell apart what others did to the same rows.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_renamed_logins(paths text[], change jsonb) returns void -- Refuse logins that another principal has under a former name.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_rollback_name(migration_id text) returns void -- Refuse a name that belongs to a rollback.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_second_home() returns void -- Refuse to govern the roles from a second database.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_secret(field text, source text) returns void -- Raise LB014 for the first secret in a text.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_steps_of_the_channel(steps jsonb) returns void -- Refuse what only the channel can do with a step.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_truncate_triggers(changes levelb._change[]) returns void -- Refuse to truncate a table whose triggers are of others.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_uncovered(changes levelb._change[], shown levelb._change[], merged levelb._change[], tally levelb._written[]) returns void -- Refuse what the families do not render.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_unreachable(taken levelb._owned[], schemas text[]) returns void -- Refuse what levelb_deploy cannot take over.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_what_outlives(manifest levelb.manifest) returns void -- Refuse to rehearse text that names what a rollback does not undo.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_what_was_set_off(place text) returns void -- Refuse what the text set off and must not come along.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refuse_while_attended(migration_id text) returns void -- Refuse to take back what a superuser is carrying out.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refused_commands(guarded levelb._protected[], tag text) returns SETOF levelb._refused -- What a command did that is refused.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refused_default_rights(guarded levelb._protected[]) returns SETOF levelb._refused -- What ALTER DEFAULT PRIVILEGES changed that is refused.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refused_drops(guarded levelb._protected[], tag text) returns SETOF levelb._refused -- What a command dropped that is refused.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refused_rewrite(guarded levelb._protected[]) returns SETOF levelb._refused -- The table that a command rewrites and that is refused.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._refused_rights(guarded levelb._protected[], object_type text) returns SETOF levelb._refused -- What a GRANT or REVOKE changed that is refused.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._rehearsal_error(code text, message text, detail text, hint text, context text) returns jsonb -- The failure of a rehearsal as JSON.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._rehearsal_limits(policy jsonb) returns jsonb -- A policy with the time that a rehearsal may take as that of a statement.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._rehearsal_lines(rehearsal jsonb, steps jsonb) returns text[] -- A rehearsal as lines.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._rehearsals_listed(rehearsals jsonb, steps jsonb) returns text -- Rehearsals as sections of the page.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._rehearse(manifest levelb.manifest, rehearsal levelb.rehearsal, armed_ms bigint, session levelb._session, mirror levelb._mirror[] DEFAULT NULL::levelb._mirror[]) returns levelb.rehearsal -- Apply, roll back, apply again, and roll all of it back; return the record. mirror: what a sandbox is made of.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._rehearse_in_sandbox(manifest levelb.manifest, policy levelb.active_policy, armed_ms bigint, call levelb._call) returns levelb.rehearsal -- Rehearse on a mirror; return the record.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._rehearsed_locks() returns jsonb -- Locks of the statements noted so far, as the record keeps them.
  sql volatile
  set search_path=pg_catalog, pg_temp

function levelb._rehearsed_rollback(manifest levelb.manifest, effects jsonb) returns levelb.manifest -- A manifest as its rollback would be staged.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._rehearsed_rollback_in_words(rehearsal jsonb) returns text -- What became of the rollback texts of a rehearsal, in words.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._rehearsed_statements(manifest levelb.manifest, phase text, from_number integer) returns jsonb -- Statements that were noted after a number, as the record keeps them.
  sql volatile
  set search_path=pg_catalog, pg_temp

function levelb._relation_attribute_sql(attribute text, value text) returns text -- End of ALTER TABLE that gives one attribute back; null where none does.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._relation_before(relation oid, changes levelb._change[], plan levelb._rollback_plan) returns text -- Identity of a relation when names are back.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._relation_kind(kind "char") returns text -- Object type of a relation.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._relation_named(identity text) returns oid -- Relation of an identity; null for none.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._relations() returns oid[] -- Tables, views, sequences and composite types in schema levelb.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._relations_altered(changes levelb._change[]) returns SETOF oid -- Relations whose code may have changed.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._relations_in(query text) returns TABLE(turn bigint, relation oid, bits integer) -- Relations of a stored query, with what it does with each.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._remark(text text) returns text -- Line that says what is not restored.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._rename_kind(state levelb._state_row) returns text -- Keyword for ALTER … RENAME.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._rename_part_sql(state levelb._state_row, former text, name text) returns text -- SQL that renames a part, on the relation or type as state names it.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._renamed_parts(changes levelb._change[]) returns SETOF levelb._change -- Changes of columns and constraints that have another name.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._renames(effects jsonb) returns SETOF jsonb -- What effects renamed: {object_type, identity, before}.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._replace_principals(principals jsonb, reason text) returns void -- Enable these principals and disable all others.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._replaced(before levelb._state_row[], after levelb._state_row[]) returns levelb._replaced -- Part rows from before into those that this transaction replaced and those that others did.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._require_accepted(accept jsonb, rule text, findings text[]) returns void -- Refuse what a rule found and the document does not accept, and what it accepts that was not found.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._require_baseline() returns void -- Refuse to compare with a baseline that is not of this database.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._require_break_glass() returns void -- Refuse everybody but the declared break-glass superusers.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._require_closed_world() returns void -- Refuse a sandbox with a way out.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._require_empty() returns void -- Refuse a database whose ledger has begun.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._require_enrolled(change jsonb) returns void -- Refuse to enrol who is enrolled, and to change or disable who is not.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._require_executors(before text) returns void -- Refuse to go on with executors that the text has changed.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._require_explanation(explanation jsonb) returns void -- Refuse an explanation of incidents that cannot be explained.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._require_open_attended(migration_id text) returns levelb.incident -- The incident under which a migration is open, else raise.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._require_payload(kind text, payload jsonb) returns void -- Refuse a payload that this database cannot carry out.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._require_policy(policy jsonb) returns void -- Refuse a policy that this database cannot have.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._require_principal_change(change jsonb) returns void -- Refuse a change of principals that this database cannot have.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._require_protection(protection jsonb) returns void -- Refuse a protection that this database cannot have.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._require_same_effects(first jsonb, second jsonb, differences jsonb) returns void -- Refuse a text that does something else the second time, but on what the rollback may leave.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._require_sound_channel() returns void -- Refuse a ledger that does not verify, and objects that are not as installed.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._require_statements(manifest levelb.manifest, step_position integer, part text, from_number integer) returns void -- Refuse a text that noted statements itself.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._required_item(item text, artifact text, checked text, fine text, otherwise text, findings levelb._reason[], waived_by integer DEFAULT NULL::integer) returns levelb.readiness_item -- One required item from what was found; never ok where the policy waives it.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._restore_door(relation oid) returns boolean -- Whether rows of a dump may be loaded into this table now.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._restored_units_sql(changes levelb._change[], again levelb._change[], plan levelb._rollback_plan) returns SETOF levelb._undo -- SQL that makes what is gone or was replaced again.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._review_activations(fact levelb.manifest, sees_output boolean) returns jsonb -- Calls of activate for a migration.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._review_data(fact levelb.manifest, call levelb._call) returns jsonb -- Everything that decides about a revision.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._review_decisions(fact levelb.manifest, policy levelb.active_policy, quorum levelb.quorum_state) returns jsonb -- Decisions on a migration, and whether they stand.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._review_difference(fact levelb.manifest, principal text) returns jsonb -- What changed since the last revision that the caller decided on.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._review_findings(fact levelb.manifest) returns jsonb -- Findings of the lint that a document carries.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._review_head(data jsonb) returns text -- The first part of the page.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._review_next(data jsonb) returns text[] -- Statements that decide about the revision.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._review_page(data jsonb) returns text -- The page, from the data.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._review_refusals(fact levelb.manifest, policy levelb.active_policy, quorum levelb.quorum_state) returns jsonb -- What activate would refuse now.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._review_rehearsals(fact levelb.manifest, sees_output boolean) returns jsonb -- The newest rehearsal in each place.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._review_warnings(fact levelb.manifest, policy jsonb) returns jsonb -- What a reader should know before deciding.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._revision_lines(fact levelb.manifest) returns text[] -- A revision as lines.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._revoke_membership(granted oid, member oid) returns text -- SQL that ends a membership.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._rewatch(drifting text[]) returns void -- Watch what is to be watched now, as it is now.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._rewritten_class(change levelb._change, changes levelb._change[]) returns text -- Class of a rewrite that changed nothing; null when it changed something.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._rights_again_sql(code levelb._code_undo) returns SETOF levelb._undo -- SQL that gives owner, rights and comments of today to what was made again.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._rights_pooled(taken levelb._owned[], needs levelb._need[]) returns text[] -- Functions that could use the rights of other former owners.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._rights_step(name text, schema_name text, taken levelb._owned[], grants levelb._grant[]) returns jsonb -- The step about rights in a schema, with its classes.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._rights_undo_sql(effect jsonb, net jsonb, renames jsonb[]) returns SETOF levelb._undo -- SQL that takes one effect of class acl back; no row where it cannot.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._role_document(shape text) returns jsonb -- The role document that says the same as a role statement, or null.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on

function levelb._role_findings() returns TABLE(problem text, remedy text) -- What is wrong with levelb's roles, and SQL that undoes it.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._role_home() returns text -- Database that governs the roles of this cluster, null when none does.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._role_home_hint() returns text -- Where to change what belongs to the cluster.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._role_name(role oid) returns text -- Quoted name of a role, PUBLIC for 0.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._role_names(identity text, pattern text) returns text[] -- Names in an identity, where NAME stands for one in the pattern; null when it is another.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._role_rollback_sql(change levelb._change) returns text -- SQL that restores one role or setting.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._roles_past_the_channel() returns oid[] -- Roles that are strong, reach far or are levelb's own: who is a member of one could go round the channel.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._roles_rollback_sql(changes levelb._change[]) returns SETOF levelb._undo -- SQL that restores roles, memberships, settings and default privileges.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._rollback_accept_rules() returns text[] -- Rules whose findings a rollback may accept.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._rollback_blockers(proof levelb.activation) returns jsonb -- Migrations that must be rolled back before, newest first; null when there are none.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._rollback_classes(original levelb.manifest, proof levelb.activation) returns text[] -- Classes of the rollback of an activation.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._rollback_difference(manifest levelb.manifest, kind text, object text, privileged boolean) returns jsonb -- A difference after a rollback, and whether a manifest accepts it.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._rollback_differences(manifest levelb.manifest, effects jsonb) returns jsonb -- What is left after a rollback: [{kind, object, privileged, accepted, missing, unexpected}, …].
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._rollback_document(proof levelb.activation, reason text, accept jsonb) returns jsonb -- Document of the migration that takes an activation back.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._rollback_edges(rows levelb._state_row[]) returns levelb._edge[] -- What needs what among rows of one side.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._rollback_id(migration_id text) returns text -- Name of the migration that rolls another back.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._rollback_parts(manifest levelb.manifest, effects jsonb) returns levelb._part[] -- What takes the steps back, in order.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._rollback_problem(migration_id text) returns levelb.error_entry -- Why a migration cannot be rolled back now: code, DETAIL as message, HINT; code null when it can.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._rollback_proven_item(required text) returns levelb.readiness_item -- Item rollback_proven of readiness.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._rollback_snapshot(changes levelb._change[], tables levelb._written[]) returns text -- SQL that restores the state before a set of changes.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._rollback_steps(proof levelb.activation) returns jsonb -- Steps that take an activation back, else raise LB001.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._rolled_back_by(migration_id text) returns text -- Activated migration that rolled another back, null when none did.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._root_condition(family levelb._family) returns text -- SQL condition for rows that are watched by themselves.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._routine_attribute_sql(attribute text, value text, language_cost text) returns text -- End of ALTER ROUTINE that gives one attribute back; null where none does.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._routine_named(identity text) returns oid -- Function or procedure of an identity; null for none.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._row_digest(whole jsonb, acl text) returns text -- Hash of a catalog row, to see whether it is worth rendering.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._row_security_moved(taken levelb._owned[], needs levelb._need[]) returns text[] -- Tables, and code with tables, whose row security would choose other rows.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._row_versions() returns text -- Hash of the versions of the catalog rows that levelb installed here.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._rows_gone("full" boolean, catalogs text[] DEFAULT NULL::text[]) returns SETOF levelb._baseline -- Rows of the baseline that the catalogs no longer have.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._rows_of(changes levelb._change[], written levelb._written) returns TABLE(is_more boolean, is_other boolean, is_traceless boolean) -- Rows of one catalog among the changes, against its tally.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._rows_of_renewed(plan levelb._rollback_plan) returns SETOF levelb._state_row -- Rows of units that are made anew, as they are now.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._rows_touched(side text, catalogs oid[], since xid DEFAULT NULL::xid) returns SETOF levelb._state_row -- Catalog rows that this transaction replaced or removed (before) or wrote (after).
  plpgsql stable
  set search_path=pg_catalog, pg_temp
  set enable_hashjoin=off
  set enable_mergejoin=off

function levelb._rule_scope(rule jsonb) returns text -- What a quorum rule is for, in words.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._ruled_tables(relation oid) returns SETOF oid -- Tables in the rules of a relation.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._rules() returns SETOF levelb._rule -- The rules on what may result from an activation.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._run_step(manifest levelb.manifest, step_position integer, part text, functions levelb._counted[], roles jsonb, place text) returns levelb._part_result -- Run one part of one step under its token.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp
  set track_functions=all

function levelb._run_steps(manifest levelb.manifest, parts levelb._part[], armed_ms bigint, session levelb._session, place text) returns levelb._run -- Run parts of steps, close what they opened, and count what they wrote.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._runs_code(state levelb._state_row, definition text, edges levelb._edge[]) returns boolean -- Whether adding a constraint may run code of users.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._sandbox_error(code text, message text, detail text, hint text, context text, is_missing boolean) returns jsonb -- The failure of a rehearsal in the sandbox as JSON.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._sandbox_in_the_way() returns text -- What to do about a sandbox rehearsal that does not end; null where none runs.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._sandbox_sessions() returns SETOF integer -- Process ids of the other sessions that rehearse in the sandbox.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._schema_before(name text, changes levelb._change[], plan levelb._rollback_plan) returns text -- Unquoted name of a schema when names are back.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._schema_findings() returns SETOF levelb._reason -- Who can create in the schemas of levelb.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._schema_name(namespace oid) returns text -- Name of a schema.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._schema_of(object_type text, identity text) returns text -- Schema in an identity, null without one.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._script_catalogs() returns text[] -- Catalogs in which rows may come and go within the script of an extension.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._seal(wait boolean) returns bigint -- Number all visible unsealed leaves and return how many; null when another session holds the head and wait is false.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._secret_rules() returns SETOF levelb._secret_rule -- Kinds of secrets, how they look, and where they belong.
  sql immutable
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on

function levelb._section(heading text, lines text[]) returns text -- A section of the page; nothing without lines.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._sequence_effects(changes levelb._change[], used levelb._used_sequence[]) returns jsonb -- Effects of what moved sequences and has left no row in a catalog.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._sequence_sql(identity text, value text) returns text -- SQL that gives the parameters of a sequence back.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._sequences_used() returns SETOF levelb._used_sequence -- Sequences whose value this transaction may have moved.
  sql volatile
  set search_path=pg_catalog, pg_temp
  set enable_seqscan=off

function levelb._server_catalogs() returns text[] -- What stands for a catalog in the baseline and is a file.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._server_rows() returns SETOF levelb._state_row -- Settings, rules of client authentication and user name maps in the files of the server, as state rows.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._server_sql(state levelb._state_row) returns text -- SQL that makes a foreign server again; null where an option is kept back.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._session_now() returns levelb._session -- Settings, cursors, prepared statements and advisory locks of this session.
  sql volatile
  set search_path=pg_catalog, pg_temp

function levelb._set_policy(document jsonb, incident_id bigint, activation_id bigint) returns void -- Make a policy the active one.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._setting_list(value text) returns text -- A list of names as SET takes it: each part as a literal.
  sql immutable
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_roles

function levelb._setting_name(name text) returns text -- Name of a setting as a statement takes it.
  sql immutable
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_roles

function levelb._setting_of(duration text) returns text -- A duration of a policy as the value of a setting.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._setting_sql(name text, value text) returns text -- SET or RESET of one setting, or RESET ALL, as ALTER takes it.
  sql immutable
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_roles

function levelb._settle_drift(snapshot pg_snapshot, drift levelb._drift[]) returns void -- Note what drifts, so that the next look begins where this one ended; what is expected is taken over.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._settle_role_home(policy jsonb) returns void -- Claim the mark, or leave it, as a policy says.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._sha256(content text) returns bytea -- SHA-256 of the UTF-8 bytes, as sha256sum prints it.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._shape(masked text) returns text -- Tokens of masked text in lower case, one space between them.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._shipped_differences() returns TABLE(object text, difference text) -- Objects of levelb that are not as shipped.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._shipped_objects() returns TABLE(object text, digest text) -- SHA-256 of every object of this release.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._short_hash(value text) returns text -- A hash cut short for reading; any other text as it is.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._shortened(value text) returns text -- A text that is too long for a page as its head and tail.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._shown_definition(state levelb._state_row) returns text -- Definition as effects show it.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._signature(types oidvector) returns text -- Argument types of a function, as its identity has them.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._sql_kind(object_type text, for_grant boolean) returns text -- Keyword of an object type in ALTER and GRANT.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._stager(fact levelb.manifest) returns text -- Who called the verb that staged a revision.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._standing(only_open boolean, migrations text[] DEFAULT NULL::text[]) returns TABLE(migration_id levelb.slug, revision integer, title text, kind text, classes text[], state text, author text, approvals_met integer, approvals_needed integer, missing text, staged_at timestamp with time zone, activated_at timestamp with time zone, last_outcome text, last_code text) -- Where migrations stand: all, those that may still be activated, or some.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._state_digest(rows levelb._state_row[]) returns bytea -- Digest of rows.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._state_query(family levelb._family) returns text -- Query for all rows of one family that say something.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._state_rows() returns SETOF levelb._state_row -- Every row that a family can tell of.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._statement_in_words(statement jsonb, steps jsonb) returns text -- A statement of a rehearsal in words.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._statement_ran(row_count bigint) returns void -- Note a statement of a rehearsal. Answers nobody but its executor.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_deploy
  grant execute to levelb_sandbox

function levelb._statements(masked text) returns SETOF levelb._statement -- Statements of masked text, in order.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on

function levelb._states(marks levelb._mark[]) returns SETOF levelb._state_row -- State rows of marks.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._states_of(class oid, object oid) returns SETOF levelb._state_row -- State rows of an object, with what hangs on a table or an aggregate.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._status() returns TABLE(migration_id levelb.slug, revision integer, title text, kind text, classes text[], state text, author text, approvals_met integer, approvals_needed integer, missing text, staged_at timestamp with time zone, activated_at timestamp with time zone, last_outcome text, last_code text) -- Lines of the view status.
  sql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_author
  grant execute to levelb_operator

function levelb._statuses(changes levelb._change[]) returns jsonb -- {"catalog key": made or gone} of a set of changes.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._step_problem(manifest levelb.manifest) returns levelb.error_entry -- Why the steps that the database made cannot be run now: code, DETAIL as message, HINT; null when they can.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._steps_listed(steps jsonb, findings jsonb) returns text -- The steps as sections of the page.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._steps_without_rollback(manifest levelb.manifest) returns jsonb -- Steps that nothing takes back; null when there are none.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._still_behind(keys text[]) returns SETOF text -- Those among some code that something watched runs.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._stray_functions() returns oid[] -- Functions of levelb_definer that are not as an activation left them, and that this transaction did not write.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._strays(schema_name text, level text, migrators text[]) returns jsonb -- Objects of a schema that a protection would leave with somebody else; null for none.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._strong_roles() returns oid[] -- Roles with SUPERUSER, CREATEROLE, BYPASSRLS or REPLICATION; members reach what these may.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._structure_sql(state levelb._state_row, definition text, changes levelb._change[], plan levelb._rollback_plan) returns text -- SQL that makes a constraint or default again.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._system_code(catalogs text[] DEFAULT NULL::text[]) returns jsonb -- Hashes of what initdb made, by catalog.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._table_findings() returns SETOF levelb._reason -- Tables that more than SELECT is granted on, or that are not plain tables.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._table_name(relation oid) returns text -- Qualified name of a relation.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._tables_written() returns SETOF levelb._written -- User tables that this transaction wrote rows to.
  sql volatile
  set search_path=pg_catalog, pg_temp
  set enable_seqscan=off

function levelb._take_sandbox() returns void -- Take the sandbox until the end of the subtransaction.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._taken(schemas text[]) returns SETOF levelb._owned -- Objects that a protection takes away from their owners.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._tally() returns SETOF levelb._written -- Rows written to the system catalogs so far.
  sql volatile
  set search_path=pg_catalog, pg_temp
  set enable_seqscan=off

function levelb._text_functions() returns oid[] -- Functions of PostgreSQL that read what their arguments name, as whoever calls.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._text_functions_met() returns SETOF oid -- Those among them that stand in what this transaction wrote or read.
  sql volatile
  set search_path=pg_catalog, pg_temp

function levelb._tids_touched(side text, catalog regclass, since xid DEFAULT NULL::xid) returns tid[] -- Where the row versions are that this transaction replaced or removed (before) or wrote (after).
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._ties(state levelb._state_row) returns text[] -- "catalog key" of the rows that a row belongs with.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._told_drift(drift levelb._drift[]) returns jsonb -- Drift as effects, each with whether the policy expects it.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._told_item(item text, artifact text, ok boolean, checked text, detail text, hint text DEFAULT NULL::text) returns levelb.readiness_item -- One item that is listed and not required.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._touched(side text) returns text -- Text of the condition for rows written (after) or replaced (before) over alias c.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._transaction_of(written_by text) returns xid8 -- xmin of a row as xid8.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._tree_append(size bigint, INOUT frontier bytea[], leaf_hashes bytea[], OUT roots bytea[]) returns record -- Append leaf hashes to a tree given by size and frontier: the new frontier, and the root after each of them.
  plpgsql immutable parallel safe
  set search_path=pg_catalog, pg_temp

function levelb._tree_root(frontier bytea[]) returns bytea -- Root of the tree with this frontier.
  plpgsql immutable parallel safe
  set search_path=pg_catalog, pg_temp

function levelb._trigger_findings() returns SETOF levelb._reason -- Guards that are missing or not ENABLE ALWAYS.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._trusted_owners() returns oid[] -- Roles whose code may run with the deployer's rights.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._type_name(type oid) returns text -- Qualified name of a type.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._type_text(type oid, modifier integer) returns text -- Type with its modifier.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._uncounted_functions() returns SETOF oid -- Functions of others in tables that this transaction wrote to, of which no call is counted.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._uncovered_change(change levelb._change, known jsonb) returns text -- Why a change cannot be told.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._undone() returns SETOF text -- Migrations that are rolled back.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._unexplained_changes(changes levelb._change[], candidates levelb._change[]) returns SETOF jsonb -- Changes of rows that nothing shows.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._unit(state levelb._state_row) returns text -- Name of a unit.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._unlike_claimed(claimed jsonb, found jsonb) returns text[] -- The difference of two lists of effects; null when there is none.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._unread_definitions(changes levelb._change[]) returns SETOF jsonb -- Changes of code that cannot be told.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._unready(manifest levelb.manifest DEFAULT NULL::levelb.manifest) returns jsonb -- Required items that do not hold, apart from the channel itself.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._unsupported(field text, value jsonb, supported jsonb) returns void -- Raise LB012 for a value, naming those that this version supports.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._unsupported_policy_values() returns TABLE(path text, value jsonb, supported jsonb) -- Values of the policy vocabulary that this version refuses by name, and what to write instead.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._unusual_characters(fact levelb.manifest) returns TABLE(place text, said text) -- Characters outside of ASCII in the text of the steps, by line.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._used_code(code levelb._code) returns SETOF levelb._code -- Code that a piece of code uses.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._users_of(unit text, others text[]) returns text -- Names of what uses a unit.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._utc(moment timestamp with time zone) returns text -- A time as 2026-11-22T12:25:51Z.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._verify_ledger() returns levelb.ledger_report -- Check the whole ledger without asking who calls.
  plpgsql stable
  set search_path=pg_catalog, pg_temp
  set row_security=off

function levelb._view_options_before(relation oid, changes levelb._change[]) returns text -- WITH clause of a view before the changes.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._visible(value text) returns text -- The text with characters that readers cannot see spelled as {U+200B}.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._waivable() returns text[] -- What of readiness a policy may waive.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._waived_by(item text) returns integer -- Version of the policy where it waives an item, else null.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._waiver_of(item text) returns text -- What a policy calls the waiver of an item of readiness.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._warn(activation levelb.activation) returns void -- Warn of an activation that was refused or failed.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._warning_in_words(warning jsonb) returns text -- A warning of a rehearsal in words.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._watched(marks levelb._mark[]) returns SETOF levelb._mark -- Marks of watched rows.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._watched_now() returns levelb._mark[] -- Marks of all that is watched, and of the code behind it.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._watched_roles() returns oid[] -- Roles whose attributes, memberships and settings are watched.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._watched_schemas() returns text[] -- Schemas whose every object is watched.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._way_out(rule levelb._channel_rule, statement levelb._statement, source text) returns text -- What to write instead of a statement.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on

function levelb._whole_identity(effect jsonb) returns text -- Identity of the object that an effect is on, or on a part of.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._whole_of(unit text, wholes jsonb) returns text -- Unit that a row belongs to; wholes: {"catalog key": what it is part of}.
  plpgsql immutable
  set search_path=pg_catalog, pg_temp

function levelb._whole_of(object_type text, identity text) returns text -- Identity of the table that an index or sequence belongs to; null for none.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._why_lost(state levelb._state_row, definition text, edges levelb._edge[]) returns text -- Why a unit cannot be restored.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._why_refused(guarded levelb._protected, class oid, object oid, tag text) returns text[] -- Why a command is refused in a schema at level privileged.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._with_code(marks levelb._mark[], code text[]) returns levelb._mark[] -- Marks of watched rows, and of code, by "catalog key".
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._with_definitions(rows levelb._state_row[], definitions levelb._definition[]) returns levelb._state_row[] -- Rows from before with what they said.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._with_dependents(units text[], edges levelb._edge[]) returns text[] -- Units and those that need them.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._with_parts(drift levelb._drift[], among levelb._drift[]) returns SETOF levelb._drift -- Drift on the same objects and their parts.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._with_protect_steps(document jsonb) returns jsonb -- A checked document; of kind protect with its steps.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._with_references(units text[], edges levelb._edge[]) returns text[] -- Units and those that they need.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._with_refresh(effects jsonb, changes levelb._change[]) returns jsonb -- Effects, with those of REFRESH CONCURRENTLY.
  sql volatile
  set search_path=pg_catalog, pg_temp

function levelb._with_warning(warnings jsonb, kind text, detail jsonb) returns jsonb -- Warnings of a rehearsal with one more.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._withdraw(manifest levelb.manifest, reason text, call levelb._call) returns void -- Write one withdrawal.
  sql volatile
  set search_path=pg_catalog, pg_temp

function levelb._without_classes(steps jsonb) returns jsonb -- Steps as a document has them.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._without_left(effects jsonb, differences jsonb) returns jsonb -- Net effects but for those on what differences are about.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._without_members(changes levelb._change[]) returns levelb._change[] -- Changes without those that extensions imply.
  plpgsql stable
  set search_path=pg_catalog, pg_temp

function levelb._without_recreated(effects jsonb) returns jsonb -- Net effects, without that views and routines were made again.
  sql stable
  set search_path=pg_catalog, pg_temp

function levelb._without_refresh(changes levelb._change[]) returns levelb._change[] -- Changes without the schemas that REFRESH CONCURRENTLY made for its temporary tables.
  sql volatile
  set search_path=pg_catalog, pg_temp

function levelb._words(list jsonb) returns text -- A list of words as text, null when it is empty.
  sql immutable
  set search_path=pg_catalog, pg_temp

function levelb._wrapped(value text, width integer) returns text[] -- Prose as lines of at most so many characters.
  plpgsql immutable strict
  set search_path=pg_catalog, pg_temp

function levelb._write_leaf() returns trigger -- Write the leaf of a new row and queue it for sealing.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp
  set TimeZone=UTC
  set DateStyle=ISO, YMD
  set IntervalStyle=iso_8601
  set bytea_output=hex
  set extra_float_digits=1

function levelb._write_manifest(migration_id text, revision integer, document jsonb, call levelb._call) returns levelb.manifest -- Write one revision and its steps.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._write_principal(entry jsonb, enabled boolean, reason text, activation_id bigint DEFAULT NULL::bigint) returns text[] -- Write one version of a principal; return the memberships in duty roles that were made.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb._yield_to_activations() returns void -- End a sandbox rehearsal while something is activated.
  plpgsql volatile
  set search_path=pg_catalog, pg_temp

function levelb.activate(migration_id text) returns levelb.activation -- Activate a migration: judge, run, read back, record.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set standard_conforming_strings=on
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  @raises LB001 LB002 LB101 LB102 LB103 LB104 LB105 LB106 LB201 LB202 LB205
  grant execute to levelb_operator

function levelb.allow_rehearsal(migration_id text, manifest_hash bytea, reason text DEFAULT NULL::text, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, signature text DEFAULT NULL::text) returns levelb.approval -- Allow a live rehearsal of the newest revision of a migration.
  sql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  @raises LB001 LB002 LB004 LB006 LB008 LB009 LB012 LB014 LB102 LB103 LB104 LB105 LB201 LB202 LB203 LB205
  grant execute to levelb_approver

function levelb.approve(migration_id text, manifest_hash bytea, reason text DEFAULT NULL::text, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, signature text DEFAULT NULL::text) returns levelb.approval -- Approve the newest revision of a migration.
  sql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  @raises LB001 LB002 LB004 LB006 LB008 LB009 LB012 LB014 LB102 LB103 LB104 LB105 LB201 LB202 LB203 LB205 LB209
  grant execute to levelb_approver

function levelb.bootstrap(policy jsonb, principals jsonb) returns levelb.incident -- Set the first policy and principals; once, by the installing superuser.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  @raises LB001 LB005 LB006 LB012 LB013 LB102 LB103 LB104 LB105 LB201 LB202

function levelb.break_glass(reason text, migration_id text DEFAULT NULL::text) returns levelb.incident -- Open the guard for this session, in an emergency or for what is approved.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set standard_conforming_strings=on
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  @raises LB001 LB002 LB006 LB007 LB008 LB009 LB010 LB014 LB101 LB102 LB103 LB104 LB105 LB201 LB202 LB204 LB205 LB208 LB209 LB210 LB212 LB302 LB306 LB309 LB310 LB312

function levelb.channel_intact() returns boolean -- Say whether the channel itself is what bootstrap or rebind left.
  plpgsql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_author
  grant execute to levelb_operator

function levelb.close_attended(migration_id text) returns levelb.activation -- Close an attended migration: read back what was done, compare, record.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set standard_conforming_strings=on
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  @raises LB001 LB101 LB102 LB103 LB104 LB105 LB201 LB202 LB205

function levelb.decision_text(migration_id text, decision text DEFAULT 'approve'::text, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, reason text DEFAULT NULL::text) returns text -- Show the exact text of a decision on the newest revision.
  plpgsql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  @raises LB001 LB002 LB006 LB014 LB201 LB202
  grant execute to levelb_approver

function levelb.derive_rollback(migration_id text) returns levelb.derived_rollback -- Write the rollback text of a migration that is not activated.
  plpgsql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set standard_conforming_strings=on
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  @raises LB001 LB002 LB008 LB201 LB202
  grant execute to levelb_author

function levelb.drift("full" boolean DEFAULT false) returns SETOF levelb.effect -- List what differs from what activations left behind: what came past the channel.
  plpgsql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set standard_conforming_strings=on
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  @raises LB001 LB201 LB202 LB210 LB312
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_operator

function levelb.effect_text(effect levelb.effect) returns text -- Say one effect in one line, as views, command line and reports do.
  sql immutable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_author
  grant execute to levelb_operator

function levelb.errors() returns SETOF levelb.error_entry -- List every error of class LB.
  sql immutable parallel safe
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_author
  grant execute to levelb_operator
  grant execute to levelb_roles

function levelb.mode() returns text -- Say in one word whether this database may be changed through the channel.
  plpgsql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_author
  grant execute to levelb_operator

function levelb.quorum(migration_id text) returns levelb.quorum_state -- Tell how the approvals of a migration stand.
  plpgsql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  @raises LB001 LB002 LB201 LB202
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_author
  grant execute to levelb_operator

function levelb.readiness("full" boolean DEFAULT false) returns SETOF levelb.readiness_item -- List what must hold before this database is changed through the channel.
  plpgsql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  @raises LB001 LB201 LB202
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_operator

function levelb.rebind(reason text) returns levelb.incident -- Bind the ledger to this database after a clone, restore, rename or upgrade.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  @raises LB001 LB006 LB014 LB101 LB102 LB103 LB104 LB105 LB201 LB202 LB309

function levelb.rebootstrap(policy jsonb, principals jsonb, reason text) returns levelb.incident -- Replace policy and principals without a quorum, as the last resort.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  @raises LB001 LB005 LB006 LB012 LB013 LB101 LB102 LB103 LB104 LB105 LB201 LB202 LB306 LB309 LB312

function levelb.record_drift("full" boolean DEFAULT false) returns levelb.drift_record -- Look for drift and keep what is found.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set standard_conforming_strings=on
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  @raises LB001 LB102 LB103 LB104 LB105 LB201 LB202 LB210 LB312
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_operator

function levelb.rehearse_live(migration_id text) returns levelb.rehearsal -- Rehearse a migration on the live objects and keep nothing.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set standard_conforming_strings=on
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  @raises LB001 LB002 LB007 LB008 LB009 LB011 LB101 LB102 LB103 LB104 LB105 LB106 LB201 LB202 LB204 LB205 LB208 LB210 LB212 LB309
  grant execute to levelb_operator

function levelb.reject(migration_id text, manifest_hash bytea, reason text, signature text DEFAULT NULL::text) returns levelb.approval -- Reject the newest revision of a migration.
  sql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  @raises LB001 LB002 LB004 LB006 LB008 LB009 LB012 LB014 LB102 LB103 LB104 LB105 LB201 LB202 LB203 LB205
  grant execute to levelb_approver

function levelb.resolve(pointer text) returns text -- Tell what a pointer names now.
  plpgsql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  @raises LB001
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_author
  grant execute to levelb_operator
  grant execute to levelb_reader

function levelb.restage(migration_id text, document jsonb) returns levelb.manifest -- Withdraw the newest revision of an own migration and stage the next.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  @raises LB001 LB002 LB005 LB006 LB008 LB011 LB012 LB013 LB014 LB101 LB102 LB103 LB104 LB105 LB107 LB201 LB202 LB307
  grant execute to levelb_author

function levelb.review(migration_id text) returns levelb.review_page -- Show the newest revision of a migration with everything that decides about it.
  plpgsql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set standard_conforming_strings=on
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  @raises LB001 LB002 LB201 LB202
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_author
  grant execute to levelb_operator

function levelb.revoke(migration_id text, reason text, signature text DEFAULT NULL::text) returns levelb.approval -- Take back the own decision on the newest revision of a migration.
  sql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  @raises LB001 LB002 LB006 LB008 LB009 LB012 LB014 LB102 LB103 LB104 LB105 LB201 LB202 LB203 LB205
  grant execute to levelb_approver

function levelb.seal() returns levelb.ledger_report -- Give every committed leaf its entry in the ledger.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  @raises LB102 LB103 LB104 LB105 LB201 LB202 LB309
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_operator

function levelb.stage(migration_id text, document jsonb) returns levelb.manifest -- Stage a migration: keep its exact text and name its hash.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  @raises LB001 LB002 LB003 LB005 LB006 LB011 LB012 LB013 LB014 LB102 LB103 LB104 LB105 LB107 LB201 LB202 LB307
  grant execute to levelb_author

function levelb.stage_rollback(migration_id text, reason text, accept jsonb DEFAULT NULL::jsonb) returns levelb.manifest -- Stage the rollback of an activated migration, as <migration_id>.rollback.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  @raises LB001 LB002 LB003 LB006 LB008 LB102 LB103 LB104 LB105 LB107 LB201 LB202 LB310
  grant execute to levelb_operator

function levelb.verify_ledger() returns levelb.ledger_report -- Check every entry, hash, root and row of the ledger.
  plpgsql stable security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  @raises LB201 LB202
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_operator

function levelb.version() returns levelb.version_entry -- Tell which release of levelb this database holds.
  sql stable parallel safe
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_approver
  grant execute to levelb_auditor
  grant execute to levelb_author
  grant execute to levelb_operator

function levelb.withdraw(migration_id text, reason text) returns levelb.manifest -- Take back the newest revision of a migration before activation.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  @raises LB001 LB002 LB006 LB008 LB009 LB014 LB101 LB102 LB103 LB104 LB105 LB201 LB202
  grant execute to levelb_approver
  grant execute to levelb_author
  grant execute to levelb_operator

function levelb_exec.build_mirror() returns jsonb -- Make the objects of the mirror and run the seeds; return what failed, by number.
  plpgsql volatile security definer owner levelb_sandbox
  set search_path=pg_catalog, pg_temp
  set check_function_bodies=off
  set standard_conforming_strings=on
  set default_tablespace=
  set default_table_access_method=heap
  set row_security=on
  set client_min_messages=error
  grant execute to levelb_owner

function levelb_exec.check_constraints() returns void -- Check the constraints that the text deferred, with the rights of levelb_deploy.
  plpgsql volatile security definer owner levelb_deploy
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_owner

function levelb_exec.execute_roles() returns void -- Carry out the pending role document with the rights of levelb_roles.
  plpgsql volatile security definer owner levelb_roles
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_owner

function levelb_exec.execute_step() returns void -- Run the SQL text of the pending step with the rights of levelb_deploy.
  plpgsql volatile security definer owner levelb_deploy
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on
  set backslash_quote=safe_encoding
  set transform_null_equals=off
  set array_nulls=on
  set check_function_bodies=on
  set quote_all_identifiers=off
  set row_security=on
  set default_tablespace=
  set temp_tablespaces=""
  set default_table_access_method=heap
  set default_toast_compression=pglz
  set xmlbinary=base64
  set xmloption=content
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  set lc_numeric=C
  set lc_time=C
  set plpgsql.check_asserts=on
  grant execute to levelb_owner

function levelb_exec.sandbox_check_constraints() returns void -- Check the constraints that the text deferred, with the rights of levelb_sandbox.
  plpgsql volatile security definer owner levelb_sandbox
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_owner

function levelb_exec.sandbox_execute_step() returns void -- Run the SQL text of the pending step with the rights of levelb_sandbox.
  plpgsql volatile security definer owner levelb_sandbox
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on
  set backslash_quote=safe_encoding
  set transform_null_equals=off
  set array_nulls=on
  set check_function_bodies=on
  set quote_all_identifiers=off
  set row_security=on
  set default_tablespace=
  set temp_tablespaces=""
  set default_table_access_method=heap
  set default_toast_compression=pglz
  set xmlbinary=base64
  set xmloption=content
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  set lc_numeric=C
  set lc_time=C
  set plpgsql.check_asserts=on
  grant execute to levelb_owner

function levelb_exec.sandbox_sequences() returns jsonb -- Values of the sequences of the mirror, by oid.
  plpgsql volatile security definer owner levelb_sandbox
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_owner

function levelb_exec.sandbox_verify_step() returns boolean -- Run the verify query of the pending step, read-only, with the rights of levelb_sandbox.
  plpgsql volatile security definer owner levelb_sandbox
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on
  set backslash_quote=safe_encoding
  set transform_null_equals=off
  set array_nulls=on
  set row_security=on
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set plpgsql.check_asserts=on
  grant execute to levelb_owner

function levelb_exec.swap_schemas() returns void -- Rename the schemas that are mirrored aside and make empty ones of levelb_sandbox in their place.
  plpgsql volatile security definer owner levelb_deploy
  set search_path=pg_catalog, pg_temp
  grant execute to levelb_owner

function levelb_exec.verify_step() returns boolean -- Run the verify query of the pending step, read-only; true when its first row begins with true.
  plpgsql volatile security definer owner levelb_deploy
  set search_path=pg_catalog, pg_temp
  set standard_conforming_strings=on
  set backslash_quote=safe_encoding
  set transform_null_equals=off
  set array_nulls=on
  set row_security=on
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set plpgsql.check_asserts=on
  grant execute to levelb_owner

function levelb_sandbox.rehearse(migration_id text) returns levelb.rehearsal -- Rehearse a staged migration on a mirror of what is protected, without rows.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set standard_conforming_strings=on
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  @raises LB001 LB002 LB008 LB009 LB101 LB103 LB104 LB105 LB106 LB107 LB201 LB202 LB205 LB307
  grant execute to levelb_author

function levelb_sandbox.seed(schema_name text, sql text DEFAULT NULL::text) returns void -- Keep SQL that fills a schema of the mirror before the caller's rehearsals.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  @raises LB001 LB006 LB011 LB014 LB103 LB104 LB105 LB107 LB201 LB202
  grant execute to levelb_author

function levelb_sandbox.try(document jsonb) returns levelb.rehearsal -- Rehearse a document on the mirror and keep nothing, not even the record.
  plpgsql volatile security definer owner levelb_owner
  set search_path=pg_catalog, pg_temp
  set jit=off
  set quote_all_identifiers=off
  set standard_conforming_strings=on
  set bytea_output=hex
  set DateStyle=ISO, MDY
  set IntervalStyle=postgres
  set TimeZone=UTC
  set extra_float_digits=1
  set lc_monetary=C
  @raises LB001 LB002 LB005 LB006 LB011 LB012 LB014 LB101 LB103 LB104 LB105 LB106 LB107 LB201 LB202 LB205 LB307
  grant execute to levelb_author
