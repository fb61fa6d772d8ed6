-- Owns whether the guard is open for a session.

-- A backend is known by its number, which the operating system gives again, and when it started only who may read
-- everybody's statistics can see, which levelb_owner may not. So break_glass takes an advisory lock of the session, under
-- a key that nobody could guess before: it lasts as long as the session, whatever its transactions do, and ends with it.
-- To take the same lock later opens nothing, without the row and in a backend of another number or login.
-- Not LANGUAGE SQL: PostgreSQL would keep the body with all columns of the activity, and they differ from version to
-- version, so that shipped_objects would not hold.
create function levelb._is_held(guard levelb._open_guard)
  returns boolean
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_is_held$
begin
  return guard.until > clock_timestamp() and exists (
    select from pg_lock_status() l
     where l.locktype = 'advisory' and l.pid = guard.backend and l.granted and l.objsubid = 1
       and l.database = (select d.oid from pg_database d where d.datname = current_database())
       and (l.classid::bigint << 32 | l.objid::bigint) = guard.session_key)
    and guard.login = (select a.usesysid from pg_stat_get_activity(guard.backend) a);
end
$_is_held$;
comment on function levelb._is_held(levelb._open_guard) is
  'Whether the session that opened the guard is still there, and its time not over.';

create function levelb._guard_is_open()
  returns boolean
  language sql volatile
  set search_path = pg_catalog, pg_temp
return exists (
  select from only levelb._open_guard g where g.backend = pg_backend_pid() and levelb._is_held(g));
comment on function levelb._guard_is_open() is 'Whether break_glass opened the guard for this session, and it still is.';
