-- Owns that no trigger of others fires with the deployer's rights.

-- What a trigger was before the text replaced, disabled or dropped it may have fired all the same: the order of the
-- statements is not known. Whether a table that is gone was truncated is not known either.
create function levelb._refuse_hidden_triggers(changes levelb._change[])
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_hidden_triggers$
declare
  v_written constant oid[] := levelb._locked('RowExclusiveLock');
  v_trusted constant oid[] := levelb._trusted_owners();
  v_stray constant oid[] := levelb._stray_functions();
  v_found jsonb;
begin
  select jsonb_agg(distinct jsonb_build_object('trigger', f.identity)) into v_found
    from (
      select (c.old).identity, (c.old).key, ((c.old).whole ->> 'tgrelid')::oid as relation,
          ((c.old).whole ->> 'tgfoid')::oid as function,
          ((c.old).whole ->> 'tgtype')::integer & 32 <> 0 and exists (
            select from unnest(changes) t
             where (t.old).catalog = 'pg_class' and (t.old).key = (c.old).whole ->> 'tgrelid'
               and ((t.new).key is null or levelb._has_new_storage(row(t.old, t.new)::levelb._change))) as is_truncated
        from unnest(changes) c where (c.old).catalog = 'pg_trigger' and not (c.old).is_implied
    ) f
   where (f.relation = any(v_written) or f.is_truncated)
     and exists (
       select from (
         select f.function
         union all
         -- functions of its WHEN
         select ((d.old).whole ->> 'refobjid')::oid from unnest(changes) d
          where (d.old).catalog = 'pg_depend' and (d.old).part_of = 'pg_trigger ' || f.key
            and (d.old).whole ->> 'refclassid' = 'pg_proc'::regclass::oid::text
         union all
         select d.refobjid from pg_depend d
          where d.classid = 'pg_trigger'::regclass and d.objid = f.key::oid and d.refclassid = 'pg_proc'::regclass
       ) used (function)
        where used.function >= 16384
          and not exists (
            select from pg_proc p
             where p.oid = used.function and p.proowner = any(v_trusted) and p.oid <> all(v_stray)));
  if v_found is not null then
    perform levelb._raise_rule('code_of_others_hidden', jsonb_build_object('triggers', v_found));
  end if;
end
$_refuse_hidden_triggers$;
comment on function levelb._refuse_hidden_triggers(levelb._change[]) is
  'Refuse to hide a trigger that may have run code of others.';

-- A trigger depends on its function and on those of its WHEN; PostgreSQL's own are not recorded.
create function levelb._refuse_code_in_triggers(triggers oid[])
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_code_in_triggers$
declare
  v_trusted constant oid[] := levelb._trusted_owners();
  v_stray constant oid[] := levelb._stray_functions();
  v_found jsonb;
begin
  select jsonb_agg(jsonb_build_object('table', f.relation, 'trigger', f.tgname, 'owner', f.owner)
      order by f.relation, f.tgname, f.owner) into v_found
    from (
      select distinct levelb._table_name(g.tgrelid) as relation, g.tgname, levelb._role_name(p.proowner) as owner
        from pg_trigger g
          join pg_depend d on d.classid = 'pg_trigger'::regclass and d.objid = g.oid
            and d.refclassid = 'pg_proc'::regclass
          join pg_proc p on p.oid = d.refobjid
       where g.oid = any(triggers) and not g.tgisinternal and g.tgenabled <> 'D'
         and (p.proowner <> all(v_trusted) or p.oid = any(v_stray))
    ) f;
  if v_found is not null then
    perform levelb._raise_rule('code_of_others_in_triggers', jsonb_build_object('triggers', v_found));
  end if;
end
$_refuse_code_in_triggers$;
comment on function levelb._refuse_code_in_triggers(oid[]) is
  'Refuse those among some triggers that are enabled and run code of others.';

-- Right after the text, while it is known which tables it wrote to, and before anything deferred runs.
create function levelb._refuse_foreign_triggers()
  returns void
  language sql stable
  set search_path = pg_catalog, pg_temp
return levelb._refuse_code_in_triggers(array(
  select g.oid
    from unnest(levelb._locked('RowExclusiveLock')) w
      join pg_class t on t.oid = w and t.relnamespace <> 'levelb'::regnamespace
      join pg_trigger g on g.tgrelid = t.oid));
comment on function levelb._refuse_foreign_triggers() is
  'Refuse triggers that would run code of others as the deployer.';

-- TRUNCATE shows in the read-back alone: its lock is that of every ALTER TABLE, its mark a new file. A table that was
-- rewritten has one too, and is not told apart.
create function levelb._refuse_truncate_triggers(changes levelb._change[])
  returns void
  language sql stable
  set search_path = pg_catalog, pg_temp
return levelb._refuse_code_in_triggers(array(
  select g.oid
    from unnest(changes) c join pg_trigger g on g.tgrelid = (c.new).key::oid and g.tgtype & 32 <> 0
   where (c.new).catalog = 'pg_class' and levelb._has_new_storage(row(c.old, c.new)::levelb._change)));
comment on function levelb._refuse_truncate_triggers(levelb._change[]) is
  'Refuse to truncate a table whose triggers are of others.';
