-- Owns the triggers that make append-only mean it. They are SECURITY INVOKER: current_user is their evidence.
create function levelb._guard_append_only()
  returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $_guard_append_only$
begin
  perform levelb._raise('LB301', jsonb_build_object('table', tg_table_name, 'operation', tg_op));
  return null;
end
$_guard_append_only$;
comment on function levelb._guard_append_only() is 'Refuse UPDATE, DELETE and TRUNCATE.';

-- A row comes through the channel when a SECURITY DEFINER function of levelb_owner writes it in an ordinary session.
-- Inside such a function current_user is levelb_owner while the setting "role" keeps what the caller has, and it
-- cannot be set there: so "set role levelb_owner" by a superuser, logical apply and COPY do not pass.
create function levelb._is_channel()
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return current_user = 'levelb_owner'
  and current_setting('role') <> 'levelb_owner'
  and session_user <> 'levelb_owner'
  and current_setting('session_replication_role') = 'origin';
comment on function levelb._is_channel() is 'Whether this code runs inside a verb of levelb.';

-- The restore door: until bootstrap or rebind closes it, an installed and empty levelb takes the rows of a dump from a
-- superuser. It is a catalog fact (an ACL entry, which data cannot bring along), because "while the ledger is empty" is
-- false as soon as the first table of the dump is loaded.
create function levelb._restore_door(relation oid)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return current_setting('session_replication_role') = 'origin'
  and (select r.rolsuper from pg_roles r where r.rolname = session_user)
  and exists (
    select from pg_class c, aclexplode(c.relacl) a
     where c.oid = relation and a.privilege_type = 'INSERT'
       and a.grantee = (select o.oid from pg_roles o where o.rolname = 'pg_database_owner'));
comment on function levelb._restore_door(oid) is 'Whether rows of a dump may be loaded into this table now.';

create function levelb._guard_channel()
  returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $_guard_channel$
begin
  if not levelb._is_channel() and not (tg_op = 'INSERT' and levelb._restore_door(tg_relid)) then
    perform levelb._raise('LB301', jsonb_build_object('table', tg_table_name, 'operation', tg_op));
  end if;
  if tg_op = 'DELETE' then
    return old;
  end if;
  return new;
end
$_guard_channel$;
comment on function levelb._guard_channel() is 'Refuse rows that do not come through a verb of levelb.';

-- Attaches the guards: append-only tables take inserts of the channel and nothing else, helpers only the channel's
-- writes. ENABLE ALWAYS, or session_replication_role = replica would silence them.
do $guards$
declare
  v_table record;
begin
  for v_table in
    select c.relname, starts_with(c.relname, '_') as is_mutable from pg_class c
     where c.relnamespace = 'levelb'::regnamespace and c.relkind = 'r' order by c.relname collate "C"
  loop
    if v_table.is_mutable then
      execute format('create trigger levelb_10_channel_only before insert or update or delete on levelb.%I
        for each row execute function levelb._guard_channel()', v_table.relname);
    else
      execute format('create trigger levelb_10_channel_only before insert on levelb.%I
        for each row execute function levelb._guard_channel()', v_table.relname);
      execute format('create trigger levelb_20_append_only before update or delete on levelb.%I
        for each row execute function levelb._guard_append_only()', v_table.relname);
      execute format('alter table levelb.%I enable always trigger levelb_20_append_only', v_table.relname);
    end if;
    execute format('create trigger levelb_30_no_truncate before truncate on levelb.%I
      for each statement execute function levelb._guard_append_only()', v_table.relname);
    execute format('alter table levelb.%I enable always trigger levelb_10_channel_only', v_table.relname);
    execute format('alter table levelb.%I enable always trigger levelb_30_no_truncate', v_table.relname);
  end loop;
end
$guards$;
