-- Owns the writing of policies and principals. Callers have judged them already.

create function levelb._set_policy(
  document jsonb,
  incident_id bigint,
  activation_id bigint
)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_set_policy$
declare
  v_content constant text := document::text;
begin
  insert into levelb.policy (version, hash, document, content, incident_id, activation_id, activated_at)
    select coalesce(max(p.version), 0) + 1, levelb._sha256(v_content), _set_policy.document, v_content,
        _set_policy.incident_id, _set_policy.activation_id, clock_timestamp()
      from only levelb.policy p;
end
$_set_policy$;
comment on function levelb._set_policy(jsonb, bigint, bigint) is 'Make a policy the active one.';

-- Whether this transaction wrote a row with this xmin, which is then still in progress (62 says why not by snapshot).
-- Old xmins have no age that could be counted back. The guard asks it for many rows: a plan in PL/pgSQL is made once.
create function levelb._is_written_here(xmin xid)
  returns boolean
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_is_written_here$
begin
  return case when age(xmin) <= age(pg_current_xact_id()::xid)
    then pg_xact_status((pg_current_xact_id()::text::numeric + age(pg_current_xact_id()::xid) - age(xmin))::text::xid8)
      = 'in progress'
    else false end;
end
$_is_written_here$;
comment on function levelb._is_written_here(xid) is 'Whether a row that is visible was written by this transaction.';

-- Grants of duty roles collide with those of other databases of the cluster: XX000 and 23505 were measured. True when
-- the membership was made here: what another database makes meanwhile, which GRANT only notices, is not this one's
-- effect.
create function levelb._grant_duty(
  duty text,
  login text
)
  returns boolean
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_grant_duty$
declare
  v_role constant text := 'levelb_' || duty;
  -- by oid: a join with the roles would look at every member, once for each
  v_role_oid constant oid := (select r.oid from pg_roles r where r.rolname = v_role);
  v_login_oid constant oid := (select r.oid from pg_roles r where r.rolname = login);
begin
  for v_try in 1..20 loop
    begin
      if exists (select from pg_auth_members m where m.roleid = v_role_oid and m.member = v_login_oid) then
        return false;
      end if;
      execute format('grant %I to %I', v_role, login);
      return (select coalesce(bool_or(levelb._is_written_here(m.xmin)), false)
        from pg_auth_members m where m.roleid = v_role_oid and m.member = v_login_oid);
    exception when internal_error or unique_violation then
      perform pg_sleep(0.02 * v_try);
    end;
  end loop;
  perform levelb._raise('LB102', jsonb_build_object('role', v_role, 'login', login));
end
$_grant_duty$;
comment on function levelb._grant_duty(text, text) is
  'Open the door of a duty to a login; whether this transaction did.';

-- Writes one version of one principal, returns the memberships it made. Rights rest on this row; the membership in the
-- duty role only opens the door, and is never taken back, since another database of the cluster may need it.
create function levelb._write_principal(
  entry jsonb,
  enabled boolean,
  reason text,
  activation_id bigint default null
)
  returns text[]
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_write_principal$
declare
  v_principal constant text := entry ->> 'principal';
  v_version constant integer :=
    (select coalesce(max(p.version), 0) + 1 from only levelb.principal p where p.principal = v_principal);
  v_made text[] := '{}';
  v_login text;
  v_duty text;
  v_key text;
begin
  insert into levelb.principal (principal, version, nature, person, duties, groups, enabled, reason, activation_id, at)
    values (v_principal, v_version, entry ->> 'nature', entry ->> 'person',
      array(select jsonb_array_elements_text(entry -> 'duties')), array(select jsonb_array_elements_text(entry -> 'groups')),
      _write_principal.enabled, _write_principal.reason, _write_principal.activation_id, clock_timestamp());
  for v_login in select jsonb_array_elements_text(entry -> 'logins') loop
    insert into levelb.principal_login (principal, version, login, login_oid)
      select v_principal, v_version, r.rolname, r.oid from pg_roles r where r.rolname = v_login;
    if enabled then
      for v_duty in select jsonb_array_elements_text(entry -> 'duties') loop
        if levelb._grant_duty(v_duty, v_login) then
          v_made := v_made || format('%I in levelb_%s', v_login, v_duty);
        end if;
      end loop;
    end if;
  end loop;
  for v_key in select jsonb_array_elements_text(entry -> 'keys') loop
    insert into levelb.principal_key (principal, version, key, key_bytes)
      values (v_principal, v_version, v_key, levelb._key_bytes(v_key));
  end loop;
  return v_made;
end
$_write_principal$;
comment on function levelb._write_principal(jsonb, boolean, text, bigint) is
  'Write one version of a principal; return the memberships in duty roles that were made.';

-- The enabled principals in the shape in which they were given. Whoever has no login left decides nothing.
create function levelb._enabled_principals()
  returns table (principal text, entry jsonb, can_log_in boolean)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_enabled_principals$
  select p.principal, jsonb_build_object('principal', p.principal, 'nature', p.nature, 'logins', p.logins, 'duties',
      p.duties, 'groups', p.groups, 'keys', p.keys, 'person', nullif(p.counts_as, p.principal)),
      exists (select from only levelb.principal_login l join pg_roles r on r.oid = l.login_oid and r.rolname = l.login
               where l.principal = p.principal and l.version = p.version and r.rolcanlogin)
    from levelb.active_principal p
$_enabled_principals$;
comment on function levelb._enabled_principals() is
  'Enabled principals as bootstrap takes them, and whether one of their logins can log in.';

create function levelb._principals_now()
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select coalesce(jsonb_agg(p.entry order by p.principal collate "C"), '[]') from levelb._enabled_principals() p where p.can_log_in);
comment on function levelb._principals_now() is 'The enabled principals that can log in, as a document.';

-- Where each entry of a list stands in its document.
create function levelb._paths(
  list text,
  entries jsonb
)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array(select format('%s[%s]', list, i) from generate_series(0, jsonb_array_length(entries) - 1) i);
comment on function levelb._paths(text, jsonb) is 'Paths of the entries of a list.';

-- Logins must exist here and be able to log in, and must not be able to go round the channel.
create function levelb._check_logins(
  paths text[],
  principals jsonb
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_logins$
declare
  v_login record;
begin
  for v_login in
    select format('%s.logins[%s]', paths[p.i], l.i - 1) as field, l.name, r.oid as is_role, r.rolcanlogin,
        exists (select from unnest(levelb._strong_roles()) d where pg_has_role(r.oid, d, 'MEMBER')) as is_dangerous
      from jsonb_array_elements(principals) with ordinality p (entry, i),
        lateral jsonb_array_elements_text(p.entry -> 'logins') with ordinality l (name, i)
        left join pg_roles r on r.rolname = l.name
     order by p.i, l.i
  loop
    if v_login.is_role is null then
      perform levelb._invalid(v_login.field, format('role %s does not exist', quote_ident(v_login.name)));
    elsif not v_login.rolcanlogin or starts_with(v_login.name, 'levelb_') then
      perform levelb._invalid(v_login.field, format('role %s is no login', quote_ident(v_login.name)));
    elsif v_login.is_dangerous then
      perform levelb._invalid(v_login.field,
        format('role %s holds SUPERUSER, CREATEROLE, BYPASSRLS or REPLICATION, itself or through a role, and could go round the channel',
          quote_ident(v_login.name)));
    end if;
  end loop;
end
$_check_logins$;
comment on function levelb._check_logins(text[], jsonb) is
  'Refuse logins that do not exist or could go round the channel.';

-- A key signs for one principal for ever: else a signature in the evidence could be of two. As whom a principal counts
-- is for ever too: else a change would part an author from the person behind, who could then approve what was staged
-- before.
create function levelb._refuse_other_identity(
  paths text[],
  principals jsonb
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_other_identity$
declare
  v_found record;
begin
  select format('%s.keys[%s]', paths[e.i], k.i - 1) as field, o.principal as owner into v_found
    from jsonb_array_elements(principals) with ordinality e (entry, i),
      lateral jsonb_array_elements_text(e.entry -> 'keys') with ordinality k (key, i)
      join only levelb.principal_key o on o.key_bytes = levelb._key_bytes(k.key)
   where o.principal <> e.entry ->> 'principal'
   order by e.i, k.i limit 1;
  if found then
    perform levelb._invalid(v_found.field, format('belongs to %s, for ever; make a new key', v_found.owner));
  end if;
  select paths[e.i] || '.person' as field, e.entry ->> 'principal' as principal, p.person into v_found
    from jsonb_array_elements(principals) with ordinality e (entry, i),
      lateral levelb._person(e.entry ->> 'principal') p (person)
   where p.person <> coalesce(e.entry ->> 'person', e.entry ->> 'principal')
   order by e.i limit 1;
  if found then
    perform levelb._invalid(v_found.field, format('%s counts as %s, for ever; disable it and enrol another name',
      v_found.principal, case v_found.person when v_found.principal then 'itself' else v_found.person end));
  end if;
end
$_refuse_other_identity$;
comment on function levelb._refuse_other_identity(text[], jsonb) is
  'Refuse keys that ever belonged to another principal, and principals that ever counted as somebody else.';

create function levelb._check_break_glass_logins(policy jsonb)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_break_glass_logins$
declare
  v_login record;
begin
  for v_login in
    select i - 1 as position, name from jsonb_array_elements_text(policy -> 'break_glass' -> 'logins') with ordinality l (name, i)
     where not exists (select from pg_roles r where r.rolname = name and r.rolcanlogin) order by i
  loop
    perform levelb._raise('LB005', jsonb_build_object('field', format('break_glass.logins[%s]', v_login.position), 'problem',
      format('login %s does not exist', quote_ident(v_login.name))));
  end loop;
end
$_check_break_glass_logins$;
comment on function levelb._check_break_glass_logins(jsonb) is 'Refuse break-glass logins that do not exist.';
