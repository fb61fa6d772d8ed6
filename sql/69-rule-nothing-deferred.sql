-- Owns that nothing which the text set off waits until after the proof.

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
          where ((a.attrelid = k.conrelid and a.attnum = any(k.conkey))
            or (a.attrelid = k.confrelid and a.attnum = any(k.confkey)))
            and a.atttypid >= 16384)
       else i.indexprs is not null or i.indpred is not null
         or exists (select from unnest(i.indclass::oid[]) o where o >= 16384)
     end
$_deferrable_code$;
comment on function levelb._deferrable_code(oid) is 'Deferrable constraints of a table that may run code of users.';

-- Triggers that the text has set off run before the read-back, or not at all. What is deferrable could put itself off
-- again, past the proof, and would then run with the deployer's rights.
create function levelb._refuse_deferred()
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_deferred$
declare
  v_written constant oid[] := array(
    select c.oid from unnest(levelb._locked('RowExclusiveLock')) w join pg_class c on c.oid = w
     where c.relnamespace <> 'levelb'::regnamespace);
  v_found jsonb;
begin
  select jsonb_agg(jsonb_build_object('table', levelb._table_name(f.relation), 'trigger', f.code)
      order by levelb._table_name(f.relation), f.code) into v_found
    from (
      select g.tgrelid as relation, g.tgname::text as code from pg_trigger g
       where g.tgrelid = any(v_written) and not g.tgisinternal and g.tgdeferrable
      union
      select w, k from unnest(v_written) w, levelb._deferrable_code(w) k
    ) f;
  if v_found is not null then
    perform levelb._raise_rule('nothing_deferred', jsonb_build_object('triggers', v_found));
  end if;
end
$_refuse_deferred$;
comment on function levelb._refuse_deferred() is 'Refuse triggers and constraints that could run after the proof.';
