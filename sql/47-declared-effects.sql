-- Owns what a list of effects in a document may say: of a migration that declares them, and of one that explains them.

-- Canonical order: the six fields by code point, nulls first. The hash of effects is over this text.
create function levelb._canonical_effects(effects jsonb)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_canonical_effects$
  select coalesce(jsonb_agg(jsonb_build_object('class', e ->> 'class', 'object_type', e ->> 'object_type',
      'identity', e ->> 'identity', 'attribute', e ->> 'attribute', 'before', e ->> 'before', 'after', e ->> 'after')
    order by e ->> 'class' collate "C", e ->> 'object_type' collate "C", e ->> 'identity' collate "C",
      e ->> 'attribute' collate "C", e ->> 'before' collate "C" nulls first, e ->> 'after' collate "C" nulls first),
    '[]')
  from jsonb_array_elements(effects) e
$_canonical_effects$;
comment on function levelb._canonical_effects(jsonb) is 'The six fields of every effect, in canonical order.';

-- The strings of an effect are not checked for invisible characters: they must equal what the catalogs say, and a
-- migration that renames such an object away has to name it. Whoever shows an effect escapes it.
create function levelb._check_effects(
  path text,
  effects jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_effects$
declare
  v_known constant text[] := array['class', 'object_type', 'identity', 'attribute', 'before', 'after'];
  v_path text;
  v_effect jsonb;
  v_key text;
  v_text text;
  v_twice bigint;
begin
  perform levelb._json_array(path, effects, 0, 10000);
  for i in 0 .. jsonb_array_length(effects) - 1 loop
    v_path := format('%s[%s]', path, i);
    v_effect := levelb._json_object(v_path, effects -> i, v_known);
    perform levelb._json_choice(v_path || '.class', v_effect -> 'class', levelb._classes());
    foreach v_key in array v_known[2:] loop
      v_text := levelb._json_text(v_path || '.' || v_key, v_effect -> v_key);
      if v_text is null and v_key not in ('before', 'after') then
        perform levelb._invalid(v_path || '.' || v_key, 'is required');
      elsif v_text = '' and v_key in ('object_type', 'identity') then
        perform levelb._invalid(v_path || '.' || v_key, 'is empty');
      elsif octet_length(v_text) > 1048576 then
        perform levelb._invalid(v_path || '.' || v_key,
          format('is %s bytes long, at most 1048576 are allowed', octet_length(v_text)));
      end if;
    end loop;
  end loop;

  select min(r.n) into v_twice
    from (select e.n, row_number() over (partition by e.effect ->> 'class', e.effect ->> 'object_type',
              e.effect ->> 'identity', e.effect ->> 'attribute', e.effect ->> 'before', e.effect ->> 'after'
            order by e.n) as nth
        from jsonb_array_elements(effects) with ordinality as e (effect, n)) r
   where r.nth > 1;
  if v_twice is not null then
    perform levelb._invalid(format('%s[%s]', path, v_twice - 1), 'is given twice');
  end if;

  return levelb._canonical_effects(effects);
end
$_check_effects$;
comment on function levelb._check_effects(text, jsonb) is 'Return effects in canonical order, else raise LB001.';
