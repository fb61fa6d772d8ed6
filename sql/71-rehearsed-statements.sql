-- Owns the record of a rehearsal by statement: where each is in its text, how long it took, what it locked.

create function levelb._blocks(mode text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case
  when mode = 'AccessExclusiveLock' then 'reads and writes'
  when mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock') then 'writes' end;
comment on function levelb._blocks(text) is 'What waits for a lock on a table: reads and writes, writes, or null.';

-- The row of the system column tableoid (-6) is written once, with its table; that of pg_class by any ALTER.
create function levelb._held(since xid)
  returns jsonb
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $_held$
  select coalesce(jsonb_object_agg(h.relation, h.mode), '{}') from (
    select distinct on (l.relation) l.relation, l.mode
      from pg_locks l
        join pg_class c on c.oid = l.relation
        join pg_attribute a on a.attrelid = c.oid and a.attnum = -6
        -- what _blocks knows, strongest first
        cross join lateral array_position(array['AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock'], l.mode) m (place)
     where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.granted and m.place is not null
       and l.relation >= 16384 and c.relkind in ('r', 'p', 'm', 'f') and c.relnamespace <> 'levelb'::regnamespace
       and not (age(a.xmin) <= age(since) and levelb._is_written_here(a.xmin))
     order by l.relation, m.place) h
$_held$;
comment on function levelb._held(xid) is
  '{"oid": strongest mode} of the tables that this transaction keeps others waiting for, but for those made since.';

create function levelb._max_hold_ms()
  returns bigint
  language sql stable
  set search_path = pg_catalog, pg_temp
return (select levelb._interval_ms(coalesce(p.document #>> '{rehearsal,max_hold}', '2s')) from levelb.active_policy p);
comment on function levelb._max_hold_ms() is 'How long a live rehearsal may keep others waiting.';

-- statement 0 begins a part.
create function levelb._note_statement(
  step integer,
  part text,
  statement integer,
  row_count bigint
)
  returns levelb._rehearsed_statement
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_note_statement$
declare
  v_last constant levelb._rehearsed_statement := (
    select r from levelb._rehearsed_statement r where r.backend = pg_backend_pid() order by r.number desc limit 1);
  v_commands constant integer := case when statement = 0 then 0 else v_last.commands end;
  -- the locks on a mirror keep nobody waiting
  v_held constant jsonb := case when statement = 0 or levelb._is_in_sandbox() then coalesce(v_last.held, '{}')
    else levelb._held((select r.xmin from levelb._rehearsed_statement r
      where r.backend = pg_backend_pid() order by r.number limit 1)) end;
  v_row levelb._rehearsed_statement;
begin
  insert into levelb._rehearsed_statement (backend, number, step, part, statement, at, row_count, wal, commands, tag, rewritten, held,
      held_since)
    select pg_backend_pid(), coalesce(v_last.number, 0) + 1, _note_statement.step, _note_statement.part, _note_statement.statement,
        clock_timestamp(), _note_statement.row_count, pg_current_wal_insert_lsn(), coalesce(max(c.number), v_commands),
        (array_agg(c.tag order by c.number) filter (where c.tag <> 'table rewrite'))[1],
        coalesce(array_agg(c.object order by c.number) filter (where c.tag = 'table rewrite'), '{}'), v_held,
        -- from the beginning of the first statement that held any; sought in all rows, it cost more than the statements
        case when v_held <> '{}' then coalesce(v_last.held_since, v_last.at) end
      from levelb._command c where c.backend = pg_backend_pid() and c.number > v_commands
    returning * into v_row;
  return v_row;
end
$_note_statement$;
comment on function levelb._note_statement(integer, text, integer, bigint) is 'Note how far a rehearsal has come.';

-- Called by the executor after each statement of a rehearsal. A text can call it too, and then the count is not that of
-- its statements, which _run_step compares.
create function levelb._statement_ran(row_count bigint)
  returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $_statement_ran$
declare
  v_last levelb._rehearsed_statement;
  v_row levelb._rehearsed_statement;
  v_held_ms numeric;
begin
  select r.* into v_last from levelb._rehearsed_statement r
   where r.backend = pg_backend_pid() and exists (
     select from levelb._token t
      where t.transaction_id = pg_current_xact_id_if_assigned() and t.backend = pg_backend_pid() and t.rehearsed_in is not null
        and t.used)
   order by r.number desc limit 1;
  if not found then
    perform levelb._raise('LB211', '{}');
  end if;
  v_row := levelb._note_statement(v_last.step, v_last.part, v_last.statement + 1, row_count);
  if levelb._is_in_sandbox() then
    perform levelb._yield_to_activations();
  else
    v_held_ms := extract(epoch from v_row.at - v_row.held_since) * 1000;
    if v_held_ms > levelb._max_hold_ms() then
      perform levelb._raise('LB213', jsonb_build_object('held_ms', round(v_held_ms), 'max_hold_ms', levelb._max_hold_ms(),
        'tables', (select jsonb_agg(levelb._table_name(k::oid) order by k) from jsonb_object_keys(v_row.held) k)));
    end if;
  end if;
end
$_statement_ran$;
comment on function levelb._statement_ran(bigint) is 'Note a statement of a rehearsal. Answers nobody but its executor.';

create function levelb._require_statements(
  manifest levelb.manifest,
  step_position integer,
  part text,
  from_number integer
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_statements$
begin
  if (select count(*) from levelb._rehearsed_statement r where r.backend = pg_backend_pid() and r.number > from_number)
     <> (select count(*)
           from only levelb.step s
             cross join lateral levelb._pieces(case part when 'rollback' then s.rollback else s.apply end)
          where s.migration_id = manifest.migration_id and s.revision = manifest.revision and s.position = step_position) then
    perform levelb._raise_rule('levelb_objects_unchanged', '{"objects": ["_rehearsed_statement"]}');
  end if;
end
$_require_statements$;
comment on function levelb._require_statements(levelb.manifest, integer, text, integer) is
  'Refuse a text that noted statements itself.';

-- The text of each is not repeated: step, part and position say where it stands in what is stored.
create function levelb._rehearsed_statements(
  manifest levelb.manifest,
  phase text,
  from_number integer
)
  returns jsonb
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $_rehearsed_statements$
  -- each text is told apart once
  with noted as (
    select s.*, lag(s.at) over turn as began_at, lag(s.wal) over turn as began_wal, lag(s.held) over turn as held_before
      from levelb._rehearsed_statement s where s.backend = pg_backend_pid()
    window turn as (order by s.number)
  ), piece as materialized (
    select n.step, n.part, p.*
      from (select distinct n.step, n.part from noted n where n.statement > 0 and n.number > from_number) n
        join only levelb.step t on t.migration_id = manifest.migration_id and t.revision = manifest.revision and t.position = n.step
        cross join lateral levelb._pieces(case n.part when 'rollback' then t.rollback else t.apply end) p
  )
  select coalesce(jsonb_agg(jsonb_build_object('phase', phase, 'step', r.step, 'part', r.part, 'statement', r.statement, 'position', p.at,
      'tag', coalesce(r.tag, upper((regexp_match(p.piece, '^\W*([A-Za-z]+)'))[1]), ''),
      'milliseconds', round(extract(epoch from r.at - r.began_at)::numeric * 1000, 3), 'rows', r.row_count,
      'wal_bytes', pg_wal_lsn_diff(r.wal, r.began_wal)::bigint, 'rewritten', to_jsonb(r.rewritten),
      'locks', (
        select coalesce(jsonb_agg(jsonb_build_object('table', levelb._table_name(h.key::oid), 'mode', h.value) order by h.key), '[]')
          from jsonb_each_text(r.held) h where r.held_before ->> h.key is distinct from h.value))
    order by r.number), '[]')
    from noted r join piece p using (step, part, statement)
   where r.number > from_number
     and not (p.is_beyond_sandbox and levelb._is_in_sandbox())
$_rehearsed_statements$;
comment on function levelb._rehearsed_statements(levelb.manifest, text, integer) is
  'Statements that were noted after a number, as the record keeps them.';

-- What an activation would keep others waiting for, and how long: from the beginning of the statement that took the lock to the
-- end of the apply texts.
create function levelb._rehearsed_locks()
  returns jsonb
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $_rehearsed_locks$
  with run as (
    select r.*, lag(r.at) over (order by r.number) as began_at from levelb._rehearsed_statement r where r.backend = pg_backend_pid()
  ), lock as (
    select h.key::oid as relation, h.value as mode, min(coalesce(r.began_at, r.at)) as since
      from run r, jsonb_each_text(r.held) h group by h.key, h.value
  )
  select coalesce(jsonb_agg(jsonb_build_object('table', levelb._table_name(l.relation), 'mode', l.mode, 'blocks', levelb._blocks(l.mode),
      'milliseconds', round(extract(epoch from (select max(r.at) from run r) - l.since)::numeric * 1000, 3),
      'bytes', pg_total_relation_size(l.relation))
    order by levelb._table_name(l.relation), l.mode), '[]')
    from lock l where levelb._table_name(l.relation) is not null
$_rehearsed_locks$;
comment on function levelb._rehearsed_locks() is 'Locks of the statements noted so far, as the record keeps them.';
