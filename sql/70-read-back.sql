-- Owns step 7 up to the comparison with what was approved: what changed, and that nothing changed unseen.

-- Rows that changed in one catalog, set against its tally: how many more came, and went, than were written. A row of
-- pg_depend has no key that lasts: one that was updated came and went, so there as many more of each are right. Rows
-- may also come and go within the text where PostgreSQL itself does that: dependencies are written anew with what has
-- them, and a table that is rewritten, or a materialized view that is filled, has a second one for the while, or two
-- temporary ones where that is done concurrently; the scripts of extensions make what a later version of them drops. Elsewhere such rows were the text's. A row whose key
-- is no oid (a comment, a setting, before 16 a membership) may have gone and come again under the key it had: it stands
-- among the changes as one that was rewritten, and no update was counted for it. That explains as many rows as there
-- are more rewritten ones than updates, and none that came and went besides: each of those was counted in addition.
create function levelb._rows_of(
  changes levelb._change[],
  written levelb._written
)
  returns table (is_more boolean, is_other boolean, is_traceless boolean)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_rows_of$
  select greatest(n.came, n.went) > n.moved, n.came <> n.went or n.came > n.moved
    or n.came < least(n.updated - n.rewritten, 0) and not n.may_pass,
      n.touched = 0 and not (n.may_pass and n.came < 0)
    from (
      select count(*) as touched, count(*) filter (where (c.old).key is null) - (written).inserted as came,
          count(*) filter (where (c.new).key is null) - (written).deleted as went,
          count(*) filter (where (c.old).key = (c.new).key) as rewritten, (written).updated as updated,
          case when (written).name = 'pg_depend' then (written).updated else 0 end as moved,
          -- ALTER MAPPING takes the dictionaries of a token away and puts others in their places
          (written).name in ('pg_depend', 'pg_ts_config_map')
            or (written).name in ('pg_class', 'pg_attribute', 'pg_index', 'pg_type')
            and (levelb._refreshed(changes) <> '{}' or exists (select from unnest(changes) r
                         where (r.new).object_type in ('table', 'materialized view')
                           and levelb._has_new_storage(row(r.old, r.new)::levelb._change)
                            or (r.new).object_type = 'materialized view' and (r.old).key is null
                            -- a table that is new and was rewritten has not the file that it was made with
                            or (r.new).catalog = 'pg_class' and (r.new).object_type = 'table' and (r.old).key is null
                              and (r.new).whole ->> 'relfilenode' <> (r.new).key))
            or (written).name = any(levelb._script_catalogs())
              and exists (select from unnest(changes) r where (r.new).catalog = 'pg_extension') as may_pass
        from unnest(changes) c where coalesce((c.new).catalog, (c.old).catalog) = (written).name) n
$_rows_of$;
comment on function levelb._rows_of(levelb._change[], levelb._written) is
  'Rows of one catalog among the changes, against its tally.';

-- What another session did after the text began must not be shown as ours, and on the same row cannot be told apart:
-- the whole is taken back and may be tried again. Names of roles are in what both readings say.
create function levelb._refuse_others_changes(
  changes levelb._change[],
  others levelb._state_row[],
  tally levelb._written[]
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_others_changes$
declare
  v_found jsonb;
begin
  select jsonb_agg(distinct f) into v_found from (
    select jsonb_build_object('catalog', o.catalog, 'object', concat_ws(' ', o.object_type, o.identity))
      from unnest(others) o
     where exists (select from unnest(changes) c where (c.new).catalog = o.catalog and (c.new).key = o.key)
        or o.catalog = 'pg_authid'
          and o.identity <> (select quote_ident(r.rolname) from pg_authid r where r.oid = o.key::oid)
    union all
    select jsonb_build_object('catalog', t.name)
      from unnest(tally) t
      cross join lateral levelb._rows_of(changes, t) n
     where t.name <> 'pg_shdepend' and (n.is_more or n.is_other and t.name in (select o.catalog from unnest(others) o))
  ) found (f);
  if v_found is not null then
    perform levelb._raise('LB101', jsonb_build_object('others_changed', v_found),
      'Another session changed the same object meanwhile: activate again.');
  end if;
end
$_refuse_others_changes$;
comment on function levelb._refuse_others_changes(levelb._change[], levelb._state_row[], levelb._written[]) is
  'Refuse to tell apart what others did to the same rows.';

-- Why a change cannot be told; null when it can. known: {"catalog key": whether it is new} of all changes.
create function levelb._uncovered_change(
  change levelb._change,
  known jsonb
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_uncovered_change$
  with side as (
    select change.old as old, change.new as new, (change.old).key is not null as was,
      (change.new).key is not null as is_there,
        coalesce((change.new).is_implied, (change.old).is_implied) as is_implied,
        coalesce((change.new).part_of, (change.old).part_of) as part_of
  ), altered as (
    select string_agg(n.key, ', ' order by n.key collate "C") as columns
      from side s, jsonb_each(coalesce((s.new).rest, (s.old).rest)) n
     where not s.was or not s.is_there or n.value is distinct from (s.old).rest -> n.key
  )
  select case
    when s.is_there and (s.new).schema ~ '^pg_(toast_)?temp' then 'created, and temporary'
    when not s.was and a.columns is not null then 'created'
    when not s.is_there and a.columns is not null then 'dropped'
    when a.columns is not null then 'altered: ' || a.columns
    when s.was and s.is_there and (s.old).object_type <> (s.new).object_type then 'altered: kind'
    when s.is_implied and (s.was <> s.is_there) and not coalesce(known ? s.part_of, false)
      then case when s.is_there then 'created alone' else 'dropped alone' end
    when s.is_implied and exists (
      select from (select jsonb_object_keys((s.old).attributes) union select jsonb_object_keys((s.new).attributes)) k (k)
       where k not like 'acl:%' and (s.old).attributes -> k is distinct from (s.new).attributes -> k)
         and s.is_there then 'altered'
    -- a column that came and went with its table still there
    when not s.was and (s.new).attributes is null and not coalesce((known ->> s.part_of)::boolean,
      false) then 'created and dropped' end
  from side s, altered a
$_uncovered_change$;
comment on function levelb._uncovered_change(levelb._change, jsonb) is 'Why a change cannot be told.';

-- Why the definition of what was replaced cannot be told. changes: merged ones.
create function levelb._unread_definitions(changes levelb._change[])
  returns setof jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_unread_definitions$
  select jsonb_build_object('catalog', coalesce((c.new).catalog, (c.old).catalog),
      'object', concat_ws(' ', coalesce((c.new).object_type, (c.old).object_type), coalesce((c.new).identity,
      (c.old).identity)),
      'change', case when (c.old).key is null then 'created' when (c.new).key is null then 'dropped' else
        'replaced, and what it was has not been read' end)
    from unnest(changes) c, levelb._statuses(changes) s
   where coalesce((c.new).definition_as, (c.old).definition_as) is not null
     and (s ->> coalesce((c.new).part_of, (c.old).part_of)) is distinct from 'gone'
     and ((c.new).key is not null or (c.old).exists_class is null)
     and ((c.old).key is distinct from (c.new).key or (c.old).code <> (c.new).code)
     and ((c.old).key is not null and (c.old).definition is null or (c.new).key is not null
       and (c.new).definition is null)
$_unread_definitions$;
comment on function levelb._unread_definitions(levelb._change[]) is 'Changes of code that cannot be told.';

-- Statistics are of no privilege, and dependencies on roles follow from owners and ACLs. What large objects hold is
-- data.
create function levelb._is_followed(relation text)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return relation in ('pg_shdepend', 'pg_statistic', 'pg_statistic_ext_data', 'pg_largeobject');
comment on function levelb._is_followed(text) is 'Whether the rows of a catalog only follow others.';

-- The first temporary table of a server process makes the schemas for those, which stay. They are nobody's: what a text
-- leaves in them is found by itself.
create function levelb._without_refresh(changes levelb._change[])
  returns levelb._change[]
  language sql volatile
  set search_path = pg_catalog, pg_temp
return case when levelb._refreshed(changes) = '{}' then changes else array(
  select c from unnest(changes) c
   where not ((c.new).catalog = 'pg_namespace' and (c.old).key is null and (c.new).identity ~ '^pg_(toast_)?temp(_\d+)?$')) end;
comment on function levelb._without_refresh(levelb._change[]) is
  'Changes without the schemas that REFRESH CONCURRENTLY made for its temporary tables.';

-- Rows that were taken out and put in say nothing of a materialized view but that it was refreshed, and so it was where
-- there were none. Its row in pg_class is rewritten each time. One that the text made is new, and filled.
create function levelb._with_refresh(
  effects jsonb,
  changes levelb._change[]
)
  returns jsonb
  language sql volatile
  set search_path = pg_catalog, pg_temp
return case when levelb._refreshed(changes) = '{}' then effects else (
  with refreshed as materialized (
    select levelb._table_name(c.oid) as identity, n.nspname as schema
      from unnest(levelb._refreshed(changes)) r
        join pg_class c on c.oid = r
        join pg_namespace n on n.oid = c.relnamespace
  )
  select coalesce(jsonb_agg(f.effect), '[]') from (
    select e from jsonb_array_elements(effects) e
     where not exists (
       select from refreshed r
        where e ->> 'identity' = r.identity
          and (e ->> 'object_type' = 'materialized view' and e ->> 'attribute' in ('refresh', '(rewritten)')
            or e ->> 'object_type' = 'table' and e ->> 'class' = 'data'))
    union all
    select jsonb_build_object('class', 'data', 'object_type', 'materialized view', 'identity', r.identity,
      'attribute', 'refresh', 'before', null, 'after', null, 'schemas', jsonb_build_array(r.schema))
      from refreshed r
     where not effects @> jsonb_build_array(jsonb_build_object('object_type', 'materialized view',
       'identity', r.identity, 'attribute', 'exists'))) f (effect)) end;
comment on function levelb._with_refresh(jsonb, levelb._change[]) is 'Effects, with those of REFRESH CONCURRENTLY.';

-- shown: the changes without what extensions imply.
create function levelb._refuse_uncovered(
  changes levelb._change[],
  shown levelb._change[],
  merged levelb._change[],
  tally levelb._written[]
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_uncovered$
declare
  -- An index that is given to a constraint, and a table to a parent, may have new dependencies and nothing else.
  v_given constant jsonb := (
    select coalesce(jsonb_object_agg(g, false), '{}')
      from unnest(changes) c, lateral (values
        (case when (c.new).catalog = 'pg_constraint' then 'pg_class ' || ((c.new).whole ->> 'conindid') end),
        (case when coalesce((c.new).catalog, (c.old).catalog) = 'pg_inherits'
          then coalesce((c.new).part_of, (c.old).part_of) end)) v (g) where g is not null);
  -- What has a changed part may have other dependencies, though its own row is as it was.
  v_known constant jsonb := v_given || (
    select coalesce(jsonb_object_agg(coalesce((c.new).part_of, (c.old).part_of), false), '{}') from unnest(shown) c
     where coalesce((c.new).part_of, (c.old).part_of) is not null
       and not coalesce((c.new).is_implied, (c.old).is_implied)
  ) || (
    select coalesce(jsonb_object_agg(k, (c.old).key is null), '{}')
      from unnest(changes) c, coalesce((c.old).catalog || ' ' || (c.old).key,
        (c.new).catalog || ' ' || (c.new).key) k);
  v_families constant text[] := array(select distinct f.relation from levelb._families() f);
  v_found jsonb;
begin
  select jsonb_agg(f order by f) into v_found from (
    select distinct jsonb_build_object('catalog', coalesce((c.new).catalog, (c.old).catalog),
        'object', concat_ws(' ', coalesce((c.new).object_type, (c.old).object_type),
          coalesce((c.new).identity, (c.old).identity, (c.old).key)),
        'change', u.why) as f
      from unnest(shown) c, levelb._uncovered_change(row(c.old, c.new)::levelb._change, v_known) u (why)
     where u.why is not null
    union all
    select u from levelb._unread_definitions(merged) u
    union all
    select u from levelb._unexplained_changes(changes, shown) u
    union all
    -- a role rewritten with the same attributes: what is left is its password
    select jsonb_build_object('catalog', 'pg_authid', 'object', 'role ' || (c.new).identity, 'change',
      'altered: password')
      from unnest(changes) c
     where (c.new).catalog = 'pg_authid' and (c.old).attributes = (c.new).attributes
    union all
    select jsonb_build_object('catalog', t.name, 'change', 'written')
      from unnest(tally) t where not levelb._is_followed(t.name) and t.name <> all(v_families)
    union all
    -- rows of a foreign table are counted by the other server, if at all
    select jsonb_build_object('catalog', 'pg_foreign_table', 'object', 'foreign table '
        || (pg_identify_object('pg_class'::regclass, c.oid, 0)).identity, 'change', 'written')
      from unnest(levelb._locked('RowExclusiveLock')) l join pg_class c on c.oid = l
     where c.relkind = 'f'
    union all
    -- written, and nothing found: a savepoint that was rolled back, or a row that came and went
    select jsonb_build_object('catalog', t.name, 'change', 'written without trace')
      from unnest(tally) t
      cross join lateral levelb._rows_of(changes, t) n
     where not levelb._is_followed(t.name) and t.name = any(v_families) and (n.is_traceless or n.is_other)
  ) found (f);
  if v_found is not null then
    perform levelb._raise('LB305', jsonb_build_object('uncovered', v_found));
  end if;
end
$_refuse_uncovered$;
comment on function levelb._refuse_uncovered(levelb._change[], levelb._change[], levelb._change[], levelb._written[]) is
  'Refuse what the families do not render.';

-- Digest of one side of the changes, which says what it was without saying it.
create function levelb._state_digest(rows levelb._state_row[])
  returns bytea
  language sql stable
  set search_path = pg_catalog, pg_temp
return levelb._sha256(coalesce((
  select jsonb_agg(jsonb_build_array(r.object_type, r.identity, r.attributes, r.definition)
      order by r.object_type collate "C", r.identity collate "C", r.catalog collate "C", r.key collate "C")::text
    from unnest(rows) r where r.key is not null and not r.is_implied), '[]'));
comment on function levelb._state_digest(levelb._state_row[]) is 'Digest of rows.';

create function levelb._read_back(
  manifest levelb.manifest,
  before levelb._state_row[],
  after levelb._state_row[],
  definitions levelb._definition[],
  tally levelb._written[],
  tables levelb._written[],
  sequences levelb._used_sequence[]
)
  returns levelb._read_back
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_read_back$
declare
  v_replaced constant levelb._replaced := levelb._replaced(before, after);
  v_before constant levelb._state_row[] := levelb._named_parts(levelb._with_definitions(v_replaced.own, definitions));
  v_after constant levelb._state_row[] := levelb._named_parts(after);
  v_changes constant levelb._change[] := array(select c from levelb._changes(v_before, v_after) c);
  v_shown constant levelb._change[] := levelb._without_refresh(levelb._without_members(v_changes));
  v_merged constant levelb._change[] := levelb._merged(v_shown);
  -- nobody may read large objects as rows, so all of them are one table
  v_tables constant levelb._written[] := tables || array(
    select row(t.relation, 'pg_catalog.pg_largeobject', t.inserted, t.updated, t.deleted)::levelb._written
      from unnest(tally) t where t.name = 'pg_largeobject');
  v_result levelb._read_back;
begin
  perform levelb._refuse_levelb_objects(v_changes);
  perform levelb._refuse_extensions_in_catalog(v_changes);
  perform levelb._refuse_definer_code(manifest, v_merged);
  perform levelb._refuse_code_in_relations(v_merged);
  perform levelb._refuse_hidden_triggers(v_changes);
  perform levelb._refuse_truncate_triggers(v_changes);
  perform levelb._refuse_others_changes(v_changes, v_replaced.others, tally);
  perform levelb._refuse_uncovered(v_changes, v_shown, v_merged, tally);
  v_result.accepted := levelb._refuse_lost_protection(manifest, v_merged);

  v_result.effects := levelb._change_effects(v_merged,
      exists (select from unnest(tally) t where t.name = 'pg_class' and t.inserted > 0)) || coalesce((
    select jsonb_agg(jsonb_build_object('class', 'data', 'object_type', 'table', 'identity', t.name, 'attribute', verb,
        'before', null, 'after', null, 'schemas', (select jsonb_build_array(n.nspname) from pg_class c
          join pg_namespace n on n.oid = c.relnamespace where c.oid = t.relation)))
      from unnest(v_tables) t,
        lateral (values ('insert', t.inserted), ('update', t.updated), ('delete', t.deleted)) v (verb, rows)
     where v.rows > 0), '[]') || levelb._sequence_effects(v_merged, sequences);
  v_result.effects := levelb._with_refresh(v_result.effects, v_changes);
  v_result.tally := (
    select coalesce(jsonb_object_agg(t.name, jsonb_build_object('inserted', t.inserted, 'updated', t.updated,
      'deleted',
        t.deleted)), '{}')
      from (select * from unnest(tally) union all select * from unnest(tables)) t);
  v_result.state_before := levelb._state_digest(v_before);
  v_result.state_after := levelb._state_digest(v_after);
  v_result.rollback := levelb._rollback_snapshot(v_merged, v_tables);
  v_result.dropped := nullif(levelb._dropped_effects(v_merged), '[]');
  return v_result;
end
$_read_back$;
comment on function levelb._read_back(levelb.manifest, levelb._state_row[], levelb._state_row[],
  levelb._definition[], levelb._written[], levelb._written[], levelb._used_sequence[]) is
  'Effects, tally, digests and rollback of what this transaction did; raises where something is not covered.';
