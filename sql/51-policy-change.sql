-- Owns kind policy: the next policy, judged and made active.

-- The words of a list as one text that has one reading: what could be taken for two words is quoted as in JSON. In one
-- order, so that a list that was only sorted is the same.
create function levelb._words(list jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (
  select string_agg(case when w ~ '^ | $|[",]' then to_json(w)::text else w end, ', ' order by w collate "C")
    from jsonb_array_elements_text(list) w);
comment on function levelb._words(jsonb) is 'A list of words as text, null when it is empty.';

create function levelb._count(
  number bigint,
  noun text
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return number || ' ' || noun || case when number = 1 then '' else 's' end;
comment on function levelb._count(bigint, text) is 'A number with its noun: 1 effect, 2 effects.';

-- A document as its leaves, so that two can be compared member by member. A list of words is one leaf.
create function levelb._json_leaves(value jsonb)
  returns table (leaf text, content text)
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_json_leaves$
  with recursive node (path, value, is_list) as (
    select '', value, false
    union all
    select c.path, c.value, jsonb_typeof(c.value) = 'array' and not c.value @? '$[*] ? (@.type() == "object" || @.type() == "array")'
      from node n, lateral (
        select levelb._path(n.path, o.key), o.value
          from jsonb_each(case jsonb_typeof(n.value) when 'object' then n.value end) o
        union all
        select format('%s[%s]', n.path, a.i - 1), a.value
          from jsonb_array_elements(case jsonb_typeof(n.value) when 'array' then n.value end) with ordinality a (value, i)
      ) c (path, value)
     where not n.is_list
  )
  select n.path, case when n.is_list then levelb._words(n.value) else n.value #>> '{}' end from node n
   where (n.is_list or jsonb_typeof(n.value) not in ('object', 'array')) and n.value not in ('null', '[]')
$_json_leaves$;
comment on function levelb._json_leaves(jsonb) is 'Leaves of a document with their paths.';

-- Rules of a quorum by what they are for and not by their number: a rule that is put first changes no other.
create function levelb._policy_leaves(policy jsonb)
  returns table (leaf text, content text)
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_policy_leaves$
  select l.leaf, l.content from levelb._json_leaves(policy - 'quorum') l
  union all
  select 'quorum for ' || s.scope, string_agg(d.demand, '; ' order by d.demand collate "C")
    from jsonb_array_elements(policy -> 'quorum') r
      cross join lateral (
        select coalesce(nullif(concat_ws(' in ', 'classes ' || levelb._words(r -> 'classes'),
          'schemas ' || levelb._words(r -> 'schemas')), ''), 'everything')) s (scope)
      cross join lateral (
        select concat_ws(', ', levelb._count((r ->> 'approvals')::bigint, 'approval'),
          (select string_agg(g.value || ' of ' || g.key, ', ' order by g.key collate "C")
            from jsonb_each_text(r -> 'groups') g))) d (demand)
   group by s.scope
$_policy_leaves$;
comment on function levelb._policy_leaves(jsonb) is 'What a policy says, line by line.';

-- Effects of class governance: what differs between two readings of one thing.
create function levelb._governance_effects(
  object_type text,
  identity text,
  before jsonb,
  after jsonb
)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_governance_effects$
  select coalesce(jsonb_agg(jsonb_build_object('class', 'governance', 'object_type', object_type, 'identity', identity,
      'attribute', key, 'before', b.value, 'after', a.value) order by key collate "C"), '[]')
    from jsonb_each_text(before) b full join jsonb_each_text(after) a using (key)
   where b.value is distinct from a.value
$_governance_effects$;
comment on function levelb._governance_effects(text, text, jsonb, jsonb) is
  'What differs between {leaf: text} and {leaf: text}, as effects.';

create function levelb._policy_effects(
  before jsonb,
  after jsonb
)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return levelb._governance_effects('policy', after ->> 'name',
  (select jsonb_object_agg(l.leaf, l.content) from levelb._policy_leaves(before) l),
  (select jsonb_object_agg(l.leaf, l.content) from levelb._policy_leaves(after) l));
comment on function levelb._policy_effects(jsonb, jsonb) is 'What differs between two policies, as effects.';

-- Asked when it is staged and again when it is activated, since principals and logins come and go.
create function levelb._require_policy(policy jsonb)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_policy$
declare
  v_problem text;
begin
  perform levelb._check_break_glass_logins(policy);
  if policy ->> 'cluster' = 'govern' and levelb._role_home() <> current_database() then
    perform levelb._refuse_second_home();
  end if;
  -- by what it says: the same rules in another order are no change
  if levelb._policy_effects((select p.document from levelb.active_policy p), policy) = '[]' then
    perform levelb._raise('LB005', jsonb_build_object('field', 'policy', 'problem', 'says what the active policy says'),
      'Change something, or leave it.');
  end if;
  v_problem := levelb._policy_problem(policy, levelb._principals_now());
  if v_problem is not null then
    perform levelb._raise('LB013', jsonb_build_object('problem', v_problem));
  end if;
end
$_require_policy$;
comment on function levelb._require_policy(jsonb) is 'Refuse a policy that this database cannot have.';

create function levelb._carry_out_policy(
  policy jsonb,
  activation_id bigint
)
  returns jsonb
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_carry_out_policy$
declare
  v_old constant jsonb := (select p.document from levelb.active_policy p);
begin
  perform levelb._settle_role_home(policy);
  perform levelb._set_policy(policy, null, activation_id);
  return levelb._policy_effects(v_old, (select p.document from levelb.active_policy p));
end
$_carry_out_policy$;
comment on function levelb._carry_out_policy(jsonb, bigint) is 'Make a policy active; return what differs.';
