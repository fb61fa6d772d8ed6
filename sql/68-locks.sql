-- Owns which relations of users this transaction holds, and their names.

-- Relations that this transaction has locked as writers do: by the locks and not by the rows, since a BEFORE trigger
-- may have run and let no row through, and a view has no rows.
create function levelb._locked(mode text)
  returns oid[]
  language sql volatile
  set search_path = pg_catalog, pg_temp
return array(
  select l.relation from pg_locks l
   where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.granted and l.relation >= 16384
     and l.mode = _locked.mode);
comment on function levelb._locked(text) is 'Relations of users that this transaction holds in one lock mode.';

-- REFRESH takes this lock, concurrent or not, and so does CREATE where it fills the view; LOCK TABLE refuses materialized
-- views. What was done in a savepoint that was undone gave the lock back.
create function levelb._refreshed()
  returns oid[]
  language sql volatile
  set search_path = pg_catalog, pg_temp
return array(
  select c.oid from unnest(levelb._locked('ExclusiveLock')) l join pg_class c on c.oid = l where c.relkind = 'm');
comment on function levelb._refreshed() is 'Materialized views that this transaction filled.';

create function levelb._table_name(relation oid)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.oid = relation);
comment on function levelb._table_name(oid) is 'Qualified name of a relation.';

