-- Owns taking back an activated migration: which migration does it, whether it can be done now, and its staging.

-- The name says what it rolls back; where that is too long, a hash of it.
create function levelb._rollback_id(migration_id text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case when length(substring(migration_id from '[^/]*$')) <= 54 then migration_id || '.rollback'
  else left(migration_id, length(migration_id) - length(substring(migration_id from '[^/]*$')) + 37) || '.'
    || left(encode(levelb._sha256(migration_id), 'hex'), 16) || '.rollback' end;
comment on function levelb._rollback_id(text) is 'Name of the migration that rolls another back.';

create function levelb._rolled_back_by(migration_id text)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select m.migration_id
    from only levelb.activation a join only levelb.manifest m on m.migration_id = a.migration_id and m.revision = a.revision
   where a.migration_id = levelb._rollback_id(_rolled_back_by.migration_id) and a.outcome = 'activated'
     and m.kind = 'rollback' and m.payload ->> 'migration_id' = _rolled_back_by.migration_id);
comment on function levelb._rolled_back_by(text) is 'Activated migration that rolled another back, null when none did.';

-- A rollback can be rolled back in its turn, and then what it took back is in force again.
create function levelb._is_in_force(migration_id text)
  returns boolean
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_is_in_force$
declare
  v_in_force boolean := levelb._is_activated(migration_id);
  v_rollback text := levelb._rolled_back_by(migration_id);
begin
  while v_rollback is not null loop
    v_in_force := not v_in_force;
    v_rollback := levelb._rolled_back_by(v_rollback);
  end loop;
  return v_in_force;
end
$_is_in_force$;
comment on function levelb._is_in_force(text) is 'Whether a migration was activated and is not rolled back.';

-- What effects are on. Of a policy its name may change, and there is one.
create function levelb._effect_objects(effects jsonb)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array(
  select distinct case when e ->> 'object_type' = 'policy' then 'policy' else concat_ws(' ', e ->> 'object_type', e ->> 'identity') end
    from jsonb_array_elements(effects) e);
comment on function levelb._effect_objects(jsonb) is 'Objects that effects are on.';

-- Later activations that a rollback would pull the ground from under, newest first. One that was rolled back itself
-- does not count, with its rollback: of a chain of rollbacks the last stands for all, when it leaves a change behind.
create function levelb._rollback_blockers(proof levelb.activation)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_rollback_blockers$
  with recursive taken (migration_id, revision) as (
    select (proof).migration_id::text, (proof).revision
    union all
    select m.payload ->> 'migration_id', a.revision
      from taken t
        join only levelb.manifest m on m.migration_id = t.migration_id and m.revision = t.revision and m.kind = 'rollback'
        join only levelb.activation a on a.activation_id = (m.payload ->> 'activation_id')::bigint
  ), later as (
    select a.activation_id, a.migration_id, a.effects, m.depends_on, (m.payload ->> 'activation_id')::bigint as takes_back
      from only levelb.activation a
        join only levelb.manifest m on m.migration_id = a.migration_id and m.revision = a.revision
        cross join lateral (select case when m.kind = 'rollback' then m.payload end as payload) r
     where a.outcome = 'activated' and a.activation_id > (proof).activation_id and m.kind <> 'explain'
  ), chain (head, activation_id, takes_back, depends_on) as (
    select l.activation_id, l.activation_id, l.takes_back, l.depends_on from later l where levelb._rolled_back_by(l.migration_id) is null
    union all
    select c.head, l.activation_id, l.takes_back, l.depends_on from chain c join later l on l.activation_id = c.takes_back
  )
  select jsonb_agg(l.migration_id order by l.activation_id desc)
    from later l
   where l.activation_id in (select c.head from chain c group by c.head having count(*) % 2 = 1)
     and (levelb._effect_objects(l.effects) && levelb._effect_objects((proof).effects)
       or exists (select from chain c cross join taken t where c.head = l.activation_id and t.migration_id = any(c.depends_on)))
$_rollback_blockers$;
comment on function levelb._rollback_blockers(levelb.activation) is
  'Migrations that must be rolled back before, newest first; null when there are none.';

-- Asked when it is staged and again when it is activated.
create function levelb._rollback_problem(migration_id text)
  returns levelb.error_entry
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_rollback_problem$
declare
  v_proof levelb.activation;
  v_problem levelb.error_entry;
  v_blockers jsonb;
begin
  select a.* into v_proof from only levelb.activation a
   where a.migration_id = _rollback_problem.migration_id and a.outcome = 'activated';
  if not found then
    v_problem.code := 'LB001';
    v_problem.message := jsonb_build_object('field', 'migration_id', 'problem', 'is not activated', 'migration_id', migration_id);
    v_problem.hint := 'What was not activated is withdrawn: levelb.withdraw(migration_id, reason).';
  elsif exists (select from only levelb.manifest m
                 where m.migration_id = v_proof.migration_id and m.revision = v_proof.revision and m.kind = 'explain') then
    v_problem.code := 'LB001';
    v_problem.message := jsonb_build_object('field', 'migration_id', 'problem', 'is an explanation, which changed nothing', 'migration_id', migration_id);
    v_problem.hint := 'To have it otherwise after all, write a migration that puts back what drifted.';
  elsif levelb._rolled_back_by(migration_id) is not null then
    v_problem.code := 'LB008';
    v_problem.message := jsonb_build_object('migration_id', migration_id, 'rolled_back_by', levelb._rolled_back_by(migration_id));
    v_problem.hint := 'To have it back, roll back the migration that rolled it back, named in DETAIL.';
  else
    v_blockers := levelb._rollback_blockers(v_proof);
    if v_blockers is not null then
      v_problem.code := 'LB310';
      v_problem.message := jsonb_build_object('migration_id', migration_id, 'blocked_by', v_blockers);
      v_problem.hint := 'Roll those back first, in this order, or write a migration that goes forward.';
    end if;
  end if;
  return v_problem;
end
$_rollback_problem$;
comment on function levelb._rollback_problem(text) is
  'Why a migration cannot be rolled back now: code, DETAIL as message, HINT; code null when it can.';

-- Last step first. A step whose role document changed nothing has nothing to take back.
create function levelb._rollback_steps(proof levelb.activation)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_rollback_steps$
declare
  v_step levelb.step;
  v_path text;
  v_roles jsonb;
  v_steps jsonb := '[]';
begin
  for v_step in
    select s.* from only levelb.step s where s.migration_id = proof.migration_id and s.revision = proof.revision order by s.position desc
  loop
    v_path := format('steps[%s]', v_step.position - 1);
    if v_step.roles is not null then
      v_roles := levelb._inverse_roles(v_path || '.roles', v_step.roles, proof.effects);
      continue when v_roles = '{}';
      v_steps := v_steps || jsonb_build_object('name', v_step.name, 'roles', v_roles);
    elsif v_step.rollback is null then
      perform levelb._irreversible(v_path || '.rollback', format('step %s was approved without one', v_step.name));
    else
      v_steps := v_steps || jsonb_build_object('name', v_step.name, 'apply', v_step.rollback, 'rollback', v_step.apply);
    end if;
  end loop;
  return v_steps;
end
$_rollback_steps$;
comment on function levelb._rollback_steps(levelb.activation) is
  'Steps that take an activation back, else raise LB001.';

-- What a rollback may touch is what its original touched: what was taken back without a trace, such as the rows of a
-- table that is dropped, belongs to that when it comes back.
create function levelb._rollback_classes(
  original levelb.manifest,
  proof levelb.activation
)
  returns text[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return levelb._by_code_point(array(
  select e ->> 'class' from jsonb_array_elements((proof).effects || coalesce((proof).dropped, '[]')) e
  union
  select c from unnest((original).classes) c where (original).kind = 'rollback'));
comment on function levelb._rollback_classes(levelb.manifest, levelb.activation) is 'Classes of the rollback of an activation.';

-- What the change accepts, its rollback text may do too: both were approved with it. A lost protection is none in a
-- rollback, and for secrets its texts have been searched.
create function levelb._rollback_accept_rules()
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array(select r.rule from levelb._rules() r where r.accepted_as is not null and (r.code = 'LB310' or r.rule = 'code_of_others_ran'));
comment on function levelb._rollback_accept_rules() is 'Rules whose findings a rollback may accept.';

-- accept: what it accepts besides.
create function levelb._rollback_document(
  proof levelb.activation,
  reason text,
  accept jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_rollback_document$
declare
  v_manifest levelb.manifest;
  v_effects jsonb;
  v_payload jsonb;
  v_accept jsonb;
begin
  select m.* into strict v_manifest from only levelb.manifest m
   where m.migration_id = proof.migration_id and m.revision = proof.revision;
  v_effects := levelb._inverse_effects(levelb._effects_with_gone(v_manifest, proof.effects) || coalesce(proof.dropped, '[]'));
  select coalesce(jsonb_agg(a), '[]') into v_accept
    from jsonb_array_elements(v_manifest.content::jsonb -> 'accept') a
   where a ->> 'rule' = any(levelb._rollback_accept_rules());
  v_payload := jsonb_build_object('migration_id', proof.migration_id, 'activation_id', proof.activation_id, 'reason', reason,
    'kind', case v_manifest.kind when 'rollback' then v_manifest.payload ->> 'kind' else v_manifest.kind end);
  if levelb._is_native(v_manifest) then
    v_payload := v_payload || jsonb_build_object('payload', levelb._inverse_payload((levelb._native_form(v_manifest)).kind,
      (levelb._native_form(v_manifest)).payload, proof.activation_id, reason));
  end if;
  -- A policy is named in its effects as it will be named.
  if v_payload ->> 'kind' = 'policy' then
    select jsonb_agg(e || jsonb_build_object('identity', coalesce(v_payload -> 'payload' ->> 'name', ''))) into v_effects
      from jsonb_array_elements(v_effects) e;
  end if;
  return jsonb_strip_nulls(jsonb_build_object('change_ref', v_manifest.change_ref, 'search_path', v_manifest.search_path))
    || jsonb_build_object('title', left('Roll back: ' || v_manifest.title, 200), 'description', reason, 'kind', 'rollback',
      'classes', levelb._rollback_classes(v_manifest, proof),
      'depends_on', '[]'::jsonb, 'effects', levelb._canonical_effects(v_effects), 'payload', v_payload,
      'accept', v_accept || coalesce((
        select jsonb_agg(a) from jsonb_array_elements(accept) a
         where not levelb._is_accepted(v_accept, a ->> 'rule', a ->> 'object')), '[]'),
      'steps', levelb._rollback_steps(proof));
end
$_rollback_document$;
comment on function levelb._rollback_document(levelb.activation, text, jsonb) is
  'Document of the migration that takes an activation back.';

-- The next revision of a rollback that was withdrawn, or the first of a new one, whose gate it makes.
create function levelb._next_rollback_revision(migration_id text)
  returns integer
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_next_rollback_revision$
declare
  v_newest constant levelb.manifest := levelb._newest(migration_id);
begin
  if v_newest.migration_id is null then
    insert into levelb._migration_gate (migration_id, version) values (_next_rollback_revision.migration_id, 0);
    return 1;
  end if;
  perform levelb._pass_gate(migration_id);
  if not levelb._is_withdrawn(migration_id, v_newest.revision) then
    perform levelb._raise('LB003', jsonb_build_object('field', 'migration_id', 'migration_id', migration_id),
      'The rollback is staged: have it approved and activate it, or withdraw it first.');
  elsif v_newest.revision >= 500 then
    perform levelb._raise('LB107', jsonb_build_object('migration_id', migration_id, 'revisions', v_newest.revision),
      'Write a migration that goes forward.');
  end if;
  return v_newest.revision + 1;
end
$_next_rollback_revision$;
comment on function levelb._next_rollback_revision(text) is 'Revision under which a rollback is staged.';

create function levelb.stage_rollback(
  migration_id text,
  reason text,
  accept jsonb default null
)
  returns levelb.manifest
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $stage_rollback$
declare
  v_call levelb._call;
  v_problem levelb.error_entry;
  v_proof levelb.activation;
  v_accept jsonb := '[]';
  v_document jsonb;
  v_id text;
begin
  perform levelb._begin_write();
  v_call := levelb._enter(array['operator']);
  perform levelb._check_slug('migration_id', migration_id);
  perform levelb._check_text('reason', reason, 2000, true);
  if accept is not null then
    perform levelb._check_size(accept);
    perform levelb._json_array('accept', accept, 1, 1000);
    v_accept := levelb._check_accept('accept', accept, levelb._rollback_accept_rules());
  end if;
  -- Two who stage the same rollback at once follow one another, and nobody activates what is being rolled back.
  perform levelb._pass_gate(migration_id);
  v_problem := levelb._rollback_problem(migration_id);
  if v_problem.code is not null then
    perform levelb._raise(v_problem.code, v_problem.message::jsonb, v_problem.hint);
  end if;
  select a.* into strict v_proof from only levelb.activation a
   where a.migration_id = stage_rollback.migration_id and a.outcome = 'activated';
  v_document := levelb._rollback_document(v_proof, reason, v_accept);
  v_id := levelb._rollback_id(migration_id);
  -- Its author is the original's: whoever wrote a change approves neither it nor its end, and the operator on duty may
  -- activate what they stage.
  select m.author into strict v_call.principal from only levelb.manifest m
   where m.migration_id = v_proof.migration_id and m.revision = v_proof.revision;
  return levelb._write_manifest(v_id, levelb._next_rollback_revision(v_id), v_document, v_call);
end
$stage_rollback$;
comment on function levelb.stage_rollback(text, text, jsonb) is '@json accept Accept
@raises LB001 LB002 LB003 LB006 LB008 LB102 LB103 LB104 LB105 LB107 LB201 LB202 LB310

Stage the rollback of an activated migration, as <migration_id>.rollback.

Its steps are the rollback texts that were approved with the change, last step first, and the opposite of each role
document; its effects are those of the proof with before and after exchanged, and activation must produce exactly these.
Its author is the original''s. It needs the quorum that the policy asks for rollbacks. Refused while a later migration
touched the same objects or depends on it; DETAIL lists those. A rollback can be rolled back in the same way. It accepts
what the change accepts, and what accept says: [{rule, object, reason}] of the rules of LB310 and of code_of_others_ran, which
approvals of the change do not stand for.';
