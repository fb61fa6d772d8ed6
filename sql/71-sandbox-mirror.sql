-- Owns the mirror: the schemas of level full again, without rows and owned by levelb_sandbox, under their own names, in a
-- transaction that never commits. Others go on with the real ones: what they see was not renamed.

-- What is made, and what gets rights or a comment, is locked until the end, and the locks of a server are there for everybody:
-- half of them.
create function levelb._mirror_limit()
  returns integer
  language sql stable
  set search_path = pg_catalog, pg_temp
return current_setting('max_locks_per_transaction')::integer
  * (current_setting('max_connections')::integer + current_setting('max_prepared_transactions')::integer) / 2;
comment on function levelb._mirror_limit() is 'How many locks a mirror may take.';

-- Written before anything is renamed: a deparser says names as they are at that moment. It locks what it reads, so all of
-- it is undone to give the locks back.
create function levelb._mirror_plan(call levelb._call)
  returns levelb._mirror[]
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_mirror_plan$
declare
  v_schemas constant oid[] := array(select p.schema_oid from only levelb._protected p where p.level = 'full');
  -- a table for long values comes with an index
  v_locks constant bigint := (
    select coalesce(sum(case when c.reltoastrelid <> 0 then 3 else 1 end), 0) from pg_class c
     where c.relnamespace = any(v_schemas) and c.relkind in ('r', 'p', 'v', 'm', 'i', 'I', 'S'))
    + (select count(*) from pg_proc p where p.pronamespace = any(v_schemas) and p.proacl is not null)
    + (select count(*) from pg_type t where t.typnamespace = any(v_schemas) and t.typacl is not null)
    + (select count(*) from levelb._mirror_comments(v_schemas));
  v_plan levelb._mirror[];
begin
  if v_locks > levelb._mirror_limit() then
    perform levelb._raise('LB107', jsonb_build_object('locks', v_locks, 'limit', levelb._mirror_limit()),
      'A mirror would take more than half of the locks that this server has: use levelb check, or raise max_locks_per_transaction.');
  end if;
  v_plan := array(
    select row(pg_backend_pid(), row_number() over (order by l.turn, l.place, l.object), l.turn, l.object, l.names, l.line, null)::levelb._mirror
      from (
        select 0 as turn, 0 as place, 'the mirror' as object, '{}'::text[] as names, null::text as line
        union all
        -- a name that a text cannot know, as long as it does not look
        select 0, 1, 'schema ' || quote_ident(n.nspname), array[n.nspname::text],
            format('alter schema %I rename to %I; create schema %1$I authorization levelb_sandbox', n.nspname,
              'aside_' || replace(gen_random_uuid()::text, '-', ''))
          from pg_namespace n where n.oid = any(v_schemas)
        union all select * from levelb._mirror_code(v_schemas)
        union all select * from levelb._mirror_relations(v_schemas)
        union all select * from levelb._mirror_comments(v_schemas)
        union all
        select 900, 0, 'seed of schema ' || quote_ident(s.schema_name), array[s.schema_name], s.sql
          from levelb._seed s where s.principal = call.principal
      ) l);
  -- all of a mirror has one owner, and what an activation has given to others answers to other rights
  v_plan := v_plan || array(
    select row(pg_backend_pid(), cardinality(v_plan) + row_number() over (order by o.object_type, o.identity), 10,
        o.object_type || ' ' || o.identity, (parse_ident(o.identity, false))[cardinality(parse_ident(o.identity, false)):], null,
        'it belongs to ' || levelb._role_name(o.owner))::levelb._mirror
      from levelb._owned_in(array(select p.schema_name from only levelb._protected p where p.level = 'full')) o
     where levelb._role_name(o.owner) <> all(levelb._protecting_roles())
       -- of others there is no mirror anyway
       and o.class in ('pg_namespace'::regclass, 'pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass, 'pg_statistic_ext'::regclass));
  raise exception using errcode = 'UNDO0';
exception
  when sqlstate 'UNDO0' then return v_plan;
end
$_mirror_plan$;
comment on function levelb._mirror_plan(levelb._call) is 'What makes the mirror, in order.';

-- maker: levelb_deploy, who renames, or levelb_sandbox, who makes.
create function levelb._mirror_lines(maker text)
  returns setof levelb._mirror
  language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp
as $_mirror_lines$
begin
  if not exists (
    select from only levelb._token t
     where t.transaction_id = pg_current_xact_id_if_assigned() and t.backend = pg_backend_pid() and t.part = 'own') then
    perform levelb._raise('LB211', '{}');
  end if;
  return query
  select m.* from only levelb._mirror m
   where m.backend = pg_backend_pid() and m.line is not null and (m.turn = 0) = (maker = 'levelb_deploy') order by m.number;
end
$_mirror_lines$;
comment on function levelb._mirror_lines(text) is 'What makes the mirror. Answers nobody but its executors.';

-- From then on the guard, and whatever else asks what is protected, means the mirror.
create function levelb._build_mirror(plan levelb._mirror[])
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_build_mirror$
declare
  v_failed jsonb;
begin
  insert into levelb._mirror select * from unnest(plan);
  perform levelb._begin_own_change();
  perform levelb_exec.swap_schemas();
  v_failed := levelb_exec.build_mirror();
  perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  perform levelb._end_own_change();
  update levelb._mirror m set problem = coalesce(v_failed ->> m.number::text, m.problem, 'there is no statement for its kind')
   where m.backend = pg_backend_pid() and (m.line is null and m.names <> '{}' or v_failed ? m.number::text);
  update levelb._protected p set schema_oid = n.oid
    from pg_namespace n where n.nspname = p.schema_name and p.level = 'full' and n.oid <> p.schema_oid;
end
$_build_mirror$;
comment on function levelb._build_mirror(levelb._mirror[]) is 'Put the mirror in the place of the schemas of level full.';

-- What the texts may have needed and the mirror has not. A name that cannot be told may be any.
create function levelb._missed_in_mirror(manifest levelb.manifest)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  with word (names, source) as materialized (
    select levelb._names_in(t.source), t.source
      from only levelb.step s cross join lateral (select concat_ws(E'\n', s.apply, s.rollback, s.verify)) t (source)
     where s.migration_id = manifest.migration_id and s.revision = manifest.revision
  )
  select jsonb_agg(jsonb_build_object('object', m.object, 'problem', m.problem) order by m.number)
    from only levelb._mirror m
      -- DELETE and REPLACE are functions of extensions, and words of most texts
      cross join lateral (
        select array(
          select n from unnest(m.names) n join pg_get_keywords() k on k.word = n where m.object ~ '^(?:function|procedure|aggregate) ')) k (words)
   where m.backend = pg_backend_pid() and m.problem is not null
     and exists (
       select from word w
        where w.names is null or w.names && array(select n from unnest(m.names) n where n <> all(k.words))::name[]
          or exists (
            select from unnest(k.words) n
             where w.source ~* format('\m%1$s\s*\(|\.\s*%1$s\M|"%1$s"|\m(?:function|procedure|routine|aggregate)\s+%1$s\M', n))
          or w.source ~* '\mall\s+(?:tables|sequences|functions|procedures|routines)\s+in\s+schema\M'
          -- an operator, which is looked up in search_path or stands behind its schema
          or (manifest.search_path <> 'pg_catalog, pg_temp' or w.source ~* '\moperator\M') and exists (
            select from unnest(m.names) n where n !~ '[A-Za-z0-9_]' and strpos(w.source, n) > 0)));
comment on function levelb._missed_in_mirror(levelb.manifest) is 'Objects that a migration names and that could not be mirrored; null for none.';

-- was, now: values by oid. after: rows of catalogs that were written in between.
create function levelb._moved_in_mirror(
  was jsonb,
  now jsonb,
  after levelb._state_row[]
)
  returns levelb._used_sequence[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array(
  select row(n.key, a.is_altered)::levelb._used_sequence
    from jsonb_each(now) n
      cross join lateral (select exists (select from unnest(after) r where r.catalog = 'pg_sequence' and r.key = n.key)) a (is_altered)
   where a.is_altered or was -> n.key is distinct from n.value);
comment on function levelb._moved_in_mirror(jsonb, jsonb, levelb._state_row[]) is 'Sequences of the mirror that a text has used.';

-- The mirror is levelb_sandbox's where the real objects are levelb_deploy's: as owner, as holder and giver of rights. What a
-- text says of that role in a comment or a body is the same there.
create function levelb._as_deployed(effects jsonb)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (
  select coalesce(jsonb_agg(d.effect order by n), '[]')
    from jsonb_array_elements(effects) with ordinality x (e, n)
      cross join lateral (
        select e || jsonb_build_object(
            'identity', case e ->> 'object_type' when 'default acl' then regexp_replace(e ->> 'identity', '^for role levelb_sandbox\M', 'for role levelb_deploy')
              else e ->> 'identity' end,
            'attribute', case e ->> 'class' when 'acl' then regexp_replace(e ->> 'attribute', '(^| by )levelb_sandbox(?= by |$)', '\1levelb_deploy', 'g')
              else e ->> 'attribute' end)
          || case when e ->> 'attribute' = 'owner' then jsonb_build_object('before', case when e ->> 'before' = 'levelb_sandbox' then '"levelb_deploy"' else e -> 'before' end,
            'after', case when e ->> 'after' = 'levelb_sandbox' then '"levelb_deploy"' else e -> 'after' end) else '{}' end) d (effect)
   where not (d.effect ->> 'class' = 'owner' and d.effect ->> 'attribute' = 'owner' and d.effect -> 'before' = d.effect -> 'after'));
comment on function levelb._as_deployed(jsonb) is 'Effects on the mirror as an activation would have them.';
