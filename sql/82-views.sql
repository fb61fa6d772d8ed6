-- Owns the views for people.

create view levelb.proof as select a.* from only levelb.activation a where a.outcome = 'activated';
comment on view levelb.proof is 'Activations that were carried out: what changed, who agreed, how to take it back.';

-- A view's functions run with the rights of whoever reads the view, and authors may not read the tables: so the lines
-- come from one function that may.
create function levelb._status()
  returns table (
    migration_id levelb.slug, revision integer, title text, kind text, classes text[], state text, author text,
    approvals_met integer, approvals_needed integer, missing text, staged_at timestamptz, activated_at timestamptz,
    last_outcome text, last_code text)
  language sql stable security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
as $_status$
  select m.migration_id, m.revision, m.title, m.kind, m.classes,
      case
        when p.activation_id is not null then 'activated'
        when levelb._is_withdrawn(m.migration_id, m.revision) then 'withdrawn'
        when m.not_after < clock_timestamp() then 'expired'
        when q.rejected_by <> '{}' then 'rejected'
        when q.met then 'approved'
        -- it had quorum once, and approvals ran out
        when q.approvals_met + (select count(*) from jsonb_array_elements(q.void) v where v ->> 'why' = 'expired')
             >= q.approvals_needed then 'expired'
        else 'staged'
      end,
      m.author, q.approvals_met, q.approvals_needed, case when p.activation_id is null then q.missing else '' end,
      m.staged_at, p.finished_at, l.outcome, l.code
    from only levelb.manifest m
      cross join levelb.active_policy a
      cross join lateral levelb._judge_quorum(m, a, null, levelb._claimed(m)) q
      left join levelb.proof p on p.migration_id = m.migration_id
      left join lateral (
        select n.outcome, n.code from only levelb.activation n
         where n.migration_id = m.migration_id and n.revision = m.revision order by n.activation_id desc limit 1) l on true
   where m.revision = (select max(n.revision) from only levelb.manifest n where n.migration_id = m.migration_id)
$_status$;
comment on function levelb._status() is 'Lines of the view status.';

create view levelb.status as select s.* from levelb._status() s;
comment on view levelb.status is 'A line for each migration: where it stands and what is missing.';

create view levelb.audit as
  select e.at, e.who, e.what, e.ref from (
    select i.at, i.login as who, case i.kind
        when 'bootstrap' then format('bootstrapped levelb in database %s', i.database_identity ->> 'name')
        when 'rebind' then format('bound the ledger to database %s: %s', i.database_identity ->> 'name', i.reason)
        else format('%s: %s', i.kind, i.reason) end as what, 'incident ' || i.incident_id as ref
      from only levelb.incident i
    union all
    select p.activated_at, coalesce(a.operator, i.login), format('made policy version %s active', p.version),
        'policy ' || p.version
      from only levelb.policy p
        left join only levelb.activation a on a.activation_id = p.activation_id
        left join only levelb.incident i on i.incident_id = p.incident_id
    union all
    select p.at, p.principal, format('%s %s as %s', case when not p.enabled then 'was disabled,' when p.version = 1 then 'was enrolled,'
        else 'was changed,' end, p.nature, array_to_string(p.duties, ' and ')), 'principal ' || p.principal || ' ' || p.version
      from only levelb.principal p
    union all
    select m.staged_at, m.author, format('staged %s revision %s: %s', m.migration_id, m.revision, m.title),
        'manifest ' || m.migration_id || ' ' || m.revision
      from only levelb.manifest m
    union all
    select w.at, w.principal, format('withdrew %s revision %s: %s', w.migration_id, w.revision, w.reason),
        'withdrawal ' || w.migration_id || ' ' || w.revision
      from only levelb.withdrawal w
    union all
    select a.decided_at, a.principal, format('%s %s revision %s%s', case a.decision when 'approve' then 'approved'
          when 'reject' then 'rejected' when 'revoke' then 'revoked the decision on' else 'allowed rehearsing' end,
        a.migration_id, a.revision, coalesce(': ' || a.reason, '')), 'approval ' || a.approval_id
      from only levelb.approval a
    union all
    select a.finished_at, a.operator, case a.outcome
        when 'activated' then format('activated %s revision %s with %s effects, approved by %s', a.migration_id, a.revision,
          jsonb_array_length(a.effects), (select string_agg(c ->> 'principal', ' and ') from jsonb_array_elements(a.approvals) c))
        when 'refused' then format('was refused the activation of %s revision %s: %s %s', a.migration_id, a.revision, a.code, a.reason)
        else format('failed to activate %s revision %s: %s %s', a.migration_id, a.revision, a.code, a.reason) end,
        'activation ' || a.activation_id
      from only levelb.activation a
  ) e order by e.at;
comment on view levelb.audit is 'Everything that happened, a sentence each, oldest first.';
comment on column levelb.audit.at is 'When.';
comment on column levelb.audit.who is 'Principal, or login where there was none.';
comment on column levelb.audit.what is 'What, as a sentence whose subject is who.';
comment on column levelb.audit.ref is 'Row it comes from.';

do $comments$
declare
  v_column record;
begin
  -- proof has the columns of activation, status mostly those of manifest: one text for one thing.
  for v_column in
    select a.attrelid::regclass as view, a.attname, col_description(t.oid, o.attnum) as text
      from pg_attribute a
        join pg_class t on t.relnamespace = 'levelb'::regnamespace
          and t.relname = case a.attrelid::regclass::text when 'levelb.proof' then 'activation' else 'manifest' end
        join pg_attribute o on o.attrelid = t.oid and o.attname = a.attname
     where a.attrelid in ('levelb.proof'::regclass, 'levelb.status'::regclass) and a.attnum > 0
  loop
    execute format('comment on column %s.%I is %L', v_column.view, v_column.attname, v_column.text);
  end loop;
end
$comments$;
comment on column levelb.status.state is 'staged, approved, rejected, withdrawn, expired or activated.';
comment on column levelb.status.approvals_met is 'Distinct persons whose approval counts.';
comment on column levelb.status.approvals_needed is 'Approvals that the policy asks for.';
comment on column levelb.status.missing is 'What is missing, in words; empty when nothing is.';
comment on column levelb.status.last_outcome is '@null

Outcome of the last call of activate; null before the first.';
comment on column levelb.status.last_code is '@null

Its code, where it was refused or failed.';
comment on column levelb.status.activated_at is '@null

When it was activated.';
