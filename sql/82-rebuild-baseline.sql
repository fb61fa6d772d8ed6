-- Owns taking the catalogs for right as they are, and telling what that took over.

-- Oids are others after a restore or an upgrade: what was and what is are matched by name. Rows that have none of their
-- own, and what the deparsers say, which differs between versions, are taken over without a word. An incident is kept
-- for ever and every look at the channel reads the newest one: so a hundred are named, structure last.
create function levelb._rebuild_baseline()
  returns jsonb
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_rebuild_baseline$
declare
  v_before constant levelb._baseline[] := array(select b from levelb._baseline b);
  v_taken jsonb;
begin
  perform levelb._build_baseline();
  with old as (
    select b.catalog, (b.state).object_type, (b.state).identity, coalesce((b.state).names, '{}') as names,
        (b.state).attributes, row_number() over (partition by b.catalog, (b.state).object_type, (b.state).identity, (b.state).names order by b.key) as turn
      from unnest(v_before) b
  ), new as (
    select b.catalog, (b.state).object_type, (b.state).identity, coalesce((b.state).names, '{}') as names,
        (b.state).attributes, row_number() over (partition by b.catalog, (b.state).object_type, (b.state).identity, (b.state).names order by b.key) as turn
      from levelb._baseline b
  )
  select jsonb_build_object('count', count(*), 'effects',
    levelb._canonical_effects(coalesce(jsonb_agg(t.effect) filter (where t.n <= 100), '[]')))
    into v_taken
    from (
      select jsonb_build_object('class', split_part(k, ':', 1), 'object_type', d.object_type, 'identity', d.identity,
          'attribute', substr(k, strpos(k, ':') + 1), 'before', d.had ->> k, 'after', d.has ->> k) as effect,
          row_number() over (order by split_part(k, ':', 1) in ('structure'), d.object_type, d.identity, k) as n
        from (
          select object_type, identity, coalesce(o.attributes, '{}') as had, coalesce(n.attributes, '{}') as has
            from old o full join new n using (catalog, object_type, identity, names, turn)
           where o.attributes is distinct from n.attributes
        ) d,
          lateral (select jsonb_object_keys(d.had) union select jsonb_object_keys(d.has)) a (k)
       where d.had -> k is distinct from d.has -> k and k not like 'data:%'
    ) t;
  return v_taken;
end
$_rebuild_baseline$;
comment on function levelb._rebuild_baseline() is
  'Read the baseline anew; return {count, effects}: how much differs from the one before, and a hundred of it.';
