-- Owns step 3 of activate: whether this migration may be activated by this operator now.

-- What is stored is what was approved only if it still has its hash, and the columns still say what the hashed text
-- says.
create function levelb._is_as_approved(manifest levelb.manifest)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_is_as_approved$
  with step as (
    select s.* from only levelb.step s
     where s.migration_id = manifest.migration_id and s.revision = manifest.revision
  )
  select levelb._sha256(manifest.content) = manifest.manifest_hash
    and row(c ->> 'title', c ->> 'description', c ->> 'change_ref', c ->> 'kind', c -> 'classes', c ->> 'search_path',
        c -> 'depends_on', c -> 'effects', c -> 'payload', (c ->> 'not_before')::timestamptz,
        (c ->> 'not_after')::timestamptz)
      is not distinct from row(manifest.title, manifest.description, manifest.change_ref, manifest.kind,
        to_jsonb(manifest.classes), manifest.search_path, to_jsonb(manifest.depends_on), manifest.effects,
        manifest.payload, manifest.not_before, manifest.not_after)
    and (select count(*) from step) = jsonb_array_length(c -> 'steps')
    and not exists (
      select from step s
       where levelb._sha256(s.apply) is distinct from s.apply_hash
          or levelb._sha256(s.roles::text) is distinct from s.roles_hash
          or levelb._sha256(s.verify) is distinct from s.verify_hash
          or levelb._sha256(s.rollback) is distinct from s.rollback_hash
          or c -> 'steps' -> (s.position - 1) is distinct from jsonb_strip_nulls(jsonb_build_object('name', s.name,
            'apply', encode(s.apply_hash, 'hex'), 'rollback', encode(s.rollback_hash, 'hex'),
            'verify', encode(s.verify_hash, 'hex'), 'roles', encode(s.roles_hash, 'hex'))))
    from (select manifest.content::jsonb) m (c)
$_is_as_approved$;
comment on function levelb._is_as_approved(levelb.manifest) is
  'Whether a manifest and its steps have the hashes they claim.';

-- What must hold before its text runs, whether it is to be kept or not.
create function levelb._judge_manifest(
  manifest levelb.manifest,
  call levelb._call
)
  returns levelb._verdict
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_judge_manifest$
declare
  v_verdict levelb._verdict;
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
  if levelb._is_as_approved(manifest) is not true then
    return levelb._refusal('LB309', jsonb_build_object('migration_id', manifest.migration_id, 'problem',
      'the stored text does not have the hash that was approved'));
  end if;
  select jsonb_agg(d order by d) into v_found from unnest(manifest.depends_on) d where not levelb._is_in_force(d);
  if v_found is not null then
    return levelb._refusal('LB007', jsonb_build_object('depends_on', v_found));
  end if;
  if levelb._role_home() is distinct from current_database() and exists (
    select from only levelb.step s
     where s.migration_id = manifest.migration_id and s.revision = manifest.revision and s.roles is not null) then
    return levelb._refusal('LB210',
      jsonb_build_object('items', '["role_home"]'::jsonb, 'database', levelb._role_home()),
      hint => levelb._role_home_hint());
  end if;
  -- whose login staged it is the author under another name; a rollback is staged by an operator in the author's name
  if levelb._person(manifest.author) = call.person or manifest.login = call.login and manifest.kind <> 'rollback' then
    return levelb._refusal('LB212', jsonb_build_object('author', manifest.author, 'operator', call.principal));
  end if;
  return v_verdict;
end
$_judge_manifest$;
comment on function levelb._judge_manifest(levelb.manifest, levelb._call) is
  'Whether the text of this migration may be run by this caller, as far as approvals have no say.';

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
  v_verdict levelb._verdict := levelb._judge_manifest(manifest, call);
  v_quorum levelb.quorum_state;
  v_problem levelb.error_entry;
begin
  if v_verdict.code is not null then
    return v_verdict;
  end if;
  if clock_timestamp() < manifest.not_before or clock_timestamp() > manifest.not_after then
    return levelb._refusal('LB010',
      jsonb_build_object('not_before', manifest.not_before, 'not_after', manifest.not_after));
  end if;
  v_problem := levelb._not_rehearsed(manifest, policy);
  if v_problem.code is not null then
    return levelb._refusal(v_problem.code, v_problem.message::jsonb, hint => v_problem.hint);
  end if;
  v_quorum := levelb._judge_quorum(manifest, policy, call.person, levelb._claimed(manifest));
  if v_quorum.rejected_by <> '{}' then
    return levelb._refusal('LB208', jsonb_build_object('rejected_by', to_jsonb(v_quorum.rejected_by)));
  end if;
  if not v_quorum.met then
    return levelb._refusal('LB204',
      jsonb_build_object('missing', v_quorum.missing, 'approvals', v_quorum.approvals_met, 'needed',
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
