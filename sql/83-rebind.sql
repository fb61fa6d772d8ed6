-- Owns making the ledger belong to another database, after a clone, a restore, a rename or an upgrade.

-- The same principal with its logins as they are now; logins that are gone are left out.
create function levelb._rebind_principal(
  principal text,
  version integer,
  reason text
)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_rebind_principal$
declare
  v_principal levelb.principal;
begin
  select p.* into strict v_principal from only levelb.principal p
   where p.principal = _rebind_principal.principal and p.version = _rebind_principal.version;
  perform levelb._write_principal(jsonb_build_object('principal', v_principal.principal, 'nature', v_principal.nature,
      'person', v_principal.person, 'duties', v_principal.duties, 'groups', v_principal.groups,
      'logins', (select coalesce(jsonb_agg(l.login order by l.login collate "C"), '[]')
        from only levelb.principal_login l join pg_roles r on r.rolname = l.login
       where l.principal = v_principal.principal and l.version = v_principal.version),
      'keys', (select coalesce(jsonb_agg(k.key order by k.key collate "C"), '[]') from only levelb.principal_key k
       where k.principal = v_principal.principal and k.version = v_principal.version)),
    true, 'rebind: ' || reason);
end
$_rebind_principal$;
comment on function levelb._rebind_principal(text, integer, text) is
  'Write a principal again with its logins as they are now.';

create function levelb.rebind(reason text)
  returns levelb.incident
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
as $rebind$
declare
  v_old constant levelb.incident := levelb._incarnation();
  v_report levelb.ledger_report;
  v_incident levelb.incident;
  v_bound jsonb := '[]';
  v_table name;
  v_trigger name;
  v_principal record;
begin
  perform levelb._begin_write();
  perform levelb._refuse_impersonation();
  if not exists (select from pg_roles r where r.rolname = session_user and r.rolsuper) then
    perform levelb._raise('LB201', jsonb_build_object('login', session_user, 'needs', 'superuser'),
      'A superuser calls rebind.');
  end if;
  perform levelb._check_reason(reason);
  if v_old.incident_id is null then
    perform levelb._raise('LB001', jsonb_build_object('problem', 'there is nothing to rebind'),
      'A database without a ledger wants levelb.bootstrap(policy, principals).');
  end if;
  -- An activation must not run meanwhile.
  perform levelb._lock_for_activation(null);

  -- Loading a dump with --disable-triggers leaves them enabled for ordinary sessions only.
  perform levelb._begin_own_change();
  for v_table, v_trigger in
    select c.relname, t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where c.relnamespace = 'levelb'::regnamespace and not t.tgisinternal and t.tgenabled <> 'A'
     order by c.relname collate "C", t.tgname collate "C"
  loop
    execute format('alter table levelb.%I enable always trigger %I', v_table, v_trigger);
  end loop;
  perform levelb._end_own_change();
  perform levelb._close_restore_door();
  v_report := levelb._verify_ledger();
  if not v_report.ok then
    perform levelb._raise('LB309', jsonb_build_object('first_bad', v_report.first_bad, 'problem', v_report.problem));
  end if;

  -- Logins by name: in another cluster the oids are others. A login that is gone ends the binding, not the principal.
  for v_principal in select p.* from only levelb.principal p
    where p.enabled and p.version = (select max(n.version) from only levelb.principal n where n.principal = p.principal)
    order by p.principal collate "C"
  loop
    if exists (select from only levelb.principal_login l left join pg_roles r on r.rolname = l.login
                where l.principal = v_principal.principal and l.version = v_principal.version and l.login_oid is distinct from r.oid) then
      perform levelb._rebind_principal(v_principal.principal, v_principal.version, reason);
    end if;
    v_bound := v_bound || coalesce((select jsonb_agg(jsonb_build_object('principal', v_principal.principal, 'login', l.login,
        'bound', exists (select from pg_roles r where r.rolname = l.login)) order by l.login collate "C")
      from only levelb.principal_login l where l.principal = v_principal.principal and l.version = v_principal.version), '[]');
  end loop;
  perform levelb._bind_protection();
  -- A clone within one cluster does not take the roles over from the database that governs them.
  if levelb._role_home() is null and (select p.document ->> 'cluster' from levelb.active_policy p) = 'govern' then
    perform levelb._claim_role_home();
  end if;
  v_incident := levelb._record_incident('rebind', reason, jsonb_build_object(
    'fingerprint', levelb._fingerprint(), 'row_versions', levelb._row_versions(), 'release', (levelb.version()).release, 'old_identity', v_old.database_identity,
    'old_fingerprint', v_old.details -> 'fingerprint', 'old_server_version', v_old.server_version,
    'taken_over', levelb._rebuild_baseline(), 'root', encode(v_report.root, 'hex'), 'entries', v_report.entries, 'logins', v_bound, 'role_home', levelb._role_home()));
  perform levelb._seal(true);
  return v_incident;
end
$rebind$;
comment on function levelb.rebind(text) is '@raises LB001 LB006 LB014 LB101 LB102 LB103 LB104 LB105 LB201 LB202 LB309

Bind the ledger to this database after a clone, restore, rename or upgrade.

Verifies the ledger, sets the triggers back to ALWAYS, binds principals'' logins to the roles of the same name, and appends
an entry with the old and the new identity. Approvals given before are void: they name the other database. Superusers only.';
