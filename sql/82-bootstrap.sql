-- Owns the first policy and principals, and the marks that make this database the ledger's own.

-- Until here the tables take the rows of a dump; from here on only the channel's.
create function levelb._close_restore_door()
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_close_restore_door$
declare
  v_table name;
begin
  perform levelb._begin_own_change();
  for v_table in
    select c.relname from pg_class c where c.relnamespace = 'levelb'::regnamespace and c.relkind = 'r'
     order by c.relname collate "C"
  loop
    execute format('revoke all on levelb.%I from pg_database_owner', v_table);
  end loop;
  perform levelb._end_own_change();
end
$_close_restore_door$;
comment on function levelb._close_restore_door() is 'Take away the entry that stands for the open restore door.';

-- Serialises two bootstraps, and a load through the restore door that has not committed yet. All tables, because a row
-- of any of them, a principal above all, could have been loaded before and would then hold beside those of bootstrap.
create function levelb._require_empty()
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_require_empty$
declare
  v_table name;
  v_found boolean;
begin
  for v_table in
    select c.relname from pg_class c where c.relnamespace = 'levelb'::regnamespace and c.relkind = 'r'
     order by starts_with(c.relname, '_'), c.relname collate "C"
  loop
    execute format('lock table only levelb.%I in share row exclusive mode', v_table);
    execute format('select exists (select from only levelb.%I)', v_table) into v_found;
    if v_found then
      perform levelb._raise('LB001', jsonb_build_object('problem',
          case when (levelb._incarnation()).incident_id is null then 'rows of a dump have been loaded here'
            else 'this database is bootstrapped already' end, 'table', v_table),
        'Migrations of the kinds policy and principal change it now; a restored or cloned database wants levelb.rebind(reason).');
    end if;
  end loop;
exception when lock_not_available then
  perform levelb._raise('LB102', jsonb_build_object('table', v_table), 'Somebody is writing to levelb: try again in a moment.');
end
$_require_empty$;
comment on function levelb._require_empty() is 'Refuse a database whose ledger has begun.';

create function levelb.bootstrap(
  policy jsonb,
  principals jsonb
)
  returns levelb.incident
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
as $bootstrap$
declare
  v_policy jsonb;
  v_principals jsonb;
  v_problem text;
  v_incident levelb.incident;
  v_entry jsonb;
begin
  perform levelb._begin_write();
  perform levelb._refuse_impersonation();
  if not (select r.rolsuper from pg_roles r where r.rolname = session_user) then
    perform levelb._raise('LB201', jsonb_build_object('login', session_user, 'needs', 'superuser'),
      'The installing superuser calls bootstrap, once.');
  end if;
  v_policy := levelb._check_policy(policy);
  v_principals := levelb._check_principals(principals);
  perform levelb._check_logins(levelb._paths('principals', v_principals), v_principals);
  -- as given, so that a position is the caller's: the checked policy has them sorted
  perform levelb._check_break_glass_logins(policy);
  v_problem := levelb._policy_problem(v_policy, v_principals);
  if v_problem is not null then
    perform levelb._raise('LB013', jsonb_build_object('problem', v_problem));
  end if;
  perform levelb._require_empty();

  perform levelb._settle_role_home(v_policy);
  perform levelb._close_restore_door();
  insert into levelb._head (size, root, frontier) values (0, sha256(''), '{}');
  insert into levelb._gate (name) values ('activation'), ('drift'), ('policy'), ('sandbox');
  v_incident := levelb._record_incident('bootstrap', 'first policy and principals', jsonb_build_object(
    'fingerprint', levelb._fingerprint(), 'row_versions', levelb._row_versions(), 'release', (levelb.version()).release));
  perform levelb._set_policy(v_policy, v_incident.incident_id, null);
  for v_entry in select e from jsonb_array_elements(v_principals) e loop
    perform levelb._write_principal(v_entry, true, 'bootstrap');
  end loop;
  perform levelb._build_baseline();
  perform levelb._seal(true);
  return v_incident;
end
$bootstrap$;
comment on function levelb.bootstrap(jsonb, jsonb) is '@json policy PolicyDocument
@json principals Principals
@raises LB001 LB005 LB006 LB012 LB013 LB102 LB103 LB104 LB105 LB201 LB202

Set the first policy and principals; once, by the installing superuser.

Everything is checked before anything is written. Writes ledger entry 1, which binds the ledger to this database, marks
the database as governing the roles of the cluster, and closes the door through which a dump could be loaded.';
