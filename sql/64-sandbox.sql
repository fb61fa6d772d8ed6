-- Owns what everybody else asks of a sandbox rehearsal: whether one is under way, that it ends where something is activated, and
-- which statements it leaves out.

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

-- What levelb_sandbox has no right to, whatever is mirrored: owners, what is not in a schema, what others defaults are.
create function levelb._beyond_sandbox()
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return '^(?:alter .* owner to .*|alter default privileges for .*|reassign owned .*|drop owned .*'
  || '|(?:create|alter|drop) (?:extension|schema|database|publication|subscription|server|foreign data wrapper|foreign table|user mapping|event trigger) .*'
  || '|(?:grant|revoke) .* on (?:database|foreign data wrapper|foreign server|language|tablespace|parameter|large object) .*)$';
comment on function levelb._beyond_sandbox() is 'Regular expression for the shape of statements that a sandbox cannot run.';

-- A statement goes from its first word to the first word of the next. Should a text ever be cut in the wrong place, that
-- is a syntax error of the rehearsal and never another meaning; activate runs the text as a whole.
create function levelb._pieces(source text)
  returns table (statement integer, at integer, piece text, is_beyond_sandbox boolean)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_pieces$
  select (row_number() over next)::integer, s.position,
      substr(source, s.position, lead(s.position, 1, length(source) + 1) over next - s.position),
      -- who owns the mirror is another role, to whom rights on it mean something else
      coalesce(s.shape, lower(s.masked collate "C")) ~ levelb._beyond_sandbox() or s.masked ~* '\mlevelb_(?:deploy|definer|sandbox)\M'
    from levelb._statements((levelb._mask(source)).masked) s
  window next as (order by s.position)
$_pieces$;
comment on function levelb._pieces(text) is
  'Statements of a text: number, position in characters from 1, text, whether a sandbox can run it.';

-- What a sandbox leaves out, for the record.
create function levelb._not_rehearsed_here(manifest levelb.manifest)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_not_rehearsed_here$
  select jsonb_agg(l.detail order by l.place, l.step, l.at)
    from (
      select jsonb_build_object('step', s.name, 'part', t.part, 'position', p.at,
          'statement', left(regexp_replace(btrim(p.piece), '\s+', ' ', 'g'), 200)) as detail,
          t.part as place, s.position as step, p.at
        from only levelb.step s
          cross join lateral (values ('apply', s.apply), ('rollback', s.rollback)) t (part, source)
          cross join lateral levelb._pieces(t.source) p
       where s.migration_id = manifest.migration_id and s.revision = manifest.revision and p.is_beyond_sandbox
      union all
      select jsonb_build_object('step', s.name, 'part', 'roles'), 'roles', s.position, 0 from only levelb.step s
       where s.migration_id = manifest.migration_id and s.revision = manifest.revision and s.roles is not null
    ) l
$_not_rehearsed_here$;
comment on function levelb._not_rehearsed_here(levelb.manifest) is 'Statements and role documents that a sandbox cannot run; null for none.';
