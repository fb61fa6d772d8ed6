-- Owns kind principal: who is enrolled, changed and disabled.

create function levelb._named_principals(change jsonb)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array(select e ->> 'principal' from jsonb_each(change) k, jsonb_array_elements(k.value) e);
comment on function levelb._named_principals(jsonb) is 'Principals that a change enrols, changes or disables.';

create function levelb._new_versions(change jsonb)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return coalesce(change -> 'enrol', '[]') || coalesce(change -> 'change', '[]');
comment on function levelb._new_versions(jsonb) is 'Principals as a change writes them.';

create function levelb._principals_after(change jsonb)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select coalesce(jsonb_agg(p.entry order by p.principal collate "C") filter (where p.can_log_in), '[]')
    from levelb._enabled_principals() p where p.principal <> all(levelb._named_principals(change)))
  || levelb._new_versions(change);
comment on function levelb._principals_after(jsonb) is 'The principals that decide after a change.';

create function levelb._require_enrolled(change jsonb)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_enrolled$
declare
  v_found record;
begin
  select format('%s[%s].principal', k.key, e.i - 1) as field, k.key as verb, e.entry ->> 'principal' as principal into v_found
    from jsonb_each(change) k
      cross join lateral jsonb_array_elements(k.value) with ordinality e (entry, i)
      left join levelb.active_principal p on p.principal = e.entry ->> 'principal'
   where (k.key = 'enrol') = (p.principal is not null)
   order by k.key <> 'enrol', k.key, e.i limit 1;
  if v_found.verb = 'enrol' then
    perform levelb._invalid(v_found.field, v_found.principal || ' is enrolled already; write it under change');
  elsif found then
    perform levelb._invalid(v_found.field,
      v_found.principal || ' is not enrolled; a principal keeps its name, so write a new one under enrol');
  end if;
end
$_require_enrolled$;
comment on function levelb._require_enrolled(jsonb) is
  'Refuse to enrol who is enrolled, and to change or disable who is not.';

-- A login that was renamed is still the login of whom it was enrolled for, who would then count twice.
create function levelb._refuse_renamed_logins(
  paths text[],
  change jsonb
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_renamed_logins$
declare
  v_found record;
begin
  select format('%s.logins[%s]', paths[e.i], w.i - 1) as field, w.login, l.login as former, l.principal into v_found
    from jsonb_array_elements(levelb._new_versions(change)) with ordinality e (entry, i),
      lateral jsonb_array_elements_text(e.entry -> 'logins') with ordinality w (login, i)
      join pg_roles r on r.rolname = w.login
      join only levelb.principal_login l on l.login_oid = r.oid and l.login <> r.rolname
      join levelb.active_principal p on p.principal = l.principal and p.version = l.version
   where l.principal <> e.entry ->> 'principal' and l.principal <> all(levelb._named_principals(change))
   order by e.i, w.i limit 1;
  if found then
    perform levelb._invalid(v_found.field, format('role %s was enrolled for %s, as %s; change or disable %s too',
      quote_ident(v_found.login), v_found.principal, quote_ident(v_found.former), v_found.principal));
  end if;
end
$_refuse_renamed_logins$;
comment on function levelb._refuse_renamed_logins(text[], jsonb) is
  'Refuse logins that another principal has under a former name.';

-- Those whom the change does not name come first, so that of two who claim one login the one in the change is wrong.
create function levelb._refuse_contradictions(
  paths text[],
  change jsonb
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_contradictions$
declare
  v_kept constant jsonb := (
    select coalesce(jsonb_agg(p.entry order by p.principal collate "C"), '[]')
      from levelb._enabled_principals() p where p.principal <> all(levelb._named_principals(change)));
  v_problem record;
begin
  select * into v_problem from levelb._principals_problem(v_kept || levelb._new_versions(change));
  if not found then
    return;
  elsif v_problem.n >= jsonb_array_length(v_kept) then
    perform levelb._invalid(format('%s.%s', paths[v_problem.n - jsonb_array_length(v_kept) + 1], v_problem.field),
      replace(v_problem.problem, 'is not in this list', 'is not enrolled'));
  end if;
  -- Of those whom it does not name only the person can be taken away.
  perform levelb._invalid(coalesce((
      select format('%s[%s].principal', k.key, e.i - 1)
        from jsonb_each(change) k, jsonb_array_elements(k.value) with ordinality e (entry, i)
       where e.entry ->> 'principal' = v_problem.about), ''),
    format('%s counts as %s: change or disable %s too', v_kept -> v_problem.n::integer ->> 'principal', v_problem.about,
      v_kept -> v_problem.n::integer ->> 'principal'));
end
$_refuse_contradictions$;
comment on function levelb._refuse_contradictions(text[], jsonb) is
  'Refuse names, logins, keys and persons that contradict each other after a change.';

-- Asked when it is staged and again when it is activated, since logins and people come and go.
create function levelb._require_principal_change(change jsonb)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_principal_change$
declare
  v_new constant jsonb := levelb._new_versions(change);
  v_paths constant text[] := levelb._paths('enrol', coalesce(change -> 'enrol', '[]'))
    || levelb._paths('change', coalesce(change -> 'change', '[]'));
  v_problem text;
begin
  perform levelb._require_enrolled(change);
  perform levelb._refuse_other_identity(v_paths, v_new);
  perform levelb._refuse_contradictions(v_paths, change);
  perform levelb._check_logins(v_paths, v_new);
  perform levelb._refuse_renamed_logins(v_paths, change);
  v_problem := levelb._policy_problem((select p.document from levelb.active_policy p), levelb._principals_after(change));
  if v_problem is not null then
    perform levelb._raise('LB013', jsonb_build_object('problem', v_problem));
  end if;
end
$_require_principal_change$;
comment on function levelb._require_principal_change(jsonb) is
  'Refuse a change of principals that this database cannot have.';

-- What holds of a principal, line by line. A login whose role is another one by now is told apart, or binding the name
-- to the role of today would be no effect.
create function levelb._principal_leaves(principal text)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_principal_leaves$
  select jsonb_object_agg(l.leaf, l.content)
    from (select jsonb_build_object('enabled', false) as document
       where not exists (select from levelb.active_principal p where p.principal = _principal_leaves.principal)
      union all
      select jsonb_build_object('enabled', true, 'nature', p.nature, 'person', nullif(p.counts_as, p.principal), 'duties', p.duties,
          'groups', p.groups, 'keys', p.keys, 'logins', (
            select jsonb_agg(case when r.oid is null then b.login || ' (no longer that role)' else b.login end)
              from only levelb.principal_login b left join pg_roles r on r.oid = b.login_oid and r.rolname = b.login
             where b.principal = p.principal and b.version = p.version))
        from levelb.active_principal p where p.principal = _principal_leaves.principal) d
      cross join lateral levelb._json_leaves(d.document) l
$_principal_leaves$;
comment on function levelb._principal_leaves(text) is 'What holds of a principal, as {leaf: text}.';

-- Rights rest on the rows; the memberships that open the door are granted and never taken back, since another database
-- of the cluster may need them. Those that were made are effects as well.
create function levelb._carry_out_principal_change(
  change jsonb,
  reason text,
  activation_id bigint
)
  returns jsonb
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_carry_out_principal_change$
declare
  v_effects jsonb := '[]';
  v_made text[] := '{}';
  v_verb text;
  v_entry jsonb;
  v_old jsonb;
begin
  for v_verb, v_entry in
    select k.key, e.entry from jsonb_each(change) k, jsonb_array_elements(k.value) with ordinality e (entry, i)
     -- those who go first: their logins may go to others
     order by k.key <> 'disable', k.key, e.i
  loop
    v_old := levelb._principal_leaves(v_entry ->> 'principal');
    v_made := v_made || levelb._write_principal(
      case when v_verb = 'disable'
        then (select p.entry from levelb._enabled_principals() p where p.principal = v_entry ->> 'principal') else v_entry end,
      v_verb <> 'disable', coalesce(v_entry ->> 'reason', reason), activation_id);
    v_effects := v_effects || levelb._governance_effects('principal', v_entry ->> 'principal', v_old,
      levelb._principal_leaves(v_entry ->> 'principal'));
  end loop;
  return v_effects || coalesce((
    select jsonb_agg(jsonb_build_object('class', 'governance', 'object_type', 'role membership', 'identity', d,
        'attribute', 'duty', 'before', null, 'after', 'granted') order by n)
      from unnest(v_made) with ordinality d (d, n)), '[]');
end
$_carry_out_principal_change$;
comment on function levelb._carry_out_principal_change(jsonb, text, bigint) is
  'Write the new versions of principals; return what differs.';
