-- Owns running the steps of a migration: as whom, in what order, and what must not come along.

create type levelb._part as (
  position  integer,
  name      text,
  part      text
);
comment on type levelb._part is 'One thing to run: the text, role document or verify query of a step.';

create type levelb._run as (
  commands         jsonb,
  session_touched  jsonb,
  tally            levelb._written[],
  tables           levelb._written[]
);
comment on type levelb._run is 'What running the steps of a migration left behind.';

-- The text may SET search_path for good, which outlives the SET clauses of every function up to activate: so whatever
-- comes after the text pins it again, fully qualified, before it uses a name or an operator. A pin alone would leave
-- the text's path in the session, hence the RESET, and the answer: whether there was a path to take back.
create function levelb._run_step(
  manifest levelb.manifest,
  step_position integer,
  part text
)
  returns boolean
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_run_step$
declare
  v_executors constant text := levelb._executors();
  v_answer boolean;
  v_path text;
begin
  delete from levelb._token t where t.transaction_id = pg_current_xact_id() and t.backend = pg_backend_pid();
  insert into levelb._token (transaction_id, backend, migration_id, revision, position, part, used)
    values (pg_current_xact_id(), pg_backend_pid(), manifest.migration_id, manifest.revision, step_position, part, false);
  case part
    when 'apply' then
      perform levelb_exec.execute_step();
      v_path := pg_catalog.current_setting('search_path');
      perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      if v_path <> 'pg_catalog, pg_temp' then
        reset search_path;
        perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      end if;
      perform levelb._require_executors(v_executors);
      perform levelb._refuse_foreign_code();
      -- here, so that a constraint that fails is a failure of the step that broke it
      perform levelb_exec.check_constraints();
      perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
      perform levelb._require_executors(v_executors);
      -- what a deferred foreign key has cascaded to
      perform levelb._refuse_foreign_code();
    when 'roles' then
      perform levelb_exec.execute_roles();
    when 'verify' then
      begin
        v_answer := levelb_exec.verify_step();
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
  return coalesce(v_path <> 'pg_catalog, pg_temp', false);
end
$_run_step$;
comment on function levelb._run_step(levelb.manifest, integer, text) is
  'Run one part of one step under its token; tell whether it left a search_path in the session.';

-- Relations that this transaction has locked as writers do: by the locks and not by the rows, since a BEFORE trigger
-- may have run and let no row through, and a view has no rows.
create function levelb._locked(mode text)
  returns oid[]
  language sql volatile
  set search_path = pg_catalog, pg_temp
return array(
  select l.relation from pg_locks l
   where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.granted and l.relation >= 16384 and l.mode = _locked.mode);
comment on function levelb._locked(text) is 'Relations of users that this transaction holds in one lock mode.';

create function levelb._table_name(relation oid)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = relation);
comment on function levelb._table_name(oid) is 'Qualified name of a relation.';

-- Deferrable constraints whose check runs code that is not PostgreSQL's: exclusion, unique over an expression, a
-- predicate or a foreign operator class, foreign keys over a type of users, whose casts and operators RI would use.
-- Every deferrable constraint has a trigger on each of its tables, by which it is found.
create function levelb._deferrable_code(relation oid)
  returns setof text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_deferrable_code$
  select distinct k.conname::text
    from pg_trigger g join pg_constraint k on k.oid = g.tgconstraint left join pg_index i on i.indexrelid = k.conindid
   where g.tgrelid = relation and k.condeferrable
     and case k.contype
       when 'x' then true
       when 'f' then exists (
         select from pg_attribute a
          where ((a.attrelid = k.conrelid and a.attnum = any(k.conkey)) or (a.attrelid = k.confrelid and a.attnum = any(k.confkey)))
            and a.atttypid >= 16384)
       else i.indexprs is not null or i.indpred is not null or exists (select from unnest(i.indclass::oid[]) o where o >= 16384)
     end
$_deferrable_code$;
comment on function levelb._deferrable_code(oid) is 'Deferrable constraints of a table that may run code of users.';

-- Triggers that the text has set off run before the read-back, or not at all. What is deferrable could put itself off
-- again, past the proof, and would then run with the deployer's rights.
create function levelb._refuse_foreign_code()
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_foreign_code$
declare
  v_written oid[] := levelb._locked('RowExclusiveLock');
  -- TRUNCATE takes it, and so does a change of owner
  v_held constant oid[] := levelb._locked('AccessExclusiveLock');
  v_found jsonb;
begin
  -- Text reaches levelb's tables through levelb's functions only, and an activation's own write no other one here.
  select jsonb_agg(c.relname order by c.relname)
        filter (where c.relnamespace = 'levelb'::regnamespace and c.relkind = 'r' and c.relname <> '_token'),
      coalesce(array_agg(c.oid) filter (where c.relnamespace <> 'levelb'::regnamespace), '{}')
    into v_found, v_written
    from unnest(v_written) w join pg_class c on c.oid = w;
  if v_found is not null then
    perform levelb._raise('LB306', jsonb_build_object('objects', v_found, 'rule', 'levelb_objects_unchanged'),
      'Take out the statements that touch levelb''s own objects and roles.');
  end if;
  select jsonb_agg(jsonb_build_object('table', levelb._table_name(f.relation), 'trigger', f.code)
      order by levelb._table_name(f.relation), f.code) into v_found
    from (
      select g.tgrelid as relation, g.tgname::text as code from pg_trigger g
       where g.tgrelid = any(v_written) and not g.tgisinternal and g.tgdeferrable
      union
      select w, k from unnest(v_written) w, levelb._deferrable_code(w) k
    ) f;
  if v_found is not null then
    perform levelb._raise('LB308', jsonb_build_object('triggers', v_found));
  end if;
  -- A trigger depends on its function and on those of its WHEN; PostgreSQL's own are not recorded.
  select jsonb_agg(jsonb_build_object('table', levelb._table_name(f.tgrelid), 'trigger', f.tgname, 'owner', f.owner)
      order by levelb._table_name(f.tgrelid), f.tgname, f.owner) into v_found
    from (
      select distinct g.tgrelid, g.tgname, levelb._role_name(p.proowner) as owner
        from pg_trigger g
          join pg_depend d on d.classid = 'pg_trigger'::regclass and d.objid = g.oid and d.refclassid = 'pg_proc'::regclass
          join pg_proc p on p.oid = d.refobjid
       where (g.tgrelid = any(v_written) or g.tgrelid = any(v_held) and g.tgtype & 32 <> 0)
         and not g.tgisinternal and g.tgenabled <> 'D' and not levelb._is_trusted_code(p.oid)
    ) f;
  if v_found is not null then
    perform levelb._raise('LB307', jsonb_build_object('triggers', v_found));
  end if;
end
$_refuse_foreign_code$;
comment on function levelb._refuse_foreign_code() is
  'Refuse triggers and constraints that would run others'' code as the deployer.';

-- Their owner, levelb_deploy, may alter the executors, and so may text that runs with its rights. Made SECURITY INVOKER
-- in one step, an executor would run the next as levelb_owner: so they are compared whenever text has run.
create function levelb._executors()
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (select string_agg(p::text, E'\n' order by p.oid) from pg_proc p where p.pronamespace = 'levelb_exec'::regnamespace);
comment on function levelb._executors() is 'The catalog rows of the executors.';

create function levelb._require_executors(before text)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_executors$
begin
  if levelb._executors() is distinct from before then
    perform levelb._raise('LB306', jsonb_build_object('objects', '["levelb_exec"]'::jsonb, 'rule', 'levelb_objects_unchanged'),
      'Take out the statements that touch levelb''s own objects and roles.');
  end if;
end
$_require_executors$;
comment on function levelb._require_executors(text) is 'Refuse to go on with executors that the text has changed.';

-- First the steps in order, then the verify queries in order. An array and no loop over a query: the text could move
-- the portal of such a loop and skip what follows.
create function levelb._parts(manifest levelb.manifest)
  returns levelb._part[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array(
  select row(s.position, s.name, p.part)::levelb._part
    from only levelb.step s,
      lateral (values (1, case when s.roles is null then 'apply' else 'roles' end),
                      (2, case when s.verify is not null then 'verify' end)) p (turn, part)
   where s.migration_id = manifest.migration_id and s.revision = manifest.revision and p.part is not null
   order by p.turn, s.position);
comment on function levelb._parts(levelb.manifest) is 'What is run, in order.';

create function levelb._run_steps(
  manifest levelb.manifest,
  armed_ms bigint,
  session levelb._session
)
  returns levelb._run
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_run_steps$
declare
  v_before constant levelb._written[] := array(select t from levelb._tally() t);
  v_run levelb._run;
  v_part levelb._part;
  v_started timestamptz;
  v_has_path boolean;
  v_has_paths boolean := false;
begin
  v_run.commands := '[]';
  foreach v_part in array levelb._parts(manifest) loop
    v_started := clock_timestamp();
    -- Spelled out as a statement so that the context of an error names the step.
    execute format('select levelb._run_step($1, %s, %L)', v_part.position, v_part.part) into v_has_path using manifest;
    v_has_paths := v_has_paths or v_has_path;
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    v_run.commands := v_run.commands || jsonb_build_object('position', v_part.position, 'name', v_part.name, 'part',
      v_part.part, 'milliseconds', round(extract(epoch from clock_timestamp() - v_started)::numeric * 1000, 3));
  end loop;
  v_run.session_touched := levelb._put_back(session);
  if v_has_paths then
    v_run.session_touched := jsonb_set(v_run.session_touched, '{settings}', v_run.session_touched -> 'settings' || '"search_path"');
  end if;
  -- The cancel was there to be obeyed, and the text did not.
  if extract(epoch from clock_timestamp() - statement_timestamp()) * 1000 >= armed_ms then
    raise query_canceled using message = 'statement_timeout ran out and the text went on';
  end if;
  v_run.tables := array(select t from levelb._tables_written() t);
  v_run.tally := array(
    select row(a.relation, a.name, a.inserted - b.inserted, a.updated - b.updated, a.deleted - b.deleted)::levelb._written
      from levelb._tally() a join unnest(v_before) b on b.relation = a.relation
     where (a.inserted, a.updated, a.deleted) <> (b.inserted, b.updated, b.deleted));
  return v_run;
end
$_run_steps$;
comment on function levelb._run_steps(levelb.manifest, bigint, levelb._session) is
  'Run every step, close what it opened, and count what it wrote.';
