-- Owns step 3 of activate: whether this migration may be activated by this operator now.

create type levelb._verdict as (
  code       text,
  detail     jsonb,
  approvals  jsonb,
  hint       text
);
comment on type levelb._verdict is 'Judgement of a migration; code null means go.';
comment on column levelb._verdict.hint is 'The next step, where it is another than that of the registry.';

create function levelb._refusal(
  code text,
  detail jsonb,
  approvals jsonb default '[]',
  hint text default null
)
  returns levelb._verdict
  language sql immutable
  set search_path = pg_catalog, pg_temp
return row(code, detail, approvals, hint)::levelb._verdict;
comment on function levelb._refusal(text, jsonb, jsonb, text) is 'A judgement that says no.';

-- First thing wrong with levelb's roles, in words; null when they are as installed.
create function levelb._role_problem()
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_role_problem$
  select problem from (
    select format('%s can log in', rolname) as problem from pg_roles where starts_with(rolname, 'levelb_') and rolcanlogin
    union all
    select format('%s holds SUPERUSER, CREATEDB, REPLICATION or BYPASSRLS', rolname) from pg_roles
     where starts_with(rolname, 'levelb_') and (rolsuper or rolcreatedb or rolreplication or rolbypassrls)
    union all
    select format('%s %s CREATEROLE', rolname, case when rolcreaterole then 'holds' else 'lacks' end) from pg_roles
     where starts_with(rolname, 'levelb_') and rolcreaterole <> (rolname = 'levelb_roles')
    union all
    select format('%s is a member of %s', levelb._role_name(m.member), g.rolname)
      from pg_auth_members m join pg_roles g on g.oid = m.roleid
     where g.rolname in ('levelb_owner', 'levelb_deploy', 'levelb_definer', 'levelb_roles', 'levelb_sandbox')
       and not (g.rolname in ('levelb_definer', 'levelb_sandbox') and levelb._role_name(m.member) = 'levelb_deploy')
    union all
    select format('%s is a member of %s', m.rolname, g.rolname)
      from pg_auth_members a join pg_roles g on g.oid = a.roleid join pg_roles m on m.oid = a.member
     where m.rolname in ('levelb_deploy', 'levelb_definer', 'levelb_sandbox', 'levelb_roles')
       and (g.rolname ~ '^pg_' or g.rolsuper or g.rolcreaterole or g.rolbypassrls
         or g.rolname in ('levelb_owner', 'levelb_author', 'levelb_approver', 'levelb_operator', 'levelb_auditor'))
    union all
    select format('%s may grant %s', levelb._role_name(m.member), g.rolname)
      from pg_auth_members m join pg_roles g on g.oid = m.roleid
     where g.rolname in ('levelb_author', 'levelb_approver', 'levelb_operator', 'levelb_auditor', 'levelb_reader')
       and m.admin_option and levelb._role_name(m.member) <> 'levelb_owner'
    union all
    select format('%s is a member of %s', m.rolname, levelb._role_name(a.roleid))
      from pg_auth_members a join pg_roles m on m.oid = a.member
     where m.rolname = 'levelb_owner'
       and levelb._role_name(a.roleid) not in ('levelb_author', 'levelb_approver', 'levelb_operator', 'levelb_auditor', 'levelb_reader')
    union all
    select format('%s has settings of its own', r.rolname)
      from pg_db_role_setting s join pg_roles r on r.oid = s.setrole, unnest(s.setconfig) c
     where starts_with(r.rolname, 'levelb_') and c not like 'levelb.role_home=%'
  ) problems order by problem collate "C" limit 1
$_role_problem$;
comment on function levelb._role_problem() is 'What is wrong with levelb''s roles, null when nothing is.';

-- Constant cost, whatever the size of ledger or catalog: the channel is what bootstrap or rebind wrote down, it belongs
-- to this database, and nobody but the known roles can use its owners.
create function levelb._channel_problem()
  returns levelb._verdict
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_channel_problem$
declare
  v_incarnation constant levelb.incident := levelb._incarnation();
  v_verdict levelb._verdict;
begin
  if v_incarnation.incident_id is null then
    v_verdict := levelb._refusal('LB210', jsonb_build_object('item', 'bootstrapped'));
  elsif v_incarnation.database_identity <> levelb._database_identity()
     or split_part(v_incarnation.server_version, '.', 1) <> split_part(current_setting('server_version'), '.', 1) then
    v_verdict := levelb._refusal('LB312', jsonb_build_object('ledger', v_incarnation.database_identity, 'database',
      levelb._database_identity()));
  elsif not levelb._is_as_installed(v_incarnation) then
    v_verdict := levelb._refusal('LB306', jsonb_build_object('rule', 'installed_objects_unchanged', 'ledger',
      v_incarnation.details ->> 'fingerprint', 'database', levelb._fingerprint()));
  elsif exists (select from levelb._check_head()) then
    v_verdict := levelb._refusal('LB309', (select jsonb_build_object('problem', h.problem) from levelb._check_head() h limit 1));
  elsif levelb._role_problem() is not null then
    v_verdict := levelb._refusal('LB306', jsonb_build_object('rule', 'roles_as_installed', 'problem', levelb._role_problem()));
  end if;
  return v_verdict;
end
$_channel_problem$;
comment on function levelb._channel_problem() is 'What is wrong with the channel itself; code null when it is intact.';

create function levelb._judge(
  manifest levelb.manifest,
  policy levelb.active_policy,
  call levelb._call
)
  returns levelb._verdict
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_judge$
declare
  v_verdict levelb._verdict;
  v_quorum levelb.quorum_state;
  v_problem levelb.error_entry;
  v_found jsonb;
begin
  v_verdict.approvals := '[]';
  if levelb._is_activated(manifest.migration_id) then
    return levelb._refusal('LB008', jsonb_build_object('migration_id', manifest.migration_id));
  end if;
  if levelb._is_withdrawn(manifest.migration_id, manifest.revision) then
    return levelb._refusal('LB009', (select jsonb_build_object('by', w.principal, 'reason', w.reason, 'at', w.at)
      from only levelb.withdrawal w where w.migration_id = manifest.migration_id and w.revision = manifest.revision));
  end if;
  -- What is stored is what was approved only if it still has its hash, and the columns still say what the hashed text says.
  if levelb._sha256(manifest.content) <> manifest.manifest_hash
     or (select row(c ->> 'title', c ->> 'description', c ->> 'change_ref', c ->> 'kind', c -> 'classes', c ->> 'search_path',
             c -> 'depends_on', c -> 'effects', c -> 'payload', (c ->> 'not_before')::timestamptz, (c ->> 'not_after')::timestamptz)
           is distinct from row(manifest.title, manifest.description, manifest.change_ref, manifest.kind,
             to_jsonb(manifest.classes), manifest.search_path, to_jsonb(manifest.depends_on), manifest.effects, manifest.payload,
             manifest.not_before, manifest.not_after)
         from (select manifest.content::jsonb) m (c))
     or exists (select from only levelb.step s where s.migration_id = manifest.migration_id and s.revision = manifest.revision
                 and (levelb._sha256(s.apply) is distinct from s.apply_hash
                   or levelb._sha256(s.roles::text) is distinct from s.roles_hash
                   or levelb._sha256(s.verify) is distinct from s.verify_hash
                   or levelb._sha256(s.rollback) is distinct from s.rollback_hash
                   or manifest.content::jsonb -> 'steps' -> (s.position - 1) is distinct from jsonb_strip_nulls(jsonb_build_object('name',
                     s.name, 'apply', encode(s.apply_hash, 'hex'), 'rollback', encode(s.rollback_hash, 'hex'),
                     'verify', encode(s.verify_hash, 'hex'), 'roles', encode(s.roles_hash, 'hex'))))) 
     or (select count(*) from only levelb.step s where s.migration_id = manifest.migration_id and s.revision = manifest.revision)
        <> jsonb_array_length(manifest.content::jsonb -> 'steps') then
    return levelb._refusal('LB309', jsonb_build_object('migration_id', manifest.migration_id, 'problem',
      'the stored text does not have the hash that was approved'));
  end if;
  select jsonb_agg(d order by d) into v_found from unnest(manifest.depends_on) d where not levelb._is_in_force(d);
  if v_found is not null then
    return levelb._refusal('LB007', jsonb_build_object('depends_on', v_found));
  end if;
  if exists (select from only levelb.step s where s.migration_id = manifest.migration_id and s.revision = manifest.revision
              and s.roles is not null) and levelb._role_home() is distinct from current_database() then
    return levelb._refusal('LB210', jsonb_build_object('items', '["role_home"]'::jsonb, 'database', levelb._role_home()),
      hint => levelb._role_home_hint());
  end if;
  if clock_timestamp() < manifest.not_before or clock_timestamp() > manifest.not_after then
    return levelb._refusal('LB010', jsonb_build_object('not_before', manifest.not_before, 'not_after', manifest.not_after));
  end if;
  -- whose login staged it is the author under another name; a rollback is staged by an operator in the author's name
  if levelb._person(manifest.author) = call.person or manifest.login = call.login and manifest.kind <> 'rollback' then
    return levelb._refusal('LB212', jsonb_build_object('author', manifest.author, 'operator', call.principal));
  end if;
  if policy.document ->> 'effects' = 'exact' and manifest.effects is null and not levelb._is_native(manifest) then
    return levelb._refusal('LB209', jsonb_build_object('policy', 'effects: exact'));
  end if;
  v_quorum := levelb._judge_quorum(manifest, policy, call.person, levelb._claimed(manifest));
  if v_quorum.rejected_by <> '{}' then
    return levelb._refusal('LB208', jsonb_build_object('rejected_by', to_jsonb(v_quorum.rejected_by)));
  end if;
  if not v_quorum.met then
    return levelb._refusal('LB204', jsonb_build_object('missing', v_quorum.missing, 'approvals', v_quorum.approvals_met, 'needed',
      v_quorum.approvals_needed, 'groups', v_quorum.groups_needed, 'void', v_quorum.void), v_quorum.counted);
  end if;
  v_verdict.approvals := v_quorum.counted;
  -- last, since it is the dearest, and whoever lacks the approvals learns nothing from it
  if manifest.kind = 'rollback' then
    v_problem := levelb._rollback_problem(manifest.payload ->> 'migration_id');
  end if;
  if v_problem.code is null then
    v_problem := levelb._native_problem(manifest);
  end if;
  if v_problem.code is not null then
    return levelb._refusal(v_problem.code, v_problem.message::jsonb, v_quorum.counted, v_problem.hint);
  end if;
  return v_verdict;
end
$_judge$;
comment on function levelb._judge(levelb.manifest, levelb.active_policy, levelb._call) is
  'Whether this migration may be activated by this caller now.';
