-- Owns the answer to "which levelb is this".
create function levelb.version()
  returns levelb.version_entry
  language sql stable parallel safe
  set search_path = pg_catalog, pg_temp
begin atomic
  select '0.1.0' as release, 1 as schema_version, current_setting('server_version') as server_version;
end;
comment on function levelb.version() is 'Tell which release of levelb this database holds.';
