-- Owns who may call what: the one place. Everything else is taken away first, from everybody, whatever default
-- privileges the cluster has.
do $revokes$
declare
  v_object record;
begin
  for v_object in
    select distinct case when p.prokind = 'p' then 'procedure' else 'function' end as kind, p.oid::regprocedure::text as name,
        case when a.grantee = 0 then 'public' else a.grantee::regrole::text end as grantee, p.oid
      from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
     where p.pronamespace in ('levelb'::regnamespace, 'levelb_sandbox'::regnamespace) and a.grantee <> p.proowner
       -- the executors' owners keep what 72 gave them
       and a.grantee not in ('levelb_deploy'::regrole, 'levelb_roles'::regrole)
    union all
    select 'table', c.oid::regclass::text, case when a.grantee = 0 then 'public' else a.grantee::regrole::text end, c.oid
      from pg_class c, aclexplode(c.relacl) a
     where c.relnamespace in ('levelb'::regnamespace, 'levelb_sandbox'::regnamespace) and c.relkind in ('r', 'v')
       and a.grantee <> c.relowner
    union all
    select 'type', t.oid::regtype::text, 'public', t.oid
      from pg_type t where t.typnamespace = 'levelb'::regnamespace and t.typtype in ('c', 'd') and t.typname like '\_%'
  loop
    execute format('revoke all on %s %s from %s', v_object.kind, v_object.name, v_object.grantee);
  end loop;
end
$revokes$;

grant usage on schema levelb to levelb_author, levelb_approver, levelb_operator, levelb_auditor, levelb_reader;
grant usage on schema levelb_sandbox to levelb_author;

-- everybody who is enrolled
grant execute on function levelb.errors(), levelb.version(), levelb.mode(), levelb.quorum(text),
  levelb.effect_text(levelb.effect) to levelb_author, levelb_approver, levelb_operator, levelb_auditor;
grant execute on function levelb._status() to levelb_author, levelb_approver, levelb_operator, levelb_auditor;
grant select on levelb.status to levelb_author, levelb_approver, levelb_operator, levelb_auditor;

-- authors
grant execute on function levelb.stage(text, jsonb), levelb.restage(text, jsonb) to levelb_author;
grant execute on function levelb.withdraw(text, text) to levelb_author, levelb_approver, levelb_operator;

-- approvers
grant execute on function levelb.decision_text(text, text, timestamptz, text),
  levelb.approve(text, bytea, text, timestamptz, text), levelb.reject(text, bytea, text, text),
  levelb.revoke(text, text, text) to levelb_approver;

-- operators
grant execute on function levelb.activate(text) to levelb_operator;

-- those who look
grant execute on function levelb.readiness(boolean), levelb.seal(), levelb.verify_ledger()
  to levelb_approver, levelb_operator, levelb_auditor;
grant select on levelb.manifest, levelb.step, levelb.withdrawal, levelb.approval, levelb.activation, levelb.policy,
  levelb.principal, levelb.principal_login, levelb.principal_key, levelb.incident, levelb.leaf, levelb.ledger,
  levelb.audit, levelb.proof, levelb.active_policy, levelb.active_principal
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
