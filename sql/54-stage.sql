-- Owns staging: one revision of a migration, its steps, and the text that is hashed.

create function levelb._newest(migration_id text)
  returns levelb.manifest
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_newest$
  select m.* from only levelb.manifest m where m.migration_id = _newest.migration_id order by m.revision desc limit 1
$_newest$;
comment on function levelb._newest(text) is 'Newest revision of a migration.';

create function levelb._is_activated(migration_id text)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return exists (select from only levelb.activation a
                where a.migration_id = _is_activated.migration_id and a.outcome = 'activated');
comment on function levelb._is_activated(text) is 'Whether a migration has a proof.';

create function levelb._is_withdrawn(
  migration_id text,
  revision integer
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return exists (select from only levelb.withdrawal w
                where w.migration_id = _is_withdrawn.migration_id and w.revision = _is_withdrawn.revision);
comment on function levelb._is_withdrawn(text, integer) is 'Whether a revision was taken back.';

-- Names that levelb.stage_rollback gives: taken by somebody else, they would stand in the way of a rollback.
create function levelb._refuse_rollback_name(migration_id text)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_rollback_name$
begin
  if migration_id like '%.rollback' then
    perform levelb._invalid('migration_id', 'names that end in .rollback are given by levelb.stage_rollback(migration_id, reason)');
  end if;
end
$_refuse_rollback_name$;
comment on function levelb._refuse_rollback_name(text) is 'Refuse a name that belongs to a rollback.';

-- Every decision on a migration updates its gate row, so that decisions and its activation follow one another. A bare
-- lock would not do: a stale snapshot takes it too.
create function levelb._pass_gate(migration_id text)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_pass_gate$
begin
  update levelb._migration_gate g set version = g.version + 1 where g.migration_id = _pass_gate.migration_id;
  if not found then
    perform levelb._raise('LB002', jsonb_build_object('field', 'migration_id', 'migration_id', _pass_gate.migration_id));
  end if;
exception when lock_not_available or deadlock_detected then
  perform levelb._raise('LB102', jsonb_build_object('migration_id', _pass_gate.migration_id));
end
$_pass_gate$;
comment on function levelb._pass_gate(text) is 'Wait for one''s turn to decide on a migration.';

-- The text that is hashed. No database identity and no revision: the same files have the same hash everywhere.
create function levelb._manifest_content(
  migration_id text,
  document jsonb
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_manifest_content$
  select (jsonb_build_object('levelb', 'manifest/1', 'migration_id', migration_id) || (document - 'steps')
    || jsonb_build_object('steps', coalesce((
      select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', s.step ->> 'name',
          'apply', encode(levelb._sha256(s.step ->> 'apply'), 'hex'),
          'rollback', encode(levelb._sha256(s.step ->> 'rollback'), 'hex'),
          'verify', encode(levelb._sha256(s.step ->> 'verify'), 'hex'),
          'roles', encode(levelb._sha256((s.step -> 'roles')::text), 'hex'))) order by s.i)
        from jsonb_array_elements(document -> 'steps') with ordinality s (step, i)), '[]')))::text
$_manifest_content$;
comment on function levelb._manifest_content(text, jsonb) is 'Canonical text of a manifest; steps appear as hashes.';

-- What can be told before anything runs; activation tells the rest. A claim of all classes claims nothing.
create function levelb._refuse_cluster_document(document jsonb)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_cluster_document$
declare
  v_field constant text := coalesce(
    (select format('steps[%s].roles', i - 1) from jsonb_array_elements(document -> 'steps') with ordinality s (step, i)
      where step ? 'roles' order by i limit 1),
    case when document -> 'classes' ? 'role' and not document -> 'classes' @> to_jsonb(levelb._classes()) then 'classes'
      when levelb._cluster_effects(document -> 'effects') is not null then 'effects' end);
begin
  if v_field is not null then
    perform levelb._raise('LB001', jsonb_build_object('field', v_field, 'problem',
      'this database does not govern the roles of its cluster', 'database', levelb._role_home()), levelb._role_home_hint());
  end if;
end
$_refuse_cluster_document$;
comment on function levelb._refuse_cluster_document(jsonb) is
  'Refuse a document about the cluster in a database that does not govern it.';

-- What only this database can say about a document: its policy, its other migrations.
create function levelb._check_against_database(document jsonb)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_against_database$
declare
  v_policy constant jsonb := (select p.document from levelb.active_policy p);
  v_found record;
begin
  if (v_policy -> 'rollback' ->> 'required')::boolean then
    for v_found in
      select i - 1 as position from jsonb_array_elements(document -> 'steps') with ordinality s (step, i)
       where step ? 'apply' and not step ? 'rollback' order by i limit 1
    loop
      perform levelb._invalid(format('steps[%s].rollback', v_found.position), 'is required by the policy');
    end loop;
  end if;
  if not levelb._is_role_home() then
    perform levelb._refuse_cluster_document(document);
  end if;
  perform levelb._require_payload(document ->> 'kind', document -> 'payload');
  for v_found in
    select i - 1 as position, id from jsonb_array_elements_text(document -> 'depends_on') with ordinality d (id, i)
     where (levelb._newest(id)).migration_id is null order by i limit 1
  loop
    perform levelb._raise('LB002', jsonb_build_object('field', format('depends_on[%s]', v_found.position),
      'migration_id', v_found.id), 'Stage the migration it depends on first.');
  end loop;
end
$_check_against_database$;
comment on function levelb._check_against_database(jsonb) is 'Refuse documents that this database cannot take.';

create function levelb._write_manifest(
  migration_id text,
  revision integer,
  document jsonb,
  call levelb._call
)
  returns levelb.manifest
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_write_manifest$
declare
  v_content constant text := levelb._manifest_content(migration_id, document);
  v_effects constant jsonb := document -> 'effects';
  v_manifest levelb.manifest;
begin
  insert into levelb.manifest (migration_id, revision, title, description, change_ref, kind, classes, search_path,
      depends_on, not_before, not_after, effects, effects_hash, payload, content, manifest_hash, author, login, authenticated_user,
      client_address, staged_at, transaction_id)
    values (migration_id, revision, document ->> 'title', document ->> 'description', document ->> 'change_ref',
      document ->> 'kind', array(select jsonb_array_elements_text(document -> 'classes')), document ->> 'search_path',
      array(select jsonb_array_elements_text(document -> 'depends_on')), (document ->> 'not_before')::timestamptz,
      (document ->> 'not_after')::timestamptz, v_effects, levelb._sha256(v_effects::text), document -> 'payload', v_content,
      levelb._sha256(v_content), call.principal, call.login, call.authenticated_user, call.client_address,
      clock_timestamp(), pg_current_xact_id())
    returning * into v_manifest;
  insert into levelb.step (migration_id, revision, position, name, apply, apply_hash, rollback, rollback_hash, verify,
      verify_hash, roles, roles_hash)
    select _write_manifest.migration_id, _write_manifest.revision, s.i, s.step ->> 'name', s.step ->> 'apply',
        levelb._sha256(s.step ->> 'apply'), s.step ->> 'rollback', levelb._sha256(s.step ->> 'rollback'),
        s.step ->> 'verify', levelb._sha256(s.step ->> 'verify'), s.step -> 'roles',
        levelb._sha256((s.step -> 'roles')::text)
      from jsonb_array_elements(document -> 'steps') with ordinality s (step, i) order by s.i;
  return v_manifest;
end
$_write_manifest$;
comment on function levelb._write_manifest(text, integer, jsonb, levelb._call) is 'Write one revision and its steps.';

-- What is staged is kept for ever, so its size is bounded as a whole too.
create function levelb._check_size(document jsonb)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_size$
begin
  if octet_length(document::text) > 8388608 then
    perform levelb._invalid('document', format('is %s bytes long, at most 8388608 are allowed', octet_length(document::text)));
  end if;
end
$_check_size$;
comment on function levelb._check_size(jsonb) is 'Refuse a document over 8 MiB.';

-- One author's open migrations are bounded, so that a runaway script cannot bury the others' work.
create function levelb._check_quota(call levelb._call)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_quota$
declare
  v_limit constant integer := 500;
begin
  if (select count(*) from only levelb.manifest m
       where m.author = call.principal and m.kind <> 'rollback' and not levelb._is_activated(m.migration_id)
         and m.revision = (levelb._newest(m.migration_id)).revision
         and not levelb._is_withdrawn(m.migration_id, m.revision)) >= v_limit then
    perform levelb._raise('LB107', jsonb_build_object('author', call.principal, 'open_migrations', v_limit));
  end if;
end
$_check_quota$;
comment on function levelb._check_quota(levelb._call) is 'Bound the open migrations of one author.';

create function levelb.stage(
  migration_id text,
  document jsonb
)
  returns levelb.manifest
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $stage$
declare
  v_call levelb._call;
  v_document jsonb;
begin
  perform levelb._begin_write();
  v_call := levelb._enter(array['author']);
  perform levelb._check_slug('migration_id', migration_id);
  perform levelb._refuse_rollback_name(migration_id);
  perform levelb._check_size(document);
  v_document := levelb._check_document(document);
  if exists (select from only levelb.manifest m where m.migration_id = stage.migration_id) then
    perform levelb._raise('LB003', jsonb_build_object('field', 'migration_id', 'migration_id', migration_id));
  end if;
  perform levelb._check_against_database(v_document);
  v_document := levelb._with_protect_steps(v_document);
  perform levelb._check_quota(v_call);
  begin
    insert into levelb._migration_gate (migration_id, version) values (migration_id, 0);
  exception
    when unique_violation then
      perform levelb._raise('LB003', jsonb_build_object('field', 'migration_id', 'migration_id', migration_id));
    when lock_not_available then
      perform levelb._raise('LB102', jsonb_build_object('migration_id', migration_id));
  end;
  return levelb._write_manifest(migration_id, 1, v_document, v_call);
end
$stage$;
comment on function levelb.stage(text, jsonb) is '@json document MigrationDocument
@raises LB001 LB002 LB003 LB005 LB006 LB011 LB012 LB013 LB014 LB102 LB103 LB104 LB105 LB107 LB201 LB202 LB307

Stage a migration: keep its exact text and name its hash.

The document is {title, description, kind, classes, steps, …}, or has a payload instead of steps in the kinds policy,
principal, pointer, explain and protect; unknown fields are refused. Steps that take a schema over are made by the database. The database computes every
hash from what it stores: a step''s is what sha256sum prints for its file. The manifest hash covers everything but the
database, so the same files have the same hash everywhere.';
