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

-- Newest decision of each principal on one revision, with why it does not count, if it does not.
create function levelb._decisions(
  manifest levelb.manifest,
  policy_hash bytea,
  operator_person text
)
  returns table (approval_id bigint, decision text, principal text, person text, groups text[], why text)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_decisions$
  select a.approval_id, a.decision, a.principal, coalesce(p.counts_as, levelb._person(a.principal)), p.groups,
      case
        when a.decision = 'revoke' then 'revoked'
        when p.principal is null then 'principal disabled'
        when p.counts_as <> p.principal and not exists (select from levelb.active_principal q where q.principal = p.counts_as)
          then 'person disabled'
        when not 'approver' = any(p.duties) then 'principal is no approver'
        when a.manifest_hash <> (manifest).manifest_hash then 'given for another manifest'
        when a.policy_hash <> _decisions.policy_hash then 'given under another policy'
        when a.incarnation <> (levelb._incarnation()).incident_id then 'given before the database was rebound'
        when a.expires_at <= clock_timestamp() then 'expired'
        when p.counts_as = levelb._person((manifest).author) then 'author of the migration'
        when p.counts_as = operator_person then 'operator of the activation'
      end
    from (select distinct on (d.principal) d.* from only levelb.approval d
           where d.migration_id = (manifest).migration_id and d.revision = (manifest).revision
           order by d.principal, d.approval_id desc) a
    left join levelb.active_principal p on p.principal = a.principal
$_decisions$;
comment on function levelb._decisions(levelb.manifest, bytea, text) is 'Standing decisions on a revision, and why one does not count.';

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
  v_needed constant jsonb := levelb._quorum_needed(policy.document, touched);
  v_state levelb.quorum_state;
  v_missing text[] := '{}';
begin
  v_state.migration_id := manifest.migration_id;
  v_state.revision := manifest.revision;
  v_state.approvals_needed := (v_needed ->> 'approvals')::integer;
  v_state.groups_needed := v_needed -> 'groups';
  -- A person with two principals counts once; the groups of both are theirs.
  select count(distinct d.person) filter (where d.decision = 'approve' and d.why is null),
      coalesce(jsonb_agg(jsonb_build_object('approval_id', d.approval_id, 'principal', d.principal, 'person', d.person,
        'groups', d.groups, 'signature', 'none') order by d.approval_id) filter (where d.decision = 'approve' and d.why is null), '[]'),
      coalesce(jsonb_agg(jsonb_build_object('approval', d.approval_id, 'principal', d.principal, 'why', d.why)
        order by d.approval_id) filter (where d.why is not null), '[]'),
      -- a rejection stands whatever its hash, policy or age; only its end ends it
      coalesce(array_agg(d.principal order by d.principal collate "C")
        filter (where d.decision = 'reject' and d.why is distinct from 'principal disabled'), '{}')
    into v_state.approvals_met, v_state.counted, v_state.void, v_state.rejected_by
    from levelb._decisions(manifest, policy.hash, operator_person) d;
  if v_state.approvals_met < v_state.approvals_needed then
    v_missing := v_missing || format('%s more approval%s', v_state.approvals_needed - v_state.approvals_met,
      case when v_state.approvals_needed - v_state.approvals_met = 1 then '' else 's' end);
  end if;
  select v_missing || coalesce(array_agg(format('%s of group %s', g.needed - g.met, g.name) order by g.name collate "C"), '{}')
    into v_missing
    from (select n.key as name, n.value::text::integer as needed,
              (select count(distinct c ->> 'person') from jsonb_array_elements(v_state.counted) c where c -> 'groups' ? n.key)::integer as met
            from jsonb_each(v_state.groups_needed) n) g
   where g.met < g.needed;
  if v_state.rejected_by <> '{}' then
    v_missing := v_missing || ('an end to the rejection by ' || array_to_string(v_state.rejected_by, ', '));
  end if;
  v_state.missing := array_to_string(v_missing, ', ');
  v_state.met := v_missing = '{}';
  return v_state;
end
$_judge_quorum$;
comment on function levelb._judge_quorum(levelb.manifest, levelb.active_policy, text, jsonb) is 'Approvals of a revision against the policy.';

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
