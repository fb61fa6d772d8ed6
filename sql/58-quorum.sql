-- Owns the judgement of approvals against the policy.

-- What the rules ask for these touched things, [{"class", "schema"}]: of every matching rule the strictest of each
-- number. A rule for schemas matches only where a schema is known.
create function levelb._quorum_needed(
  policy jsonb,
  touched jsonb
)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_quorum_needed$
  with rule as (
    select r from jsonb_array_elements(policy -> 'quorum') r
     where exists (
       select from jsonb_array_elements(touched) t
        where (not r ? 'classes' or r -> 'classes' ? (t ->> 'class'))
          and (not r ? 'schemas' or coalesce(r -> 'schemas' ? (t ->> 'schema'), false)))
  )
  select jsonb_build_object(
    -- never less than one other principal, whatever the policy says
    'approvals', greatest(1, (select max((r ->> 'approvals')::integer) from rule)),
    'groups', coalesce((select jsonb_object_agg(g.key, g.needed) from (
        select e.key, max(e.value::text::integer) as needed from rule, jsonb_each(r -> 'groups') e group by e.key) g), '{}'))
$_quorum_needed$;
comment on function levelb._quorum_needed(jsonb, jsonb) is 'Approvals and groups that the matching rules ask for.';

-- A rollback may need less than the change did, and that is for the policy to say. Who decides is never taken back so:
-- the policy of before needs at least the quorum of the one it replaces. Nor are rows: no proof says what they were, so
-- what a rollback text writes is compared with nothing. The classes of a rollback are those of its original.
create function levelb._is_eased_rollback(
  manifest levelb.manifest,
  touched jsonb
)
  returns boolean
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
as $_is_eased_rollback$
begin
  return manifest.kind = 'rollback' and not coalesce('data' = any(manifest.classes)
    or touched @> '[{"class": "governance"}]', false);
end
$_is_eased_rollback$;
comment on function levelb._is_eased_rollback(levelb.manifest, jsonb) is
  'Whether the part of the policy about rollbacks applies.';

create function levelb._quorum_of(
  manifest levelb.manifest,
  policy jsonb,
  touched jsonb
)
  returns jsonb
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
as $_quorum_of$
begin
  if policy -> 'rollback' ? 'approvals' and levelb._is_eased_rollback(manifest, touched) then
    return jsonb_build_object('approvals', greatest(1, (policy -> 'rollback' ->> 'approvals')::integer), 'groups', '{}'::jsonb);
  end if;
  return levelb._quorum_needed(policy, touched);
end
$_quorum_of$;
comment on function levelb._quorum_of(levelb.manifest, jsonb, jsonb) is 'Approvals and groups that a manifest needs.';

-- The first name of a qualified identity. Used for claims only: what really changed brings its schema along.
create function levelb._schema_of(
  object_type text,
  identity text
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_schema_of$
  select case when m[1] is null then null when m[1] like '"%' then replace(trim('"' from m[1]), '""', '"') else m[1] end
    from regexp_match(identity, case object_type when 'schema' then '^("(?:[^"]|"")*"|.*)$'
      else '^("(?:[^"]|"")*"|[^".( ]+)\.' end) m
$_schema_of$;
comment on function levelb._schema_of(text, text) is 'Schema in an identity, null without one.';

-- What a manifest says it touches: its effects where it names them, its classes where not.
create function levelb._claimed(manifest levelb.manifest)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_claimed$
  select coalesce(jsonb_agg(distinct t), '[]') from (
    select jsonb_build_object('class', c, 'schema', null) from unnest((manifest).classes) c
    union all
    select jsonb_build_object('class', e ->> 'class', 'schema', levelb._schema_of(e ->> 'object_type', e ->> 'identity'))
      from jsonb_array_elements((manifest).effects) e
  ) claimed (t)
$_claimed$;
comment on function levelb._claimed(levelb.manifest) is 'Classes and schemas a manifest claims to touch.';

-- Approvals of the change that stand for its rollback too, as long as the policy says. Not those of a rollback:
-- whoever agreed that a change goes has not agreed that it comes back. Not where the rollback accepts what the change
-- did not: nobody has read that. And not those of a person who has decided on the rollback, in whatever revision: that
-- decision holds.
create function levelb._preapprovals(
  manifest levelb.manifest,
  policy levelb.active_policy
)
  returns setof levelb.approval
  language sql stable rows 10
  set search_path = pg_catalog, pg_temp
as $_preapprovals$
  select a.*
    from only levelb.activation o
      cross join lateral jsonb_array_elements(o.approvals) c
      join only levelb.approval a on a.approval_id = (c ->> 'approval_id')::bigint
      join only levelb.manifest m on m.migration_id = o.migration_id and m.revision = o.revision
   where (manifest).kind = 'rollback' and m.kind <> 'rollback'
     and o.activation_id = ((manifest).payload ->> 'activation_id')::bigint
     and m.content::jsonb -> 'accept' @> ((manifest).content::jsonb -> 'accept')
     and clock_timestamp() < o.finished_at
       + levelb._interval_ms((policy).document -> 'rollback' ->> 'preapproved_for') * interval '1 millisecond'
     and not exists (select from only levelb.approval d
                      where d.migration_id = (manifest).migration_id and levelb._person(d.principal) = levelb._person(a.principal))
$_preapprovals$;
comment on function levelb._preapprovals(levelb.manifest, levelb.active_policy) is
  'Approvals of a change that may stand for its rollback.';

-- Newest decision of each principal on one revision, and what stands for one, with why it does not count, if it does
-- not. An approval of an earlier revision is among them, so that whoever gave it reads why it is gone; a rejection
-- ended with its revision.
create function levelb._decisions(
  manifest levelb.manifest,
  policy levelb.active_policy,
  operator_person text,
  is_eased boolean,
  with_rehearsals boolean default false
)
  returns table (approval_id bigint, decision text, principal text, person text, groups text[], is_preapproved boolean, why text)
  -- plpgsql keeps the plan, which takes longer to make than to run
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
  set plan_cache_mode = force_generic_plan
as $_decisions$
#variable_conflict use_column
begin
  return query
  select a.approval_id, a.decision, a.principal, coalesce(p.counts_as, levelb._person(a.principal)), p.groups, a.is_preapproved,
      case
        when not a.is_preapproved and a.revision < (manifest).revision then 'given for revision ' || a.revision
        when a.decision = 'revoke' then 'revoked'
        when p.principal is null then 'principal disabled'
        when p.counts_as <> p.principal and not exists (select from levelb.active_principal q where q.principal = p.counts_as)
          then 'person disabled'
        when exists (select from only levelb.principal n
                      where n.principal = a.principal and not n.enabled and n.at > a.decided_at) then 'principal was disabled since'
        when not 'approver' = any(p.duties) then 'principal is no approver'
        when not a.is_preapproved and a.manifest_hash <> (manifest).manifest_hash then 'given for another manifest'
        when a.policy_hash <> (policy).hash then 'given under another policy'
        when a.incarnation <> (levelb._incarnation()).incident_id then 'given before the database was rebound'
        -- what stands for a rollback does so for the time that the policy says
        when not a.is_preapproved and a.expires_at <= clock_timestamp() then 'expired'
        when p.counts_as = levelb._person((manifest).author) then 'author of the migration'
        when p.counts_as = operator_person then 'operator of the activation'
      end
    from (
      (select distinct on (d.principal) d.*, false as is_preapproved from only levelb.approval d
        where d.migration_id = (manifest).migration_id and d.revision <= (manifest).revision
          and (with_rehearsals or d.decision <> 'rehearse')
        order by d.principal, d.approval_id desc)
      union all
      select b.*, true from levelb._preapprovals(manifest, policy) b where is_eased) a
    left join levelb.active_principal p on p.principal = a.principal
   where a.is_preapproved or a.revision = (manifest).revision or a.decision = 'approve';
end
$_decisions$;
comment on function levelb._decisions(levelb.manifest, levelb.active_policy, text, boolean, boolean) is
  'Standing decisions on a revision, and why one does not count.';

-- A person with two principals counts once; the groups of both are theirs.
create function levelb._approvals_missing(
  needed jsonb,
  counted jsonb
)
  returns text[]
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
as $_approvals_missing$
begin
  return (
  with approver as (
    select distinct c ->> 'person' as person, g.name
      from jsonb_array_elements(counted) c left join lateral jsonb_array_elements_text(c -> 'groups') g (name) on true
  ), gap as (
    select 1 as turn, '' as name, (needed ->> 'approvals')::bigint - (select count(distinct a.person) from approver a) as gap
    union all
    select 2, n.key, n.value::bigint - (select count(distinct a.person) from approver a where a.name = n.key)
      from jsonb_each_text(needed -> 'groups') n
  )
  select coalesce(array_agg(case when g.turn = 2 then format('%s of group %s', g.gap, g.name)
      else format('%s more approval%s', g.gap, case when g.gap = 1 then '' else 's' end) end
    order by g.turn, g.name collate "C"), '{}')
    from gap g where g.gap > 0);
end
$_approvals_missing$;
comment on function levelb._approvals_missing(jsonb, jsonb) is
  'What the counted approvals leave open of what is needed, in words.';

create function levelb._judge_quorum(
  manifest levelb.manifest,
  policy levelb.active_policy,
  operator_person text,
  touched jsonb
)
  returns levelb.quorum_state
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_judge_quorum$
declare
  v_needed constant jsonb := levelb._quorum_of(manifest, policy.document, touched);
  v_state levelb.quorum_state;
  v_missing text[];
begin
  v_state.migration_id := manifest.migration_id;
  v_state.revision := manifest.revision;
  v_state.approvals_needed := (v_needed ->> 'approvals')::integer;
  v_state.groups_needed := v_needed -> 'groups';
  select count(distinct d.person) filter (where d.decision = 'approve' and d.why is null),
      coalesce(jsonb_agg(jsonb_build_object('approval_id', d.approval_id, 'principal', d.principal, 'person', d.person,
        'groups', d.groups, 'signature', 'none') || case when d.is_preapproved then '{"preapproved": true}' else '{}' end::jsonb
        order by d.approval_id) filter (where d.decision = 'approve' and d.why is null), '[]'),
      coalesce(jsonb_agg(jsonb_build_object('approval', d.approval_id, 'principal', d.principal, 'why', d.why)
        order by d.approval_id) filter (where d.why is not null), '[]'),
      -- a rejection stands whatever its hash, policy or age; only its end ends it
      coalesce(array_agg(d.principal order by d.principal collate "C")
        filter (where d.decision = 'reject' and d.why is distinct from 'principal disabled'
          and d.why is distinct from 'principal was disabled since'), '{}')
    into v_state.approvals_met, v_state.counted, v_state.void, v_state.rejected_by
    from levelb._decisions(manifest, policy, operator_person, levelb._is_eased_rollback(manifest, touched)) d;
  v_missing := levelb._approvals_missing(v_needed, v_state.counted);
  if v_state.rejected_by <> '{}' then
    v_missing := v_missing || ('an end to the rejection by ' || array_to_string(v_state.rejected_by, ', '));
  end if;
  v_state.missing := array_to_string(v_missing, ', ');
  v_state.met := v_missing = '{}';
  return v_state;
end
$_judge_quorum$;
comment on function levelb._judge_quorum(levelb.manifest, levelb.active_policy, text, jsonb) is
  'Approvals of a revision against the policy.';

create function levelb.quorum(migration_id text)
  returns levelb.quorum_state
  language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
as $quorum$
declare
  v_manifest levelb.manifest;
  v_policy levelb.active_policy;
begin
  perform levelb._enter(array['author', 'approver', 'operator', 'auditor']);
  perform levelb._check_slug('migration_id', migration_id);
  v_manifest := levelb._newest(migration_id);
  if v_manifest.migration_id is null then
    perform levelb._raise('LB002', jsonb_build_object('field', 'migration_id', 'migration_id', migration_id));
  end if;
  select * into strict v_policy from levelb.active_policy;
  return levelb._judge_quorum(v_manifest, v_policy, null, levelb._claimed(v_manifest));
end
$quorum$;
comment on function levelb.quorum(text) is '@raises LB001 LB002 LB201 LB202

Tell how the approvals of a migration stand.

Judged by what the manifest claims; what it really changes decides at activation, and the activating operator''s own
approval does not count then.';
