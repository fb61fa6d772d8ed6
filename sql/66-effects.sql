-- Owns effects: their canonical order, their text, and the comparison of two states of the catalogs.

-- Twelve digits tell two texts apart for a reader; the effect itself keeps all.
create function levelb._short_hash(value text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return regexp_replace(value, '^((sha256 )?[0-9a-f]{12})[0-9a-f]{52}$', '\1…');
comment on function levelb._short_hash(text) is 'A hash cut short for reading; any other text as it is.';

-- SECURITY DEFINER only so that callers need no right to the private functions it uses.
create function levelb.effect_text(effect levelb.effect)
  returns text
  language sql immutable security definer
  set search_path = pg_catalog, pg_temp
return levelb._visible(format('%s: %s %s: %s', (effect).class, (effect).object_type, (effect).identity,
  case
    when (effect).class = 'data' then (effect).attribute || case when (effect).object_type = 'sequence' then ''
      else ' rows' end
    when (effect).class = 'acl' then (effect).attribute || ': ' || coalesce((effect).before, 'nothing') || ' → '
      || coalesce((effect).after, 'nothing')
    when (effect).class = 'owner' and (effect).attribute = 'owner'
      then coalesce((effect).before, 'none') || ' → ' || coalesce((effect).after, 'none')
    when (effect).class = 'owner' and (effect).attribute = 'definition'
      then 'taken over as ' || levelb._short_hash((effect).after)
    else (effect).attribute || ': ' || coalesce(levelb._short_hash((effect).before), 'none') || ' → '
      || coalesce(levelb._short_hash((effect).after), 'none')
  end));
comment on function levelb.effect_text(levelb.effect) is '@internal

Say one effect in one line, as views, command line and reports do.';

create type levelb._read_back as (
  effects         jsonb,
  tally           jsonb,
  state_before    bytea,
  state_after     bytea,
  rollback        text,
  accepted        jsonb,
  dropped         jsonb
);
comment on type levelb._read_back is 'What activate learns from the catalogs after the text has run.';

-- One changed thing: a row before and after; either may be missing.
create type levelb._change as (
  old  levelb._state_row,
  new  levelb._state_row
);
comment on type levelb._change is 'A catalog row before and after.';

-- Whether a table or materialized view has a new file.
create function levelb._has_new_storage(change levelb._change)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return coalesce((change.old).key = (change.new).key
  and (change.old).attributes -> 'data:storage' <> (change.new).attributes -> 'data:storage', false);
comment on function levelb._has_new_storage(levelb._change) is 'Whether a relation has a new file.';

-- A dependency has no key of its own, and the same one may be there twice: hence the turns.
create function levelb._changes(
  before levelb._state_row[],
  after levelb._state_row[]
)
  returns setof levelb._change
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_changes$
  with old as (
    select row(b.*)::levelb._state_row as state, b.catalog, b.key, row_number() over (partition by b.catalog,
      b.key) as turn
      from unnest(before) b
  ), new as (
    select row(a.*)::levelb._state_row as state, a.catalog, a.key, row_number() over (partition by a.catalog,
      a.key) as turn
      from unnest(after) a
  )
  select o.state, n.state from old o full join new n using (catalog, key, turn)
$_changes$;
comment on function levelb._changes(levelb._state_row[], levelb._state_row[]) is
  'Pair the rows of two states by their keys.';

-- Whether the row stands for something: that of a dropped column does not.
create function levelb._is_there(state levelb._state_row)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (state).key is not null and (state).attributes is not null;
comment on function levelb._is_there(levelb._state_row) is 'Whether a row is there and stands for something.';

-- Changes as a reader counts them: DROP and CREATE of the same name are one change, in which what was lost shows.
create function levelb._merged(changes levelb._change[])
  returns levelb._change[]
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_merged$
  with change as (
    select case when levelb._is_there(c.old) then c.old end as old,
      case when levelb._is_there(c.new) then c.new end as new
      from unnest(changes) c
  ), gone as (
    select c.old from change c where (c.old).key is not null and (c.new).key is null
  ), made as (
    select c.new from change c where (c.old).key is null and (c.new).key is not null
  )
  select coalesce(array_agg(row(m.old, m.new)::levelb._change), '{}') from (
    select c.old, c.new from change c where (c.old).key is not null and (c.new).key is not null
    union all
    select g.old, n.new
      from (select g.old, (g.old).catalog, (g.old).object_type, (g.old).identity, coalesce((g.old).names,
        '{}') as names,
                (g.old).is_implied from gone g) g
        full join (select n.new, (n.new).catalog, (n.new).object_type, (n.new).identity, coalesce((n.new).names,
          '{}') as names,
                (n.new).is_implied from made n) n
          using (catalog, object_type, identity, names, is_implied)
  ) m
$_merged$;
comment on function levelb._merged(levelb._change[]) is
  'Changes that may show, with what was dropped and made again as one.';

-- What a change says, one row per attribute. status: how the object that this is part of has changed: made, gone, or
-- null.
create function levelb._differences(
  change levelb._change,
  status text
)
  returns table (class text, attribute text, before text, after text)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_differences$
  with side as (
    select change.old as old, change.new as new, (change.old).key is not null as was,
      (change.new).key is not null as is_there,
        -- the same row, and not one that was dropped and one that was made
        coalesce((change.old).key = (change.new).key, false) as is_same,
        coalesce((change.new).exists_class, (change.old).exists_class) as exists_class,
        coalesce((change.new).definition_as, (change.old).definition_as) as definition_as,
        case when (change.old).key is null then (change.new).absent else (change.old).attributes end as had,
        case when (change.new).key is null then (change.old).absent - 'owner:owner'
          else (change.new).attributes end as has
  ), difference (name, before, after) as (
    select k, s.had ->> k, s.has ->> k
      from side s, lateral (select jsonb_object_keys(s.had) union select jsonb_object_keys(s.has)) keys (k)
     where s.had -> k is distinct from s.has -> k
       -- owner and grants of what is gone went with it, and a new file says something only of what had one
       and (s.is_there or s.exists_class is null) and (k <> 'data:storage' or s.is_same)
    union all
    select s.exists_class || ':exists', case when s.was then 'present' end,
        case when not s.is_there then null when s.was then 'recreated' else 'present' end
      from side s where s.exists_class is not null and not s.is_same
    union all
    select (s.new).name_class || ':name', (s.old).identity, (s.new).identity
      from side s where s.is_same and (s.old).named <> (s.new).named
    union all
    select s.definition_as, levelb._shown_definition(s.old), levelb._shown_definition(s.new)
      from side s
     where s.definition_as is not null and (s.is_there or s.exists_class is null)
       and (not s.is_same or (s.old).code <> (s.new).code)
       -- a domain without a default
       and coalesce(levelb._shown_definition(s.old), levelb._shown_definition(s.new)) is not null
    union all
    -- Whoever takes code over takes what it does: what was approved under a name must still be behind it.
    select 'owner:definition', null, levelb._shown_definition(s.new)
      from side s
     where s.is_same and s.had -> 'owner:owner' <> s.has -> 'owner:owner' and (s.new).definition is not null
       and coalesce(s.definition_as, 'repoint:') like 'repoint:%'
  )
  select split_part(d.name, ':', 1), substr(d.name, strpos(d.name, ':') + 1), d.before, d.after
    from difference d, side s
   where (not coalesce((s.new).is_implied, (s.old).is_implied) or d.name like 'acl:%')
     and case status when 'gone' then false when 'made' then (s.new).is_detail or d.name not like 'structure:%'
       else true end
$_differences$;
comment on function levelb._differences(levelb._change, text) is 'Attributes in which a change shows.';

-- Catalog keys of what was made and of what is gone, by which parts know how their object has changed.
create function levelb._statuses(changes levelb._change[])
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select coalesce(jsonb_object_agg(coalesce((c.new).catalog || ' ' || (c.new).key,
    (c.old).catalog || ' ' || (c.old).key),
      case when (c.old).key is null then 'made' else 'gone' end), '{}')
    from unnest(changes) c where (c.old).key is null or (c.new).key is null);
comment on function levelb._statuses(levelb._change[]) is '{"catalog key": made or gone} of a set of changes.';

create function levelb._moved_columns(change levelb._change)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (
  select coalesce(array_agg(n.key order by n.key collate "C"), '{}')
    from jsonb_each((change.new).whole) n
   where n.value is distinct from (change.old).whole -> n.key and n.key <> all(levelb._moving_columns()));
comment on function levelb._moved_columns(levelb._change) is
  'Columns in which a row differs, but for those that move by themselves.';

-- An object is a net of rows: what is part of what, what a constraint or trigger ties together, parents and children.
-- What lies between two rows need not have changed itself: a column, or the constraint that an index carries.
create function levelb._ties(state levelb._state_row)
  returns text[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array_remove(array[(state).part_of, 'pg_class ' || substring((state).part_of from '^pg_attribute (\d+)'),
    case when (state).part_of like 'pg_constraint %' then (
      select 'pg_class ' || k.conrelid from pg_constraint k where k.oid = substr((state).part_of, 15)::oid) end,
    -- a column of an index is stored as that of its table
    case when (state).catalog = 'pg_attribute' then (
      select 'pg_class ' || i.indrelid from pg_index i where i.indexrelid = substr((state).part_of, 10)::oid) end]
  || case (state).catalog
    when 'pg_constraint' then array['pg_class ' || ((state).whole ->> 'conrelid'),
      'pg_class ' || ((state).whole ->> 'confrelid'), 'pg_class ' || ((state).whole ->> 'conindid'),
      'pg_constraint ' || ((state).whole ->> 'conparentid')]
    when 'pg_inherits' then array['pg_class ' || ((state).whole ->> 'inhparent')]
    when 'pg_trigger' then array['pg_constraint ' || ((state).whole ->> 'tgconstraint'),
      'pg_trigger ' || ((state).whole ->> 'tgparentid')]
    else '{}' end, null);
comment on function levelb._ties(levelb._state_row) is '"catalog key" of the rows that a row belongs with.';

-- Rows that changes which show reach, by ties. Only what shows explains: of two silent changes none explains the other.
-- A grant, a comment and a label are about an object and move nothing in it.
create function levelb._explained_rows(changes levelb._change[])
  returns text[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return array(
  with recursive change as materialized (
    select c.old, c.new, coalesce((c.new).catalog, (c.old).catalog) || ' ' || coalesce((c.new).key, (c.old).key) as node
      from unnest(changes) c
  ), tie as materialized (
    select c.node as one, t as other
      from change c, lateral (select unnest(levelb._ties(c.old)) union select unnest(levelb._ties(c.new))) t (t)
     -- 0 is no row
     where t !~ ' 0$'
  ), edge as materialized (
    select t.one, t.other from tie t union all select t.other, t.one from tie t
  ), reached (node) as (
    select c.node from change c
     where exists (
       select from levelb._differences(row(c.old, c.new)::levelb._change, null) d
        where d.class <> 'acl' and d.attribute <> 'comment' and d.attribute !~ '^label for ')
    union
    select e.other from reached r join edge e on e.one = r.node
  )
  select r.node from reached r);
comment on function levelb._explained_rows(levelb._change[]) is
  '"catalog key" of the rows of all objects that show in an effect.';

-- The last net: a row that was rewritten in other columns than those that move by themselves, and that shows neither
-- itself nor in any change of the same object. candidates: those of the changes that are not an extension's.
create function levelb._unexplained_changes(
  changes levelb._change[],
  candidates levelb._change[]
)
  returns setof jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_unexplained_changes$
declare
  v_silent constant levelb._change[] := array(
    select row(c.old, c.new)::levelb._change from unnest(candidates) c
     where (c.old).key = (c.new).key and (c.old).whole <> (c.new).whole
       and levelb._moved_columns(row(c.old, c.new)::levelb._change) <> '{}'
       and not exists (select from levelb._differences(row(c.old, c.new)::levelb._change, null)));
  v_explained text[];
begin
  if v_silent = '{}' then
    return;
  end if;
  v_explained := levelb._explained_rows(changes);
  return query
    select jsonb_build_object('catalog', (c.new).catalog, 'object',
        concat_ws(' ', (c.new).object_type, coalesce((c.new).identity, (c.new).key)), 'change', 'altered: '
          || array_to_string(levelb._moved_columns(row(c.old, c.new)::levelb._change), ', '))
      from unnest(v_silent) c where (c.new).catalog || ' ' || (c.new).key <> all(v_explained);
end
$_unexplained_changes$;
comment on function levelb._unexplained_changes(levelb._change[], levelb._change[]) is
  'Changes of rows that nothing shows.';

-- A row that was rewritten and is as before in every column (a GRANT of what was granted, a GRANT and its REVOKE) is
-- shown too, but for columns that move by themselves: it is a write, and never silent. Its class is that of the
-- statements that do such things.
create function levelb._rewritten_class(
  change levelb._change,
  changes levelb._change[]
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case
  -- Taken away and given again, they are other rows (a membership before 16 is not) that say the same and have no other
  -- attribute to say it with.
  when (change.old).key <> (change.new).key and (change.old).attributes = (change.new).attributes
    and (change.new).catalog in ('pg_auth_members', 'pg_default_acl')
    then case (change.new).catalog when 'pg_auth_members' then 'role' else 'acl' end
  when (change.new).is_implied
    -- a toast table is written with its table
    or (change.new).catalog = 'pg_class' and (change.new).part_of like 'pg_class %'
      and (change.new).object_type <> 'index'
    or (change.old).attributes <> (change.new).attributes or (change.old).key <> (change.new).key
    or (change.old).whole <> (change.new).whole and levelb._moved_columns(change) <> '{}' then null
  when (change.new).catalog in ('pg_auth_members', 'pg_db_role_setting') then 'role'
  when (change.old).acl is distinct from (change.new).acl then 'acl'
  -- CREATE OR REPLACE writes the dependencies of a function anew, and GRANT does not
  when (change.new).catalog = 'pg_proc' and not exists (
    select from unnest(changes) d
     where (d.new).catalog = 'pg_depend' and (d.new).part_of = 'pg_proc ' || (change.new).key) then 'acl'
  when (change.new).definition_as is not null and (change.new).catalog <> 'pg_type'
    then split_part((change.new).definition_as, ':', 1)
  when (change.new).catalog in ('pg_sequence', 'pg_enum', 'pg_description', 'pg_shdescription',
    'pg_depend', 'pg_index', 'pg_inherits', 'pg_range') or (change.new).object_type = 'index' then 'structure'
  else 'acl' end;
comment on function levelb._rewritten_class(levelb._change, levelb._change[]) is
  'Class of a rewrite that changed nothing; null when it changed something.';

-- Whether a change is a rewrite that others of the same object explain: of a table whose default was changed, of a view
-- whose query was. One that changed the raw ACL is explained by none.
create function levelb._is_explained(
  change levelb._change,
  changes levelb._change[]
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return (change.old).acl is not distinct from (change.new).acl and exists (
  select from unnest(changes) c
   where coalesce((c.new).part_of, (c.old).part_of) in ((change.new).catalog || ' ' || (change.new).key,
     (change.new).part_of)
     and not coalesce((c.new).is_implied, (c.old).is_implied)
     and ((c.old).key is distinct from (c.new).key
       or levelb._moved_columns(row(c.old, c.new)::levelb._change) <> '{}'));
comment on function levelb._is_explained(levelb._change, levelb._change[]) is
  'Whether a rewrite follows from other changes.';

-- has_rewrites: whether PostgreSQL wrote tables anew in passing. Such a new file cannot be told from that of a
-- TRUNCATE.
create function levelb._change_effects(
  changes levelb._change[],
  has_rewrites boolean
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_change_effects$
  with status as (
    select levelb._statuses(changes) as statuses
  ), change as (
    select c.old, c.new, row(c.old, c.new)::levelb._change as change,
        coalesce((c.new).object_type, (c.old).object_type) as object_type,
        coalesce((c.new).identity, (c.old).identity) as identity,
        -- what leaves a schema concerns it as much as what enters another
        array_remove(array[(c.new).schema,
          case when (c.old).schema is distinct from (c.new).schema then (c.old).schema end], null)
          as schemas,
        s.statuses ->> coalesce((c.new).part_of, (c.old).part_of) as status
      from unnest(changes) c, status s
  ), explained as materialized (
    select levelb._explained_rows(changes) as explained
  )
  select coalesce(jsonb_agg(e), '[]') from (
    select jsonb_build_object('class', d.class, 'object_type', c.object_type, 'identity', c.identity, 'attribute',
        case when d.class = 'data' then
          case when c.object_type = 'sequence' then
              -- a new increment is a new file too
              case when exists (select from change s where (s.new).catalog = 'pg_sequence' and (s.new).key = (c.new).key
                and (s.old).whole <> (s.new).whole) then 'rewrite or restart' else 'restart' end
            when c.object_type = 'materialized view' then 'refresh'
            when has_rewrites then 'rewrite or truncate' else 'truncate' end
          else d.attribute end,
        'before', case when d.class <> 'data' then d.before end, 'after', case when d.class <> 'data' then d.after end,
        'schemas', c.schemas)
      from change c, lateral levelb._differences(c.change, c.status) d
    union all
    select jsonb_build_object('class', levelb._rewritten_class(c.change, changes), 'object_type', c.object_type,
      'identity', c.identity,
        'attribute', '(rewritten)', 'before', null, 'after', null, 'schemas', c.schemas)
      from change c
     where (c.old).key is not null and (c.new).key is not null and levelb._rewritten_class(c.change,
       changes) is not null
       and not levelb._is_explained(c.change, changes)
       and ((c.old).whole = (c.new).whole
         or (c.new).catalog || ' ' || (c.new).key <> all((select e.explained from explained e)::text[]))
       -- a change of owner rewrites the column privileges of its table without changing them
       and not ((c.new).catalog = 'pg_attribute' and exists (
         select from change t
          where (t.new).catalog || ' ' || (t.new).key = (c.new).part_of
            and (t.old).attributes -> 'owner:owner' <> (t.new).attributes -> 'owner:owner'))
  ) effects (e)
$_change_effects$;
comment on function levelb._change_effects(levelb._change[], boolean) is
  'Effects of a set of changes, each with the schemas of its object.';

-- That an object is gone is one effect, and says neither whose it was nor who might use it, what it did, or what was on it.
-- For a rollback it is told as making it again would show. changes: merged ones.
create function levelb._dropped_effects(changes levelb._change[])
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_dropped_effects$
  select levelb._canonical_effects(coalesce(jsonb_agg(jsonb_build_object('class', d.class, 'object_type', (c.old).object_type,
      'identity', (c.old).identity, 'attribute', d.attribute, 'before', d.after, 'after', d.before)), '[]'))
    from unnest(changes) c
      cross join lateral levelb._differences(row(null::levelb._state_row, c.old)::levelb._change, 'made') d
   where (c.new).key is null and d.class <> 'data'
$_dropped_effects$;
comment on function levelb._dropped_effects(levelb._change[]) is 'What went with what was dropped: owners, rights, code, columns.';

create type levelb._used_sequence as (
  sequence    oid,
  is_altered  boolean
);
comment on type levelb._used_sequence is 'A sequence that may have moved, and whether it was, or may have been, altered.';

-- Sequences that the text may have moved. No tally counts them, and what they count on to is undone by nothing; but
-- PostgreSQL locks a sequence for its value once a transaction, in a mode that no statement can ask for, and keeps the
-- lock to its end though savepoints are rolled back. ALTER takes it too, and another one with it: that the value was
-- left alone cannot be told then, and restart or rewrite is told by the new file.
create function levelb._sequences_used()
  returns setof levelb._used_sequence
  language sql volatile
  set search_path = pg_catalog, pg_temp
  -- without statistics the planner reads the whole of pg_class for these few
  set enable_seqscan = off
as $_sequences_used$
  select c.oid, exists (
      select from pg_locks o
       where o.pid = pg_backend_pid() and o.locktype = 'relation' and o.relation = c.oid
         and o.mode in ('ShareRowExclusiveLock', 'AccessExclusiveLock'))
    from pg_locks l join pg_class c on c.oid = l.relation
   where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.mode = 'RowExclusiveLock' and l.granted
     and l.relation >= 16384 and c.relkind = 'S' and c.relnamespace <> 'levelb'::regnamespace
$_sequences_used$;
comment on function levelb._sequences_used() is 'Sequences whose value this transaction may have moved.';

-- The value of a new sequence is part of it. changes: merged ones.
create function levelb._sequence_effects(
  changes levelb._change[],
  used levelb._used_sequence[]
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_sequence_effects$
  select coalesce(jsonb_agg(jsonb_build_object('class', 'data', 'object_type', 'sequence', 'identity', i.identity,
      'attribute', case when u.is_altered then 'setval, nextval or alter' else 'setval or nextval' end,
      'before', null, 'after', null, 'schemas', jsonb_build_array(i.schema))), '[]')
    from unnest(used) u cross join lateral pg_identify_object('pg_class'::regclass, u.sequence, 0) i
   where not exists (
     select from unnest(changes) c
      where (c.new).catalog = 'pg_class' and (c.new).key = u.sequence::text
        and ((c.old).key is distinct from (c.new).key
          or (c.old).attributes -> 'data:storage' is distinct from (c.new).attributes -> 'data:storage'))
$_sequence_effects$;
comment on function levelb._sequence_effects(levelb._change[], levelb._used_sequence[]) is
  'Effects of what moved sequences and has left no row in a catalog.';
