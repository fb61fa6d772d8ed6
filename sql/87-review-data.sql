-- Owns what an approver puts before others, as data: one revision with everything that decides about it.

-- Everything of a revision that its hash covers, line by line, for the difference of two revisions.
create function levelb._revision_lines(fact levelb.manifest)
  returns text[]
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_revision_lines$
  select array(
    select case when i = 1 then part || ': ' else '  ' end || line
      from (
        select 0 as position, part, place, l.line, l.i
          from (values
              ('title', 1, (fact).title), ('description', 2, (fact).description), ('change_ref', 3, (fact).change_ref),
              ('kind', 4, (fact).kind), ('classes', 5, array_to_string((fact).classes, ', ')),
              ('search_path', 6, (fact).search_path),
              ('depends_on', 7, nullif(array_to_string((fact).depends_on, ', '), '')),
              ('not_before', 8, levelb._utc((fact).not_before)), ('not_after', 9, levelb._utc((fact).not_after)),
              ('accept', 10, nullif((fact).content::jsonb ->> 'accept', '[]')),
              ('payload', 11, jsonb_pretty((fact).payload))) v (part, place, value),
            lateral regexp_split_to_table(v.value, E'\n') with ordinality l (line, i)
        union all
        select 0, 'effect', 11 + f.i, levelb.effect_text(e), 1
          from jsonb_array_elements((fact).effects) with ordinality f (value, i),
            lateral jsonb_populate_record(null::levelb.effect, f.value) e
        union all
        -- after the effects, of which there are 10000 at most
        select 0, 'finding', 20000 + f.i, format('%s, %s at %s: %s in %s: %s', f.value ->> 'step', f.value ->> 'part',
            f.value ->> 'position', f.value ->> 'rule', f.value ->> 'object', f.value ->> 'why'), 1
          from jsonb_array_elements((fact).content::jsonb -> 'findings') with ordinality f (value, i)
        union all
        select s.position, v.part, v.place, l.line, l.i
          from only levelb.step s,
            lateral (values
              ('step', 0, format('%s %s', s.position, s.name)),
              ('apply', 1, E'\n' || s.apply), ('roles', 2, E'\n' || jsonb_pretty(s.roles)),
              ('rollback', 3, E'\n' || s.rollback), ('verify', 4, E'\n' || s.verify)) v (part, place, value),
            lateral regexp_split_to_table(v.value, E'\n') with ordinality l (line, i)
         where s.migration_id = (fact).migration_id and s.revision = (fact).revision
      ) lines order by position, place, i)
$_revision_lines$;
comment on function levelb._revision_lines(levelb.manifest) is 'A revision as lines.';

-- The last revision that the principal decided on, else the one before: what has changed since somebody looked.
create function levelb._review_difference(
  fact levelb.manifest,
  principal text
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_review_difference$
  select jsonb_build_object('revision', m.revision, 'you_decided', b.decided is not null,
      'lines', to_jsonb(levelb._line_difference(levelb._revision_lines(m), levelb._revision_lines(fact))))
    from (
      select max(a.revision) as decided from only levelb.approval a
       where a.migration_id = fact.migration_id and a.revision < fact.revision
         and a.principal = _review_difference.principal and a.decision in ('approve', 'reject')) b
      join only levelb.manifest m
        on m.migration_id = fact.migration_id and m.revision = coalesce(b.decided, fact.revision - 1)
$_review_difference$;
comment on function levelb._review_difference(levelb.manifest, text) is
  'What changed since the last revision that the caller decided on.';

-- Every decision on any revision, with whether it counts for this one, and why not.
create function levelb._review_decisions(
  fact levelb.manifest,
  policy levelb.active_policy,
  quorum levelb.quorum_state
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_review_decisions$
  select coalesce(jsonb_agg(jsonb_build_object('approval_id', a.approval_id, 'revision', a.revision,
      'principal', a.principal, 'decision', a.decision, 'reason', a.reason,
      'decided_at', levelb._utc(a.decided_at), 'expires_at', levelb._utc(a.expires_at),
      'stands', s.stands, 'why_not', case
        when s.stands then null
        when a.revision <> fact.revision then 'given for another revision'
        when d.approval_id is null then 'decided again later'
        else d.why end) order by a.approval_id), '[]')
    from only levelb.approval a
      left join levelb._decisions(fact, policy, null, false, true) d on d.approval_id = a.approval_id
      cross join lateral (select d.approval_id is not null and case d.decision
        when 'reject' then a.principal = any(quorum.rejected_by) else d.why is null end as stands) s
   where a.migration_id = fact.migration_id
$_review_decisions$;
comment on function levelb._review_decisions(levelb.manifest, levelb.active_policy, levelb.quorum_state) is
  'Decisions on a migration, and whether they stand.';

-- column_order in table shop.orders, accepted: id, card, note → id, note, card
create function levelb._kinds_in_words(detail jsonb)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array(
  select levelb._visible(format('%s in %s', d ->> 'kind', d ->> 'object')
      || case when (d ->> 'accepted')::boolean then ', accepted' when (d ->> 'privileged')::boolean then ', privileged' else '' end
      || coalesce(': ' || s.before || ' → ' || s.after, ''))
    from jsonb_array_elements(coalesce(detail -> 'differences', '[]')) with ordinality t (d, n)
      cross join lateral (
        select case when d ? 'before' then (select string_agg(c, ', ' order by i) from jsonb_array_elements_text(d -> 'before') with ordinality c (c, i)) end,
          case when d ? 'after' then (select string_agg(c, ', ' order by i) from jsonb_array_elements_text(d -> 'after') with ordinality c (c, i)) end) s (before, after)
   where d ->> 'kind' ~ '^[a-z_]+$'
   order by n);
comment on function levelb._kinds_in_words(jsonb) is 'Differences after a rollback that DETAIL of LB310 names, a line each.';

-- As a diff has it: - was expected and did not happen, + happened and was not expected; about one thing one after the
-- other. A text can raise what looks like levelb's, so another shape says nothing.
create function levelb._effect_differences(detail jsonb)
  returns text[]
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
as $_effect_differences$
begin
  return levelb._kinds_in_words(detail) || array(
    select d.sign || ' ' || levelb.effect_text(e)
      from (values ('-', detail -> 'missing'), ('+', detail -> 'unexpected')) d (sign, effects),
        lateral jsonb_populate_recordset(null::levelb.effect,
          case jsonb_typeof(d.effects) when 'array' then d.effects else '[]' end) e
     order by e.class collate "C", e.object_type collate "C", e.identity collate "C", e.attribute collate "C",
       d.sign collate "C" desc);
exception when data_exception or statement_too_complex then
  return '{}';
end
$_effect_differences$;
comment on function levelb._effect_differences(jsonb) is 'What DETAIL of LB303 and LB310 names, a line each.';

-- What activate said. Messages and DETAIL of a failure may hold rows of live tables: authors see the code.
create function levelb._review_activations(
  fact levelb.manifest,
  sees_output boolean
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_review_activations$
  select coalesce(jsonb_agg(jsonb_build_object('activation_id', a.activation_id, 'revision', a.revision,
      'outcome', a.outcome, 'code', a.code, 'operator', a.operator, 'finished_at', levelb._utc(a.finished_at),
      'reason', case when sees_output or a.outcome = 'refused' then a.reason end,
      'lacking', case when sees_output and a.code like 'LB%' then levelb._lacking(levelb._detail_of(a.error)) end,
      'difference', case when sees_output and a.code in ('LB303', 'LB310')
        then to_jsonb(levelb._effect_differences(levelb._detail_of(a.error))) else '[]' end,
      'accepted', a.accepted, 'effects', case when a.outcome = 'activated' then a.effects end) order by a.activation_id), '[]')
    from only levelb.activation a where a.migration_id = fact.migration_id
$_review_activations$;
comment on function levelb._review_activations(levelb.manifest, boolean) is 'Calls of activate for a migration.';

-- What a rehearsal did and the author does not say, and the other way round; null where the author says nothing.
create function levelb._unlike_claimed(
  claimed jsonb,
  found jsonb
)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case when found <> claimed then levelb._effect_differences(jsonb_build_object(
  'missing', (select jsonb_agg(e) from (
    select jsonb_array_elements(claimed) except select jsonb_array_elements(found)) d (e)),
  'unexpected', (select jsonb_agg(e) from (
    select jsonb_array_elements(found) except select jsonb_array_elements(claimed)) d (e)))) end;
comment on function levelb._unlike_claimed(jsonb, jsonb) is 'The difference of two lists of effects; null when there is none.';

-- LB213 has its figures in DETAIL.
create function levelb._held_too_long(
  code text,
  error jsonb
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case when code = 'LB213' then (
  select format('%s for %s ms, where max_hold is %s ms', (select string_agg(n, ', ') from jsonb_array_elements_text(d -> 'tables') n),
      d ->> 'held_ms', d ->> 'max_hold_ms')
    from levelb._detail_of(error) d where jsonb_typeof(d -> 'tables') = 'array') end;
comment on function levelb._held_too_long(text, jsonb) is 'What a rehearsal would have kept others waiting for; null where it was not that.';

-- The newest rehearsal of exactly this revision in each place. Of a live one an author learns what it changed and whether
-- that was undone: durations, counts and messages can be made to tell what is in a row.
create function levelb._review_rehearsals(
  fact levelb.manifest,
  sees_output boolean
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_review_rehearsals$
  select coalesce(jsonb_agg(jsonb_build_object('rehearsal_id', r.rehearsal_id, 'place', r.place, 'outcome', r.outcome,
      'code', r.code, 'principal', r.principal, 'finished_at', levelb._utc(r.finished_at),
      'server_version', r.server_version, 'was_read_back', r.effects_hash is not null, 'effects', r.effects,
      'as_claimed', case when r.effects_hash is not null then r.effects = fact.effects end,
      'difference', coalesce(case when r.effects_hash is not null then to_jsonb(levelb._unlike_claimed(fact.effects, r.effects)) end, case
        when v.is_open and r.code = 'LB303' then to_jsonb(levelb._effect_differences(levelb._detail_of(r.error))) end, '[]'),
      'rollback_restored', r.rollback_restored, 'withheld', not v.is_open,
      'reason', case when v.is_open then concat_ws(': ', r.reason, levelb._held_too_long(r.code, r.error)) end,
      'rollback_difference', case when v.is_open then to_jsonb(levelb._effect_differences(r.rollback_difference)) else '[]' end,
      'rollback_error', case when v.is_open then r.rollback_difference -> 'error' ->> 'message' end,
      'statements', case when v.is_open then r.statements else '[]' end,
      'locks', case when v.is_open then r.locks else '[]' end,
      'warnings', case when v.is_open then r.warnings else '[]' end) order by r.place), '[]')
    from (
      select distinct on (o.place) o.* from only levelb.rehearsal o
       where o.migration_id = fact.migration_id and o.manifest_hash = fact.manifest_hash
       order by o.place, o.rehearsal_id desc) r
      cross join lateral (select sees_output or r.place <> 'live') v (is_open)
$_review_rehearsals$;
comment on function levelb._review_rehearsals(levelb.manifest, boolean) is 'The newest rehearsal in each place.';

-- What activate would refuse now, all of it, where activate stops at the first. Judged for an operator who has no other
-- part in the migration. _judge has the last word: a code that only it knows is here too.
create function levelb._review_refusals(
  fact levelb.manifest,
  policy levelb.active_policy,
  quorum levelb.quorum_state
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_review_refusals$
  with verdict as materialized (
    select v.code, v.detail from levelb._judge(fact, policy, null) v
  ), found (place, code, detail) as (
    select 1, c.code, null from levelb._channel_problem() c
    union all
    select 2, v.code, v.detail from verdict v
    union all
    select * from (values
      (3, 'LB007', (select jsonb_build_object('depends_on', jsonb_agg(d order by d collate "C"))
         from unnest(fact.depends_on) d where not levelb._is_activated(d) having count(*) > 0)),
      (4, 'LB010', case when clock_timestamp() < fact.not_before or clock_timestamp() > fact.not_after
         then jsonb_strip_nulls(jsonb_build_object('not_before', fact.not_before, 'not_after', fact.not_after)) end),
      (5, 'LB208', case when quorum.rejected_by <> '{}' then jsonb_build_object('rejected_by', quorum.rejected_by) end),
      (6, 'LB204', case when not quorum.met then jsonb_build_object('missing', quorum.missing) end),
      (7, 'LB210', (select jsonb_build_object('items', u) from levelb._unready(fact) u where u is not null))
    ) o (place, code, detail)
     -- what is over needs nothing more
     where o.detail is not null and not exists (select from verdict v where v.code in ('LB008', 'LB009'))
  )
  select coalesce(jsonb_agg(jsonb_build_object('code', f.code, 'message', e.message, 'hint', e.hint,
      'lacking', levelb._lacking(f.detail)) order by f.place), '[]')
    from (select distinct on (code) * from found where code is not null order by code, place) f
      join levelb.errors() e on e.code = f.code
$_review_refusals$;
comment on function levelb._review_refusals(levelb.manifest, levelb.active_policy, levelb.quorum_state) is
  'What activate would refuse now.';

-- Characters outside of ASCII that a step holds: a Cyrillic letter in a name looks like the Latin one.
create function levelb._unusual_characters(fact levelb.manifest)
  returns table (place text, said text)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_unusual_characters$
  select format('step %s, %s, line %s', s.position, v.part, l.i),
      string_agg(distinct levelb._codepoint(c), ', ')
    from only levelb.step s,
      lateral (values (1, 'apply', s.apply), (2, 'roles', jsonb_pretty(s.roles)), (3, 'rollback', s.rollback),
        (4, 'verify', s.verify)) v (place, part, value),
      lateral regexp_split_to_table(v.value, E'\n') with ordinality l (line, i),
      lateral regexp_split_to_table(l.line, '') c
   where s.migration_id = (fact).migration_id and s.revision = (fact).revision
     and octet_length(l.line) > length(l.line) and octet_length(c) > 1
   group by s.position, v.place, v.part, l.i order by s.position, v.place, l.i
$_unusual_characters$;
comment on function levelb._unusual_characters(levelb.manifest) is
  'Characters outside of ASCII in the text of the steps, by line.';

create function levelb._review_warnings(
  fact levelb.manifest,
  policy jsonb
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_review_warnings$
  with step as materialized (
    select s.* from only levelb.step s where s.migration_id = (fact).migration_id and s.revision = (fact).revision
  )
  select coalesce(jsonb_agg(jsonb_build_object('warning', w.warning, 'text', w.said) order by w.place), '[]') from (
    select 1 as place, 'claims_all_classes' as warning,
        'It claims every class, so the claim rules nothing out.' as said
     where (fact).classes @> levelb._classes()
    union all
    select 2, 'no_effects', 'It does not list its effects: what is approved is the text and its classes.'
     where (fact).effects is null and (fact).kind in ('sql', 'attended') and policy ->> 'effects' <> 'exact'
    union all
    select 3, 'no_rollback', 'Without a rollback of their own: '
          || string_agg(format('step %s %s', s.position, s.name), ', ' order by s.position) || '.'
      from step s where s.apply is not null and s.rollback is null having count(*) > 0
    union all
    select 4, 'staged_by_agent', format('It was staged by %s, an agent.', (fact).author)
      from only levelb.principal p where p.principal = (fact).author and p.nature = 'agent'
       and p.version = (select max(n.version) from only levelb.principal n where n.principal = p.principal)
    union all
    select 5, 'accepts', format('%s accepts %s in %s: %s',
        case (fact).kind when 'rollback' then 'It' else 'The author' end, a ->> 'rule', a ->> 'object', a ->> 'reason')
      from jsonb_array_elements(coalesce((fact).content::jsonb -> 'accept', '[]')) a
    union all
    select 6, 'not_ascii', format('Characters outside of ASCII, which may look like others: %s.',
        string_agg(u.place || ': ' || u.said, '; '))
      from (select u.* from levelb._unusual_characters(fact) u limit 20) u having count(*) > 0
  ) w
$_review_warnings$;
comment on function levelb._review_warnings(levelb.manifest, jsonb) is 'What a reader should know before deciding.';

-- A document of another kind, in words; only while it can still come true.
create function levelb._payload_in_words(
  fact levelb.manifest,
  policy jsonb
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case when not levelb._is_activated((fact).migration_id) then case (fact).kind
  when 'policy' then levelb._policy_difference(policy, (fact).payload)
  when 'principal' then (
    select string_agg(format('%s %s',
        case v.verb when 'enrol' then 'enrols' when 'change' then 'changes' else 'disables' end, v.names), '; '
        order by v.verb = 'disable', v.verb = 'change')
      from (select k.key, levelb._and(array(select e ->> 'principal' from jsonb_array_elements(k.value) e))
              from jsonb_each((fact).payload) k where jsonb_typeof(k.value) = 'array') v (verb, names))
  when 'pointer' then 'sets' || ltrim(levelb._manifest_described(fact), ',')
  when 'attended' then 'is run by a superuser, as text that the channel cannot run; what it did is compared afterwards'
  when 'explain' then concat_ws(' and ', 'answers for ' || levelb._incidents_named((fact).payload),
    case when (fact).payload -> 'effects' <> '[]' then format('takes over %s that %s made past the channel',
      levelb._count(jsonb_array_length((fact).payload -> 'effects'), 'change'),
      case jsonb_array_length((fact).payload -> 'effects') when 1 then 'was' else 'were' end) end)
    || ', and changes nothing itself'
  when 'protect' then 'protects ' || levelb._protection_in_words((fact).payload)
    || coalesce((select format('; the steps, made by this database, hold %s of owner',
        levelb._count(sum(regexp_count(s.apply, ' owner to levelb_(deploy|definer);\n')), 'change'))
      from only levelb.step s where s.migration_id = (fact).migration_id and s.revision = (fact).revision having count(*) > 0), '')
  when 'rollback' then format('takes %s back: %s', (fact).payload ->> 'migration_id', (fact).payload ->> 'reason')
  end end;
comment on function levelb._payload_in_words(levelb.manifest, jsonb) is
  'What a payload would do, null for other kinds.';

-- A policy may say '2 minutes', which the setting does not understand.
create function levelb._setting_of(duration text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case when levelb._interval_ms(duration) % 1000 = 0 then levelb._interval_ms(duration) / 1000 || 's'
  else levelb._interval_ms(duration) || 'ms' end;
comment on function levelb._setting_of(text) is 'A duration of a policy as the value of a setting.';

-- What the author's lint said, each with its line and with what the author answers for it; null where the document does
-- not say whether there was a lint.
create function levelb._review_findings(fact levelb.manifest)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_review_findings$
  select jsonb_agg(f.value || jsonb_build_object(
        'line', regexp_count(left(p.source, (f.value ->> 'position')::integer - 1), '\n') + 1,
        'accepted', (select a ->> 'reason' from jsonb_array_elements(content -> 'accept') a
          where a ->> 'rule' = 'lint:' || (f.value ->> 'rule') and a -> 'object' = f.value -> 'object')) order by f.i)
      filter (where f.value is not null)
    from (select (fact).content::jsonb) c (content)
      left join lateral jsonb_array_elements(content -> 'findings') with ordinality f (value, i) on true
      left join only levelb.step s
        on s.migration_id = (fact).migration_id and s.revision = (fact).revision and s.name = f.value ->> 'step'
      cross join lateral (select case f.value ->> 'part' when 'apply' then s.apply when 'rollback' then s.rollback
        when 'verify' then s.verify else '' end) p (source)
$_review_findings$;
comment on function levelb._review_findings(levelb.manifest) is 'Findings of the lint that a document carries.';

create function levelb._review_data(
  fact levelb.manifest,
  call levelb._call
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_review_data$
declare
  v_policy levelb.active_policy;
  v_quorum levelb.quorum_state;
  v_line record;
begin
  select * into strict v_policy from levelb.active_policy;
  v_quorum := levelb._judge_quorum(fact, v_policy, null, levelb._claimed(fact));
  select s.* into v_line from levelb._standing(false, array[fact.migration_id::text]) s;
  return jsonb_build_object(
    'migration_id', fact.migration_id, 'revision', fact.revision, 'manifest_hash', encode(fact.manifest_hash, 'hex'),
    'title', fact.title, 'description', fact.description, 'change_ref', fact.change_ref, 'kind', fact.kind,
    'payload', fact.payload, 'in_words', levelb._payload_in_words(fact, v_policy.document),
    'classes', to_jsonb(fact.classes), 'search_path', fact.search_path,
    'not_before', levelb._utc(fact.not_before), 'not_after', levelb._utc(fact.not_after), 'author', fact.author,
    'staged_at', levelb._utc(fact.staged_at), 'state', v_line.state, 'policy_version', v_policy.version,
    'statement_timeout', levelb._setting_of(v_policy.document -> 'timeouts' ->> 'statement'),
    'depends_on', (select coalesce(jsonb_agg(jsonb_build_object('migration_id', d, 'state', s.state) order by i), '[]')
      from unnest(fact.depends_on) with ordinality u (d, i)
        join levelb._standing(false, fact.depends_on) s on s.migration_id = d),
    'steps', (select coalesce(jsonb_agg(jsonb_build_object('position', s.position, 'name', s.name, 'apply', s.apply,
        'apply_hash', encode(s.apply_hash, 'hex'), 'roles', s.roles, 'roles_hash', encode(s.roles_hash, 'hex'),
        'rollback', s.rollback, 'rollback_hash', encode(s.rollback_hash, 'hex'), 'verify', s.verify,
        'verify_hash', encode(s.verify_hash, 'hex')) order by s.position), '[]')
      from only levelb.step s where s.migration_id = fact.migration_id and s.revision = fact.revision),
    'effects', fact.effects,
    'findings', case when fact.content::jsonb ? 'findings' then coalesce(levelb._review_findings(fact), '[]') end,
    'quorum', jsonb_build_object('met', v_quorum.met, 'approvals_met', v_line.approvals_met,
      'approvals_needed', v_line.approvals_needed, 'groups_needed', v_quorum.groups_needed, 'counted', v_quorum.counted,
      'void', v_quorum.void, 'rejected_by', to_jsonb(v_quorum.rejected_by), 'missing', v_line.missing),
    'decisions', levelb._review_decisions(fact, v_policy, v_quorum),
    'activations', levelb._review_activations(fact, call.duties && array['approver', 'operator', 'auditor']),
    'rehearsals', levelb._review_rehearsals(fact, call.duties && array['approver', 'operator', 'auditor']),
    'revisions', (select jsonb_agg(jsonb_build_object('revision', m.revision,
        'manifest_hash', encode(m.manifest_hash, 'hex'), 'staged_at', levelb._utc(m.staged_at),
        'withdrawn_by', w.principal, 'withdrawn_because', w.reason) order by m.revision)
      from only levelb.manifest m
        left join only levelb.withdrawal w on w.migration_id = m.migration_id and w.revision = m.revision
     where m.migration_id = fact.migration_id),
    'difference', levelb._review_difference(fact, call.principal),
    'refusals', levelb._review_refusals(fact, v_policy, v_quorum),
    'rollback', (select jsonb_build_object('steps', count(*),
        'with_rollback', count(*) filter (where s.rollback is not null or s.roles is not null),
        'snapshot', exists (select from levelb.proof p
          where p.migration_id = fact.migration_id and p.rollback_snapshot is not null))
      from only levelb.step s where s.migration_id = fact.migration_id and s.revision = fact.revision),
    'warnings', levelb._review_warnings(fact, v_policy.document));
end
$_review_data$;
comment on function levelb._review_data(levelb.manifest, levelb._call) is 'Everything that decides about a revision.';
