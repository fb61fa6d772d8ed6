-- Owns how the baseline follows: activations move it, drift never does until somebody answers for it.

create function levelb._put_rows(states levelb._state_row[])
  returns void
  language sql volatile
  set search_path = pg_catalog, pg_temp
as $_put_rows$
  insert into levelb._baseline
    select b.* from unnest(states) s, levelb._baseline_row(row(s.*)::levelb._state_row) b
    on conflict (catalog, key) do update
      set written_by = excluded.written_by, digest = excluded.digest, is_aside = excluded.is_aside,
        state = excluded.state
$_put_rows$;
comment on function levelb._put_rows(levelb._state_row[]) is 'Write rows into the baseline.';

-- With what is part of them: whoever leaves the watch takes his parts along.
create function levelb._forget_rows(keys text[])
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_forget_rows$
declare
  v_keys text[] := keys;
begin
  while v_keys <> '{}' loop
    delete from levelb._baseline b
     where (b.catalog, b.key) in (select split_part(k, ' ', 1), substr(k, strpos(k, ' ') + 1) from unnest(v_keys) k);
    v_keys := array(select b.catalog || ' ' || b.key from levelb._baseline b where (b.state).part_of = any(v_keys));
  end loop;
end
$_forget_rows$;
comment on function levelb._forget_rows(text[]) is 'Take rows, by "catalog key", out of the baseline.';

-- The transaction that wrote a row, with its epoch; that of a frozen row was long ago.
create function levelb._transaction_of(written_by text)
  returns xid8
  language sql stable
  set search_path = pg_catalog, pg_temp
return case when written_by = '' or age(written_by::xid) = 2147483647 then '3'::xid8
  else (pg_current_xact_id()::text::numeric + age(pg_current_xact_id()::xid) - age(written_by::xid))::text::xid8 end;
comment on function levelb._transaction_of(text) is 'xmin of a row as xid8.';

-- What an object consists of that no effect tells, as the columns of a view. Returns how many parts were written since the
-- snapshot and are left out.
create function levelb._put_parts(
  keys text[],
  snapshot pg_snapshot
)
  returns bigint
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_put_parts$
declare
  v_all constant levelb._mark[] := array(
    select m from levelb._marks(null, false) m
     where m.part_of is not null and not exists (
       select from levelb._baseline b where b.catalog = m.catalog and b.key = m.key));
  v_keys text[] := keys;
  v_parts levelb._mark[];
  v_left bigint := 0;
begin
  while v_keys <> '{}' loop
    v_parts := array(select m from unnest(v_all) m where m.part_of = any(v_keys));
    v_keys := array(select m.catalog || ' ' || m.key from unnest(v_parts) m);
    v_left := v_left + (
      select count(*) from unnest(v_parts) m where not pg_visible_in_snapshot(levelb._transaction_of(m.written_by), snapshot));
    perform levelb._put_rows(levelb._named_parts(array(
      select s from levelb._states(array(
        select m from unnest(v_parts) m where pg_visible_in_snapshot(levelb._transaction_of(m.written_by), snapshot))) s)));
  end loop;
  return v_left;
end
$_put_parts$;
comment on function levelb._put_parts(text[], pg_snapshot) is
  'Put the parts of rows, by "catalog key", into the baseline; return how many were left out.';

-- All that is told by the versions of some extensions, by "catalog key": memberships, members and their parts. is_now: as
-- it is watched now, or as the baseline has it.
create function levelb._of_extensions(
  extensions text[],
  is_now boolean
)
  returns text[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_of_extensions$
declare
  v_rows constant levelb._mark[] := case when extensions = '{}' then '{}' when is_now then levelb._watched_now() else array(
    select row(b.catalog, b.key, (b.state).part_of, null, null, null, null)::levelb._mark from levelb._baseline b) end;
begin
  return array(
    with recursive row as materialized (
      select r.catalog || ' ' || r.key as id, r.part_of from unnest(v_rows) r
    ), told (id) as (
      select unnest(array[r.id, r.part_of])
        from row r join unnest(extensions) x
          on r.id like format('pg\_depend %% %s %s 0 e', 'pg_extension'::regclass::oid, split_part(x, ' ', 2))
      union
      select r.id from told t join row r on r.part_of = t.id
    )
    -- a member need not be watched
    select t.id from told t where t.id in (select r.id from row r));
end
$_of_extensions$;
comment on function levelb._of_extensions(text[], boolean) is 'What the versions of some extensions tell.';

-- The rows as they are now: for drift that is explained, or that the policy expects, among all that drifts. What was
-- written since the drift was looked at, by snapshot, is left out: nobody has seen it. Returns how many rows that were.
create function levelb._put_drift(
  drift levelb._drift[],
  among levelb._drift[],
  snapshot pg_snapshot
)
  returns bigint
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_put_drift$
declare
  v_keys constant text[] := array(
    select distinct d.catalog || ' ' || d.new_key from unnest(drift) d
     where d.new_key is not null and d.catalog <> all(levelb._server_catalogs()));
  -- nobody has answered for it
  v_others constant text[] := array(
    select d.catalog || ' ' || k from unnest(among) d, unnest(array[d.old_key, d.new_key]) k
     where k is not null and d <> all(drift));
  v_extensions constant text[] := array(select k from unnest(v_keys) k where k like 'pg\_extension %');
  -- by what they are, and by what they were before they were dropped and made again
  v_told constant text[] := levelb._of_extensions(v_extensions || array(
    select d.catalog || ' ' || d.old_key from unnest(drift) d
     where d.catalog = 'pg_extension' and d.old_key is not null), false);
  v_members constant text[] := array(
    select m from unnest(levelb._of_extensions(v_extensions, true)) m where m <> all(v_others) and m <> all(v_keys));
  v_code constant text[] := array(
    select c from levelb._code_behind(v_keys) c
     where c <> all(v_others) and c <> all(v_members) and not exists (
       select from levelb._baseline b where b.catalog = split_part(c, ' ', 1) and b.key = split_part(c, ' ', 2)));
  v_made constant text[] := v_code || array(
    select distinct d.catalog || ' ' || d.new_key from unnest(drift) d
     where d.old_key is distinct from d.new_key and d.new_key is not null);
  v_states constant levelb._state_row[] := levelb._named_parts(array(
    select s from levelb._states(array(
      select row(split_part(k, ' ', 1), substr(k, strpos(k, ' ') + 1), null, true, null, null, null)::levelb._mark
        from unnest(v_keys || v_members || v_code) k)) s));
  v_seen constant levelb._state_row[] := array(
    select s from unnest(v_states) s where pg_visible_in_snapshot(levelb._transaction_of(s.written_by), snapshot));
  v_left bigint;
begin
  perform levelb._forget_rows(array(
    select distinct d.catalog || ' ' || d.old_key from unnest(drift) d
     where d.old_key is not null and d.old_key is distinct from d.new_key));
  if v_told <> '{}' then
    perform levelb._forget_rows(array(
      select g.catalog || ' ' || g.key from levelb._rows_gone(true) g
       where g.catalog || ' ' || g.key = any(v_told)
         and g.catalog || ' ' || g.key <> all(v_others)));
  end if;
  perform levelb._put_rows(v_seen);
  v_left := cardinality(v_states) - cardinality(v_seen);
  if v_made <> '{}' then
    v_left := v_left + levelb._put_parts(v_made, snapshot);
  end if;
  perform levelb._put_rows(array(
    select s from levelb._server_rows() s where (s.catalog, s.key) in (select d.catalog, d.new_key from unnest(drift) d)));
  if exists (select from unnest(drift) d where d.attribute = 'system rows') then
    update levelb._baseline_head set system = levelb._system_code();
  end if;
  return v_left;
end
$_put_drift$;
comment on function levelb._put_drift(levelb._drift[], levelb._drift[], pg_snapshot) is
  'Make what drifted the baseline; return how many rows were written meanwhile and left out.';

-- Called with what was found under a snapshot that is not older than this one.
create function levelb._settle_drift(
  snapshot pg_snapshot,
  drift levelb._drift[]
)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_settle_drift$
declare
  -- never a row of which, or of whose parts, something else is not expected
  v_taken constant levelb._drift[] := array(
    select d from unnest(drift) d
     where d.expected and not exists (
       select from levelb._with_parts(array[d], drift) u where not u.expected));
begin
  if v_taken <> '{}' then
    perform levelb._put_drift(v_taken, drift, snapshot);
  end if;
  -- what is expected and stays is drift for the next look too
  update levelb._baseline_head h
     set horizon = pg_snapshot_xmin(snapshot),
         drifting = array(select distinct d.catalog || ' ' || d.new_key from unnest(drift) d
           where d <> all(v_taken) and d.new_key is not null
           union
           -- a catalog whose hash differs is hashed again, whether or not somebody writes to it
           select d.catalog || ' (system rows)' from unnest(drift) d where d <> all(v_taken) and d.attribute = 'system rows');
end
$_settle_drift$;
comment on function levelb._settle_drift(pg_snapshot, levelb._drift[]) is
  'Note what drifts, so that the next look begins where this one ended; what is expected is taken over.';

-- What differs between two readings of a row, put into a third. Where a row had drifted before it was changed, the
-- drift stays what it is.
create function levelb._patched(
  base levelb._state_row,
  before levelb._state_row,
  after levelb._state_row
)
  returns levelb._state_row
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
as $_patched$
declare
  v_state levelb._state_row := after;
begin
  v_state.attributes := (
    select coalesce(jsonb_object_agg(k, v.value), '{}')
      from (select jsonb_object_keys(base.attributes) union select jsonb_object_keys(after.attributes)) a (k),
        lateral (select case when before.attributes -> k is distinct from after.attributes -> k
          then after.attributes -> k else base.attributes -> k end) v (value)
     where v.value is not null);
  if before.code = after.code then
    v_state.code := base.code;
    v_state.definition := base.definition;
  end if;
  if before.named = after.named then
    v_state.named := base.named;
    v_state.identity := base.identity;
    v_state.names := base.names;
  end if;
  if before.rest = after.rest then
    v_state.rest := base.rest;
  end if;
  return v_state;
end
$_patched$;
comment on function levelb._patched(levelb._state_row, levelb._state_row, levelb._state_row) is
  'A row of the baseline with the changes between two readings.';

-- When what is watched has changed: an owner, the people, or which database governs the cluster. drifting: "catalog
-- key" of what is watched and not in the baseline because nobody has answered for it.
create function levelb._rewatch(drifting text[])
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_rewatch$
declare
  v_marks levelb._mark[] := levelb._watched_now();
  v_left text[];
begin
  v_left := array(
    select b.catalog || ' ' || b.key from levelb._baseline b
     where not exists (select from unnest(v_marks) m where m.catalog = b.catalog and m.key = b.key)
       -- what is gone from the catalogs stays, as drift
       and not exists (select from levelb._rows_gone(true) g where g.catalog = b.catalog and g.key = b.key)
       and (b.catalog <> all(levelb._server_catalogs()) or not levelb._is_role_home())
       -- what left the watch past the channel stays, as drift
       and b.catalog || ' ' || b.key <> all(drifting));
  if v_left <> '{}' then
    perform levelb._forget_rows(v_left);
    -- the parts of what left were watched with it
    v_marks := levelb._watched_now();
  end if;
  perform levelb._put_rows(levelb._named_parts(array(
    select s from levelb._states(array(
      select m from unnest(v_marks) m
       where not exists (select from levelb._baseline b where b.catalog = m.catalog and b.key = m.key)
         and m.catalog || ' ' || m.key <> all(drifting))) s)));
  if not exists (select from levelb._baseline b where b.catalog = any(levelb._server_catalogs())) then
    perform levelb._put_rows(array(select s from levelb._server_rows() s));
  end if;
end
$_rewatch$;
comment on function levelb._rewatch(text[]) is 'Watch what is to be watched now, as it is now.';

-- Code that nothing watched runs any more, and what that alone has run. drifting: as for _rewatch.
create function levelb._forget_code(
  keys text[],
  drifting text[]
)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_forget_code$
declare
  v_keys text[] := keys;
begin
  loop
    v_keys := array(
      select b.catalog || ' ' || b.key from unnest(v_keys) k
          join levelb._baseline b on b.catalog = split_part(k, ' ', 1) and b.key = split_part(k, ' ', 2)
       where k <> all(drifting)
      except select levelb._still_behind(v_keys));
    exit when v_keys = '{}';
    v_keys := array(
      select unnest(v_keys)
      except
      -- watched for itself
      select w.catalog || ' ' || w.key
        from levelb._watched(array(
          select m from levelb._marks(array[
            row('pg_operator', array(select o.ctid from pg_operator o where 'pg_operator ' || o.oid = any(v_keys))),
            row('pg_proc', array(select p.ctid from pg_proc p where 'pg_proc ' || p.oid = any(v_keys)))]::levelb._places[],
            false) m)) w);
    perform levelb._forget_rows(v_keys);
    v_keys := array(select c from levelb._code_behind(v_keys) c);
  end loop;
end
$_forget_code$;
comment on function levelb._forget_code(text[], text[]) is 'Take code out of the baseline that nothing watched runs.';

-- before, after: rows of the catalogs as an activation found and left them. The cost is that of the change, but where
-- something comes under the watch: its parts are then looked for everywhere. drifting: as for _rewatch.
create function levelb._follow(
  before levelb._state_row[],
  after levelb._state_row[],
  drifting text[]
)
  returns void
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_follow$
declare
  v_catalogs constant text[] := array(
    select c.catalog from unnest(before) c union select c.catalog from unnest(after) c);
  v_marks constant levelb._mark[] := array(
    select m from levelb._marks(array(
      select row(c, levelb._tids_touched('after', c))::levelb._places from unnest(v_catalogs) c), false) m);
  v_own constant text[] := array(select w.catalog || ' ' || w.key from levelb._watched(v_marks) w);
  -- code that came behind what is watched, and code that was there already
  v_behind constant text[] := case when exists (select from unnest(after) a where a.catalog = 'pg_depend')
    then array(select c from levelb._code_behind(v_own) c) else '{}' end;
  v_code constant text[] := array(
    select b.catalog || ' ' || b.key from levelb._baseline b join unnest(after) a on a.catalog = b.catalog and a.key = b.key
     where b.catalog in ('pg_operator', 'pg_proc') and b.catalog || ' ' || b.key <> all(v_own));
  v_watched constant text[] := array(
    select w.catalog || ' ' || w.key from unnest(levelb._with_code(v_marks, v_behind || v_code)) w);
  v_removed text[];
  v_has_entered boolean;
begin
  -- what was given away, and what is gone: what the text replaced has its next version among what is there
  perform levelb._forget_rows(array(
    select b.catalog || ' ' || b.key from levelb._baseline b join unnest(after) a on a.catalog = b.catalog and a.key = b.key
     where b.catalog || ' ' || b.key <> all(v_watched)
       -- what had left the watch past the channel stays, as drift
       and b.catalog || ' ' || b.key <> all(drifting)));
  v_removed := array(
    select b.catalog || ' ' || b.key from unnest(before) b
     where pg_xact_status(b.replaced_by) = 'in progress'
       and not exists (select from unnest(after) a where a.catalog = b.catalog and a.key = b.key)
       and exists (select from levelb._baseline k where k.catalog = b.catalog and k.key = b.key));
  if v_removed <> '{}' then
    perform levelb._forget_rows(array(
      select g.catalog || ' ' || g.key from levelb._rows_gone(true, v_catalogs) g
        where g.catalog || ' ' || g.key = any(v_removed)));
  end if;
  with now as (
    select b.*, levelb._baseline_row(row(o.*)::levelb._state_row) as old, o.key is not null as was_there
      from unnest(levelb._named_parts(after)) n
        join unnest(v_watched) w on w = n.catalog || ' ' || n.key
        left join unnest(before) o on o.catalog = n.catalog and o.key = n.key
        cross join lateral levelb._baseline_row(row(n.*)::levelb._state_row) b
  ), put as (
    insert into levelb._baseline as t
      select n.catalog, n.key, n.written_by, case when d.had_drifted then null else n.digest end, n.is_aside,
          case when d.had_drifted then levelb._patched(k.state, (n.old).state, n.state) else n.state end
        from now n left join levelb._baseline k on k.catalog = n.catalog and k.key = n.key
          cross join lateral (
            select k.key is not null and n.was_there and ((n.old).digest is distinct from k.digest
              or k.digest is null and ((n.old).state).attributes is distinct from (k.state).attributes)) d (had_drifted)
       -- what was made past the channel is nobody's, and changing it does not answer for it
       where not (k.key is null and n.was_there and n.catalog || ' ' || n.key = any(drifting))
      on conflict (catalog, key) do update
        set written_by = excluded.written_by, digest = excluded.digest, is_aside = excluded.is_aside,
          state = excluded.state
      returning t.catalog, t.key
  )
  select exists (
    select from now n where n.was_there
       and not exists (select from levelb._baseline k where k.catalog = n.catalog and k.key = n.key))
         from (select count(*) from put) p
    into v_has_entered;
  if v_has_entered or exists (
      select from unnest(v_behind) c
       where c <> all(drifting) and not exists (
         select from levelb._baseline b where b.catalog = split_part(c, ' ', 1) and b.key = split_part(c, ' ', 2))) then
    perform levelb._rewatch(drifting);
  else
    perform levelb._forget_code(array(
      select c from unnest(v_code) c
      union
      select split_part(d.key, ' ', f.n)::oid::regclass || ' ' || split_part(d.key, ' ', f.n + 1)
        -- what was depended on, and what was a member
        from unnest(before) d, unnest(array[4, 1]) f (n)
       where d.catalog = 'pg_depend'
         and split_part(d.key, ' ', f.n)::oid in ('pg_operator'::regclass, 'pg_proc'::regclass)
         and (f.n = 4 or d.key ~ ' e$')), drifting);
  end if;
end
$_follow$;
comment on function levelb._follow(levelb._state_row[], levelb._state_row[], text[]) is
  'Move the baseline by what an activation changed.';
