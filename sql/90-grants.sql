-- Owns who may call what: the one place. Everything else is taken away first, from everybody, whatever default
-- privileges the cluster has.
-- As the superuser again: an executor's rights are its owner's to take away, and that is not levelb_owner.
reset role;
do $revokes$
declare
  v_object record;
begin
  for v_object in
    with ours as (select n.oid, n.nspname, n.nspowner, n.nspacl from pg_namespace n where n.nspname = any(levelb._own_schemas())),
    granted as (
      select 'schema' as kind, quote_ident(o.nspname) as name, o.nspowner as owner, o.nspacl as acl from ours o
      union all
      select 'function', p.oid::regprocedure::text, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
        from pg_proc p join ours o on o.oid = p.pronamespace
      union all
      select case c.relkind when 'S' then 'sequence' else 'table' end, c.oid::regclass::text, c.relowner, c.relacl
        from pg_class c join ours o on o.oid = c.relnamespace where c.relkind in ('r', 'v', 'S')
      union all
      -- whoever may use a type can make something that depends on it and so stands in the way of its next version
      select 'type', t.oid::regtype::text, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner))
        from pg_type t join ours o on o.oid = t.typnamespace where t.typtype in ('c', 'd')
    )
    select distinct g.kind, g.name, case when a.grantee = 0 then 'public' else a.grantee::regrole::text end as grantee
      from granted g, aclexplode(g.acl) a
     -- the executors and their owners keep what 72 gave them
     where a.grantee <> g.owner and a.grantee not in ('levelb_owner'::regrole, 'levelb_deploy'::regrole, 'levelb_roles'::regrole,
       'levelb_sandbox'::regrole)
  loop
    execute format('revoke all on %s %s from %s', v_object.kind, v_object.name, v_object.grantee);
  end loop;
end
$revokes$;
set local role levelb_owner;

grant usage on schema levelb to levelb_author, levelb_approver, levelb_operator, levelb_auditor, levelb_reader;
grant usage on schema levelb_sandbox to levelb_author;

-- everybody who is enrolled
grant execute on function levelb.errors(), levelb.version(), levelb.mode(), levelb.channel_intact(),
  levelb.quorum(text),
  levelb.review(text), levelb.effect_text(levelb.effect)
  to levelb_author, levelb_approver, levelb_operator, levelb_auditor;
-- Applications too: what a pointer names is for them.
grant execute on function levelb.resolve(text)
  to levelb_author, levelb_approver, levelb_operator, levelb_auditor, levelb_reader;
grant execute on function levelb._status() to levelb_author, levelb_approver, levelb_operator, levelb_auditor;
grant select on levelb.status to levelb_author, levelb_approver, levelb_operator, levelb_auditor;

-- authors
grant execute on function levelb.stage(text, jsonb), levelb.restage(text, jsonb), levelb.derive_rollback(text),
  levelb_sandbox.rehearse(text), levelb_sandbox.try(jsonb), levelb_sandbox.seed(text, text) to levelb_author;
grant execute on function levelb.withdraw(text, text) to levelb_author, levelb_approver, levelb_operator;

-- approvers
grant execute on function levelb.decision_text(text, text, timestamptz, text),
  levelb.approve(text, bytea, text, timestamptz, text), levelb.reject(text, bytea, text, text),
  levelb.revoke(text, text, text),
  levelb.allow_rehearsal(text, bytea, text, timestamptz, text) to levelb_approver;

-- operators
grant execute on function levelb.activate(text), levelb.rehearse_live(text), levelb.stage_rollback(text, text, jsonb) to levelb_operator;

-- those who look
grant execute on function levelb.drift(boolean), levelb.record_drift(boolean), levelb.readiness(boolean), levelb.seal(),
  levelb.verify_ledger(), levelb._audit(), levelb._metrics(), levelb._catalog_state(),
  levelb._emergencies()
  to levelb_approver, levelb_operator, levelb_auditor;
grant select on levelb.manifest, levelb.step, levelb.withdrawal, levelb.approval, levelb.activation, levelb.policy,
  levelb.principal, levelb.principal_login, levelb.principal_key, levelb.incident, levelb.pointer,
  levelb.protection, levelb.rehearsal, levelb.leaf, levelb.ledger,
  levelb.audit, levelb.metrics, levelb.catalog_state, levelb.proof, levelb.active_policy, levelb.active_principal,
  levelb.active_protection
  to levelb_approver, levelb_operator, levelb_auditor;

-- The restore door (see 22-guards.sql): open from here until bootstrap or rebind.
do $restore_door$
declare
  v_table name;
begin
  for v_table in
    select c.relname from pg_class c where c.relnamespace = 'levelb'::regnamespace and c.relkind = 'r'
     order by c.relname collate "C"
  loop
    execute format('grant insert on levelb.%I to pg_database_owner', v_table);
  end loop;
end
$restore_door$;
reset role;
