-- Owns the rows that an author keeps for rehearsals: a mirror has none.

create function levelb_sandbox.seed(
  schema_name text,
  sql text default null
)
  returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $seed$
declare
  v_limit constant integer := 1048576;
  v_one constant integer := 262144;
  v_call levelb._call;
begin
  perform levelb._begin_write();
  v_call := levelb._enter(array['author']);
  perform levelb._check_text('schema_name', schema_name, 63);
  if sql is not null then
    perform levelb._check_text('sql', sql, v_one, multiline => true);
    perform levelb._refuse_secret('sql', sql);
    perform levelb._check_statements('sql', sql, true, false);
  end if;
  if not exists (select from only levelb._protected p where p.schema_name = seed.schema_name and p.level = 'full') then
    perform levelb._invalid('schema_name', format('is %s, which is not protected at level full', quote_ident(schema_name)));
  end if;
  delete from levelb._seed s where s.principal = v_call.principal and s.schema_name = seed.schema_name;
  if sql is null then
    return;
  end if;
  if octet_length(sql) + coalesce((
       select sum(octet_length(s.sql)) from levelb._seed s where s.principal = v_call.principal), 0) > v_limit then
    perform levelb._raise('LB107', jsonb_build_object('principal', v_call.principal, 'seed_bytes', v_limit),
      'Take rows out, or take the seed of another schema away: select levelb_sandbox.seed(schema).');
  end if;
  insert into levelb._seed (principal, schema_name, sql) values (v_call.principal, seed.schema_name, seed.sql);
end
$seed$;
comment on function levelb_sandbox.seed(text, text) is '@raises LB001 LB006 LB011 LB014 LB103 LB104 LB105 LB107 LB201 LB202

Keep SQL that fills a schema of the mirror before the caller''s rehearsals.

Without sql, take it away. Runs as levelb_sandbox with the schema first in search_path, once all of the mirror is made. Each
author has seeds of its own, of 256 KiB each and 1 MiB in all; they are no migration, and are in no ledger.';
