-- Owns that nothing of levelb changes in an activation, whatever was approved.

-- A membership is told apart from other changes because it is the one that somebody may want: into a team, or out of
-- one. What a membership of a levelb role is stands in its family (61-families-access).
create function levelb._refuse_levelb_objects(changes levelb._change[])
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_levelb_objects$
declare
  v_members jsonb;
  v_found jsonb;
begin
  select jsonb_agg(distinct f.identity) filter (where f.catalog = 'pg_auth_members'), jsonb_agg(distinct f.identity)
    into v_members, v_found
    from (select coalesce((c.new).catalog, (c.old).catalog) as catalog,
      coalesce((c.new).identity, (c.old).identity) as identity
            from unnest(changes) c
           where coalesce((c.new).is_levelb, false) or coalesce((c.old).is_levelb, false)) f;
  if v_members is not null then
    perform levelb._raise_rule('no_member_of_levelb_roles', jsonb_build_object('objects', v_members));
  elsif v_found is not null then
    perform levelb._raise_rule('levelb_objects_unchanged', jsonb_build_object('objects', v_found));
  end if;
end
$_refuse_levelb_objects$;
comment on function levelb._refuse_levelb_objects(levelb._change[]) is
  'Refuse changes of levelb''s own objects, roles and memberships.';

-- Text reaches levelb's tables through levelb's functions only, and an activation's own write no other one by then.
create function levelb._refuse_levelb_rows()
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_levelb_rows$
declare
  v_found jsonb;
begin
  select jsonb_agg(c.relname order by c.relname) into v_found
    from unnest(levelb._locked('RowExclusiveLock')) w join pg_class c on c.oid = w
   where c.relnamespace = 'levelb'::regnamespace and c.relkind = 'r' and c.relname not in ('_command', '_rehearsed_statement', '_token');
  if v_found is not null then
    perform levelb._raise_rule('levelb_objects_unchanged', jsonb_build_object('objects', v_found));
  end if;
end
$_refuse_levelb_rows$;
comment on function levelb._refuse_levelb_rows() is 'Refuse rows that the text had levelb write.';

-- Their owner, levelb_deploy, may alter the executors, and so may text that runs with its rights. Made SECURITY INVOKER
-- in one step, an executor would run the next as levelb_owner: so they are compared whenever text has run.
create function levelb._executors()
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (select string_agg(p::text, E'\n' order by p.oid) from pg_proc p
  where p.pronamespace = 'levelb_exec'::regnamespace);
comment on function levelb._executors() is 'The catalog rows of the executors.';

create function levelb._require_executors(before text)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_executors$
begin
  if levelb._executors() is distinct from before then
    perform levelb._raise_rule('levelb_objects_unchanged', jsonb_build_object('objects', '["levelb_exec"]'::jsonb));
  end if;
end
$_require_executors$;
comment on function levelb._require_executors(text) is 'Refuse to go on with executors that the text has changed.';
