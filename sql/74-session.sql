-- Owns what an activation asks of the session it runs in, and putting back what the text left in it.

-- What a verb that reads back asks of its transaction: that it was meant, and that nothing in it is undecided.
create function levelb._clean_call(verb text)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_clean_call$
begin
  if not levelb._is_direct(verb) then
    perform levelb._raise('LB205', jsonb_build_object('verb', case when strpos(verb, '.') > 0 then verb else 'levelb.' || verb end));
  end if;
  if pg_is_in_recovery() or current_setting('transaction_read_only')::boolean then
    perform levelb._raise('LB105', '{}');
  end if;
  if current_setting('transaction_isolation') <> 'read committed' then
    perform levelb._raise('LB103', jsonb_build_object('isolation', current_setting('transaction_isolation')));
  end if;
  -- An earlier write may have queued a trigger that would fire among our steps with the deployer's rights.
  if pg_current_xact_id_if_assigned() is not null then
    perform levelb._raise('LB104', jsonb_build_object('problem', 'the transaction has written already'));
  end if;
end
$_clean_call$;
comment on function levelb._clean_call(text) is 'Refuse calls that are not the first of a transaction of their own.';

-- Step 1 of activate, everything that is wrong with the call itself. Raised, since some of these sessions cannot
-- write. Here and below never the view pg_settings: PUBLIC holds UPDATE on it, and so may lock it and keep every
-- reader waiting.
create function levelb._clean_start(
  verb text,
  policy jsonb
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_clean_start$
declare
  v_setting record;
  v_armed constant bigint := (select s.setting from pg_show_all_settings() s where s.name = 'statement_timeout')::bigint;
  v_limit constant bigint := levelb._interval_ms(policy -> 'timeouts' ->> 'statement');
begin
  perform levelb._clean_call(verb);
  -- The text's names could resolve to them.
  if pg_my_temp_schema() <> 0 and (
       exists (select from pg_class c where c.relnamespace = pg_my_temp_schema())
       or exists (select from pg_type t where t.typnamespace = pg_my_temp_schema())
       -- and to what somebody may name who is not the one as whom text runs
       or exists (select from pg_proc p where p.pronamespace = pg_my_temp_schema())
       or exists (select from pg_operator o where o.oprnamespace = pg_my_temp_schema())) then
    perform levelb._raise('LB104', jsonb_build_object('problem', 'the session has temporary objects'));
  end if;
  for v_setting in
    select w.name, w.wanted, current_setting(w.name, true) as value
      from (values ('session_replication_role', 'origin'), ('track_counts', 'on'), ('allow_system_table_mods', 'off'),
              ('event_triggers', 'on'), ('zero_damaged_pages', 'off'), ('ignore_system_indexes', 'off'),
              ('lo_compat_privileges', 'off')) w (name, wanted)
     where current_setting(w.name, true) <> w.wanted
  loop
    perform levelb._raise('LB104', jsonb_build_object('setting', v_setting.name, 'value', v_setting.value,
      'needed', v_setting.wanted));
  end loop;
  -- It is armed when the statement starts and cannot be armed from inside.
  if v_armed = 0 or v_armed > v_limit then
    perform levelb._raise('LB106', jsonb_build_object('statement_timeout', v_armed, 'limit_ms', v_limit),
      format('set statement_timeout = %s; then call again.', v_limit));
  end if;
end
$_clean_start$;
comment on function levelb._clean_start(text, jsonb) is 'Refuse calls and sessions that an activation cannot run in.';

create type levelb._session as (
  settings             jsonb,
  cursors              text[],
  prepared_statements  jsonb,
  locks                text[]
);
comment on type levelb._session is 'What of a session can be seen.';

create function levelb._session_now()
  returns levelb._session
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $_session_now$
  select (select coalesce(jsonb_object_agg(s.name, s.setting), '{}') from pg_show_all_settings() s
           where s.source = 'session' and s.context in ('user', 'superuser')
             and s.name not in ('search_path', 'transaction_isolation', 'transaction_read_only', 'transaction_deferrable')),
      (select coalesce(array_agg(c.name order by c.name), '{}') from pg_cursors c),
      (select coalesce(jsonb_object_agg(p.name, jsonb_build_array(extract(epoch from p.prepare_time), p.statement)), '{}')
         from pg_prepared_statements p),
      (select coalesce(array_agg(concat_ws(' ', l.classid, l.objid, l.objsubid, l.mode)), '{}')
         from pg_locks l where l.pid = pg_backend_pid() and l.locktype = 'advisory')
$_session_now$;
comment on function levelb._session_now() is
  'Settings, cursors, prepared statements and advisory locks of this session.';

-- Puts back what can be seen, and says what it was. RESET comes first: a local pin alone would leave the text's value
-- in the session. Custom settings and LISTEN cannot be seen, which is why an activation's connection is thrown away. A
-- rollback puts back settings and cursors, but neither prepared statements nor locks of the session: so this is for
-- failures too, and must not fail, whatever the text named its things.
create function levelb._put_back(before levelb._session)
  returns jsonb
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_put_back$
declare
  -- What activate and rehearse_live set for themselves. The session's own value is out of sight: it goes back to where the session began.
  v_pinned constant text[] := array['jit', 'standard_conforming_strings', 'quote_all_identifiers', 'bytea_output', 'DateStyle',
    'IntervalStyle', 'TimeZone', 'extra_float_digits', 'lc_monetary', 'lock_timeout', 'idle_in_transaction_session_timeout',
    'synchronous_commit', 'client_min_messages'];
  v_after levelb._session := levelb._session_now();
  v_names text[];
  v_name text;
  v_lock text[];
  v_locks integer := 0;
  v_released boolean;
  v_settings text[] := '{}';
  v_cursors text[] := '{}';
  v_prepared text[] := '{}';
begin
  v_names := array(select k from (select jsonb_object_keys(before.settings) union select jsonb_object_keys(v_after.settings)) n (k)
    where before.settings -> k is distinct from v_after.settings -> k order by k collate "C");
  foreach v_name in array v_names loop
    v_settings := v_settings || v_name;
    execute format('reset %I', v_name);
    if before.settings ? v_name then
      perform set_config(v_name, before.settings ->> v_name, v_name = any(v_pinned));
    end if;
  end loop;
  foreach v_name in array v_after.cursors loop
    if v_name <> all(before.cursors) then
      v_cursors := v_cursors || v_name;
      execute format('close %I', v_name);
    end if;
  end loop;
  -- One that the text took away cannot be given back, only named.
  v_names := array(select k from (select jsonb_object_keys(before.prepared_statements)
      union select jsonb_object_keys(v_after.prepared_statements)) n (k)
    where before.prepared_statements -> k is distinct from v_after.prepared_statements -> k order by k collate "C");
  foreach v_name in array v_names loop
    v_prepared := v_prepared || v_name;
    if v_after.prepared_statements ? v_name then
      execute format('deallocate %I', v_name);
    end if;
  end loop;
  v_locks := (select count(*) from unnest(v_after.locks) l where l <> all(before.locks));
  if v_locks > 0 and before.locks = '{}' then
    perform pg_advisory_unlock_all();
    v_after.locks := '{}';
  end if;
  for v_lock in
    select string_to_array(l, ' ') from unnest(v_after.locks) l where l <> all(before.locks)
  loop
    -- A lock taken twice is held twice. Two keys and one key are told apart by objsubid; locks of the transaction end by
    -- themselves, with a warning here.
    loop
      execute format('select pg_advisory_unlock%s(%s)', case when v_lock[4] = 'ShareLock' then '_shared' else '' end,
        case v_lock[3] when '1' then ((v_lock[1]::bigint << 32) | v_lock[2]::bigint)::text
          else v_lock[1]::bigint::bit(32)::integer || ', ' || v_lock[2]::bigint::bit(32)::integer end) into v_released;
      exit when not v_released;
    end loop;
  end loop;
  return jsonb_build_object('settings', to_jsonb(v_settings), 'cursors', to_jsonb(v_cursors), 'prepared_statements',
    to_jsonb(v_prepared), 'locks', v_locks);
end
$_put_back$;
comment on function levelb._put_back(levelb._session) is 'Put back what the text changed in the session, and list it.';
