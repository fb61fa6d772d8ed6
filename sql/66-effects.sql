-- Owns effects: their canonical order, their text, and the comparison of two states of the catalogs.

-- SECURITY DEFINER only so that callers need no right to the private functions it uses.
create function levelb.effect_text(effect levelb.effect)
  returns text
  language sql immutable security definer
  set search_path = pg_catalog, pg_temp
return levelb._visible(format('%s: %s %s: %s', (effect).class, (effect).object_type, (effect).identity,
  case
    when (effect).class = 'data' then (effect).attribute || ' rows'
    when (effect).class = 'acl' then (effect).attribute || ': ' || coalesce((effect).before, 'nothing') || ' → '
      || coalesce((effect).after, 'nothing')
    when (effect).class = 'owner' and (effect).attribute = 'owner' then (effect).before || ' → ' || (effect).after
    else (effect).attribute || ': ' || coalesce((effect).before, 'none') || ' → ' || coalesce((effect).after, 'none')
  end));
comment on function levelb.effect_text(levelb.effect) is '@internal

Say one effect in one line, as views, command line and reports do.';

create type levelb._read_back as (
  effects         jsonb,
  tally           jsonb,
  state_before    bytea,
  state_after     bytea,
  rollback        text
);
comment on type levelb._read_back is 'What activate learns from the catalogs after the text has run.';

-- One changed thing: a row before and after; either may be missing.
create type levelb._change as (
  old  levelb._state_row,
  new  levelb._state_row
);
comment on type levelb._change is 'A catalog row before and after.';

create function levelb._changes(
  before levelb._state_row[],
  after levelb._state_row[]
)
  returns setof levelb._change
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_changes$
  select row(b.*)::levelb._state_row, row(a.*)::levelb._state_row
    from unnest(before) b full join unnest(after) a on a.catalog = b.catalog and a.key = b.key
$_changes$;
comment on function levelb._changes(levelb._state_row[], levelb._state_row[]) is 'Pair the rows of two states by their keys.';

-- Hash of the text of a function or view, as pg_dump would write it; null for everything else.
create function levelb._definition(
  catalog text,
  key text
)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_definition$
declare
  v_text text;
begin
  if catalog = 'pg_proc' then
    select pg_get_functiondef(p.oid) into v_text from pg_proc p where p.oid = key::oid and p.prokind <> 'a';
  elsif catalog = 'pg_class' then
    select pg_get_viewdef(c.oid) || E'\n' || coalesce(c.reloptions::text, '') into v_text from pg_class c
     where c.oid = key::oid and c.relkind in ('v', 'm');
  end if;
  return 'sha256 ' || encode(levelb._sha256(v_text), 'hex');
end
$_definition$;
comment on function levelb._definition(text, text) is 'Hash of the definition of a function or view.';

-- Effects of a set of changes. A row that was rewritten and is as before (a GRANT of what was granted, a GRANT and its
-- REVOKE) is shown too: it is a write, and never silent.
create function levelb._change_effects(changes levelb._change[])
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_change_effects$
  with change as (
    select coalesce((c.new).catalog, (c.old).catalog) as catalog,
        coalesce((c.new).object_type, (c.old).object_type) as object_type,
        coalesce((c.new).identity, (c.old).identity) as identity,
        coalesce((c.new).schema, (c.old).schema) as schema,
        coalesce((c.new).names, (c.old).names) as names,
        coalesce((c.new).is_implied, (c.old).is_implied) as is_implied,
        coalesce((c.new).key, (c.old).key) as key,
        coalesce((c.old).attributes, (c.new).absent) as old, coalesce((c.new).attributes, (c.old).absent) as new
      from unnest(changes) c
  ), difference as (
    select c.catalog, c.object_type, c.identity, c.schema, d.class, d.attribute, d.before, d.after
      from change c,
        lateral (
          select split_part(k, ':', 1) as class, substr(k, strpos(k, ':') + 1) as attribute, c.old ->> k as before,
              c.new ->> k as after
            from (select jsonb_object_keys(c.old) union select jsonb_object_keys(c.new)) keys (k)
           where c.old -> k is distinct from c.new -> k
        ) d
  )
  select coalesce(jsonb_agg(e), '[]') from (
    select jsonb_build_object('class', d.class, 'object_type', d.object_type, 'identity', d.identity, 'attribute',
        case when d.class = 'data' then
          case d.object_type when 'sequence' then 'restart' when 'materialized view' then 'refresh' else 'truncate' end
          else d.attribute end,
        'before', case when d.class <> 'data' then d.before end, 'after', case when d.class <> 'data' then d.after end,
        'schema', d.schema)
      from difference d
    union all
    -- Whoever takes code over takes what it does: what was approved under a name must still be behind it.
    select jsonb_build_object('class', 'owner', 'object_type', c.object_type, 'identity', c.identity, 'attribute', 'definition',
        'before', null, 'after', levelb._definition(c.catalog, c.key), 'schema', c.schema)
      from change c
     where c.old -> 'owner:owner' is distinct from c.new -> 'owner:owner' and levelb._definition(c.catalog, c.key) is not null
    union all
    select jsonb_build_object('class', case when c.catalog in ('pg_auth_members', 'pg_db_role_setting') then 'role'
          else 'acl' end, 'object_type', c.object_type, 'identity', c.identity, 'attribute', '(rewritten)',
        'before', null, 'after', null, 'schema', c.schema)
      from change c
     where not c.is_implied and c.old = c.new
       -- a change of owner rewrites the column privileges of its table without changing them
       and not (c.catalog = 'pg_attribute' and exists (
         select from change t where t.catalog = 'pg_class' and t.identity = format('%I.%I', c.names[1], c.names[2])
            and t.old -> 'owner:owner' is distinct from t.new -> 'owner:owner'))
  ) effects (e)
$_change_effects$;
comment on function levelb._change_effects(levelb._change[]) is 'Effects of a set of changes, each with the schema of its object.';
