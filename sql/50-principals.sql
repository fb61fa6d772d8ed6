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

-- Grants of duty roles collide with those of other databases of the cluster: XX000 and 23505 were measured.
create function levelb._grant_duty(
  duty text,
  login text
)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_grant_duty$
declare
  v_role constant text := 'levelb_' || duty;
begin
  for v_try in 1..20 loop
    begin
      if not exists (select from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles u on u.oid = m.member
                      where r.rolname = v_role and u.rolname = login) then
        execute format('grant %I to %I', v_role, login);
      end if;
      return;
    exception when internal_error or unique_violation then
      perform pg_sleep(0.02 * v_try);
    end;
  end loop;
  perform levelb._raise('LB102', jsonb_build_object('role', v_role, 'login', login));
end
$_grant_duty$;
comment on function levelb._grant_duty(text, text) is 'Open the door of a duty to a login.';

-- Writes one version of one principal. Rights rest on this row; the membership in the duty role only opens the door,
-- and is never taken back, since another database of the cluster may need it.
create function levelb._write_principal(
  entry jsonb,
  enabled boolean,
  reason text
)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_write_principal$
declare
  v_principal constant text := entry ->> 'principal';
  v_version constant integer :=
    (select coalesce(max(p.version), 0) + 1 from only levelb.principal p where p.principal = v_principal);
  v_login text;
  v_duty text;
  v_key text;
begin
  insert into levelb.principal (principal, version, nature, person, duties, groups, enabled, reason, at)
    values (v_principal, v_version, entry ->> 'nature', entry ->> 'person',
      array(select jsonb_array_elements_text(entry -> 'duties')), array(select jsonb_array_elements_text(entry -> 'groups')),
      _write_principal.enabled, _write_principal.reason, clock_timestamp());
  for v_login in select jsonb_array_elements_text(entry -> 'logins') loop
    insert into levelb.principal_login (principal, version, login, login_oid)
      select v_principal, v_version, r.rolname, r.oid from pg_roles r where r.rolname = v_login;
    if enabled then
      for v_duty in select jsonb_array_elements_text(entry -> 'duties') loop
        perform levelb._grant_duty(v_duty, v_login);
      end loop;
    end if;
  end loop;
  for v_key in select jsonb_array_elements_text(entry -> 'keys') loop
    insert into levelb.principal_key (principal, version, key, key_bytes)
      values (v_principal, v_version, v_key, levelb._key_bytes(v_key));
  end loop;
end
$_write_principal$;
comment on function levelb._write_principal(jsonb, boolean, text) is 'Write one version of a principal.';

-- Logins must exist here and be able to log in, and must not be able to go round the channel.
create function levelb._check_logins(principals jsonb)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_logins$
declare
  v_login record;
begin
  for v_login in
    select format('principals[%s].logins[%s]', p.i - 1, l.i - 1) as field, l.name, r.oid as is_role, r.rolcanlogin,
        exists (select from pg_roles d where (d.rolsuper or d.rolcreaterole or d.rolbypassrls or d.rolreplication)
          and pg_has_role(r.oid, d.oid, 'MEMBER')) as is_dangerous
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
comment on function levelb._check_logins(jsonb) is 'Refuse logins that do not exist or could go round the channel.';

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
