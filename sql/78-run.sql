-- Owns running the steps of a migration: as whom, in what order, and what must not come along.

create type levelb._part as (
  position  integer,
  name      text,
  part      text,
  roles     jsonb
);
comment on type levelb._part is
  'One thing to run: the text, role document, verify query or rollback of a step; roles is the document of a rollback.';

create type levelb._run as (
  commands         jsonb,
  session_touched  jsonb,
  tally            levelb._written[],
  tables           levelb._written[],
  accepted         jsonb
);
comment on type levelb._run is 'What running the steps of a migration left behind.';

create type levelb._part_result as (
  has_path  boolean,
  accepted  jsonb,
  ddl       jsonb
);
comment on type levelb._part_result is
  'What running one part of a step left behind: a search_path in the session, findings that are accepted, DDL it ran.';

-- Twice for a step: what was set off may run at once, or when the constraints that the text deferred are checked.
-- What runs as levelb_sandbox may execute nothing of levelb's, and all it leaves is undone: rows of levelb that were written
-- before its text are those of the mirror.
create function levelb._refuse_what_was_set_off(place text)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_what_was_set_off$
begin
  if place is distinct from 'sandbox' then
    perform levelb._refuse_levelb_rows();
  end if;
  perform levelb._refuse_deferred();
  perform levelb._refuse_foreign_triggers();
end
$_refuse_what_was_set_off$;
comment on function levelb._refuse_what_was_set_off(text) is 'Refuse what the text set off and must not come along.';

-- The text may SET search_path for good, which outlives the SET clauses of every function up to activate: so whatever
-- comes after the text pins it again, fully qualified, before it uses a name or an operator. A pin alone would leave
-- the text's path in the session, hence the RESET, and has_path in the answer: whether there was a path to take back.
create function levelb._run_step(
  manifest levelb.manifest,
  step_position integer,
  part text,
  functions levelb._counted[],
  roles jsonb,
  place text
)
  returns levelb._part_result
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
  -- levelb_owner may set it, and levelb_deploy may not
  set track_functions = 'all'
as $_run_step$
declare
  v_executors constant text := levelb._executors();
  v_answer boolean;
  v_path text;
  v_statements integer;
  v_result levelb._part_result := row(false, '[]', null);
begin
  delete from levelb._token t where t.transaction_id = pg_current_xact_id() and t.backend = pg_backend_pid();
  insert into levelb._token (transaction_id, backend, migration_id, revision, position, part, used, roles, rehearsed_in)
    values (pg_current_xact_id(), pg_backend_pid(), manifest.migration_id, manifest.revision, step_position, part,
      false, _run_step.roles, place);
  case
    when part in ('apply', 'rollback') then
      if place is not null then
        v_statements := (levelb._note_statement(step_position, part, 0, 0)).number;
      end if;
      if place = 'sandbox' then
        perform levelb_exec.sandbox_execute_step();
      else
        perform levelb_exec.execute_step();
      end if;
      v_path := pg_catalog.current_setting('search_path');
      perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      v_result.has_path := v_path <> 'pg_catalog, pg_temp';
      if v_result.has_path then
        reset search_path;
        perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      end if;
      perform levelb._require_executors(v_executors);
      if place is not null then
        perform levelb._require_statements(manifest, step_position, part, v_statements);
      end if;
      perform levelb._refuse_what_was_set_off(place);
      -- here, so that a constraint that fails is a failure of the step that broke it
      if place = 'sandbox' then
        perform levelb_exec.sandbox_check_constraints();
      else
        perform levelb_exec.check_constraints();
      end if;
      perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      perform levelb._require_executors(v_executors);
      -- what a deferred foreign key has cascaded to
      perform levelb._refuse_what_was_set_off(place);
      v_result.accepted := levelb._refuse_code_that_ran(manifest, functions);
    when part in ('roles', 'rollback roles') then
      perform levelb_exec.execute_roles();
    when part = 'verify' then
      begin
        if place = 'sandbox' then
          v_answer := levelb_exec.sandbox_verify_step();
        else
          v_answer := levelb_exec.verify_step();
        end if;
        -- always undone: a read-only subtransaction that commits makes the whole transaction read-only
        raise exception using errcode = 'UNDO0';
      exception when sqlstate 'UNDO0' then
        perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      end;
      if v_answer is not true then
        perform levelb._raise('LB311', jsonb_build_object('step', step_position, 'answer', v_answer));
      end if;
  end case;
  perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  delete from levelb._token t where t.transaction_id = pg_current_xact_id() and t.backend = pg_backend_pid();
  with command as (
    delete from levelb._command c where c.backend = pg_backend_pid() returning c.number, c.tag, c.object
  )
  select jsonb_agg(jsonb_build_object('tag', c.tag, 'object', c.object) order by c.number) into v_result.ddl from command c;
  return v_result;
end
$_run_step$;
comment on function levelb._run_step(levelb.manifest, integer, text, levelb._counted[], jsonb, text) is
  'Run one part of one step under its token.';

-- First the steps in order, then the verify queries in order. An array and no loop over a query: the text could move
-- the portal of such a loop and skip what follows.
create function levelb._parts(manifest levelb.manifest)
  returns levelb._part[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array(
  select row(s.position, s.name, p.part, null)::levelb._part
    from only levelb.step s,
      lateral (values (1, case when s.roles is null then 'apply' else 'roles' end),
                      (2, case when s.verify is not null then 'verify' end)) p (turn, part)
   where s.migration_id = manifest.migration_id and s.revision = manifest.revision and p.part is not null
   order by p.turn, s.position);
comment on function levelb._parts(levelb.manifest) is 'What is run, in order.';

-- As stage_rollback would write it, from the effects that there were.
create function levelb._rollback_parts(
  manifest levelb.manifest,
  effects jsonb
)
  returns levelb._part[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array(
  select row(s.position, s.name, case when s.roles is null then 'rollback' else 'rollback roles' end, r.roles)::levelb._part
    from only levelb.step s
      cross join lateral (select case when s.roles is not null
        then levelb._inverse_roles(format('steps[%s].roles', s.position - 1), s.roles, effects) end) r (roles)
   where s.migration_id = manifest.migration_id and s.revision = manifest.revision and r.roles is distinct from '{}'
   order by s.position desc);
comment on function levelb._rollback_parts(levelb.manifest, jsonb) is 'What takes the steps back, in order.';

create function levelb._run_steps(
  manifest levelb.manifest,
  parts levelb._part[],
  armed_ms bigint,
  session levelb._session,
  place text
)
  returns levelb._run
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_run_steps$
declare
  v_before constant levelb._written[] := array(select t from levelb._tally() t);
  -- the rows of a seed are not the text's
  v_tables constant levelb._written[] := case when place = 'sandbox' then array(select t from levelb._tables_written() t) else '{}' end;
  v_run levelb._run;
  -- once: what one step takes over, the next may not run as if it had been read
  v_functions constant levelb._counted[] := levelb._foreign_functions();
  v_part levelb._part;
  v_started timestamptz;
  v_result levelb._part_result;
  v_has_paths boolean := false;
begin
  v_run.commands := '[]';
  v_run.accepted := '[]';
  foreach v_part in array parts loop
    v_started := clock_timestamp();
    -- Spelled out as a statement so that the context of an error names the step.
    execute format('select r.* from levelb._run_step($1, %s, %L, $2, $3, $4) r', v_part.position, v_part.part) into v_result
      using manifest, v_functions, v_part.roles, place;
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    v_has_paths := v_has_paths or v_result.has_path;
    v_run.accepted := v_run.accepted || v_result.accepted;
    v_run.commands := v_run.commands || (
      jsonb_build_object('position', v_part.position, 'name', v_part.name, 'part', v_part.part, 'milliseconds',
        round(extract(epoch from clock_timestamp() - v_started)::numeric * 1000, 3))
      || case when v_result.ddl is null then '{}' else jsonb_build_object('ddl', v_result.ddl) end);
  end loop;
  v_run.session_touched := levelb._put_back(session);
  if v_has_paths then
    v_run.session_touched := jsonb_set(v_run.session_touched, '{settings}', v_run.session_touched -> 'settings'
      || '"search_path"');
  end if;
  -- The cancel was there to be obeyed, and the text did not.
  if extract(epoch from clock_timestamp() - statement_timestamp()) * 1000 >= armed_ms then
    raise query_canceled using message = 'statement_timeout ran out and the text went on';
  end if;
  v_run.tables := array(
    select row(t.*)::levelb._written from levelb._tables_written() w left join unnest(v_tables) b on b.relation = w.relation
      cross join lateral (
        select w.relation, w.name, w.inserted - coalesce(b.inserted, 0) as inserted, w.updated - coalesce(b.updated, 0) as updated,
          w.deleted - coalesce(b.deleted, 0) as deleted) t
     where t.inserted + t.updated + t.deleted > 0);
  v_run.tally := array(
    select row(a.relation, a.name, a.inserted - b.inserted, a.updated - b.updated,
      a.deleted - b.deleted)::levelb._written
      from levelb._tally() a join unnest(v_before) b on b.relation = a.relation
     where (a.inserted, a.updated, a.deleted) <> (b.inserted, b.updated, b.deleted));
  return v_run;
end
$_run_steps$;
comment on function levelb._run_steps(levelb.manifest, levelb._part[], bigint, levelb._session, text) is
  'Run parts of steps, close what they opened, and count what they wrote.';

create type levelb._execution as (
  run     levelb._run,
  before  levelb._state_row[],
  after   levelb._state_row[],
  back    levelb._read_back
);
comment on type levelb._execution is 'What running a migration did: what it left behind, rows before and after, and what that says.';

-- place: where it is rehearsed, null where it is not. since: where this is not the first that runs in its transaction, the xid of the subtransaction in which it does.
create function levelb._execute(
  manifest levelb.manifest,
  parts levelb._part[],
  armed_ms bigint,
  session levelb._session,
  place text default null,
  since xid default null
)
  returns levelb._execution
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_execute$
declare
  v_definitions levelb._definition[] := '{}';
  v_values jsonb;
  v_used levelb._used_sequence[];
  v_pair record;
  v_result levelb._execution;
begin
  -- Where nothing of these classes was claimed, replaced code fails without having been read.
  if manifest.classes && array['extension', 'repoint', 'security', 'structure'] then
    v_definitions := levelb._definitions(levelb._objects_in_reach(manifest));
  end if;
  if place = 'sandbox' then
    v_values := levelb_exec.sandbox_sequences();
  end if;
  -- One statement runs the steps and then reads the row versions they replaced, with the snapshot from before them.
  select x.run, array(
      -- pg_authid always: that others renamed a role changes what the readings say
      select b from levelb._rows_touched('before',
        array(select t.relation from unnest((x.run).tally) t) || 'pg_authid'::regclass::oid) b) as before
    into v_pair
    from (select levelb._run_steps(manifest, parts, armed_ms, session, place) as run offset 0) x;
  perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  v_result.run := v_pair.run;
  v_result.before := v_pair.before;
  v_result.after := array(
    select r from levelb._rows_touched('after', array(select t.relation from unnest((v_result.run).tally) t), since) r);
  -- whoever makes a sequence holds the lock that tells of its use
  v_used := case when place = 'sandbox' then levelb._moved_in_mirror(v_values, levelb_exec.sandbox_sequences(), v_result.after)
    else array(select u from levelb._sequences_used() u) end;
  v_result.back := levelb._read_back(manifest, v_result.before, v_result.after, v_definitions, (v_result.run).tally,
    (v_result.run).tables, v_used);
  return v_result;
end
$_execute$;
comment on function levelb._execute(levelb.manifest, levelb._part[], bigint, levelb._session, text, xid) is
  'Run parts of steps and read back what they changed.';
