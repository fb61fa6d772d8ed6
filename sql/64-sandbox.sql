-- Owns what everybody else asks of a sandbox rehearsal: whether one is under way, and that it ends where something is activated.

-- Whether this is a transaction in which a mirror stands in the place of the real schemas. Nobody but levelb writes there.
create function levelb._is_in_sandbox()
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return exists (select from only levelb._mirror m where m.backend = pg_backend_pid());
comment on function levelb._is_in_sandbox() is 'Whether this transaction is a sandbox rehearsal.';

-- Whoever waits for a row of pg_namespace that was renamed here does not wait longer than for one statement.
create function levelb._yield_to_activations()
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_yield_to_activations$
begin
  if exists (
    select from pg_locks l
     where l.locktype = 'relation' and l.relation = 'levelb._gate'::regclass and l.mode = 'RowShareLock'
       and l.database = (select d.oid from pg_database d where d.datname = current_database())
       -- a rehearsal, which holds its own row there, has said so before
       and not exists (
         select from pg_locks m
          where m.locktype = 'relation' and m.relation = 'levelb._mirror'::regclass and m.mode = 'RowExclusiveLock' and m.pid = l.pid
            and m.database = l.database)) then
    perform levelb._raise('LB101', '{"gate": "activation"}', 'An activation is running, and goes first: try again in a moment.');
  end if;
end
$_yield_to_activations$;
comment on function levelb._yield_to_activations() is 'End a sandbox rehearsal while something is activated.';
