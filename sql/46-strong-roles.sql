-- Owns which roles could go round the channel: one list for people, role documents, readiness and drift. Where each kept
-- its own, one of them would forget a role.

-- Those whose rights text, levelb or its executors run with, as 05-roles makes them.
create function levelb._owner_roles()
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array['levelb_owner', 'levelb_deploy', 'levelb_definer', 'levelb_roles', 'levelb_sandbox'];
comment on function levelb._owner_roles() is 'Roles of levelb that own something; the others are duties.';

create function levelb._protecting_roles()
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array['levelb_deploy', 'levelb_definer'];
comment on function levelb._protecting_roles() is 'Roles of levelb that own what is protected at level full.';

create function levelb._strong_roles()
  returns oid[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array(select r.oid from pg_roles r where r.rolsuper or r.rolcreaterole or r.rolbypassrls or r.rolreplication);
comment on function levelb._strong_roles() is
  'Roles with SUPERUSER, CREATEROLE, BYPASSRLS or REPLICATION; members reach what these may.';

create function levelb._far_reaching_roles()
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array['pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_write_all_data'];
comment on function levelb._far_reaching_roles() is
  'Roles of the server that run programs, or read or write what they like.';

create function levelb._roles_past_the_channel()
  returns oid[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return levelb._strong_roles() || array(
  select r.oid from pg_roles r where starts_with(r.rolname, 'levelb_') or r.rolname = any(levelb._far_reaching_roles()));
comment on function levelb._roles_past_the_channel() is
  'Roles that are strong, reach far or are levelb''s own: who is a member of one could go round the channel.';
