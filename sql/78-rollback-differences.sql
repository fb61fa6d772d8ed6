-- Owns what is left after a rollback: each difference has a kind, which the effects and the catalogs decide and no text
-- of an author. Of the kinds that change no right and no meaning a document may accept one, object by object.

-- Which rule accepts a kind; none accepts a kind that is not here.
create function levelb._cosmetic_kinds()
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return '{"column_order": "column_order", "not_null_name": "not_null_name", "extension_left": "extension_left",
  "enum_value_left": "enum_value_left", "structure": "LB310"}'::jsonb;
comment on function levelb._cosmetic_kinds() is '{"kind": rule that accepts it} of differences after a rollback.';

-- Of "shop.t" and "name on shop.t" the relation or domain, of a column its relation.
create function levelb._whole_identity(effect jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case
  when effect ->> 'object_type' in ('table constraint', 'domain constraint')
    then regexp_replace(effect ->> 'identity', '^(?:"(?:[^"]|"")*"|[^ ]+) on ', '')
  when effect ->> 'object_type' like '% column'
    then regexp_replace(effect ->> 'identity', '\.(?:"(?:[^"]|"")*"|[^".]+)$', '')
  else effect ->> 'identity' end;
comment on function levelb._whole_identity(jsonb) is 'Identity of the object that an effect is on, or on a part of.';

-- Effects that are missing and unexpected ones, each with its kind. PostgreSQL 18 names NOT NULL: what came back under another
-- name is both, on the same table and with the same text. A label and an extension are left where they are to go and are there.
create function levelb._left_effects(
  missing jsonb,
  unexpected jsonb
)
  returns table (effect jsonb, is_missing boolean, kind text, object text)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_left_effects$
  with left_effect as materialized (
    select e as effect, true as is_missing from jsonb_array_elements(missing) e
    union all
    select e, false from jsonb_array_elements(unexpected) e
  ), renamed as materialized (
    select m.effect -> 'object_type' as object_type, array[m.effect -> 'identity', u.effect -> 'identity'] as identities
      from left_effect m join left_effect u on m.is_missing and not u.is_missing
     where m.effect ->> 'object_type' in ('table constraint', 'domain constraint') and m.effect ->> 'attribute' = 'definition'
       and coalesce(m.effect ->> 'before', m.effect ->> 'after') ~ '^NOT NULL( |$)'
       and m.effect - 'identity' = u.effect - 'identity'
       and levelb._whole_identity(m.effect) = levelb._whole_identity(u.effect)
  )
  select l.effect, l.is_missing, k.kind, case k.kind
      when 'not_null_name'
        then case l.effect ->> 'object_type' when 'domain constraint' then 'type ' else 'table ' end || levelb._whole_identity(l.effect)
      else concat_ws(' ', l.effect ->> 'object_type', l.effect ->> 'identity') end
    from left_effect l
      cross join lateral (select case
        when l.effect ->> 'class' = 'structure' and exists (
          select from renamed r where r.object_type = l.effect -> 'object_type' and l.effect -> 'identity' = any(r.identities))
          then 'not_null_name'
        when l.is_missing and l.effect ->> 'class' = 'structure' and l.effect ->> 'object_type' = 'type'
          and l.effect ->> 'attribute' like 'label %' and l.effect ->> 'after' is null and not exists (
            select from left_effect o where o.effect -> 'identity' = l.effect -> 'identity' and (not o.is_missing or o.effect ->> 'after' is not null))
          then 'enum_value_left'
        when l.is_missing and l.effect ->> 'class' = 'extension' and l.effect ->> 'object_type' = 'extension'
          and l.effect ->> 'after' is null
          and exists (select from left_effect o where o.is_missing and o.effect ->> 'object_type' = 'extension'
            and o.effect -> 'identity' = l.effect -> 'identity' and o.effect ->> 'attribute' = 'exists')
          and exists (select from pg_extension x where quote_ident(x.extname) = l.effect ->> 'identity')
          then 'extension_left'
        when l.effect ->> 'class' = 'structure' and l.effect ->> 'attribute' <> 'exists' then 'structure'
        else 'other' end) k (kind)
$_left_effects$;
comment on function levelb._left_effects(jsonb, jsonb) is 'What a rollback left, with kinds and the objects that an acceptance names.';

create function levelb._rollback_difference(
  manifest levelb.manifest,
  kind text,
  object text,
  privileged boolean
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return jsonb_build_object('kind', kind, 'object', object, 'privileged', privileged,
  'accepted', coalesce(levelb._is_accepted(manifest.content::jsonb -> 'accept', levelb._cosmetic_kinds() ->> kind, object), false));
comment on function levelb._rollback_difference(levelb.manifest, text, text, boolean) is 'A difference after a rollback, and whether a manifest accepts it.';

-- A view or routine that was dropped and made again is another one, and nothing else: what it is, who owns it, who may use it
-- and what was told of it are effects of their own. A table, a type or a policy that is another one is a difference.
create function levelb._without_recreated(effects jsonb)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select coalesce(jsonb_agg(e), '[]') from jsonb_array_elements(levelb._net_effects(effects)) e
   where not (e ->> 'attribute' = 'exists' and e ->> 'object_type' in ('view', 'function', 'procedure')
     and e ->> 'before' is not null and e ->> 'after' is not null));
comment on function levelb._without_recreated(jsonb) is 'Net effects, without that views and routines were made again.';

-- A rollback leaves what its original touched as it was before. Rows of data are left to the text, which approvers read.
create function levelb._rollback_differences(
  manifest levelb.manifest,
  effects jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_rollback_differences$
declare
  v_found constant jsonb := levelb._without_recreated(effects);
  v_expected constant jsonb := levelb._without_recreated(manifest.effects);
  v_renames constant jsonb[] := array(select levelb._renames(v_expected));
  -- what gets its name back is not what had it meanwhile and is gone
  v_missing constant jsonb := coalesce((
    select jsonb_agg(e) from jsonb_array_elements(v_expected) e
     where not v_found @> jsonb_build_array(e)
       and (not levelb._is_gone(e, v_found) or e ->> 'attribute' <> 'exists' and levelb._is_on_renamed(e, v_renames, false))), '[]');
  v_unexpected constant jsonb := coalesce((
    select jsonb_agg(e) from jsonb_array_elements(v_found) e
     where not v_expected @> jsonb_build_array(e) and not levelb._is_made_along(e, v_found)), '[]');
begin
  return (
    select coalesce(jsonb_agg(levelb._rollback_difference(manifest, d.kind, d.object, d.privileged) || d.effects
        order by d.kind, d.object collate "C"), '[]')
      from (
        select l.kind, l.object, l.kind = 'other' and bool_or(l.effect ->> 'class' <> 'structure') as privileged,
            jsonb_build_object('missing', coalesce(jsonb_agg(l.effect) filter (where l.is_missing), '[]'),
              'unexpected', coalesce(jsonb_agg(l.effect) filter (where not l.is_missing), '[]')) as effects
          from levelb._left_effects(v_missing, v_unexpected) l group by l.kind, l.object) d);
end
$_rollback_differences$;
comment on function levelb._rollback_differences(levelb.manifest, jsonb) is
  'What is left after a rollback: [{kind, object, privileged, accepted, missing, unexpected}, …].';

-- The order of columns is in no effect. A column that was dropped and made again stands last, and what SELECT * gives to
-- whoever reads by position is not what it was.
create function levelb._column_orders(effects jsonb)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_column_orders$
  select coalesce(jsonb_object_agg(concat_ws(' ', levelb._relation_kind(c.relkind), t.name), (
      select jsonb_agg(quote_ident(a.attname) order by a.attnum) from pg_attribute a
       where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)), '{}')
    from (
      select distinct levelb._whole_identity(e) as name from jsonb_array_elements(effects) e
       where e ->> 'object_type' ~ '^(foreign )?table( column)?$') t
      join pg_class c on c.oid = levelb._relation_named(t.name) and c.relkind in ('r', 'p', 'f')
$_column_orders$;
comment on function levelb._column_orders(jsonb) is '{"table …": names of its columns} of the tables that effects are on.';

-- Only a rehearsal has both orders; another set of columns is a difference of effects.
create function levelb._order_differences(
  manifest levelb.manifest,
  before jsonb,
  after jsonb
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select coalesce(jsonb_agg(levelb._rollback_difference(manifest, 'column_order', b.key, false)
      || jsonb_build_object('before', b.value, 'after', after -> b.key) order by b.key collate "C"), '[]')
    from jsonb_each(before) b
   where b.value <> after -> b.key and b.value @> (after -> b.key) and b.value <@ (after -> b.key));
comment on function levelb._order_differences(levelb.manifest, jsonb, jsonb) is 'Tables with the same columns in another order.';

-- What to write so that these are accepted, where all of them can be.
create function levelb._difference_hint(
  manifest levelb.manifest,
  open_differences jsonb
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case when exists (
    select from jsonb_array_elements(open_differences) d where not levelb._cosmetic_kinds() ? (d ->> 'kind'))
    then 'Something changed since, or a rollback text does not undo its apply: docs/rollback.md says what then.'
  else 'Let the rollback text undo what its apply does. If it may stay so, ' || case
      when manifest.kind = 'rollback' and manifest.payload ? 'activation_id' then 'withdraw the rollback and stage it again with accept => '
      else 'restage with "accept": ' end || left((
    select jsonb_agg(jsonb_build_object('rule', levelb._cosmetic_kinds() -> (d ->> 'kind'), 'object', d -> 'object', 'reason', '…'))
      from jsonb_array_elements(open_differences) d)::text, 3000)
    || case when exists (select from jsonb_array_elements(open_differences) d where d ->> 'kind' = 'enum_value_left')
      then ' and write ADD VALUE IF NOT EXISTS, so that it can be applied again.' else '' end end;
comment on function levelb._difference_hint(levelb.manifest, jsonb) is 'HINT of LB310.';

-- As DETAIL of LB310 and the record of a rehearsal have it.
create function levelb._difference_record(differences jsonb)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (
  select jsonb_build_object('differences', jsonb_agg(d - array['missing', 'unexpected'] order by n),
      'missing', jsonb_path_query_array(differences, '$[*].missing[*]'),
      'unexpected', jsonb_path_query_array(differences, '$[*].unexpected[*]'))
    from jsonb_array_elements(differences) with ordinality t (d, n));
comment on function levelb._difference_record(jsonb) is
  '{"differences": [{kind, object, privileged, accepted}, …], "missing": effects, "unexpected": effects}.';

create function levelb._refuse_differences(
  manifest levelb.manifest,
  differences jsonb
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_differences$
declare
  v_open constant jsonb := coalesce((
    select jsonb_agg(d) from jsonb_array_elements(differences) d where not (d ->> 'accepted')::boolean), '[]');
begin
  if v_open <> '[]' then
    perform levelb._raise('LB310', levelb._difference_record(differences), levelb._difference_hint(manifest, v_open));
  end if;
end
$_refuse_differences$;
comment on function levelb._refuse_differences(levelb.manifest, jsonb) is 'Refuse what a rollback left and nobody accepts.';

-- Where a column was made again its place is not asked for: nobody would wait for that when a change must be taken back.
create function levelb._accepted_differences(
  manifest levelb.manifest,
  differences jsonb,
  effects jsonb
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select coalesce(jsonb_agg(f.found), '[]') from (
    select jsonb_build_object('rule', levelb._cosmetic_kinds() -> (d ->> 'kind'), 'object', d -> 'object')
      from jsonb_array_elements(differences) d
    union
    select a - 'reason' from jsonb_array_elements(manifest.content::jsonb -> 'accept') a
     where a ->> 'rule' = 'column_order' and exists (
       select from jsonb_array_elements(levelb._net_effects(effects)) e
        where e ->> 'attribute' = 'column' and e ->> 'before' is null
          and concat_ws(' ', replace(e ->> 'object_type', ' column', ''), levelb._whole_identity(e)) = a ->> 'object')) f (found));
comment on function levelb._accepted_differences(levelb.manifest, jsonb, jsonb) is
  'What of its acceptances a rollback found: [{rule, object}, …].';
