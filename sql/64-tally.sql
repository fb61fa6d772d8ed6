-- Owns the count of rows that this transaction wrote, by catalog and by user table. The counters are the server's own
-- and out of reach of the text; they count rolled-back savepoints too, and rows of earlier transactions that were not
-- flushed yet, so only the difference of two readings means anything.

create type levelb._written as (
  relation  oid,
  name      text,
  inserted  bigint,
  updated   bigint,
  deleted   bigint
);
comment on type levelb._written is 'Rows written to one relation.';

-- Every system catalog has an oid below 16384: a range of the index, whatever the number of user tables.
create function levelb._tally()
  returns setof levelb._written
  language sql volatile
  set search_path = pg_catalog, pg_temp
  -- without statistics the planner reads the whole of pg_class for these few
  set enable_seqscan = off
as $_tally$
  select c.oid, c.relname::text, pg_stat_get_xact_tuples_inserted(c.oid), pg_stat_get_xact_tuples_updated(c.oid),
      pg_stat_get_xact_tuples_deleted(c.oid)
    from pg_class c where c.oid < 16384 and c.relkind = 'r'
$_tally$;
comment on function levelb._tally() is 'Rows written to the system catalogs so far.';

-- A table that was written is locked by us in ROW EXCLUSIVE mode, so the lock table names the candidates. Counts that
-- an earlier transaction of this session left unflushed, and those of savepoints that were rolled back, can only add a
-- verb to a table that was locked this way; activate has its own flushed.
create function levelb._tables_written()
  returns setof levelb._written
  language sql volatile
  set search_path = pg_catalog, pg_temp
  -- without statistics the planner reads the whole of pg_class for these few
  set enable_seqscan = off
as $_tables_written$
  select w.* from (
    select c.oid, i.identity, pg_stat_get_xact_tuples_inserted(c.oid) as inserted,
        pg_stat_get_xact_tuples_updated(c.oid) as updated, pg_stat_get_xact_tuples_deleted(c.oid) as deleted
      from pg_locks l
        join pg_class c on c.oid = l.relation
        join pg_namespace n on n.oid = c.relnamespace
        cross join lateral pg_identify_object(1259, c.oid, 0) i
     where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.mode = 'RowExclusiveLock' and l.granted
       and l.relation >= 16384 and c.relkind in ('r', 'm') and n.nspname not in ('levelb', 'pg_toast')
  ) w where w.inserted + w.updated + w.deleted > 0
$_tables_written$;
comment on function levelb._tables_written() is 'User tables that this transaction wrote rows to.';
