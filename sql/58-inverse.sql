-- Owns what the opposite of a change is: of effects, of a role document, of what the database carried out itself.

-- What is told of a part of an object, or of the object itself beside that it is there. By type and whole name: a
-- publication may be named like the schema of a table, and is no part of it.
create function levelb._is_part_of(
  effect jsonb,
  object jsonb
)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case
  when effect ->> 'object_type' = object ->> 'object_type'
    then effect ->> 'identity' = object ->> 'identity' and effect ->> 'attribute' <> 'exists'
  when effect ->> 'object_type' = (object ->> 'object_type') || ' column'
    then starts_with(effect ->> 'identity', (object ->> 'identity') || '.')
  when effect ->> 'object_type' in ('table constraint', 'trigger', 'policy', 'rule')
    then object ->> 'object_type' ~ '^(foreign table|materialized view|table|view)$'
      and right(effect ->> 'identity', length(object ->> 'identity') + 4) = ' on ' || (object ->> 'identity')
  when effect ->> 'object_type' in ('publication relation', 'publication namespace')
    -- its name is not quoted there, so that only of a plain one it is certain where it begins
    then object ->> 'object_type' = 'publication' and object ->> 'identity' ~ '^[a-z0-9_]+$'
      and effect ->> 'identity' ~ ('^(?:"(?:[^"]|"")*"|[^" ])+ in publication ' || (object ->> 'identity') || '$')
  when effect ->> 'object_type' = 'composite type column'
    then object ->> 'object_type' = 'type' and starts_with(effect ->> 'identity', (object ->> 'identity') || '.')
  when effect ->> 'object_type' = 'domain constraint'
    then object ->> 'object_type' = 'type'
      and right(effect ->> 'identity', length(object ->> 'identity') + 4) = ' on ' || (object ->> 'identity')
  else false end;
comment on function levelb._is_part_of(jsonb, jsonb) is 'Whether an effect is on a part or attribute of the object of another.';

-- Who drops an object, or a column, takes its parts and the rights on it with it, untold: also those that PUBLIC would
-- have again. That it is gone is what the read-back found, or what the catalogs say.
create function levelb._is_gone(
  effect jsonb,
  found jsonb
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return exists (
    select from jsonb_array_elements(found) o
     where (o ->> 'attribute' in ('exists', 'column')
         -- of a constraint that is all that is told
         or o ->> 'attribute' = 'definition' and o ->> 'object_type' in ('domain constraint', 'table constraint'))
       and o ->> 'before' is not null and o ->> 'after' is null
       and levelb._is_part_of(effect, o))
  or effect ->> 'object_type' in ('index', 'sequence') and effect ->> 'after' is null
    and not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                     where format('%I.%I', n.nspname, c.relname) = effect ->> 'identity');
comment on function levelb._is_gone(jsonb, jsonb) is 'Whether what an effect takes away went with something that was dropped.';

-- No casts to regclass and the like: levelb_owner may not look into the schemas of others.
create function levelb._relation_named(identity text)
  returns oid
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select c.oid from parse_ident(identity) p
    join pg_namespace n on n.nspname = p[1] join pg_class c on c.relnamespace = n.oid and c.relname = p[2]);
comment on function levelb._relation_named(text) is 'Relation of an identity; null for none.';

-- What has no life of its own: the table of an index, and of the sequence of a column.
create function levelb._whole_of(
  object_type text,
  identity text
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select format('%I.%I', n.nspname, c.relname)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.oid = case object_type
     when 'index' then (select x.indrelid from pg_index x where x.indexrelid = levelb._relation_named(identity))
     when 'sequence' then (
       select d.refobjid from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = levelb._relation_named(identity) and d.objsubid = 0
          and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')) end);
comment on function levelb._whole_of(text, text) is 'Identity of the table that an index or sequence belongs to; null for none.';

-- Who makes an object makes its parts, which nobody told when it was dropped. Never rights: those are told wherever they are.
create function levelb._is_made_along(
  effect jsonb,
  found jsonb
)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return effect ->> 'class' = 'structure' and effect ->> 'before' is null and exists (
  select from jsonb_array_elements(found) o
   where o ->> 'attribute' = 'exists' and o ->> 'before' is null and o ->> 'after' is not null
     and (levelb._is_part_of(effect, o)
       or o ->> 'object_type' in ('table', 'materialized view')
         and o ->> 'identity' = levelb._whole_of(effect ->> 'object_type', effect ->> 'identity')));
comment on function levelb._is_made_along(jsonb, jsonb) is 'Whether an effect only says what a made object consists of.';

-- Effects as the difference that they make, so that two changes can be compared. Rows of data cannot be inverted and a
-- rewritten row makes no difference. The memberships of levelb_roles come and go with the roles that it administers,
-- and those in duty roles are never taken back. Version 15 keeps a membership whoever granted it, and only a superuser
-- could grant in the name of another: its grantor is left out there. A definition that comes with a change of owner
-- says what code was handed over; where the code was replaced too, that is an effect of its own.
create function levelb._net_effects(effects jsonb)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_net_effects$
  with effect as (
    select e ->> 'class' as class, e ->> 'object_type' as object_type, e ->> 'identity' as identity,
        case when e ->> 'object_type' = 'role membership' and current_setting('server_version_num')::integer < 160000
          then 'membership' else e ->> 'attribute' end as attribute,
        e ->> 'before' as before, e ->> 'after' as after
      from jsonb_array_elements(effects) e
     where e ->> 'class' <> 'data' and e ->> 'attribute' <> '(rewritten)'
       and not (e ->> 'object_type' = 'role membership'
         and (e ->> 'attribute' = 'duty' or starts_with(e ->> 'identity', 'levelb_roles in ')))
       and not (e ->> 'class' = 'owner' and e ->> 'attribute' = 'definition' and exists (
         select from jsonb_array_elements(effects) o
          where o ->> 'class' <> 'owner' and o ->> 'attribute' = 'definition' and o ->> 'identity' = e ->> 'identity'))
  ), net as (
    -- what went and came again in two rows is one change
    select e.class, e.object_type, e.identity, e.attribute, max(e.before) as before, max(e.after) as after
      from effect e group by e.class, e.object_type, e.identity, e.attribute
  )
  select levelb._canonical_effects(coalesce(jsonb_agg(to_jsonb(n)), '[]')) from net n where n.before is distinct from n.after
$_net_effects$;
comment on function levelb._net_effects(jsonb) is 'The difference that effects make, without data, in canonical order.';

-- Of a rollback the read-back tells that an object is dropped and not what went with it: the code, the rights. Its
-- manifest does, and what was expected to go and went is there to come back.
create function levelb._effects_with_gone(
  manifest levelb.manifest,
  effects jsonb
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return case when (manifest).kind <> 'rollback' then effects else (
  select effects || coalesce(jsonb_agg(e), '[]') from jsonb_array_elements(levelb._net_effects((manifest).effects)) e
   where not effects @> jsonb_build_array(e) and levelb._is_gone(e, effects)) end;
comment on function levelb._effects_with_gone(levelb.manifest, jsonb) is
  'Effects of an activation, with those that its manifest expected of what was dropped.';

-- An effect names its object as it is called afterwards, so after a rollback what was renamed is named as before.
create function levelb._renames(effects jsonb)
  returns setof jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_renames$
  -- "stamp on shop.orders" has the name stamp
  select jsonb_build_object('object_type', e -> 'object_type', 'identity', e -> 'identity', 'before',
      (e ->> 'before') || substr(e ->> 'identity', length(e ->> 'after') + 1))
    from jsonb_array_elements(effects) e
   where e ->> 'attribute' = 'name' and e ->> 'before' is not null and starts_with(e ->> 'identity', e ->> 'after')
$_renames$;
comment on function levelb._renames(jsonb) is 'What effects renamed: {object_type, identity, before}.';

create function levelb._identity_before(
  effect jsonb,
  renames jsonb[]
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return coalesce(
  (select r ->> 'before' from unnest(renames) r
    where r -> 'object_type' = effect -> 'object_type' and r -> 'identity' = effect -> 'identity'),
  (select case when starts_with(effect ->> 'identity', (r ->> 'identity') || '.')
        then (r ->> 'before') || substr(effect ->> 'identity', length(r ->> 'identity') + 1)
      else left(effect ->> 'identity', -length(r ->> 'identity')) || (r ->> 'before') end
    from unnest(renames) r where levelb._is_part_of(effect, r) limit 1),
  (select regexp_replace(effect ->> 'identity', '(^| on )' || regexp_replace(r ->> 'identity', '(\W)', '\\\1', 'g') || '\.',
        '\1' || replace(r ->> 'before', '\', '\\') || '.')
    from unnest(renames) r
   where r ->> 'object_type' = 'schema' and (starts_with(effect ->> 'identity', (r ->> 'identity') || '.')
     or strpos(effect ->> 'identity', ' on ' || (r ->> 'identity') || '.') > 0) limit 1),
  effect ->> 'identity');
comment on function levelb._identity_before(jsonb, jsonb[]) is
  'What the object of an effect was called before it was renamed, or what it is a part of was.';

-- What is made or gone is named as it is or was called then, and another object may have that name now.
create function levelb._is_made_or_gone(
  effect jsonb,
  effects jsonb,
  gone_only boolean default false
)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return exists (
  select from jsonb_array_elements(effects) o
   where o -> 'object_type' = effect -> 'object_type' and o -> 'identity' = effect -> 'identity'
     and o ->> 'attribute' in ('exists', 'column', 'definition') and (o ->> 'before' is null) <> (o ->> 'after' is null)
     and not (gone_only and o ->> 'before' is null));
comment on function levelb._is_made_or_gone(jsonb, jsonb, boolean) is 'Whether effects say that the object of one is new, or is gone.';

-- Whether an effect is on what renames gave a new name to, by that name or, with was, by the one from before.
create function levelb._is_on_renamed(
  effect jsonb,
  renames jsonb[],
  was boolean
)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return levelb._identity_before(effect, case when not was then renames else array(
  select r || jsonb_build_object('identity', r -> 'before', 'before', r -> 'identity') from unnest(renames) r) end)
    <> effect ->> 'identity';
comment on function levelb._is_on_renamed(jsonb, jsonb[], boolean) is 'Whether an effect is on something that was renamed, or on a part of it.';

-- Code that was handed over is handed back as it is. What took the name of something that was renamed goes whole: what it
-- consisted of would be taken for what the renamed thing is to have.
create function levelb._inverse_effects(effects jsonb)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_inverse_effects$
  select levelb._canonical_effects(coalesce(jsonb_agg(e
      || case when r.renames = '{}' or levelb._is_made_or_gone(e, n.net) then '{}'
        else jsonb_build_object('identity', levelb._identity_before(e, r.renames)) end
      || case when e ->> 'class' = 'owner' and e ->> 'attribute' = 'definition' then '{}'
        else jsonb_build_object('before', e -> 'after', 'after', e -> 'before') end), '[]'))
    from (select levelb._net_effects(effects) as net offset 0) n
      cross join lateral (select array(select levelb._renames(n.net)) as renames offset 0) r
      cross join lateral jsonb_array_elements(n.net) e
   where not (r.renames <> '{}' and levelb._is_on_renamed(e, r.renames, true) and not levelb._is_made_or_gone(e, n.net, true)
     and exists (select from jsonb_array_elements(n.net) o
                  where o ->> 'attribute' = 'exists' and o ->> 'before' is null and levelb._is_part_of(e, o)))
$_inverse_effects$;
comment on function levelb._inverse_effects(jsonb) is 'Effects that take these back, without data.';

-- Parts of what the read-back writes about roles, unquoted. An unquoted name holds no blank.
create function levelb._role_names(
  identity text,
  pattern text
)
  returns text[]
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select array_agg((parse_ident(p.part))[1] order by p.n)
    from regexp_match(identity, replace(pattern, 'NAME', '("(?:[^"]|"")*"|[^ "]+)')) m,
      unnest(m) with ordinality p (part, n)
   where p.part is not null);
comment on function levelb._role_names(text, text) is
  'Names in an identity, where NAME stands for one in the pattern; null when it is another.';

-- What a superuser does when no role document can.
create function levelb._irreversible(
  path text,
  problem text
)
  returns void
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_irreversible$
  select levelb._raise('LB001', jsonb_build_object('field', path, 'problem', problem),
    'A superuser takes it back with the rollback_snapshot of the proof: docs/rollback.md.')
$_irreversible$;
comment on function levelb._irreversible(text, text) is 'Raise LB001 for what no rollback can be derived for.';

create function levelb._inverse_role(
  path text,
  verb text,
  role text,
  effect jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_inverse_role$
declare
  v_before constant text := effect ->> 'before';
begin
  -- Made and dropped in one migration, or altered after it was made: dropping it takes that back too.
  if (verb = 'create') <> (v_before is null) or (verb = 'drop') <> (effect ->> 'after' is null) then
    return null;
  elsif verb = 'create' then
    return to_jsonb(role);
  -- A password, the right to log in or a date would be lost.
  elsif verb = 'drop' and v_before !~ '^nologin (no)?inherit( connection limit [0-9]+)?$' then
    perform levelb._irreversible(path, format('role %s was %s: no role document makes it again', quote_ident(role), v_before));
  end if;
  return jsonb_build_object('name', role, 'inherit', v_before !~ '\mnoinherit\M',
    'connection_limit', coalesce(substring(v_before from 'connection limit ([0-9]+)'), '-1')::integer);
end
$_inverse_role$;
comment on function levelb._inverse_role(text, text, text, jsonb) is
  'Opposite of an entry that made, altered or dropped a role, null when it left none; else raise.';

create function levelb._inverse_role_entries(
  path text,
  document jsonb,
  effects jsonb,
  verb text
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_inverse_role_entries$
  select jsonb_agg(r.entry order by r.n desc) from (
    select e.n, levelb._inverse_role(format('%s.%s[%s]', path, verb, e.n - 1), verb, n.name, f) as entry
      from jsonb_array_elements(document -> verb) with ordinality e (entry, n)
        cross join lateral (select coalesce(e.entry ->> 'name', e.entry #>> '{}') as name) n
        join jsonb_array_elements(effects) f on f ->> 'object_type' = 'role' and f ->> 'identity' = quote_ident(n.name)) r
   where r.entry is not null
$_inverse_role_entries$;
comment on function levelb._inverse_role_entries(text, jsonb, jsonb, text) is
  'Opposites of the entries of one of the verbs create, alter, drop, last first.';

-- To grant over what is there sets the options to what they were.
create function levelb._inverse_memberships(
  path text,
  document jsonb,
  effects jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_inverse_memberships$
declare
  v_by constant text := case when current_setting('server_version_num')::integer >= 160000 then 'by levelb_roles' else 'membership' end;
  v_found record;
  v_revoke jsonb := '[]';
  v_grant jsonb := '[]';
begin
  for v_found in
    select f ->> 'identity' as identity, f ->> 'attribute' as attribute, m.names[1] as member, m.names[2] as role,
        f ->> 'before' as before, f ->> 'after' as after
      from jsonb_array_elements(effects) f
        cross join lateral (select levelb._role_names(f ->> 'identity', '^NAME in NAME$') as names) m
     where f ->> 'object_type' = 'role membership'
       -- a role that is dropped loses what it was granted and whom it was granted to
       and (document -> 'drop' ?| m.names
         or exists (select from jsonb_array_elements(document -> 'grant') g where g ->> 'role' = m.names[2] and g ->> 'to' = m.names[1])
         or exists (select from jsonb_array_elements(document -> 'revoke') r where r ->> 'role' = m.names[2] and r ->> 'from' = m.names[1]))
     order by f ->> 'identity' collate "C"
  loop
    if v_found.attribute <> v_by then
      perform levelb._irreversible(path, format('%s was granted %s, and levelb_roles cannot grant it so', v_found.identity,
        v_found.attribute));
    end if;
    if v_found.before is null then
      v_revoke := v_revoke || jsonb_build_object('role', v_found.role, 'from', v_found.member);
    else
      v_grant := v_grant || (jsonb_build_object('role', v_found.role, 'to', v_found.member) || (
        select jsonb_object_agg(o[1], o[2]::boolean)
          from regexp_matches(v_found.before, '(admin|inherit|set) (true|false)', 'g') o));
    end if;
  end loop;
  return jsonb_build_object('revoke', v_revoke, 'grant', v_grant);
end
$_inverse_memberships$;
comment on function levelb._inverse_memberships(text, jsonb, jsonb) is
  '{"revoke", "grant"} that take back what a document did to memberships.';

-- The settings of a role that the rollback drops go with it.
create function levelb._inverse_settings(
  document jsonb,
  effects jsonb
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_inverse_settings$
  select jsonb_agg(jsonb_build_object('role', p.names[1], 'name', f ->> 'attribute', 'value', f ->> 'before')
        || case when p.names[2] is null then '{}' else jsonb_build_object('database', p.names[2]) end
      order by f ->> 'identity' collate "C", f ->> 'attribute' collate "C")
    from jsonb_array_elements(effects) f
      cross join lateral (select levelb._role_names(f ->> 'identity', '^role NAME(?: in database NAME)?$') as names) p
   where f ->> 'object_type' = 'role setting'
     and not exists (select from jsonb_array_elements(effects) r
                      where r ->> 'object_type' = 'role' and r ->> 'identity' = quote_ident(p.names[1]) and r -> 'before' = 'null')
     and (document -> 'drop' ? p.names[1] or exists (
       select from jsonb_array_elements(document -> 'set') e
        where e ->> 'role' = p.names[1] and e ->> 'database' is not distinct from p.names[2]
          and lower(e ->> 'name') in (lower(f ->> 'attribute'), 'all')))
$_inverse_settings$;
comment on function levelb._inverse_settings(jsonb, jsonb) is
  'Entries of set that take back what a document did to settings.';

-- The effects are those of the whole migration: the entries say what is to be taken back, the effects what was before.
create function levelb._inverse_roles(
  path text,
  document jsonb,
  effects jsonb
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_inverse_roles$
  select coalesce(jsonb_object_agg(v.verb, v.list), '{}')
    from (select levelb._net_effects(effects) as net offset 0) e
      cross join lateral (select levelb._inverse_memberships(path, document, e.net) as memberships offset 0) m
      cross join lateral (values
        ('create', levelb._inverse_role_entries(path, document, e.net, 'drop')),
        ('alter', levelb._inverse_role_entries(path, document, e.net, 'alter')),
        ('revoke', m.memberships -> 'revoke'),
        ('grant', m.memberships -> 'grant'),
        ('set', levelb._inverse_settings(document, e.net)),
        ('drop', levelb._inverse_role_entries(path, document, e.net, 'create'))) v (verb, list)
   where jsonb_array_length(v.list) > 0
$_inverse_roles$;
comment on function levelb._inverse_roles(text, jsonb, jsonb) is
  'Role document that takes one back, {} when it had no effect; raises where no role document can.';

-- A principal as one of its versions had it.
create function levelb._principal_version(
  principal text,
  version integer
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return (
  select jsonb_build_object('principal', p.principal, 'nature', p.nature, 'person', p.person, 'duties', p.duties, 'groups', p.groups,
      'logins', array(select l.login from only levelb.principal_login l
        where l.principal = p.principal and l.version = p.version order by l.login collate "C"),
      'keys', array(select k.key from only levelb.principal_key k
        where k.principal = p.principal and k.version = p.version order by k.key collate "C"))
    from only levelb.principal p
   where p.principal = _principal_version.principal and p.version = _principal_version.version);
comment on function levelb._principal_version(text, integer) is 'One version of a principal as a document.';

create function levelb._inverse_principal_change(
  activation_id bigint,
  reason text
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_inverse_principal_change$
  select jsonb_object_agg(v.verb, v.list) from (
    select c.verb, jsonb_agg(case when c.verb = 'disable' then jsonb_build_object('principal', c.principal, 'reason', reason)
        else levelb._principal_version(c.principal, c.version - 1) end order by c.principal collate "C") as list
      from (
        select p.principal, p.version, case when not p.enabled then 'enrol' when o.enabled then 'change' else 'disable' end as verb
          from only levelb.principal p
            left join only levelb.principal o on o.principal = p.principal and o.version = p.version - 1
         where p.activation_id = _inverse_principal_change.activation_id) c
     group by c.verb) v
$_inverse_principal_change$;
comment on function levelb._inverse_principal_change(bigint, text) is
  'Change of principals that takes back what an activation changed.';

-- As each schema was protected before.
create function levelb._inverse_protection(activation_id bigint)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_inverse_protection$
  select jsonb_build_object('schemas', jsonb_agg(jsonb_build_object('name', p.schema_name, 'level', coalesce(o.level, 'none'))
      || case o.level when 'privileged' then jsonb_build_object('migrators', o.migrators, 'repoint', o.repoint) else '{}' end
      order by p.schema_name collate "C"))
    from only levelb.protection p
      left join only levelb.protection o on o.schema_name = p.schema_name and o.version = p.version - 1
   where p.activation_id = _inverse_protection.activation_id
$_inverse_protection$;
comment on function levelb._inverse_protection(bigint) is 'Protections that take back what an activation set.';

create function levelb._inverse_payload(
  kind text,
  payload jsonb,
  activation_id bigint,
  reason text
)
  returns jsonb
  language sql stable
  set search_path = pg_catalog, pg_temp
return case kind
  when 'policy' then (
    select o.document from only levelb.policy p join only levelb.policy o on o.version = p.version - 1
     where p.activation_id = _inverse_payload.activation_id)
  when 'principal' then levelb._inverse_principal_change(activation_id, reason)
  when 'protect' then levelb._inverse_protection(activation_id)
  when 'pointer' then jsonb_build_object('pointer', payload -> 'pointer', 'expected', payload -> 'target',
    'target', payload -> 'expected') end;
comment on function levelb._inverse_payload(text, jsonb, bigint, text) is
  'Payload that takes back what the database carried out itself.';
