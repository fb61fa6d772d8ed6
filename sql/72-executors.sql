-- Owns the only code that runs approved text. Executors take no argument and are owned by the role whose rights the
-- text has; each fetches its step from a function of levelb_owner that answers only under this transaction's token.
-- An executor that took text would be a backdoor for whoever is granted it, and its owner can grant it.

create type levelb._pending as (
  texts         text[],
  verify        text,
  roles         jsonb,
  search_path   text,
  is_rehearsed  boolean
);
comment on type levelb._pending is 'The step that an executor is about to run: of a rehearsal its text by statement, null for one that a sandbox cannot run.';

-- part: what the executor can run, apply, verify or roles; a rehearsal has it run what takes them back too.
create function levelb._pending_step(part text)
  returns levelb._pending
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $_pending_step$
declare
  v_pending levelb._pending;
begin
  update levelb._token t set used = true
    from only levelb.step s join only levelb.manifest m on m.migration_id = s.migration_id and m.revision = s.revision
   where t.transaction_id = pg_current_xact_id_if_assigned() and t.backend = pg_backend_pid() and not t.used
     and (t.part = _pending_step.part or t.rehearsed_in is not null and t.part = case _pending_step.part
       when 'apply' then 'rollback' when 'roles' then 'rollback roles' end)
     and s.migration_id = t.migration_id and s.revision = t.revision and s.position = t.position
  returning case when t.rehearsed_in is not null
      then array(
        select case when t.rehearsed_in = 'live' or not p.is_beyond_sandbox then p.piece end
          from levelb._pieces(case t.part when 'rollback' then s.rollback else s.apply end) p order by p.statement)
      else array[s.apply] end,
    s.verify, coalesce(t.roles, s.roles), m.search_path, t.rehearsed_in is not null into v_pending;
  if not found then
    perform levelb._raise('LB211', '{}');
  end if;
  return v_pending;
end
$_pending_step$;
comment on function levelb._pending_step(text) is
  'Hand out the pending step of this transaction, once. Answers nobody but an activation.';

-- Roles that no role document may touch: levelb's, the server's, logins of principals, and whatever could go round the
-- channel. levelb_roles cannot read the principals, so it asks here.
create function levelb._is_guarded_role(role text)
  returns boolean
  language sql stable security definer
  set search_path = pg_catalog, pg_temp
return role ~ '^(levelb|pg)_'
  or exists (select from levelb.active_principal p where role = any(p.logins))
  -- itself or through a role: whoever is granted it could become that one
  or exists (select from pg_roles r join pg_roles d on pg_has_role(r.oid, d.oid, 'member')
              where r.rolname = role
                and (d.oid in (select s from unnest(levelb._strong_roles()) s)
                  -- owning the database is no way out of it
                  or d.rolname ~ '^pg_' and d.rolname <> 'pg_database_owner'
                  or d.rolname = any(levelb._owner_roles())));
comment on function levelb._is_guarded_role(text) is 'Whether role documents must leave this role alone.';

-- What a role is granted reaches its members, and what runs approved text has its rights. levelb_roles is left out, as it
-- is a member of every role it administers; and rights that only SET ROLE would give are none, since text cannot SET
-- ROLE. Whoever has the rights already gains none, so that a revoke can be taken back.
create function levelb._levelb_gains(
  granted text,
  grantee text,
  with_admin boolean
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (select min(m.rolname::text) from pg_roles r join pg_roles m on pg_has_role(m.oid, r.oid, 'usage')
  where r.rolname = grantee and m.rolname = any(levelb._owner_roles()) and m.rolname <> 'levelb_roles'
    and (with_admin or not exists (
      select from pg_roles g where g.rolname = granted and pg_has_role(m.oid, g.oid, 'usage'))));
comment on function levelb._levelb_gains(text, text, boolean) is
  'The role of levelb that would gain rights by a membership; null where none does.';

-- Rights that the executors'' owners need. Given here and not in 90, because the functions below are created by them.
grant usage on schema levelb to levelb_deploy, levelb_roles, levelb_sandbox;
grant usage, create on schema levelb_exec to levelb_deploy, levelb_roles, levelb_sandbox;
grant execute on function levelb._pending_step(text) to levelb_deploy, levelb_roles, levelb_sandbox;
grant execute on function levelb._statement_ran(bigint) to levelb_deploy, levelb_sandbox;
grant execute on function levelb._mirror_lines(text) to levelb_deploy, levelb_sandbox;
grant execute on function levelb._is_guarded_role(text), levelb._levelb_gains(text, text, boolean), levelb._owner_roles(),
  levelb._setting_sql(text, text), levelb._setting_name(text), levelb._setting_list(text), levelb._is_list_setting(text)
  to levelb_roles;
grant execute on function levelb._invalid(text, text) to levelb_roles;
grant execute on function levelb._raise(text, jsonb, text) to levelb_roles;
grant execute on function levelb.errors() to levelb_roles;

set local role levelb_deploy;

-- The settings pinned here are those a session may set that change how text is parsed, what its expressions mean, how
-- values are written out, or what DDL defaults to. Those that only a superuser may set are checked by activate instead:
-- a pin of one would make the function fail for everybody else.
create function levelb_exec.execute_step()
  returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set standard_conforming_strings = on
  set backslash_quote = safe_encoding
  set transform_null_equals = off
  set array_nulls = on
  set check_function_bodies = on
  set quote_all_identifiers = off
  set row_security = on
  set default_tablespace = ''
  set temp_tablespaces = ''
  set default_table_access_method = heap
  set default_toast_compression = pglz
  set xmlbinary = base64
  set xmloption = content
  set bytea_output = hex
  set datestyle = 'ISO, MDY'
  set intervalstyle = postgres
  set timezone = 'UTC'
  set extra_float_digits = 1
  set lc_monetary = 'C'
  set lc_numeric = 'C'
  set lc_time = 'C'
  set plpgsql.check_asserts = on
as $execute_step$
declare
  v_pending constant levelb._pending := levelb._pending_step('apply');
  v_text text;
  v_rows bigint;
begin
  perform set_config('search_path', v_pending.search_path, true);
  -- From the first text on nothing here uses a name without its schema, nor an operator: the path may be the text's.
  foreach v_text in array v_pending.texts loop
    if v_text is null then
      v_rows := 0;
    else
      execute v_text;
      get diagnostics v_rows = row_count;
    end if;
    if v_pending.is_rehearsed then
      perform levelb._statement_ran(v_rows);
    end if;
  end loop;
end
$execute_step$;
comment on function levelb_exec.execute_step() is '@internal

Run the SQL text of the pending step with the rights of levelb_deploy.';

-- Deferred checks run code too: a function in an index, a cast or an operator of a type. As levelb_owner, who runs
-- activate, that code could write approvals; so they are flushed with the rights that the text had.
create function levelb_exec.check_constraints()
  returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $check_constraints$
begin
  set constraints all immediate;
end
$check_constraints$;
comment on function levelb_exec.check_constraints() is '@internal

Check the constraints that the text deferred, with the rights of levelb_deploy.';

-- Read-only from before the query on; activate rolls this subtransaction back whatever it answers, since one that
-- commits would leave the whole transaction read-only.
create function levelb_exec.verify_step()
  returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set standard_conforming_strings = on
  set backslash_quote = safe_encoding
  set transform_null_equals = off
  set array_nulls = on
  set row_security = on
  set bytea_output = hex
  set datestyle = 'ISO, MDY'
  set intervalstyle = postgres
  set timezone = 'UTC'
  set extra_float_digits = 1
  set plpgsql.check_asserts = on
as $verify_step$
declare
  v_pending constant levelb._pending := levelb._pending_step('verify');
  v_answer text;
  v_rows bigint;
begin
  perform set_config('transaction_read_only', 'on', true);
  perform set_config('search_path', v_pending.search_path, true);
  execute v_pending.verify into v_answer;
  get diagnostics v_rows = row_count;
  return v_rows = 1 and v_answer::boolean;
end
$verify_step$;
comment on function levelb_exec.verify_step() is '@internal

Run the verify query of the pending step, read-only; true when its first row begins with true.';

-- A schema is renamed, and made for another role, by its owner alone.
create function levelb_exec.swap_schemas()
  returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $swap_schemas$
declare
  v_lines constant text[] := array(select m.line from levelb._mirror_lines('levelb_deploy') m);
  v_line text;
begin
  foreach v_line in array v_lines loop
    execute v_line;
  end loop;
end
$swap_schemas$;
comment on function levelb_exec.swap_schemas() is '@internal

Rename the schemas that are mirrored aside and make empty ones of levelb_sandbox in their place.';

set local role levelb_sandbox;

-- The same for the text of a rehearsal in the sandbox, with the rights of a role that owns nothing but the mirror.
do $sandbox$
declare
  v_name text;
begin
  foreach v_name in array array['execute_step', 'check_constraints', 'verify_step'] loop
    execute replace(pg_get_functiondef(format('levelb_exec.%I()', v_name)::regprocedure),
      'FUNCTION levelb_exec.', 'FUNCTION levelb_exec.sandbox_');
  end loop;
end
$sandbox$;
comment on function levelb_exec.sandbox_execute_step() is '@internal

Run the SQL text of the pending step with the rights of levelb_sandbox.';
comment on function levelb_exec.sandbox_check_constraints() is '@internal

Check the constraints that the text deferred, with the rights of levelb_sandbox.';
comment on function levelb_exec.sandbox_verify_step() is '@internal

Run the verify query of the pending step, read-only, with the rights of levelb_sandbox.';

-- Nobody but its owner is told what a sequence holds.
create function levelb_exec.sandbox_sequences()
  returns jsonb
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $sandbox_sequences$
declare
  v_query constant text := (
    select string_agg(format('select %s::oid, last_value, is_called from %I.%I', c.oid, n.nspname, c.relname), ' union all ')
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relowner = 'levelb_sandbox'::regrole
       -- an owner can be without it
       and case when c.relkind = 'S' then has_sequence_privilege(c.oid, 'select') end);
  v_values jsonb;
begin
  if v_query is not null then
    execute format('select jsonb_object_agg(s.oid, jsonb_build_array(s.last_value, s.is_called)) from (%s) s', v_query) into v_values;
  end if;
  return coalesce(v_values, '{}');
end
$sandbox_sequences$;
comment on function levelb_exec.sandbox_sequences() is '@internal

Values of the sequences of the mirror, by oid.';

-- Turn by turn, each as a whole: one statement by itself is a subtransaction, and many of those are dear for everybody.
-- Only what fails is tried alone, and after every turn again: what an object needs may come later.
create function levelb_exec.build_mirror()
  returns jsonb
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set check_function_bodies = off
  set standard_conforming_strings = on
  set default_tablespace = ''
  set default_table_access_method = heap
  set row_security = on
  set client_min_messages = error
as $build_mirror$
declare
  v_lines constant levelb._mirror[] := array(select m from levelb._mirror_lines('levelb_sandbox') m);
  v_turn integer;
  v_line levelb._mirror;
  v_left levelb._mirror[] := '{}';
  v_again levelb._mirror[];
  v_failed jsonb := '{}';
  v_hint text;
begin
  for v_turn in select distinct l.turn from unnest(v_lines) l where l.turn < 900 order by 1 loop
    begin
      execute (select string_agg(l.line, '; ' order by l.number) from unnest(v_lines) l where l.turn = v_turn);
    exception when others then
      v_left := v_left || array(select l from unnest(v_lines) l where l.turn = v_turn);
    end;
    while v_left <> '{}' loop
      v_again := '{}';
      foreach v_line in array v_left loop
        begin
          execute v_line.line;
        exception when others then
          v_again := v_again || v_line;
          v_failed := v_failed || jsonb_build_object(v_line.number, sqlerrm);
        end;
      end loop;
      exit when cardinality(v_again) = cardinality(v_left);
      v_left := v_again;
    end loop;
  end loop;
  select coalesce(jsonb_object_agg(l.number, v_failed -> l.number::text), '{}') into v_failed
    from unnest(v_left) l;
  v_again := array(select l from unnest(v_lines) l where l.turn = 900);
  foreach v_line in array v_again loop
    begin
      perform pg_catalog.set_config('search_path', pg_catalog.format('%I, pg_catalog, pg_temp', v_line.names[1]), true);
      execute v_line.line;
      set constraints all immediate;
    exception when others then
      get stacked diagnostics v_hint = pg_exception_hint;
      raise exception using errcode = sqlstate, message = pg_catalog.format('%s: %s', v_line.object, sqlerrm),
        hint = pg_catalog.concat_ws(' ', nullif(v_hint, ''), 'Replace it: select levelb_sandbox.seed(schema, sql); without sql it is taken away.');
    end;
  end loop;
  return v_failed;
end
$build_mirror$;
comment on function levelb_exec.build_mirror() is '@internal

Make the objects of the mirror and run the seeds; return what failed, by number.';

revoke all on function levelb_exec.sandbox_execute_step(), levelb_exec.sandbox_check_constraints(), levelb_exec.sandbox_verify_step(),
  levelb_exec.sandbox_sequences(), levelb_exec.build_mirror() from public, levelb_sandbox;
grant execute on function levelb_exec.sandbox_execute_step(), levelb_exec.sandbox_check_constraints(),
  levelb_exec.sandbox_verify_step(), levelb_exec.sandbox_sequences(), levelb_exec.build_mirror() to levelb_owner;

set local role levelb_roles;

-- The pending role document, in this order whatever its text: create, alter, revoke, grant, set, drop. A role that was
-- made here is administered by levelb_roles (16 and newer do that by themselves, 15 is told to); a role that is
-- administered otherwise was neither created nor adopted and is left alone.
create function levelb_exec.execute_roles()
  returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $execute_roles$
declare
  v_document constant jsonb := (levelb._pending_step('roles')).roles;
  v_has16 constant boolean := current_setting('server_version_num')::int >= 160000;
  v_entry jsonb;
  v_field text;
  v_role text;
  v_member text;
begin
  for v_field, v_role in
    select format('roles.%s[%s]%s', v.verb, e.i - 1, coalesce('.' || k.key, '')), coalesce(e.entry ->> k.key, e.entry #>> '{}')
      from jsonb_each(v_document) v (verb, list), jsonb_array_elements(v.list) with ordinality e (entry, i),
        lateral (select 'name' as key where v.verb in ('create', 'alter') union all
                 select 'role' where v.verb in ('grant', 'revoke', 'set') union all
                 select 'to' where v.verb = 'grant' union all select 'from' where v.verb = 'revoke' union all
                 select null where v.verb = 'drop') k
  loop
    if levelb._is_guarded_role(v_role) then
      perform levelb._invalid(v_field, format('role %s is out of reach of role documents', quote_ident(v_role)));
    end if;
  end loop;
  for v_field, v_role, v_member in
    select format('roles.grant[%s].to', e.i - 1), e.entry ->> 'to', g.member
      from jsonb_array_elements(v_document -> 'grant') with ordinality e (entry, i)
        cross join lateral levelb._levelb_gains(e.entry ->> 'role', e.entry ->> 'to',
          coalesce((e.entry ->> 'admin')::boolean, false)) g (member)
     where g.member is not null
  loop
    perform levelb._invalid(v_field, format('%s is a member of role %s and would gain what that is granted', v_member,
      quote_ident(v_role)));
  end loop;
  for v_field, v_role in
    select format('roles.%s[%s]', v.verb, e.i - 1), coalesce(e.entry ->> 'name', e.entry ->> 'role', e.entry #>> '{}')
      from jsonb_each(v_document - 'create' - 'set') v (verb, list), jsonb_array_elements(v.list) with ordinality e (entry, i)
    union all
    select format('roles.set[%s]', e.i - 1), e.entry ->> 'role'
      from jsonb_array_elements(v_document -> 'set') with ordinality e (entry, i)
  loop
    if not exists (select from jsonb_array_elements(v_document -> 'create') c where c ->> 'name' = v_role)
       and not exists (select from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles u on u.oid = m.member
                        where r.rolname = v_role and u.rolname = 'levelb_roles' and m.admin_option) then
      perform levelb._raise('LB001', jsonb_build_object('field', v_field, 'problem',
          format('levelb neither created nor adopted role %s', quote_ident(v_role))),
        format('To adopt it, a superuser runs: grant %I to levelb_roles with admin %s;', v_role,
          case when v_has16 then 'true, inherit false, set false' else 'option' end));
    end if;
  end loop;

  for v_entry in select e from jsonb_array_elements(v_document -> 'create') e loop
    execute format('create role %I nologin %s connection limit %s', v_entry ->> 'name',
      case when (v_entry ->> 'inherit')::boolean is false then 'noinherit' else 'inherit' end,
      coalesce(v_entry ->> 'connection_limit', '-1'));
    if not v_has16 then
      execute format('grant %I to levelb_roles with admin option', v_entry ->> 'name');
    end if;
  end loop;
  for v_entry in select e from jsonb_array_elements(v_document -> 'alter') e loop
    execute format('alter role %I %s %s', v_entry ->> 'name',
      case (v_entry ->> 'inherit')::boolean when true then 'inherit' when false then 'noinherit' else '' end,
      'connection limit ' || (v_entry ->> 'connection_limit'));
  end loop;
  for v_entry in
    -- what the same document grants again is only changed
    select e from jsonb_array_elements(v_document -> 'revoke') e
     where not coalesce(v_document -> 'grant' @> jsonb_build_array(jsonb_build_object('role', e -> 'role', 'to', e -> 'from')), false)
  loop
    execute format('revoke %I from %I', v_entry ->> 'role', v_entry ->> 'from');
  end loop;
  for v_entry in select e from jsonb_array_elements(v_document -> 'grant') e loop
    if v_has16 then
      execute format('grant %I to %I with admin %s, inherit %s, set %s', v_entry ->> 'role', v_entry ->> 'to',
        coalesce(v_entry ->> 'admin', 'false'), coalesce(v_entry ->> 'inherit', 'true'), coalesce(v_entry ->> 'set', 'true'));
    elsif (v_entry ->> 'inherit')::boolean is false or (v_entry ->> 'set')::boolean is false then
      perform levelb._raise('LB012', jsonb_build_object('field', 'roles.grant', 'role', v_entry ->> 'role'),
        'Memberships without INHERIT or SET need PostgreSQL 16.');
    else
      execute format('grant %I to %I %s', v_entry ->> 'role', v_entry ->> 'to',
        case when (v_entry ->> 'admin')::boolean then 'with admin option' else '' end);
      -- from 16 on a GRANT sets the option both ways
      if (v_entry ->> 'admin')::boolean is not true and exists (
           select from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles u on u.oid = m.member
            where r.rolname = v_entry ->> 'role' and u.rolname = v_entry ->> 'to' and m.admin_option) then
        execute format('revoke admin option for %I from %I', v_entry ->> 'role', v_entry ->> 'to');
      end if;
    end if;
  end loop;
  for v_entry in select e from jsonb_array_elements(v_document -> 'set') e loop
    execute format('alter role %I%s %s', v_entry ->> 'role', ' in database ' || quote_ident(v_entry ->> 'database'),
      levelb._setting_sql(v_entry ->> 'name', v_entry ->> 'value'));
  end loop;
  for v_role in select e #>> '{}' from jsonb_array_elements(v_document -> 'drop') e loop
    execute format('drop role %I', v_role);
  end loop;
end
$execute_roles$;
comment on function levelb_exec.execute_roles() is '@internal

Carry out the pending role document with the rights of levelb_roles.';

do $createrole_self_grant$
begin
  -- A session may set it on 16 and newer, and then every role made here would be granted to its maker.
  if current_setting('server_version_num')::int >= 160000 then
    alter function levelb_exec.execute_roles() set createrole_self_grant = '';
  end if;
end
$createrole_self_grant$;

-- Nobody but activate calls an executor; the owner itself does not either.
revoke all on function levelb_exec.execute_roles() from public, levelb_roles;
grant execute on function levelb_exec.execute_roles() to levelb_owner;
set local role levelb_deploy;
revoke all on function levelb_exec.execute_step(), levelb_exec.check_constraints(), levelb_exec.verify_step(), levelb_exec.swap_schemas()
  from public, levelb_deploy;
grant execute on function levelb_exec.execute_step(), levelb_exec.check_constraints(), levelb_exec.verify_step(), levelb_exec.swap_schemas()
  to levelb_owner;
set local role levelb_owner;
revoke create on schema levelb_exec from levelb_deploy, levelb_roles, levelb_sandbox;
revoke usage on schema levelb_exec from levelb_deploy, levelb_roles, levelb_sandbox;
