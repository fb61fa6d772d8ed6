-- Owns the decision whether levelb may be installed here. Writes nothing: it checks, and marks this transaction.
-- The mark is the transaction's own id, so a setting typed by hand does not pass for it. Without one transaction
-- around the whole file the mark is gone before the next statement, which then says so; no statement after that can
-- succeed, since the schema is created behind the same check.
do $install$
declare
  v_version pg_catalog.text;
begin
  -- A database's owner, who need be no superuser, may have set a search_path that puts functions and operators of
  -- their own before the built-in ones. From here to the commit nothing is looked up there, in the files below neither.
  perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  if current_setting('server_version_num')::int < 150000 then
    raise exception 'levelb needs PostgreSQL 15 or newer, this server is %', current_setting('server_version')
      using errcode = 'feature_not_supported', hint = 'Upgrade the server; nothing was changed.';
  end if;
  if pg_is_in_recovery() then
    raise exception 'levelb cannot be installed on a replica'
      using errcode = 'read_only_sql_transaction', hint = 'Install on the primary; the replica receives it.';
  end if;
  if current_setting('server_encoding') <> 'UTF8' then
    raise exception 'levelb needs a database with encoding UTF8, this one has %', current_setting('server_encoding')
      using errcode = 'feature_not_supported', hint = 'What is signed and hashed must have one spelling in bytes.';
  end if;
  if not (select rolsuper from pg_roles where rolname = session_user) then
    raise exception 'levelb is installed by a superuser, % is none', session_user
      using errcode = 'insufficient_privilege', hint = 'Connect as a superuser; nothing was changed.';
  end if;
  -- Installers of one database wait for each other here; the mark of the first is what the others then find.
  perform pg_advisory_xact_lock(hashtext('levelb.install'));
  -- Read, not called: whoever may create schemas here may have made a levelb.version(), and we are a superuser.
  select substring(pg_get_function_sqlbody(p.oid) from '''(\d+\.\d+\.\d+)''') into v_version
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where p.oid = to_regprocedure('levelb.version()')
     and pg_get_userbyid(p.proowner) = 'levelb_owner' and pg_get_userbyid(n.nspowner) = 'levelb_owner';
  if v_version is not null then
    raise exception 'levelb % is already installed in database %', v_version, current_database()
      using errcode = 'duplicate_schema', hint = 'Nothing was changed; there is nothing to do.';
  end if;
  if exists (select from pg_namespace where nspname in ('levelb', 'levelb_exec', 'levelb_sandbox')) then
    raise exception 'a schema named levelb, levelb_exec or levelb_sandbox exists in database %', current_database()
      using errcode = 'duplicate_schema',
        hint = 'Its owner could later drop what is in it. Rename or drop it first; nothing was changed.';
  end if;
  perform set_config('levelb.installing', pg_current_xact_id()::text, true);
end
$install$;
