-- Owns what a list of principals may say, and whether such people can meet a policy.
-- Judges the list alone: whether a login exists in this cluster is for the enrolling verb to know.

-- The OpenSSH wire format and nothing else, so that one key has one spelling: two length-prefixed strings, the type
-- and 32 bytes, 51 bytes in all and so base64 without padding. A comment, options or line end are refused.
create function levelb._key_bytes(
  key text,
  field text default 'key'
)
  returns bytea
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_key_bytes$
declare
  v_wire bytea;
begin
  if key ~ '^ssh-ed25519 [A-Za-z0-9+/]{68}$' then
    v_wire := decode(substr(key, 13), 'base64');
  end if;
  if v_wire is null or substr(v_wire, 1, 19) <> '\x0000000b7373682d6564323535313900000020'::bytea then
    perform levelb._invalid(field, 'must be "ssh-ed25519 " and the 68 base64 characters of the key, without a comment');
  end if;
  return substr(v_wire, 20);
end
$_key_bytes$;
comment on function levelb._key_bytes(text, text) is 'Return the 32 bytes of a public key, else raise LB001.';

create function levelb._check_principal(
  path text,
  entry jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_principal$
declare
  v_entry constant jsonb :=
    levelb._json_object(path, entry, array['principal', 'nature', 'logins', 'duties', 'groups', 'keys', 'person']);
  v_principal text;
  v_nature text;
  v_logins text[];
  v_duties text[];
  v_keys text[] := '{}';
  v_person text;
  v_key text;
begin
  v_principal := levelb._check_name(path || '.principal', levelb._json_text(path || '.principal', v_entry -> 'principal'));
  v_nature := levelb._json_choice(path || '.nature', v_entry -> 'nature', array['person', 'service', 'agent']);
  v_logins := levelb._json_list(path || '.logins', v_entry -> 'logins', 1, 100, 'role');
  v_duties := levelb._json_list(path || '.duties', v_entry -> 'duties', 0, 4, 'duty');
  -- Only people approve: a quorum is people who read. A service that carries out may still be the one who presses.
  if v_nature <> 'person' and 'approver' = any(v_duties) then
    perform levelb._invalid(path || '.duties', format('a principal of nature %s cannot be approver, only a person can', v_nature));
  elsif v_nature = 'agent' and 'operator' = any(v_duties) then
    perform levelb._invalid(path || '.duties', 'an agent cannot be operator; a person or a service can');
  end if;
  for i in 0 .. jsonb_array_length(levelb._json_array(path || '.keys', v_entry -> 'keys', 0, 100)) - 1 loop
    v_key := levelb._json_text(format('%s.keys[%s]', path, i), v_entry -> 'keys' -> i);
    perform levelb._key_bytes(v_key, format('%s.keys[%s]', path, i));
    v_keys := v_keys || v_key;
  end loop;
  if v_entry ? 'person' then
    v_person := levelb._check_name(path || '.person', levelb._json_text(path || '.person', v_entry -> 'person'));
  end if;
  return jsonb_build_object('principal', v_principal, 'nature', v_nature, 'person', v_person, 'logins', v_logins,
    'duties', levelb._by_code_point(v_duties),
    'groups', levelb._by_code_point(levelb._json_list(path || '.groups', v_entry -> 'groups', 0, 100, 'name')),
    'keys', v_keys);
end
$_check_principal$;
comment on function levelb._check_principal(text, jsonb) is 'Return one principal with its defaults, else raise LB001.';

-- What only the whole list can tell, of entries that are right each by itself. The first problem in the order of the
-- list.
create function levelb._principals_problem(principals jsonb)
  returns table (n bigint, field text, problem text, about text)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_principals_problem$
  with entry as (
    select e.n - 1 as n, e.entry, e.entry ->> 'principal' as principal, e.entry ->> 'person' as person
      from jsonb_array_elements(principals) with ordinality as e (entry, n)
  ), problem as (
    select e.n, 1 as nth, 'principal' as field, e.principal || ' is given twice' as problem, e.principal as about
      from entry e where exists (select from entry o where o.n < e.n and o.principal = e.principal)
    union all
    select l.n, 2, format('logins[%s]', l.i - 1), l.login || ' is a login of another principal', l.login
      from (select e.n, w.i, w.login, min(e.n) over (partition by w.login) as first_n
          from entry e, jsonb_array_elements_text(e.entry -> 'logins') with ordinality as w (login, i)) l
     where l.n > l.first_n
    union all
    select k.n, 3, format('keys[%s]', k.i - 1), 'is given twice; a key belongs to one principal', null
      from (select e.n, w.i, row_number() over (partition by levelb._key_bytes(w.key) order by e.n, w.i) as nth
          from entry e, jsonb_array_elements_text(e.entry -> 'keys') with ordinality as w (key, i)) k
     where k.nth > 1
    union all
    select e.n, 4, 'person', case
        when e.person = e.principal then 'names the principal itself; leave it out'
        when o.principal is null then e.person || ' is not in this list'
        when o.entry ->> 'nature' <> 'person' then e.person || ' is not a person'
        else e.person || ' counts as somebody else; name that person' end, e.person
      from entry e left join entry o on o.principal = e.person and o.n <> e.n
     where e.person is not null and (o.principal is null or o.entry ->> 'nature' <> 'person' or o.person is not null)
  )
  select p.n, p.field, p.problem, p.about from problem p order by p.n, p.nth, p.field limit 1
$_principals_problem$;
comment on function levelb._principals_problem(jsonb) is
  'First contradiction in a list of principals: entry from 0, field, problem, and the name it is about.';

create function levelb._check_principals(principals jsonb)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_principals$
declare
  v_list jsonb := '[]';
  v_problem record;
begin
  for i in 0 .. jsonb_array_length(levelb._json_array('principals', principals, 1, 1000)) - 1 loop
    v_list := v_list || levelb._check_principal(format('principals[%s]', i), principals -> i);
  end loop;
  select * into v_problem from levelb._principals_problem(v_list);
  if found then
    perform levelb._invalid(format('principals[%s].%s', v_problem.n, v_problem.field), v_problem.problem);
  end if;
  return v_list;
end
$_check_principals$;
comment on function levelb._check_principals(jsonb) is
  'Return a list of principals with their defaults, else raise LB001.';

create function levelb._check_end(
  path text,
  entry jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_end$
declare
  v_entry constant jsonb := levelb._json_object(path, entry, array['principal', 'reason']);
begin
  return jsonb_build_object(
    'principal', levelb._check_name(path || '.principal', levelb._json_text(path || '.principal', v_entry -> 'principal')),
    'reason', levelb._check_text(path || '.reason', levelb._json_text(path || '.reason', v_entry -> 'reason'), 2000, true));
end
$_check_end$;
comment on function levelb._check_end(text, jsonb) is 'Return who is disabled and why, else raise LB001.';

-- Entries of enrol and change are whole principals, as bootstrap takes them: what is approved is what holds, not a
-- difference to what held when it was written. Who is enrolled at that moment is for 51 to know.
create function levelb._check_principal_change(change jsonb)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_principal_change$
declare
  v_change constant jsonb := levelb._json_object('', change, array['enrol', 'change', 'disable']);
  v_result jsonb := '{}';
  v_list jsonb[];
  v_entry jsonb;
  v_path text;
  v_key text;
  v_names text[] := '{}';
begin
  if v_change = '{}' then
    perform levelb._invalid('', 'says nothing; write at least one of enrol, change, disable');
  end if;
  foreach v_key in array array['enrol', 'change', 'disable'] loop
    continue when not v_change ? v_key;
    v_list := '{}';
    -- by a query: to take each entry by its number would copy the list a thousand times
    for v_path, v_entry in
      select format('%s[%s]', v_key, e.i - 1), e.entry
        from jsonb_array_elements(levelb._json_array(v_key, v_change -> v_key, 1, 1000)) with ordinality e (entry, i)
    loop
      v_entry := case v_key when 'disable' then levelb._check_end(v_path, v_entry) else levelb._check_principal(v_path, v_entry) end;
      if v_entry ->> 'principal' = any(v_names) then
        perform levelb._invalid(v_path || '.principal', (v_entry ->> 'principal') || ' is given twice');
      end if;
      v_names := v_names || (v_entry ->> 'principal');
      v_list := v_list || v_entry;
    end loop;
    v_result := v_result || jsonb_build_object(v_key, to_jsonb(v_list));
  end loop;
  return v_result;
end
$_check_principal_change$;
comment on function levelb._check_principal_change(jsonb) is 'Return {enrol, change, disable}, else raise LB001.';

-- Each effect meets all rules that match its class and schema, so these are judged together; the author and the
-- operator are those two different persons whose absence hurts least, and are named. Persons count once and may stand for several
-- groups. A migration that touches more needs no more than its strictest effects. People who are alike are counted,
-- not listed, so that a thousand of them cost what ten do. Without jit = off the planner, which takes every JSON array
-- for a hundred rows, compiles this query for a second and runs it for a millisecond.
create function levelb._policy_problem(
  policy jsonb,
  principals jsonb
)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
  set jit = off
as $_policy_problem$
declare
  v_problem text;
begin
  with person as (
    select coalesce(e ->> 'person', e ->> 'principal') as person,
        bool_or(e -> 'duties' ? 'author') as is_author,
        bool_or(e -> 'duties' ? 'operator') as is_operator,
        bool_or(e -> 'duties' ? 'approver') as is_approver,
        coalesce(jsonb_object_agg(g.name, true) filter (where g.name is not null and e -> 'duties' ? 'approver'), '{}') as groups
      from jsonb_array_elements(principals) e left join lateral jsonb_array_elements_text(e -> 'groups') g (name) on true
     group by 1
  ), alike as (
    select row_number() over () as id, p.is_author, p.is_operator, p.is_approver, p.groups, count(*) as people,
        (array_agg(p.person order by p.person collate "C"))[1:2] as names
      from person p group by p.is_author, p.is_operator, p.is_approver, p.groups
  ), pair as (
    select row_number() over () as id, a.id as author, o.id as operator, a.names[1] as author_name,
        o.names[case when a.id = o.id then 2 else 1 end] as operator_name
      from alike a join alike o on a.is_author and o.is_operator and (a.id <> o.id or a.people > 1)
  ), rule as (
    select r.n - 1 as n, r.rule from jsonb_array_elements(policy -> 'quorum') with ordinality as r (rule, n)
  -- '' stands for what no rule names
  ), class as (
    select c.name from rule r, jsonb_array_elements_text(r.rule -> 'classes') c (name) union select ''
  ), touched_schema as (
    select s.name from rule r, jsonb_array_elements_text(r.rule -> 'schemas') s (name) union select ''
  ), rule_class as (
    select r.n, r.rule, c.name as class from rule r join class c on not r.rule ? 'classes' or r.rule -> 'classes' ? c.name
  -- joined by schema only where a rule names some: a thousand rules for a thousand schemas would else be a million
  ), matching as (
    select r.n, r.class, s.name as schema from rule_class r cross join touched_schema s where not r.rule ? 'schemas'
    union all
    select r.n, r.class, s.name from rule_class r, jsonb_array_elements_text(r.rule -> 'schemas') s (name)
  ), scope as (
    select distinct array_agg(m.n order by m.n) as rules from matching m group by m.class, m.schema
  ), demand as (
    select s.rules, r.n, null as of_group, (r.rule ->> 'approvals')::integer as needed
      from scope s join rule r on r.n = any(s.rules) where r.rule ? 'approvals'
    union all
    select s.rules, r.n, g.key, g.value::integer
      from scope s join rule r on r.n = any(s.rules), jsonb_each_text(r.rule -> 'groups') g
  ), judged as (
    select p.id as pair, d.rules, d.n, d.of_group, d.needed,
        (select coalesce(sum(a.people - (a.id = p.author)::integer - (a.id = p.operator)::integer), 0)
          from alike a where a.is_approver and (d.of_group is null or a.groups ? d.of_group)) as available
      from demand d cross join pair p
  ), best as (
    select distinct on (j.rules) j.rules, j.pair
      from judged j group by j.rules, j.pair order by j.rules, sum(greatest(j.needed - j.available, 0)), j.pair
  ), missing as (
    select distinct on (j.n, j.of_group) j.n, j.of_group, j.needed, j.available, j.pair
      from judged j join best b on b.rules = j.rules and b.pair = j.pair
     where j.needed > j.available order by j.n, j.of_group, j.available, j.pair
  )
  select case
      when not exists (select from person where is_author) then 'nobody is author'
      when not exists (select from person where is_operator) then 'nobody is operator'
      when not exists (select from pair) then 'the only author is the only operator; they must be two persons'
      -- In numbers of people, since that is what is missing: an approval counts neither from the author nor the operator.
      else (select string_agg(format('quorum[%s]%s asks for %s, %s can approve beside %s as author and %s as operator', m.n,
          coalesce(' (' || (select string_agg(c, ', ') from jsonb_array_elements_text(r.rule -> 'classes') c) || ')', '')
            || coalesce(' of group ' || m.of_group, ''),
          m.needed, m.available, p.author_name, p.operator_name), '; ' order by m.n, m.of_group collate "C" nulls first)
            || format('; it takes %s people, %s %s enabled', max(m.needed) + 2, e.people,
              case when e.people = 1 then 'is' else 'are' end)
        from missing m join rule r on r.n = m.n join pair p on p.id = m.pair,
          (select count(*) as people from person w where w.is_author or w.is_operator or w.is_approver) e
       group by e.people)
      end
    into v_problem;
  return v_problem;
end
$_policy_problem$;
comment on function levelb._policy_problem(jsonb, jsonb) is
  'Say which quorum rules these principals cannot meet; null when they can meet all.';
