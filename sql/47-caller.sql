-- Owns who is calling, which policy holds, and which database this is.

create function levelb._sha256(content text)
  returns bytea
  language sql immutable
  set search_path = pg_catalog, pg_temp
return sha256(convert_to(content, 'UTF8'));
comment on function levelb._sha256(text) is 'SHA-256 of the UTF-8 bytes, as sha256sum prints it.';

-- Names as they are written in SQL; PUBLIC cannot be confused with a role, which would be quoted.
create function levelb._role_name(role oid)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case when role = 0 then 'PUBLIC'
  else coalesce((select quote_ident(a.rolname) from pg_authid a where a.oid = role), 'unknown role ' || role) end;
comment on function levelb._role_name(oid) is 'Quoted name of a role, PUBLIC for 0.';

create view levelb.active_principal as
  select p.principal, p.version, p.nature, coalesce(p.person, p.principal) as counts_as, p.duties, p.groups,
      coalesce((select array_agg(l.login order by l.login collate "C") from only levelb.principal_login l
                 where l.principal = p.principal and l.version = p.version), '{}') as logins,
      coalesce((select array_agg(k.key order by k.key collate "C") from only levelb.principal_key k
                 where k.principal = p.principal and k.version = p.version), '{}') as keys,
      p.at as since
    from only levelb.principal p
   where p.enabled
     and p.version = (select max(n.version) from only levelb.principal n where n.principal = p.principal);
comment on view levelb.active_principal is 'Principals that are enabled now, with their logins and keys.';
comment on column levelb.active_principal.principal is 'Name of the principal.';
comment on column levelb.active_principal.version is 'Its newest version.';
comment on column levelb.active_principal.nature is 'person, service or agent.';
comment on column levelb.active_principal.counts_as is 'Person as whom it counts in a quorum.';
comment on column levelb.active_principal.duties is 'Duties.';
comment on column levelb.active_principal.groups is 'Groups.';
comment on column levelb.active_principal.logins is 'Login roles.';
comment on column levelb.active_principal.keys is 'Public keys.';
comment on column levelb.active_principal.since is 'When this version was written.';

create view levelb.active_policy as
  select p.version, p.hash, p.document, p.activated_at
    from only levelb.policy p order by p.version desc limit 1;
comment on view levelb.active_policy is 'The policy in force.';
comment on column levelb.active_policy.version is 'Version.';
comment on column levelb.active_policy.hash is 'SHA-256 of its text.';
comment on column levelb.active_policy.document is '@json PolicyDocument

The document.';
comment on column levelb.active_policy.activated_at is 'When it became active.';

create type levelb._call as (
  principal           text,
  person              text,
  duties              text[],
  login               text,
  authenticated_user  text,
  client_address      text
);
comment on type levelb._call is 'Who is calling.';

-- system_user is unknown to version 15 and so cannot stand in the text of a function.
create function levelb._authenticated_user()
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_authenticated_user$
declare
  v_user text;
begin
  if current_setting('server_version_num')::int >= 160000 then
    execute 'select system_user' into v_user;
  end if;
  return v_user;
end
$_authenticated_user$;
comment on function levelb._authenticated_user() is 'system_user where the server knows it.';

-- session_user can be changed by a superuser (SET SESSION AUTHORIZATION); the activity slot of the backend keeps the
-- login that was authenticated.
create function levelb._refuse_impersonation()
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_impersonation$
begin
  if (select a.usesysid from pg_stat_get_activity(pg_backend_pid()) a)
     is distinct from (select r.oid from pg_roles r where r.rolname = session_user) then
    perform levelb._raise('LB202', jsonb_build_object('session_user', session_user));
  end if;
end
$_refuse_impersonation$;
comment on function levelb._refuse_impersonation() is 'Raise LB202 unless session_user is the authenticated login.';

-- The person as whom a principal counts, by its newest version, enabled or not: an author who left is still the author.
create function levelb._person(principal text)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select coalesce(p.person, p.principal) from only levelb.principal p where p.principal = _person.principal
   order by p.version desc limit 1
);
comment on function levelb._person(text) is 'Person as whom a principal counts.';

-- The caller's principal, found by oid and name of the login.
create function levelb._call_now()
  returns levelb._call
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_call_now$
declare
  v_call levelb._call;
begin
  select p.principal, coalesce(p.person, p.principal), p.duties into v_call
    from only levelb.principal_login l
    join only levelb.principal p on p.principal = l.principal and p.version = l.version
   where l.login = session_user
     and l.login_oid = (select r.oid from pg_roles r where r.rolname = session_user)
     and p.enabled
     and p.version = (select max(n.version) from only levelb.principal n where n.principal = p.principal);
  v_call.login := session_user;
  v_call.authenticated_user := levelb._authenticated_user();
  v_call.client_address := host(inet_client_addr());
  return v_call;
end
$_call_now$;
comment on function levelb._call_now() is 'Who calls; without a principal for a login that nobody is enrolled with.';

-- The duty roles only open the door: rights are here.
create function levelb._enter(duties text[])
  returns levelb._call
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_enter$
declare
  v_call levelb._call;
begin
  perform levelb._refuse_impersonation();
  v_call := levelb._call_now();
  if v_call.principal is null or not v_call.duties && _enter.duties then
    perform levelb._raise('LB201', jsonb_build_object('login', session_user, 'principal', v_call.principal,
      'duties', to_jsonb(_enter.duties)));
  end if;
  return v_call;
end
$_enter$;
comment on function levelb._enter(text[]) is 'Identify the caller and require one of these duties.';

-- For what only reads. A superuser reads every table anyway, and is who is called when nobody enrolled can help;
-- nothing that writes or decides lets a superuser in without a principal row.
create function levelb._may_look(duties text[])
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_may_look$
begin
  if not exists (select from pg_roles r where r.rolname = session_user and r.rolsuper) then
    perform levelb._enter(duties);
  end if;
end
$_may_look$;
comment on function levelb._may_look(text[]) is 'Let superusers look, and others with one of these duties.';

-- What every verb that writes asks of its transaction, and the bounds it sets for the rest of it.
create function levelb._begin_write()
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_begin_write$
begin
  if pg_is_in_recovery() or current_setting('transaction_read_only')::boolean then
    perform levelb._raise('LB105', '{}');
  end if;
  -- A snapshot from before a revocation would not see it, and a lock alone does not tell.
  if current_setting('transaction_isolation') <> 'read committed' then
    perform levelb._raise('LB103', jsonb_build_object('isolation', current_setting('transaction_isolation')));
  end if;
  if current_setting('session_replication_role') <> 'origin' then
    perform levelb._raise('LB104', jsonb_build_object('setting', 'session_replication_role',
      'value', current_setting('session_replication_role')));
  end if;
  perform set_config('lock_timeout',
    coalesce((select levelb._interval_ms(p.document -> 'timeouts' ->> 'lock') from levelb.active_policy p), 2000)::text, true);
  -- Whoever leaves a transaction open after a verb loses the connection, not everybody else their time.
  perform set_config('idle_in_transaction_session_timeout', '5s', true);
end
$_begin_write$;
comment on function levelb._begin_write() is 'Refuse transactions a verb cannot write in; set lock and idle timeouts.';

create function levelb._database_identity()
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select jsonb_build_object('system_identifier', c.system_identifier::text, 'database_oid', d.oid::text, 'name', d.datname)
    from pg_control_system() c, pg_database d where d.datname = current_database()
);
comment on function levelb._database_identity() is 'Which database this is: cluster, oid and name.';

create function levelb._incarnation()
  returns levelb.incident
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_incarnation$
  select i.* from only levelb.incident i where i.kind in ('bootstrap', 'rebind', 'rebootstrap')
   order by i.incident_id desc limit 1
$_incarnation$;
comment on function levelb._incarnation() is 'The incident since which the ledger belongs to this database.';

-- What is installed, in one hash: every function, table, trigger, rule and schema of levelb with owner, rights and
-- body. Bootstrap and rebind write it into the ledger. It holds oids, so it is compared within one incarnation of one
-- database only; rendering everything by name instead took ten times as long, at every activation.
create function levelb._fingerprint()
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
  -- session settings that change how rows are written out
  set bytea_output = hex
  set quote_all_identifiers = off
  set extra_float_digits = 1
as $_fingerprint$
  with schema as (
    select n.oid, n::text as line from pg_namespace n where n.nspname in ('levelb', 'levelb_exec', 'levelb_sandbox')
  ), relation as (
    select c.oid, concat_ws('|', c.oid, c.relname, c.relnamespace, c.relkind, c.relowner,
        coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's'::"char" else 'r' end, c.relowner)), c.relpersistence,
        c.relrowsecurity, c.relforcerowsecurity, c.reloptions,
        -- relhassubclass stays true until the next ANALYZE after the last child is gone
        exists (select from pg_inherits i where i.inhparent = c.oid)) as line
      from pg_class c where c.relnamespace in (select s.oid from schema s) and c.relkind <> 'i'
  )
  select encode(sha256(convert_to(string_agg(md5(line), '' order by line collate "C"), 'UTF8')), 'hex') from (
    select s.line from schema s
    union all select r.line from relation r
    union all select concat_ws('|', a.attrelid, a.attnum, a.attname, a.atttypid, a.attnotnull, a.attidentity, a.attisdropped, a.attacl)
      from pg_attribute a where a.attrelid in (select r.oid from relation r) and a.attnum > 0
    -- by name: REINDEX CONCURRENTLY gives an index another oid, and a constraint put back has another
    union all select concat_ws('|', 'index', i.indexrelid::regclass, i.indrelid, i.indisunique, i.indisvalid, i.indkey, md5(i.indpred::text))
      from pg_index i where i.indrelid in (select r.oid from relation r)
    union all select concat_ws('|', 'constraint', k.conname, k.conrelid, k.contypid, k.convalidated, k.conkey, md5(k.conbin::text))
      from pg_constraint k where k.connamespace in (select s.oid from schema s) and k.contype <> 'n'
    union all select p::text from pg_proc p where p.pronamespace in (select s.oid from schema s)
    union all select t::text from pg_trigger t where t.tgrelid in (select r.oid from relation r)
    union all select concat_ws('|', w.oid, w.rulename, w.ev_class, w.ev_enabled, md5(w.ev_action::text))
      from pg_rewrite w where w.ev_class in (select r.oid from relation r)
    union all select e::text from pg_event_trigger e join pg_proc p on p.oid = e.evtfoid
     where p.pronamespace in (select s.oid from schema s)
  ) lines (line)
$_fingerprint$;
comment on function levelb._fingerprint() is 'Hash of everything that levelb installed here.';

-- The same question at a fiftieth of the cost, asked by every activation: which row versions are installed. As long as
-- no row was written, nothing changed; when one was, the fingerprint decides. Members are found by their dependency on
-- the schema, so that the cost does not grow with the catalogs.
create function levelb._row_versions()
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_row_versions$
  with schema as (
    select n.oid, n.xmin from pg_namespace n where n.nspname in ('levelb', 'levelb_exec', 'levelb_sandbox')
  ), member as (
    select d.classid, d.objid from pg_depend d
     where d.refclassid = 'pg_namespace'::regclass and d.refobjid in (select s.oid from schema s)
       and d.classid in ('pg_proc'::regclass, 'pg_class'::regclass)
  ), relation as (
    select c.oid, c.xmin from member m join pg_class c on c.oid = m.objid where m.classid = 'pg_class'::regclass
  )
  select md5(string_agg(v.version, ' ' order by v.version collate "C")) from (
    select s.oid || ':' || s.xmin from schema s
    union all select r.oid || ':' || r.xmin from relation r
    union all select p.oid || ':' || p.xmin from member m join pg_proc p on p.oid = m.objid where m.classid = 'pg_proc'::regclass
    union all select a.attrelid || '.' || a.attnum || ':' || a.xmin from relation r join pg_attribute a on a.attrelid = r.oid where a.attnum > 0
    union all select i.indexrelid || ':' || i.xmin from relation r join pg_index i on i.indrelid = r.oid
    union all select k.oid || ':' || k.xmin from relation r join pg_constraint k on k.conrelid = r.oid
    union all select t.oid || ':' || t.xmin from relation r join pg_trigger t on t.tgrelid = r.oid
    union all select w.oid || ':' || w.xmin from relation r join pg_rewrite w on w.ev_class = r.oid
    -- of others too: there are few, and which are levelb's own is asked of the function
    union all select e.oid || ':' || e.xmin from pg_event_trigger e join member m on m.objid = e.evtfoid where m.classid = 'pg_proc'::regclass
    union all select 'child ' || i.inhrelid from relation r join pg_inherits i on i.inhparent = r.oid
  ) v (version)
$_row_versions$;
comment on function levelb._row_versions() is 'Hash of the versions of the catalog rows that levelb installed here.';

create function levelb._is_as_installed(incarnation levelb.incident)
  returns boolean
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_is_as_installed$
begin
  return incarnation.details ->> 'row_versions' = levelb._row_versions()
    or incarnation.details ->> 'fingerprint' = levelb._fingerprint();
end
$_is_as_installed$;
comment on function levelb._is_as_installed(levelb.incident) is
  'Whether levelb''s own objects are what an incarnation entry says.';
