-- Owns writing down what happens outside the ordinary path.

create function levelb._record_incident(
  kind text,
  reason text,
  details jsonb
)
  returns levelb.incident
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $_record_incident$
  insert into levelb.incident (kind, reason, login, authenticated_user, client_address, database_identity, server_version,
      details, at, transaction_id)
    values (kind, reason, session_user, levelb._authenticated_user(), host(inet_client_addr()), levelb._database_identity(),
      current_setting('server_version'), details, clock_timestamp(), pg_current_xact_id())
    returning *
$_record_incident$;
comment on function levelb._record_incident(text, text, jsonb) is 'Write one incident.';
