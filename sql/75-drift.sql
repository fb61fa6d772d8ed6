-- Owns drift: what differs between the baseline and the live catalogs, and what becomes of it.
--
-- The cost follows what happened since the baseline. Rows that were written since its horizon are found by their age in
-- one scan of each catalog; rows that are gone, by an anti-join with the baseline; only those are rendered. With full,
-- every watched row is hashed and compared.

create type levelb._drift as (
  catalog      text,
  old_key      text,
  new_key      text,
  class        text,
  object_type  text,
  identity     text,
  attribute    text,
  before       text,
  after        text,
  schemas      text[],
  expected     boolean,
  part_of      text[],
  is_migrators boolean
);
comment on type levelb._drift is 'One attribute that drifted, with the keys of the row in the baseline and today, and what it was
and is part of. is_migrators: it is a migration tool''s own affair, which is noted and not told.';

-- catalogs: null for all.
create function levelb._rows_gone(
  "full" boolean,
  catalogs text[] default null
)
  returns setof levelb._baseline
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_rows_gone$
declare
  v_catalog text;
  v_key text;
  v_gone text[];
begin
  for v_catalog, v_key in
    select distinct f.relation, f.key from levelb._families() f
     where f.relation in (select b.catalog from levelb._baseline b) and (catalogs is null or f.relation = any(catalogs))
       and ("full" or not levelb._dies_with_object(f.relation))
  loop
    -- Keys alone, which the index has: rows are wide, and few are gone.
    execute format('select array(select b.key from levelb._baseline b where b.catalog = %L
        and not exists (select from pg_catalog.%I c where %s))', v_catalog, v_catalog,
      case
        -- a number is compared at half the cost of its text
        when v_key = 'c.oid::text' then 'c.oid = b.key::oid'
        -- The text of every dependency there is costs more than all the rest: hence that of its object alone, which
        -- has an index; and no =, or the planner would hash the text of all.
        when v_catalog = 'pg_depend' then format('c.classid = split_part(b.key, '' '', 1)::oid
          and c.objid = split_part(b.key, '' '', 2)::oid and (%s) is not distinct from b.key', v_key)
        else format('(%s) = b.key', v_key) end) into v_gone;
    return query select b.* from levelb._baseline b where b.catalog = v_catalog and b.key = any(v_gone);
  end loop;
end
$_rows_gone$;
comment on function levelb._rows_gone(boolean, text[]) is 'Rows of the baseline that the catalogs no longer have.';

create type levelb._comparison as (
  old       levelb._state_row[],
  new       levelb._state_row[],
  rewritten text[],
  system    jsonb
);
comment on type levelb._comparison is 'Rows of the baseline and of today that differ, in the form of the baseline. rewritten:
"catalog key" of rows that were written anew with the same attributes and hold a secret. system: hashes of the code of catalogs that initdb filled.';

-- Passwords are out of reach: that a row was written anew is all that is known of them.
create function levelb._holds_secret(state levelb._state_row)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (state).catalog in ('pg_authid', 'pg_subscription', 'pg_user_mapping')
  or (state).catalog in ('pg_foreign_data_wrapper', 'pg_foreign_server', 'pg_foreign_table')
    and exists (select from jsonb_each_text((state).attributes) a where a.key ~ ':option ' and a.value = 'set');
comment on function levelb._holds_secret(levelb._state_row) is
  'Whether a row may have a secret that its attributes do not show.';

create function levelb._compare_with_baseline("full" boolean)
  returns levelb._comparison
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_compare_with_baseline$
declare
  v_head constant levelb._baseline_head := (select h from levelb._baseline_head h);
  -- where ages no longer tell, everything is compared
  v_full constant boolean := "full"
    or pg_snapshot_xmax(pg_current_snapshot())::text::numeric - v_head.horizon::text::numeric > 2000000000;
  v_age constant integer := case when not v_full then age(v_head.horizon::xid) end;
  v_places levelb._places[];
  v_marks levelb._mark[];
  v_now levelb._baseline[];
  v_result levelb._comparison;
begin
  if not v_full then
    v_places := levelb._places_written(v_age, v_head.drifting || array(
      -- whose grants are compared with what was written, and may be older themselves
      select case when i.objsubid > 0 then format('pg_attribute %s.%s', i.objoid, i.objsubid)
          else i.classoid::regclass || ' ' || i.objoid end
        from pg_init_privs i where i.objoid < 16384 and age(i.xmin) <= v_age));
  end if;
  v_marks := array(select m from levelb._marks(v_places, v_full) m);
  if v_full then
    v_marks := array(
      select m from unnest(v_marks) m
       where not exists (select from levelb._baseline b where b.catalog = m.catalog and b.key = m.key
                          and b.written_by = m.written_by and b.digest = m.digest));
  end if;
  -- what was given away, or made code of its caller, is watched until somebody has answered for it
  v_marks := array(
    select w from levelb._watched(v_marks) w
    union all
    select m from unnest(v_marks) m
     where not m.is_root and exists (select from levelb._baseline b where b.catalog = m.catalog and b.key = m.key));
  v_now := array(
    select b from unnest(levelb._named_parts(array(select s from levelb._states(v_marks) s))) n,
      levelb._baseline_row(row(n.*)::levelb._state_row) b);

  select coalesce(array_agg(b.state), '{}'), coalesce(array_agg(n.state), '{}') into v_result.old, v_result.new
    from unnest(v_now) n left join levelb._baseline b on b.catalog = n.catalog and b.key = n.key
   where b.key is null or b.digest is null or n.digest is null or b.digest <> n.digest;
  v_result.old := array(select o from unnest(v_result.old) o where o.key is not null)
    || array(select g.state from levelb._rows_gone(v_full) g)
    || array(select b.state from levelb._baseline b where b.catalog = any(levelb._server_catalogs()))
    -- what initdb made is in the baseline only where it was no longer as initdb made it
    || array(select levelb._factory_state(row(n.*)::levelb._state_row) from unnest(v_result.new) n
              where levelb._is_of_initdb(n.catalog, n.key)
                and not exists (select from levelb._baseline b where b.catalog = n.catalog and b.key = n.key));
  v_result.new := v_result.new || array(select s from levelb._server_rows() s);
  v_result.rewritten := array(
    select n.catalog || ' ' || n.key from unnest(v_now) n join levelb._baseline b on b.catalog = n.catalog
      and b.key = n.key
     where levelb._holds_secret(n.state) and b.written_by <> n.written_by
       and (b.state).attributes = (n.state).attributes
       and (b.state).identity = (n.state).identity);
  v_result.system := case when v_full then levelb._system_code()
    else v_head.system || levelb._system_code(array(
      select p.catalog from unnest(v_places) p union select split_part(k, ' ', 1) from unnest(v_head.drifting) k)) end;
  return v_result;
end
$_compare_with_baseline$;
comment on function levelb._compare_with_baseline(boolean) is 'Rows that differ from the baseline.';

-- What a superuser gives to levelb_deploy so that it can take objects over, and takes back afterwards: readiness lists
-- it for as long as it lasts, and no more is needed to say it than a name in the catalogs.
create function levelb._is_loan(drift levelb._drift)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return drift.object_type = 'role membership' and drift.identity ~ '^levelb_deploy in (?!levelb_|pg_)'
    and coalesce(drift.after, drift.before) !~ 'admin true'
    -- whose rights a role has by others, levelb_deploy would have too
    and not exists (
      select from pg_roles r join unnest(levelb._roles_past_the_channel()) d on pg_has_role(r.oid, d, 'member')
       where drift.identity = 'levelb_deploy in ' || quote_ident(r.rolname))
  or drift.object_type = 'database' and drift.class = 'acl' and drift.attribute = 'levelb_deploy'
    and coalesce(drift.after, drift.before) = 'create';
comment on function levelb._is_loan(levelb._drift) is
  'Whether levelb_deploy is being enabled to take something over, or no longer.';

-- Never expected, whatever the policy says: what gives the rights to go round the channel.
create function levelb._is_never_expected(drift levelb._drift)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return drift.class = 'governance'
  or drift.object_type = 'role' and coalesce(drift.after, '') ~ '\m(superuser|createrole|bypassrls|replication)\M'
  or drift.object_type = 'role'
    and (drift.identity ~ '^levelb_' or drift.attribute = 'name' and drift.before ~ '^levelb_')
  or drift.object_type = 'role setting' and drift.identity ~ '^role levelb_'
  or drift.object_type = 'role membership' and exists (
    select from pg_roles r join unnest(levelb._roles_past_the_channel()) d on pg_has_role(r.oid, d, 'member')
     where right(drift.identity, length(quote_ident(r.rolname)) + 4) = ' in ' || quote_ident(r.rolname))
  or drift.object_type = 'role membership'
    -- by name too: of a role that was dropped there is nothing else
    and drift.identity ~ (' in (levelb_.*|' || array_to_string(levelb._far_reaching_roles(), '|') || ')$')
  or drift.object_type = 'role membership' and drift.identity ~ '^levelb_' and not levelb._is_loan(drift);
comment on function levelb._is_never_expected(levelb._drift) is 'Whether no policy may call a drift normal life.';

-- * stands for any text in an identity; everything else is literal.
create function levelb._is_expected(
  drift levelb._drift,
  patterns jsonb
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return not levelb._is_never_expected(drift) and exists (
  select from jsonb_array_elements(patterns) p
   where p ->> 'class' = drift.class
     and coalesce(p ->> 'object_type', drift.object_type) = drift.object_type
     and coalesce(p ->> 'attribute', drift.attribute) = drift.attribute
     and drift.identity ~ ('^'
       || regexp_replace(regexp_replace(p ->> 'identity', '([][\\.^$|?+(){}])', '\\\1', 'g'), '\*', '.*', 'g') || '$'));
comment on function levelb._is_expected(levelb._drift, jsonb) is 'Whether the policy expects a drift.';

-- Shown and never refusing, whatever the policy says: a password that was changed, of which not more is known; an index
-- that REINDEX CONCURRENTLY made anew or CLUSTER went by, and what has nothing but what is compared besides, made again
-- as it was; what readiness lists.
create function levelb._is_normal(drift levelb._drift)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return drift.object_type = 'role' and drift.attribute = 'password'
  or drift.object_type = 'index' and drift.attribute = 'clustered'
  -- No name is written like this: it would be quoted. A role that was made again may be somebody else's.
  or drift.attribute = '(recreated)' and drift.object_type <> 'role'
  or drift.attribute = 'exists' and drift.after = 'recreated'
    and drift.object_type in ('cast', 'default acl', 'index', 'policy',
    'publication namespace', 'publication relation', 'rule', 'trigger')
  or levelb._is_loan(drift);
comment on function levelb._is_normal(levelb._drift) is 'Whether a drift is normal life everywhere.';

create function levelb._drift_of(comparison levelb._comparison)
  returns setof levelb._drift
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_drift_of$
declare
  v_incarnation constant levelb.incident := levelb._incarnation();
  v_system constant jsonb := (select h.system from levelb._baseline_head h);
  v_changes constant levelb._change[] := levelb._merged(levelb._without_members(array(
    select c from levelb._changes(comparison.old, comparison.new) c)));
  v_migrated constant levelb._protected[] := array(select p from levelb._protected p where p.level = 'privileged');
begin
  return query
    select coalesce((c.new).catalog, (c.old).catalog), (c.old).key, (c.new).key, d.class,
        coalesce((c.new).object_type, (c.old).object_type), coalesce((c.new).identity, (c.old).identity), d.attribute,
          -- an effect names levelb_deploy, who makes what an activation makes; who made this one owned nothing before
          case when (c.old).key is not null or d.class <> 'owner' then d.before end, d.after, array_remove(array[(c.new).schema, case
            when (c.old).schema is distinct from (c.new).schema then (c.old).schema end], null), null::boolean,
          array_remove(array[(c.old).part_of, (c.new).part_of], null),
          v_migrated <> '{}' and levelb._is_migrators_affair(row(c.old, c.new)::levelb._change, d.class, v_migrated)
      from unnest(v_changes) c, levelb._statuses(v_changes) s,
        lateral (
          select f.* from levelb._differences(row(c.old, c.new)::levelb._change,
            s ->> coalesce((c.new).part_of, (c.old).part_of)) f
          union all
          -- a catalog that was written by hand
          select coalesce(split_part((c.new).exists_class, ':', 1), 'security'), '(other columns)', null, 'changed'
           where (c.old).key = (c.new).key and (c.old).rest <> (c.new).rest
          union all
          -- Taken away and given again, it is another row that says the same, and the baseline has to follow.
          select coalesce(split_part((c.new).definition_as, ':', 1), (
                select split_part(min(k), ':', 1) from jsonb_object_keys((c.new).attributes) k), 'structure'),
              case when o.is_equal then '(recreated)' else '(other columns)' end, null,
              case when o.is_equal then 'as it was' else 'changed' end
            from (select (c.old).rest is not distinct from (c.new).rest as is_equal) o
           where (c.old).key <> (c.new).key and coalesce((c.old).exists_class, (c.new).exists_class) is null
             and not (c.new).is_implied
             -- what is part of something that was made again is told by that
             and (c.old).part_of is not distinct from (c.new).part_of
             and not exists (
               select from levelb._differences(row(c.old, c.new)::levelb._change, null) f where f.before is distinct from f.after)
          union all
          -- members of extensions are not deparsed
          select split_part((c.new).definition_as, ':', 1), substr((c.new).definition_as, strpos((c.new).definition_as, ':') + 1),
              'md5 ' || ((c.old).code #>> '{}'), 'md5 ' || ((c.new).code #>> '{}')
           where (c.old).key = (c.new).key and coalesce((c.old).definition, (c.new).definition) is null
          union all
          -- PostgreSQL makes those of foreign keys enabled, and nobody but a superuser switches them off
          select 'security', substr(k, 10), (c.old).attributes ->> k, (c.new).attributes ->> k
            from unnest(array['security:name', 'security:state']) k
           where coalesce((c.new).catalog, (c.old).catalog) = 'pg_trigger'
             and coalesce((c.new).is_implied, (c.old).is_implied)
             and (c.new).key is not null
          union all
          -- owners and grants are told by it
          select 'role', 'name', (c.old).identity, (c.new).identity
           where (c.old).catalog = 'pg_authid' and (c.old).key = (c.new).key
        ) d
     -- what was taken away and put back may have other row versions behind the same words
     where d.class <> 'data' and d.before is distinct from d.after;
  return query
    select (n.new).catalog, (n.new).key, (n.new).key,
        case (n.new).catalog when 'pg_authid' then 'role' when 'pg_foreign_data_wrapper' then 'security'
          when 'pg_subscription' then 'security' else 'repoint' end,
        (n.new).object_type, (n.new).identity, case (n.new).catalog when 'pg_authid' then 'password' else 'secret' end,
        null, 'written anew, with the same attributes', array_remove(array[(n.new).schema], null), null::boolean, '{}'::text[], false
      from (select s as new from unnest(comparison.new) s) n
     where (n.new).catalog || ' ' || (n.new).key = any(comparison.rewritten);
  -- Which row it was is known where it is younger than the baseline.
  return query
    select y.catalog, null::text, null::text, 'security', 'catalog', 'pg_catalog.' || y.catalog, 'system rows', y.hash,
        comparison.system ->> y.catalog, array['pg_catalog'], null::boolean, '{}'::text[], false
      from jsonb_each_text(v_system) y (catalog, hash) where y.hash is distinct from comparison.system ->> y.catalog;
  if not levelb._is_as_installed(v_incarnation) then
    return next row(null, null, null, 'governance', 'schema', 'levelb', 'installed objects',
      v_incarnation.details ->> 'fingerprint', levelb._fingerprint(), array['levelb'], null, '{}', false)::levelb._drift;
  end if;
end
$_drift_of$;
comment on function levelb._drift_of(levelb._comparison) is 'What differs, in the words of effects.';

-- To say what a view is locks what it reads, and nobody who looks may make an activation wait: the subtransaction is undone
-- to give the locks back.
create function levelb._drift_found("full" boolean)
  returns setof levelb._drift
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_drift_found$
declare
  v_expected constant jsonb := (select p.document -> 'expected' from levelb.active_policy p);
  v_all levelb._drift[];
  v_drift levelb._drift;
begin
  begin
    v_all := array(
      select d from levelb._drift_of(levelb._compare_with_baseline("full")) d
       order by d.class collate "C", d.object_type collate "C", d.identity collate "C", d.attribute collate "C");
    raise exception using errcode = 'UNDO0';
  exception when sqlstate 'UNDO0' then
    null;
  end;
  foreach v_drift in array v_all loop
    v_drift.expected := v_drift.is_migrators or levelb._is_normal(v_drift) or levelb._is_expected(v_drift, v_expected);
    return next v_drift;
  end loop;
end
$_drift_found$;
comment on function levelb._drift_found(boolean) is
  'What differs from the baseline, with what the policy expects and what is a migration tool''s own affair.';

create function levelb._drift("full" boolean)
  returns setof levelb._drift
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_drift$ select d.* from levelb._drift_found("full") d where not d.is_migrators $_drift$;
comment on function levelb._drift(boolean) is 'What drifted, with what the policy expects.';

-- Drift of the rows of some drift, and of what is part of them, then or now: who answers for an object that was dropped
-- and made again answers for the policies that it lost.
create function levelb._with_parts(
  drift levelb._drift[],
  among levelb._drift[]
)
  returns setof levelb._drift
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_with_parts$
  with recursive reached (id) as (
    select k.id from unnest(drift) d, unnest(array[d.catalog || ' ' || d.old_key, d.catalog || ' ' || d.new_key]) k (id)
     where k.id is not null
    union
    select k.id from reached r, unnest(among) d,
        unnest(array[d.catalog || ' ' || d.old_key, d.catalog || ' ' || d.new_key]) k (id)
     where k.id is not null
       and exists (select from unnest(d.part_of) p
                    where p = r.id or starts_with(p, 'pg_attribute ' || substr(r.id, 10) || '.') and r.id like 'pg\_class %')
  )
  select d.* from unnest(among) d
   where d.catalog || ' ' || d.old_key in (select r.id from reached r) or d.catalog || ' ' || d.new_key in (select r.id from reached r)
$_with_parts$;
comment on function levelb._with_parts(levelb._drift[], levelb._drift[]) is 'Drift on the same objects and their parts.';

create function levelb._drift_effects(drift levelb._drift[])
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (
  select coalesce(jsonb_agg(jsonb_build_object('class', d.class, 'object_type', d.object_type, 'identity', d.identity,
      'attribute', d.attribute, 'before', d.before, 'after', d.after, 'schemas', d.schemas)), '[]')
        from unnest(drift) d);
comment on function levelb._drift_effects(levelb._drift[]) is 'Drift as effects.';

-- An effect alone does not say whether it is normal life here.
create function levelb._told_drift(drift levelb._drift[])
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (
  select coalesce(jsonb_agg(levelb._canonical_effects(levelb._drift_effects(array[d])) -> 0
      || jsonb_build_object('expected', d.expected)), '[]') from unnest(drift) d);
comment on function levelb._told_drift(levelb._drift[]) is 'Drift as effects, each with whether the policy expects it.';

-- For whoever watches the server's log and not its tables. One line, one JSON object.
create function levelb._log_drift(
  drift levelb._drift[],
  about jsonb default '{}'
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_log_drift$
begin
  if exists (select from unnest(drift) d where not d.is_migrators) then
    raise log 'levelb %', jsonb_build_object('event', 'drift', 'database', current_database(), 'login', session_user,
      'effects', levelb._told_drift(array(select d from unnest(drift) d where not d.is_migrators)), 'unexpected', (select count(*) from unnest(drift) d where not d.expected))
      || about;
  end if;
end
$_log_drift$;
comment on function levelb._log_drift(levelb._drift[], jsonb) is
  'Write drift as one line into the log of the server; nothing where there is none.';
