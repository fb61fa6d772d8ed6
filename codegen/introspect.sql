-- One document of everything the generator may know, types keyed by OID. Only the catalogs are read: the printed form of
-- a signature is no source, it cannot be taken apart again. $1: JSON array of schema names.
with recursive
wanted as (
  select n.oid, n.nspname
    from pg_catalog.pg_namespace n
    join pg_catalog.jsonb_array_elements_text($1::pg_catalog.text::pg_catalog.jsonb) as w (name) on w.name = n.nspname
),
routine as (
  select p.*, w.nspname
    from pg_catalog.pg_proc p
    join wanted w on w.oid = p.pronamespace
   where not pg_catalog.starts_with(p.proname, '_')
     and p.prorettype not in ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype)
),
argument as (
  select p.oid, a.type, a.n, p.proargnames[a.n] as name, coalesce(p.proargmodes[a.n], 'i') as mode
    from routine p,
         unnest(coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[])) with ordinality as a (type, n)
),
reached (oid) as (
  select type from argument
  union
  select prorettype from routine
  union
  select next.oid
    from reached r
    join pg_catalog.pg_type t on t.oid = r.oid,
         lateral (select t.typbasetype union all
                  select t.typelem union all
                  select a.atttypid from pg_catalog.pg_attribute a
                   where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as next (oid)
   where next.oid <> 0
)
select pg_catalog.jsonb_build_object(
  'functions', coalesce((
    select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
             'schema', p.nspname,
             'name', p.proname,
             'kind', p.prokind,
             'strict', p.proisstrict,
             'returnsSet', p.proretset,
             'returns', p.prorettype::pg_catalog.text,
             'comment', pg_catalog.obj_description(p.oid, 'pg_proc'),
             'variadic', p.provariadic <> 0,
             'args', coalesce((
               select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                        'name', coalesce(a.name, ''),
                        'quoted', pg_catalog.quote_ident(coalesce(a.name, '')),
                        'mode', a.mode,
                        'type', a.type::pg_catalog.text,
                        'default', pg_catalog.pg_get_function_arg_default(p.oid, a.n::pg_catalog.int4)
                      ) order by a.n)
                 from argument a where a.oid = p.oid), '[]')
           ) order by p.nspname collate "C", p.proname collate "C")
      from routine p), '[]'),
  'types', coalesce((
    select pg_catalog.jsonb_object_agg(t.oid::pg_catalog.text, pg_catalog.jsonb_build_object(
             'schema', n.nspname,
             'name', t.typname,
             'kind', t.typtype,
             'base', t.typbasetype::pg_catalog.text,
             'element', case when t.typcategory = 'A' then t.typelem::pg_catalog.text end,
             'relation', c.relkind,
             'comment', coalesce(pg_catalog.obj_description(t.oid, 'pg_type'),
                                 pg_catalog.obj_description(t.typrelid, 'pg_class')),
             'checks', coalesce((
               select pg_catalog.jsonb_agg(d.def order by d.def collate "C")
                 from pg_catalog.pg_constraint k,
                      lateral pg_catalog.pg_get_constraintdef(k.oid) as d (def)
                where k.contypid = t.oid and k.contype = 'c'), '[]'),
             'columns', coalesce((
               select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                        'name', a.attname,
                        'type', a.atttypid::pg_catalog.text,
                        'notNull', a.attnotnull,
                        'comment', pg_catalog.col_description(a.attrelid, a.attnum),
                        'checks', coalesce((
                          select pg_catalog.jsonb_agg(d.def order by d.def collate "C")
                            from pg_catalog.pg_constraint k,
                                 lateral pg_catalog.pg_get_constraintdef(k.oid) as d (def)
                           where k.conrelid = a.attrelid and k.contype = 'c' and k.conkey = array[a.attnum]), '[]')
                      ) order by a.attnum)
                 from pg_catalog.pg_attribute a
                where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped), '[]')))
      from reached r
      join pg_catalog.pg_type t on t.oid = r.oid
      join pg_catalog.pg_namespace n on n.oid = t.typnamespace
      left join pg_catalog.pg_class c on c.oid = t.typrelid), '{}')
)::pg_catalog.text as catalog
