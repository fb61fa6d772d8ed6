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

create function levelb._table_name(relation oid)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.oid = relation);
comment on function levelb._table_name(oid) is 'Qualified name of a relation.';

