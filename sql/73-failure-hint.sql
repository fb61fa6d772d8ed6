-- Owns what to tell the operator when text failed as it ran: the reason a DBA would give, and the next step. PostgreSQL
-- has told what happened, in DETAIL and sometimes in a hint of its own, which goes before these.

-- The first rule that matches by SQLSTATE and message says it. Messages are matched in English: where lc_messages is
-- another language, the rule of the SQLSTATE alone, which comes last of its kind, still holds.
create type levelb._failure_rule as (
  sqlstate  text,
  pattern   text,
  hint      text
);
comment on type levelb._failure_rule is 'What to say of a kind of failure.';
comment on column levelb._failure_rule.sqlstate is 'SQLSTATE.';
comment on column levelb._failure_rule.pattern is 'Regular expression over the message.';
comment on column levelb._failure_rule.hint is 'The reason and the next step.';

create function levelb._failure_rules()
  returns setof levelb._failure_rule
  language sql immutable
  set search_path = pg_catalog, pg_temp
  -- parsed when it runs, so that a session cannot take the backslashes out
  set standard_conforming_strings = on
as $_failure_rules$
  select r.sqlstate, r.pattern, r.hint
    from (values
      ('25001', '', 'An activation is one transaction, and this cannot run in one: run it outside of levelb, with your migration tool '
        || 'or psql; or write the form that can (without CONCURRENTLY).'),
      ('2D000', '', 'An activation is one transaction that levelb ends: take COMMIT and ROLLBACK out of the block or procedure.'),
      ('0A000', '^EXECUTE of transaction commands', 'An activation is one transaction that levelb ends: take the statement out.'),
      ('0A000', '^EXECUTE of SELECT', 'Write CREATE TABLE … AS instead of SELECT … INTO.'),
      ('0A000', 'COPY to/from client', 'There is no client to copy from or to: write the rows as INSERT … VALUES.'),
      ('25006', '', 'Verify SQL is read-only, and text that makes its transaction read-only cannot be recorded: take the write, or the '
        || 'setting, out.'),

      ('42501', 'cannot set parameter "(role|session_authorization)"',
        'Text runs as levelb_deploy and stays it: a superuser may grant it the role that owns what is changed, for the while.'),
      ('42501', 'permission denied for schema pg_catalog|permission denied to create "pg_catalog\.',
        'Names without a schema are created in pg_catalog, the default search_path: write schema.name, or set search_path in '
        || 'levelb.json.'),
      ('42501', 'permission denied to create extension', 'This extension is not trusted, so that only a superuser may install it: a superuser '
        || 'does, under break-glass (kind attended). Trusted ones need CREATE on the database for levelb_deploy.'),
      ('42501', 'must be owner of extension', 'Only the owner of an extension changes it: a superuser does, under break-glass (kind attended).'),
      ('42501', 'event trigger', 'Event triggers are a superuser''s: a superuser does it, under break-glass (kind attended).'),
      ('42501', 'foreign-data wrapper', 'Foreign-data wrappers are a superuser''s: a superuser makes it and grants USAGE on it to '
        || 'levelb_deploy; servers and user mappings can then stand in a step.'),
      ('42501', 'leakproof', 'LEAKPROOF lets a function see rows that row security hides, so only a superuser may say it, under break-glass (kind attended).'),
      ('42501', 'for language|language "?(c|internal)"?', 'Functions in C and internal run inside the server with all its rights: a superuser makes them, '
        || 'outside of levelb; an untrusted language is granted to nobody.'),
      ('42501', 'FOR (ALL TABLES|TABLES IN SCHEMA)', 'A publication of all tables, or of a schema, is a superuser''s: name the tables, which levelb_deploy must own, and '
        || 'grant it CREATE on the database.'),
      ('42501', 'subscription', 'Subscriptions open connections of the server: a superuser makes them outside of levelb, or from PostgreSQL 16 on '
        || 'grants pg_create_subscription to levelb_deploy.'),
      ('42501', 'parameter', 'This setting is a superuser''s: grant set on parameter … to levelb_deploy, by a superuser, or let a superuser set it '
        || 'outside of levelb.'),
      ('42501', 'COPY|absolute path|pg_(read|write)_server_files|pg_execute_server_program|access library',
        'Files, programs and libraries of the server are not what was approved: write the rows as INSERT … VALUES.'),
      ('42501', 'system catalog|permission denied for (table|relation|schema|function|view) pg_|"pg_catalog"',
        'pg_catalog is a superuser''s: where ALTER or GRANT means the change, write that; else a superuser does it under break-glass (kind attended).'),
      ('42501', 'procedural language|tablespace|operator class|operator family|access method|(create|base) type|must be superuser|Only (superusers|roles with the SUPERUSER)',
        'Only a superuser may do this, and levelb never runs text as one: a superuser does it under break-glass (kind attended).'),
      ('42501', 'must be (able to SET ROLE|member of role)', 'Only a member of a role gives things to it: a superuser grants that role to '
        || 'levelb_deploy, for the while.'),
      ('42501', '(create|alter|drop|rename|grant|revoke).* role|admin option|CREATEROLE|must have|role membership',
        'Roles are changed by role documents, since text never may: write a step {"name": "roles", "roles": {…}}.'),
      ('42501', 'must be owner of|must own', 'Text runs as levelb_deploy, which does not own it: give it the object (alter … owner to levelb_deploy), '
        || 'or let a superuser grant levelb_deploy the role that owns it, for the while.'),
      ('42501', 'schema levelb|levelb_exec|function (levelb\.)?(activate|_)', 'levelb''s own objects are changed by its verbs alone.'),
      ('42501', '', 'Text runs as levelb_deploy: a superuser may grant it the role that owns what is changed, for the while; roles are '
        || 'changed by role documents.'),

      ('0LP01', 'can only be granted to roles', 'PUBLIC cannot hold a grant option: name the role.'),
      ('0LP01', '', 'Only who has a right with grant option grants it: let a superuser grant levelb_deploy the role that owns the object, for '
        || 'the while. Membership in roles is given by role documents.'),
      ('0L000', '', 'Only who has a right with grant option grants it: let a superuser grant levelb_deploy the role that owns the object, for '
        || 'the while.'),
      ('2BP01', 'levelb[._]', 'levelb''s own objects are changed by its verbs alone.'),
      ('2BP01', 'role .* cannot be dropped', 'It still owns something or has rights, which DETAIL names: an earlier step gives or takes these away.'),
      ('2BP01', '', 'Something depends on it: change or drop that first, in the same step, or say CASCADE if all that DETAIL names may go.'),
      ('55P03', '', 'Another session holds a lock on what the text changes: try again, when pg_stat_activity shows no long transaction there.'),
      ('55P04', '', 'A new value of an enumeration can be used after the transaction that added it: use it in a migration of its own.'),
      ('55006', '', 'It is in use, by this transaction too: close what uses it, or do it in a migration of its own.'),
      ('40P01', '', 'Two sessions waited for each other: try again.'),
      ('40001', '', 'Another session changed the same rows: try again.'),
      ('57014', 'statement timeout', 'It took longer than statement_timeout allows: set a longer one, up to the policy''s, or split the migration.'),
      ('57014', '', 'It was cancelled, or took longer than statement_timeout allows.'),
      ('53100', '', 'The disk is full: make room, then try again. Nothing was kept of what the text did.'),
      ('53200', '', 'The server has no memory for it: split the migration, or try when less is running.'),
      ('53400', '', 'A limit of the server''s configuration is reached: split the migration, or raise the limit.'),
      ('54001', '', 'It recurses too deep: look for a function or view that uses itself.'),
      ('42601', '', 'Correct the text, restage: it is not SQL that this server reads. levelb lint shows the place before staging.'),
      ('42P01', '', 'No such table under the migration''s search_path, which is pg_catalog unless it says otherwise: write the schema, schema.table.'),
      ('42883', '', 'No such function under the migration''s search_path, which is pg_catalog unless it says otherwise: write the schema.'),
      ('42704', '^(type|collation|operator|text search|conversion|statistics)', 'No such object under the migration''s search_path, which is pg_catalog unless it says otherwise: write the schema.'),
      ('42704', '', 'It is not there, so the database is not what the text was written for: look, then restage.'),
      ('3F000', '', 'Create the schema in an earlier step, or name one that exists in schema.object.'),
      ('42P13', 'existing function', 'CREATE OR REPLACE keeps names and defaults of parameters and the result: drop the function first, and make it '
        || 'again with its owner, rights and comment.'),
      ('42723', '', 'Names without a schema are created in pg_catalog, the default search_path, and what is there exists already: write '
        || 'schema.name (create extension … schema …), or set search_path in levelb.json.'),
      ('42P07', '', 'It exists already, so the database is not what the text was written for: look, then restage.'),
      ('42710', '', 'It exists already, so the database is not what the text was written for: look, then restage.'),
      ('23503', '', 'Rows refer to each other in another way than the text takes for granted: see DETAIL.'),
      ('23505', '', 'The rows there are not what the text was written for: see DETAIL.')
    ) as r (sqlstate, pattern, hint)
$_failure_rules$;
comment on function levelb._failure_rules() is 'What to say of failures, by SQLSTATE and message.';

create function levelb._failure_hint(
  sqlstate text,
  message text
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_failure_hint$
  select r.hint
    from (select f.sqlstate, f.pattern, f.hint, row_number() over () as n from levelb._failure_rules() f) r
   where r.sqlstate = _failure_hint.sqlstate and message ~* r.pattern order by r.n limit 1
$_failure_hint$;
comment on function levelb._failure_hint(text, text) is
  'The reason and the next step for text that failed, or null where PostgreSQL has said all.';
