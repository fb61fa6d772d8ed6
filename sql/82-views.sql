-- Owns the views of proofs and of where each migration stands.

create view levelb.proof as select a.* from only levelb.activation a where a.outcome = 'activated';
comment on view levelb.proof is 'Activations that were carried out: what changed, who agreed, how to take it back.';

-- Migrations that are rolled back: by an odd number of rollbacks, since one that was itself rolled back gives back what
-- it took.
create function levelb._undone()
  returns setof text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_undone$
  with recursive rollback as materialized (
    select m.payload ->> 'migration_id' as migration_id, m.migration_id::text as by
      from levelb.proof p join only levelb.manifest m on m.migration_id = p.migration_id and m.revision = p.revision
     where m.kind = 'rollback'
  ), chain (migration_id, last) as (
    select r.migration_id, r.by from rollback r
    union all
    select c.migration_id, r.by from chain c join rollback r on r.migration_id = c.last
  )
  select c.migration_id from chain c group by c.migration_id having count(*) % 2 = 1
$_undone$;
comment on function levelb._undone() is 'Migrations that are rolled back.';

-- What is activated stands by the policy it was judged by, not by today's, and is not
-- judged again: a long history costs little.
create function levelb._standing(
  only_open boolean,
  migrations text[] default null
)
  returns table (
    migration_id levelb.slug, revision integer, title text, kind text, classes text[], state text, author text,
    approvals_met integer, approvals_needed integer, missing text, staged_at timestamptz, activated_at timestamptz,
    last_outcome text, last_code text)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_standing$
  with undone as materialized (
    select u.migration_id from levelb._undone() u (migration_id)
  ), newest as materialized (
    select n.migration_id, max(n.revision) as revision from only levelb.manifest n
     where migrations is null or n.migration_id = any(migrations) group by n.migration_id
  )
  select m.migration_id, m.revision, m.title, m.kind, m.classes,
      case
        when m.migration_id in (select u.migration_id from undone u) then 'rolled_back'
        when p.activation_id is not null then 'activated'
        when w.migration_id is not null then 'withdrawn'
        when m.not_after < clock_timestamp() then 'expired'
        when q.rejected_by <> '{}' then 'rejected'
        when q.met then 'approved'
        -- it had quorum once, and approvals ran out
        when q.approvals_met + (select count(*) from jsonb_array_elements(q.void) v where v ->> 'why' = 'expired')
             >= q.approvals_needed then 'expired'
        else 'staged'
      end,
      m.author, coalesce(q.approvals_met, t.met), coalesce(q.approvals_needed, t.needed), coalesce(q.missing, ''),
      m.staged_at, p.finished_at, l.outcome, l.code
    from newest n
      join only levelb.manifest m on m.migration_id = n.migration_id and m.revision = n.revision
      cross join levelb.active_policy a
      left join levelb.proof p on p.migration_id = m.migration_id
      left join only levelb.withdrawal w on w.migration_id = m.migration_id and w.revision = m.revision
      left join lateral (
        select j.* from levelb._judge_quorum(m, a, null, levelb._claimed(m)) j where p.activation_id is null) q on true
      left join lateral (
        select (select count(distinct c ->> 'person') from jsonb_array_elements(p.approvals) c)::integer as met,
            (levelb._quorum_of(m, o.document, levelb._claimed(m)) ->> 'approvals')::integer as needed
          from only levelb.policy o where o.version = p.policy_version) t on true
      left join lateral (
        select x.outcome, x.code from only levelb.activation x
         where x.migration_id = m.migration_id and x.revision = m.revision
         order by x.activation_id desc limit 1) l on true
   where not only_open or p.activation_id is null and w.migration_id is null
$_standing$;
comment on function levelb._standing(boolean, text[]) is
  'Where migrations stand: all, those that may still be activated, or some.';

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
as $_status$ select s.* from levelb._standing(false) s $_status$;
comment on function levelb._status() is 'Lines of the view status.';

create view levelb.status as select s.* from levelb._status() s;
comment on view levelb.status is 'A line for each migration: where it stands and what is missing.';

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
comment on column levelb.status.state is 'staged, approved, rejected, withdrawn, expired, activated or rolled_back.';
comment on column levelb.status.approvals_met is 'Distinct persons whose approval counts.';
comment on column levelb.status.approvals_needed is
  'Approvals that the policy asks for; once activated, that the policy of then asked for.';
comment on column levelb.status.missing is 'What is missing, in words; empty when nothing is.';
comment on column levelb.status.last_outcome is '@null

Outcome of the last call of activate; null before the first.';
comment on column levelb.status.last_code is '@null

Its code, where it was refused or failed.';
comment on column levelb.status.activated_at is '@null

When it was activated.';
