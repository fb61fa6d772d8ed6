-- Owns the rules on what may result from an activation: one registry of their names, from which "accept" of a document,
-- the errors and docs/rules.md come. What a rule finds is the business of the files 69-rule-…, 67 and 79.

create type levelb._rule as (
  rule         text,
  code         text,
  refuses      text,
  accepted_as  text,
  hint         text
);
comment on type levelb._rule is 'A rule on what may result.';
comment on column levelb._rule.rule is 'Its name, in DETAIL of an error and in "accept" of a document.';
comment on column levelb._rule.code is 'The error it raises.';
comment on column levelb._rule.refuses is 'What it refuses.';
comment on column levelb._rule.accepted_as is
  'What "object" of an acceptance names; null where nobody can accept it.';
comment on column levelb._rule.hint is 'What to do.';

-- A rule can be accepted where what it finds is a change that approvers can judge from the document. What lends rights
-- for good, hides who did it, or changes levelb itself cannot: no quorum would know what it agrees to.
create function levelb._rules()
  returns setof levelb._rule
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_rules$
  select r.rule, r.code, r.refuses, r.accepted_as, r.hint
    from (values
      ('LB014', 'LB014', 'A text that looks as if it held a secret. Found when it is staged.',
        'the field of the document: steps[0].apply', 'Take the secret out.'),
      ('LB310', 'LB310', 'A difference in structure that is left after a rollback, of no kind that has a name. Never a right, nor '
          || 'that an object is there or gone.',
        'type and identity, as in effects: table column shop.orders.id', 'Let the rollback text undo what its apply does.'),
      ('column_order', 'LB310', 'A table that has its columns in another order after a rollback, since one was dropped and made '
          || 'again. Found by a rehearsal; a rollback itself is never refused for it.',
        'the table: table shop.orders', 'Make the table anew, or accept it where nobody reads columns by position.'),
      ('not_null_name', 'LB310', 'A NOT NULL that has another name after a rollback. PostgreSQL 18 names them.',
        'the table: table shop.orders', 'Name it in the rollback text: ALTER TABLE … ADD CONSTRAINT name NOT NULL column.'),
      ('extension_left', 'LB310', 'An extension that the change made, CREATE EXTENSION IF NOT EXISTS, and its rollback leaves, since '
          || 'others may have come to use it.',
        'the extension: extension citext', 'Drop it in the rollback text.'),
      ('enum_value_left', 'LB310', 'A value that the change added to an enumeration, which PostgreSQL takes out of none.',
        'the type: type shop.status', 'Write IF NOT EXISTS, so that the change can be made again, and accept it.'),
      ('levelb_objects_unchanged', 'LB306',
        'A change of an object, a role, a setting or a row of levelb.', null,
        'Take out the statements that touch levelb''s own objects and roles.'),
      ('no_member_of_levelb_roles', 'LB306',
        'A membership in a role of levelb, or of one in another role, whoever grants it and with whatever options. '
          || 'levelb_roles may administer the roles that role documents make.', null,
        'Take the membership out: people get into levelb by a migration of kind principal, and nobody into its owners.'),
      ('cluster_governed_elsewhere', 'LB306',
        'A change of what belongs to the whole cluster, in a database that does not govern it.', null,
        'Change it in the database that governs the cluster.'),
      ('extension_outside_pg_catalog', 'LB306',
        'An extension in pg_catalog, whose names would come before everybody''s own.', null,
        'Name the schema: CREATE EXTENSION … WITH SCHEMA ….'),
      ('definer_code_belongs_to_levelb_definer', 'LB306',
        'A SECURITY DEFINER function that is new, changed or taken over and belongs to another role of levelb than levelb_definer.',
        null, 'Give SECURITY DEFINER functions to levelb_definer, with the rights that they need and no more.'),
      ('definer_code_is_not_for_public', 'LB306',
        'A SECURITY DEFINER function of levelb_definer that is new, changed or taken over and that PUBLIC may execute.',
          null, 'REVOKE EXECUTE on it FROM PUBLIC in the same migration, and grant it to those who need it.'),
      ('protection_lost', 'LB306',
        'A protection that went with a new definition and that no statement took off: CREATE OR REPLACE, or DROP and CREATE, '
          || 'without what was there before.',
        'type, identity and protection: view shop.recent security_invoker',
          'Write the protection into the new definition.'),
      ('code_of_others_in_relation', 'LB307',
        'Code of others in a relation that a role of levelb owns, makes or alters: it would run with that role''s rights, by '
          || 'autovacuum too.', null,
        'Take over what DETAIL names in the same migration, before the objects that use it; drop the rules.'),
      ('code_of_others_in_triggers', 'LB307',
        'A trigger whose function, or the WHEN of which, belongs to others, on a table that the text wrote to.', null,
        'Take its functions over, disable the trigger in a migration before, or leave its table alone.'),
      ('code_of_others_hidden', 'LB307',
        'A trigger of others that may have fired and that the same text replaced, disabled or dropped.', null,
        'Alter or drop the triggers in one migration, and write to their table in the next.'),
      ('code_of_others_ran', 'LB307',
        'A function of others that the text called, or that a view, default, check, policy, cast, domain or index that it used '
          || 'called: it ran with the rights of levelb_deploy.',
        'the function and its hash, as DETAIL says them: function shop.total(integer) sha256 …',
        'Take the functions over, or do without them.'),
      ('row_security_of_owner', 'LB307',
        'To take a table with row security away from its owner, who bypasses it, or code that reads such a table as its owner: '
          || 'other rows would be seen than before.',
        'the table, or the code and the table: table shop.orders, view shop.recent on table shop.orders',
        'Give the owner a policy for the rows that it works on, let it be subject to them (ALTER TABLE … FORCE ROW LEVEL '
          || 'SECURITY), as it will be afterwards, and see whether everything still works.'),
      ('rights_of_others', 'LB307',
        'A function that runs a text with the rights of its owner, where levelb_definer, who owns it after a protection, has '
          || 'rights on tables that its owner of today has not: one application would reach the rows of another.',
        'the function: function shop.run(pg_catalog.text)',
        'Read its body. Where it cannot be made to run other SQL than it does, accept it; else write it as BEGIN ATOMIC … END, '
          || 'or without SECURITY DEFINER.'),
      ('closed_world', 'LB307',
        'A sandbox rehearsal while levelb_sandbox, as whom the text of authors runs, could reach code with the rights of others: a '
          || 'SECURITY DEFINER function that PUBLIC may execute, a table that PUBLIC may write, an event trigger.', null,
        'Take the right away from PUBLIC, as DETAIL says, or rehearse with levelb check on another server.'),
      ('called_code_is_counted', 'LB307',
        'A text that stops the count of the functions it calls.', null,
        'Take RESET ALL and DISCARD out of the text and of what it calls.'),
      ('nothing_deferred', 'LB308',
        'A write to a table with a deferrable trigger, or a deferrable constraint that runs code of others: both could wait until '
          || 'after the proof.', null,
        'Make the trigger not deferrable, or leave its table alone.'),
      ('installed_objects_unchanged', 'LB306',
        'An activation while a function, right, trigger or table of levelb is not as it was installed.', null,
        'See select * from levelb.readiness() where required and not ok; docs/limits.md says what then.'),
      ('roles_as_installed', 'LB306',
        'An activation while a role of levelb has other attributes, members or settings than it was installed with.',
          null, 'See select * from levelb.readiness() where required and not ok; docs/limits.md says what then.')
    ) r (rule, code, refuses, accepted_as, hint)
$_rules$;
comment on function levelb._rules() is 'The rules on what may result from an activation.';

-- The one way to raise for a rule.
create function levelb._raise_rule(
  rule text,
  detail jsonb,
  hint text default null
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_raise_rule$
declare
  v_rule levelb._rule;
begin
  select r.* into strict v_rule from levelb._rules() r where r.rule = _raise_rule.rule;
  perform levelb._raise(v_rule.code, jsonb_build_object('rule', v_rule.rule) || detail,
    coalesce(_raise_rule.hint, v_rule.hint));
end
$_raise_rule$;
comment on function levelb._raise_rule(text, jsonb, text) is 'Raise the error of a rule.';

-- What to write so that a finding is accepted, for the hint of the error.
create function levelb._accept_hint(
  rule text,
  objects jsonb,
  kind text default 'sql'
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (
  select concat_ws(' ', r.hint, case kind
        when 'rollback' then 'If it is meant, withdraw the rollback and stage it again with accept => '
        else 'If it is meant, stage or restage it with "accept": ' end || left((
      select jsonb_agg(jsonb_build_object('rule', r.rule, 'object', o, 'reason', '…'))
        from jsonb_array_elements(objects) o)::text, 3000))
    from levelb._rules() r where r.rule = _accept_hint.rule);
comment on function levelb._accept_hint(text, jsonb, text) is 'Hint that says how to accept findings of a rule.';
