-- Owns the view metrics: numbers for a monitoring system, named as Prometheus names them.
-- Only migrations that may still be activated are judged, of which one author has at most 500; of the past there is one
-- pass over the activations. The rest of the cost is that of levelb.readiness().

create function levelb._metric_samples()
  returns table (name text, value double precision, labels jsonb)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_metric_samples$
  with activation as materialized (
    select a.outcome, coalesce(a.code, '') as code, count(*) as n, max(a.finished_at) as last,
        count(*) filter (where a.finished_at > clock_timestamp() - interval '1 day') as last_day,
        sum(extract(epoch from a.finished_at - a.started_at)) as seconds
      from only levelb.activation a group by 1, 2
  ), open as materialized (
    select s.state, s.staged_at from levelb._standing(true) s
  ), break_glass as materialized (
    select i.at, case when levelb._attended_migration(i) is null then 'emergency' else 'attended' end as use
      from only levelb.incident i where i.kind = 'break_glass'
  ), item as materialized (
    select r.item, r.ok, r.required from levelb._readiness() r
  )
  select 'levelb_info', 1::double precision,
      jsonb_build_object('release', v.release, 'server_version', v.server_version)
    from levelb.version() v
  union all
  select 'levelb_migrations', count(f.state), jsonb_build_object('state', s.state)
    from unnest(array['staged', 'approved', 'rejected', 'expired', 'withdrawn', 'activated', 'rolled_back']) s (state)
      left join (
        select o.state from open o
        union all
        select case when p.migration_id in (select levelb._undone()) then 'rolled_back' else 'activated' end
          from levelb.proof p
        union all
        select 'withdrawn' from only levelb.withdrawal w
         where w.revision = (levelb._newest(w.migration_id)).revision and not levelb._is_activated(w.migration_id)
      ) f on f.state = s.state
   group by s.state
  union all
  select 'levelb_open_migration_oldest_age_seconds', extract(epoch from clock_timestamp() - min(o.staged_at)),
      jsonb_build_object('state', o.state) from open o where o.state in ('staged', 'approved') group by o.state
  union all
  select 'levelb_activations_total', a.n, jsonb_build_object('outcome', a.outcome, 'code', a.code) from activation a
  union all
  select 'levelb_activation_duration_seconds_' || v.part, v.value, jsonb_build_object('outcome', a.outcome)
    from (select a.outcome, sum(a.seconds) as seconds, sum(a.n) as n from activation a group by a.outcome) a,
      lateral (values ('sum', a.seconds), ('count', a.n)) v (part, value)
  union all
  select 'levelb_last_activation_age_seconds', extract(epoch from clock_timestamp() - max(a.last)), '{}'
    from activation a where a.outcome = 'activated' having max(a.last) is not null
  union all
  select 'levelb_refused_activations_last_day', coalesce(sum(a.last_day), 0), '{}'
    from activation a where a.outcome = 'refused'
  union all
  select 'levelb_decisions_total', count(d.decision), jsonb_build_object('decision', k.decision)
    from unnest(array['approve', 'reject', 'revoke', 'rehearse']) k (decision)
      left join only levelb.approval d on d.decision = k.decision group by k.decision
  union all
  select 'levelb_principals', count(p.principal), jsonb_build_object('duty', d.duty)
    from unnest(array['author', 'approver', 'operator', 'auditor']) d (duty)
      left join levelb.active_principal p on d.duty = any(p.duties) group by d.duty
  union all
  select 'levelb_ledger_entries', coalesce(max(h.size), 0), '{}' from only levelb._head h
  union all
  select 'levelb_ledger_unsealed_leaves', count(*), '{}' from only levelb._unsealed
  union all
  -- mode() asks the same of the channel again; a test holds the two together
  select 'levelb_operator_handoff', bool_and(i.ok)::integer, '{}' from item i where i.required
  union all
  select 'levelb_readiness_failing', (not i.ok)::integer,
      jsonb_build_object('item', i.item, 'required', i.required::text)
    from item i where i.ok is not null
  union all
  select 'levelb_policy_version', coalesce(max(p.version), 0), '{}' from only levelb.policy p
  union all
  select 'levelb_incidents_total', count(i.kind), jsonb_build_object('kind', k.kind)
    from unnest(array['bootstrap', 'rebind', 'rebootstrap', 'break_glass', 'drift']) k (kind)
      left join only levelb.incident i on i.kind = k.kind group by k.kind
  union all
  select 'levelb_break_glass_' || v.name, v.value, jsonb_build_object('use', u.use)
    from unnest(array['emergency', 'attended']) u (use)
      left join lateral (
        select count(*) as n, count(*) filter (where b.at > clock_timestamp() - interval '30 days') as recent
          from break_glass b where b.use = u.use) b on true
      cross join lateral (values ('total', b.n), ('last_month', b.recent)) v (name, value)
  union all
  select 'levelb_break_glass_open', count(*), '{}' from only levelb._open_guard g where levelb._is_held(g)
  union all
  select 'levelb_sandbox_sessions', count(*), '{}' from levelb._sandbox_sessions()
  union all
  select 'levelb_break_glass_unexplained', count(*), '{}' from levelb._emergencies()
  union all
  -- what was written last: to look is too much for every scrape, and is levelb drift --record's
  select 'levelb_drift_unexpected', coalesce((i.details ->> 'count')::bigint, 0), '{}'
    from (select) one left join lateral (
      select n.details from only levelb.incident n where n.kind in ('drift', 'bootstrap', 'rebind', 'rebootstrap')
       order by n.incident_id desc limit 1) i on true
$_metric_samples$;
comment on function levelb._metric_samples() is 'Samples of the view metrics.';

create function levelb._metrics()
  returns table (name text, value double precision, labels jsonb, type text, help text)
  language sql stable security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
as $_metrics$
  select s.name, s.value, s.labels, d.type, d.help
    from levelb._metric_samples() s
      left join (values
        (1, 'levelb_info', 'gauge', 'Release of levelb and version of the server; always 1.'),
        (2, 'levelb_operator_handoff', 'gauge', '1 where activation is possible (OPERATOR_HANDOFF), 0 in AUTHOR_MODE.'),
        (3, 'levelb_readiness_failing', 'gauge', '1 for each item of levelb.readiness() that does not hold.'),
        (4, 'levelb_policy_version', 'gauge', 'Version of the active policy, 0 before bootstrap.'),
        (5, 'levelb_principals', 'gauge', 'Enabled principals with a duty.'),
        (6, 'levelb_migrations', 'gauge', 'Migrations in a state.'),
        (7, 'levelb_open_migration_oldest_age_seconds', 'gauge',
          'Age of the oldest migration that waits: staged for approvals, approved for activation.'),
        (8, 'levelb_decisions_total', 'counter', 'Decisions of approvers.'),
        (9, 'levelb_activations_total', 'counter', 'Calls of activate that were judged, by outcome and SQLSTATE.'),
        (10, 'levelb_activation_duration_seconds_sum', 'counter', 'Seconds that activations took.'),
        (11, 'levelb_activation_duration_seconds_count', 'counter', 'Activations whose seconds are summed.'),
        (12, 'levelb_last_activation_age_seconds', 'gauge', 'Seconds since the last migration was activated.'),
        (13, 'levelb_refused_activations_last_day', 'gauge', 'Activations refused within 24 hours.'),
        (14, 'levelb_incidents_total', 'counter', 'Incidents outside of the ordinary path.'),
        (15, 'levelb_break_glass_total', 'counter',
          'Uses of break-glass, in an emergency or for an attended migration.'),
        (16, 'levelb_break_glass_last_month', 'gauge', 'Uses of break-glass within 30 days: many are a habit.'),
        (17, 'levelb_break_glass_open', 'gauge', 'Sessions for which the guard is open now.'),
        (18, 'levelb_break_glass_unexplained', 'gauge', 'Emergencies, and attended migrations that were not closed, that nobody has answered for.'),
        (19, 'levelb_ledger_entries', 'gauge', 'Sealed entries of the ledger.'),
        (20, 'levelb_ledger_unsealed_leaves', 'gauge', 'Rows that no entry of the ledger covers yet.'),
        (21, 'levelb_drift_unexpected', 'gauge', 'Unexpected changes past the channel, as they were recorded last.'),
        (22, 'levelb_sandbox_sessions', 'gauge', 'Sessions that rehearse in the sandbox now.')
      ) d (place, name, type, help) on d.name = s.name
   order by d.place, s.labels::text collate "C"
$_metrics$;
comment on function levelb._metrics() is 'Lines of the view metrics.';

create view levelb.metrics as select m.* from levelb._metrics() m;
comment on view levelb.metrics is 'Numbers for a monitoring system. A monitoring login is a service with duty auditor.';
comment on column levelb.metrics.name is
  'Name by the rules of Prometheus: counters end in _total, _sum or _count; units are base units.';
comment on column levelb.metrics.value is 'Value.';
comment on column levelb.metrics.labels is 'Labels: {"outcome": "refused", "code": "LB204"}.';
comment on column levelb.metrics.type is 'counter or gauge.';
comment on column levelb.metrics.help is 'What it counts.';
