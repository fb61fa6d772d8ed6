-- Owns what everybody else asks of a sandbox rehearsal: whether one is under way, and that it ends where something is activated.

-- Whether this is a transaction in which a mirror stands in the place of the real schemas. Nobody but levelb writes there.
create function levelb._is_in_sandbox()
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return exists (select from only levelb._mirror m where m.backend = pg_backend_pid());
comment on function levelb._is_in_sandbox() is 'Whether this transaction is a sandbox rehearsal.';

-- Sessions in which a mirror stands or is being made. Others cannot read rows that never commit; they can see this lock,
-- which nobody else has a right to take.
create function levelb._sandbox_sessions()
  returns setof integer
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_sandbox_sessions$
  select l.pid from pg_locks l
   where l.locktype = 'relation' and l.relation = 'levelb._mirror'::regclass and l.mode = 'RowExclusiveLock'
     and l.database = (select d.oid from pg_database d where d.datname = current_database()) and l.pid <> pg_backend_pid()
$_sandbox_sessions$;
comment on function levelb._sandbox_sessions() is 'Process ids of the other sessions that rehearse in the sandbox.';

-- A text that catches the cancel of statement_timeout goes on until its session is ended: PostgreSQL sends one cancel.
create function levelb._sandbox_in_the_way()
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select format('Process %s rehearses in the sandbox, and holds what GRANT ON SCHEMA waits for: where it does not end, a superuser '
      || 'ends it, select pg_terminate_backend(%1$s).', min(s)) from levelb._sandbox_sessions() s having count(*) > 0);
comment on function levelb._sandbox_in_the_way() is 'What to do about a sandbox rehearsal that does not end; null where none runs.';

-- Whoever waits for a row of pg_namespace that was renamed here does not wait longer than for one statement.
create function levelb._yield_to_activations()
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_yield_to_activations$
declare
  -- a rehearsal holds its own row there, this one too
  v_at_the_gate constant integer[] := array(
    select l.pid from pg_locks l
     where l.locktype = 'relation' and l.relation = 'levelb._gate'::regclass and l.mode = 'RowShareLock' and l.pid <> pg_backend_pid()
       and l.database = (select d.oid from pg_database d where d.datname = current_database()));
begin
  if v_at_the_gate <> '{}' and exists (
    select from unnest(v_at_the_gate) p where p not in (select levelb._sandbox_sessions())) then
    perform levelb._raise('LB101', '{"gate": "activation"}', 'An activation is running, and goes first: try again in a moment.');
  end if;
end
$_yield_to_activations$;
comment on function levelb._yield_to_activations() is 'End a sandbox rehearsal while something is activated.';
