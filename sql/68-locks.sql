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
-- views. It writes the row of the view anew as well: the lock alone may be from before the text, in a rehearsal. In a mirror
-- it always is, so there the row must have a new file, or be as it was in all but that it was written.
create function levelb._refreshed(changes levelb._change[])
  returns oid[]
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $_refreshed$
  select array(select c.oid from unnest(levelb._locked('ExclusiveLock')) l join pg_class c on c.oid = l
   where c.relkind = 'm' and exists (
     select from unnest(changes) x
      where (x.new).catalog = 'pg_class' and (x.new).key = c.oid::text
        and (not levelb._is_in_sandbox()
          or ((x.old).identity, (x.old).attributes, (x.old).acl, (x.old).rest) is not distinct from
            ((x.new).identity, (x.new).attributes, (x.new).acl, (x.new).rest)
          or (x.old).attributes -> 'data:storage' is distinct from (x.new).attributes -> 'data:storage')))
$_refreshed$;
comment on function levelb._refreshed(levelb._change[]) is 'Materialized views that were filled; changes: what was read back.';

create function levelb._table_name(relation oid)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.oid = relation);
comment on function levelb._table_name(oid) is 'Qualified name of a relation.';

