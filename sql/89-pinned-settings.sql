-- Owns how values are written out: a definition that levelb reads, compares and keeps must not depend on the session that
-- asks. A default of type timestamptz is another text in another time zone, and as SQL that takes a change back it could be
-- another moment.

-- Those that pin quote_all_identifiers read definitions. Here and not in each of them, where one would be forgotten: the text of
-- a migration runs under the same values (levelb_exec.execute_step).
do $pinned_settings$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid from pg_proc p
     where p.pronamespace::regnamespace::text = any(levelb._own_schemas()) and p.proowner = 'levelb_owner'::regrole
       and 'quote_all_identifiers=off' = any(p.proconfig) and p.prorettype <> 'event_trigger'::regtype
  loop
    execute format('alter function %s set bytea_output = hex set datestyle = ''ISO, MDY'' set intervalstyle = postgres
      set timezone = ''UTC'' set extra_float_digits = 1 set lc_monetary = ''C''', v_function);
  end loop;
end
$pinned_settings$;
