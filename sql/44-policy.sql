-- Owns what a policy document may say. Judges the document alone; whether people can meet it is
-- asked in 45.

-- A number and a unit, nothing that PostgreSQL's interval also takes: "1 month" has no fixed length, "1:30" no unit,
-- "-1 day" no meaning here. A day is 24 hours.
create function levelb._interval_ms(value text)
  returns bigint
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_interval_ms$
  select m[1]::bigint * case m[2]
      when 'ms' then 1
      when 'day' then 86400000
      when 'hour' then 3600000
      when 'minute' then 60000
      else 1000 end
    from regexp_match(value, '^([1-9][0-9]{0,8}) ?(?:(ms|s|second|minute|hour|day)|(second|minute|hour|day)s)$') r,
      lateral (select array[r[1], coalesce(r[2], r[3])]) u (m)
$_interval_ms$;
comment on function levelb._interval_ms(text) is
  'Milliseconds of "500 ms", "2s", "30 minutes", "7 days"; null when it is no such text.';

-- The one list of values that have a meaning in a policy and no mechanism in this version. value null stands for
-- whatever is written, but an empty list. A value leaves this list in the release that carries it out: until then a
-- policy cannot promise what nothing keeps.
create function levelb._unsupported_policy_values()
  returns table (path text, value jsonb, supported jsonb)
  language sql immutable
  set search_path = pg_catalog, pg_temp
begin atomic
  select u.path, u.value::jsonb, u.supported::jsonb
    from (values
      ('approval.signature', '"required"', '["off"]'),
      ('approval.signature', '"optional"', '["off"]')
    ) as u (path, value, supported);
end;
comment on function levelb._unsupported_policy_values() is
  'Values of the policy vocabulary that this version refuses by name, and what to write instead.';

create function levelb._check_interval(
  path text,
  value jsonb,
  otherwise text,
  lowest text,
  highest text
)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_interval$
declare
  v_value constant text := coalesce(levelb._json_text(path, value), otherwise);
  v_ms constant bigint := levelb._interval_ms(v_value);
begin
  if v_ms is null then
    perform levelb._invalid(path, 'must be a number and one of ms, s, seconds, minutes, hours, days, for instance '
      || format('"%s"', otherwise));
  elsif v_ms not between levelb._interval_ms(lowest) and levelb._interval_ms(highest) then
    perform levelb._invalid(path, format('must be from %s to %s', lowest, highest));
  end if;
  return v_value;
end
$_check_interval$;
comment on function levelb._check_interval(text, jsonb, text, text, text) is
  'Return an interval within limits, or the default when it is missing.';

create function levelb._check_quorum_rule(
  path text,
  rule jsonb
)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_quorum_rule$
declare
  v_rule constant jsonb := levelb._json_object(path, rule, array['classes', 'schemas', 'approvals', 'groups']);
  v_result jsonb := '{}';
  v_group text;
begin
  if v_rule ? 'classes' then
    v_result := v_result || jsonb_build_object('classes', levelb._by_code_point(
      levelb._json_list(path || '.classes', v_rule -> 'classes', 1, 10, 'class')));
  end if;
  if v_rule ? 'schemas' then
    v_result := v_result || jsonb_build_object('schemas', levelb._by_code_point(
      levelb._json_list(path || '.schemas', v_rule -> 'schemas', 1, 1000, 'schema')));
  end if;
  if v_rule ? 'approvals' or not v_rule ?| array['classes', 'schemas'] then
    v_result := v_result || jsonb_build_object('approvals',
      levelb._json_integer(path || '.approvals', v_rule -> 'approvals', 1, 50));
  end if;
  if v_rule ? 'groups' then
    if jsonb_typeof(v_rule -> 'groups') <> 'object' then
      perform levelb._invalid(path || '.groups', 'must be an object, not ' || jsonb_typeof(v_rule -> 'groups'));
    elsif v_rule -> 'groups' = '{}' then
      perform levelb._invalid(path || '.groups', 'is empty; name a group and how many of it must approve');
    end if;
    for v_group in select g from jsonb_object_keys(v_rule -> 'groups') g order by g collate "C" loop
      perform levelb._check_name(path || '.groups.' || v_group, v_group);
      perform levelb._json_integer(path || '.groups.' || v_group, v_rule -> 'groups' -> v_group, 1, 50);
    end loop;
    v_result := v_result || jsonb_build_object('groups', v_rule -> 'groups');
  end if;
  if not v_result ?| array['approvals', 'groups'] then
    perform levelb._invalid(path, 'asks for nothing; write approvals or groups');
  end if;
  return v_result;
end
$_check_quorum_rule$;
comment on function levelb._check_quorum_rule(text, jsonb) is 'Return one quorum rule, else raise LB001.';

create function levelb._check_quorum(quorum jsonb)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_quorum$
declare
  v_rules jsonb := '[]';
  v_has_general boolean := false;
begin
  for i in 0 .. jsonb_array_length(levelb._json_array('quorum', quorum, 1, 1000)) - 1 loop
    v_rules := v_rules || levelb._check_quorum_rule(format('quorum[%s]', i), quorum -> i);
    v_has_general := v_has_general or not v_rules -> i ?| array['classes', 'schemas'];
  end loop;
  -- Without it an effect that no rule names would need nobody.
  if not v_has_general then
    perform levelb._invalid('quorum', 'needs a rule without classes and schemas, for everything that no other rule names');
  end if;
  return v_rules;
end
$_check_quorum$;
comment on function levelb._check_quorum(jsonb) is 'Return the quorum rules, else raise LB001.';

-- Items of readiness that a policy may waive, because on some servers nobody in the house decides about them: a provider
-- allows no event triggers (item guard), keeps its own, and picks the day of a minor release. Never what the channel rests on (roles, bodies,
-- append-only tables, identity, ledger), nor what a policy can say by itself (break_glass.logins, quorum).
create function levelb._waivable()
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array['event_triggers', 'foreign_event_triggers', 'minor_version'];
comment on function levelb._waivable() is 'What of readiness a policy may waive.';

-- What is missing on such a server is the event triggers, whatever the item that asks for them is called.
create function levelb._waiver_of(item text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case item when 'guard' then 'event_triggers' else item end;
comment on function levelb._waiver_of(text) is 'What a policy calls the waiver of an item of readiness.';

create function levelb._check_waive(waive jsonb)
  returns text[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_waive$
declare
  v_items constant text[] := levelb._json_list('waive', waive, 0, 10, 'name');
begin
  for i in 1 .. cardinality(v_items) loop
    -- to be waived where a server cannot have them, once levelb has them
    if v_items[i] = 'secrets' then
      perform levelb._unsupported(format('waive[%s]', i - 1), to_jsonb(v_items[i]), to_jsonb(levelb._waivable()));
    end if;
    perform levelb._json_choice(format('waive[%s]', i - 1), to_jsonb(v_items[i]), levelb._waivable());
  end loop;
  return levelb._by_code_point(v_items);
end
$_check_waive$;
comment on function levelb._check_waive(jsonb) is 'Return the items that a policy waives, else raise LB001 or LB012.';

-- Patterns of what is normal life and no drift to refuse for. * stands for any text; a pattern of nothing else would
-- expect everything. What gives rights to go round the channel stays unexpected whatever is written here (75).
create function levelb._check_expected(expected jsonb)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_expected$
declare
  v_expected constant jsonb := levelb._json_array('expected', expected, 0, 100);
  v_result jsonb := '[]';
  v_path text;
  v_pattern jsonb;
  v_entry jsonb;
  v_key text;
begin
  for i in 0 .. jsonb_array_length(v_expected) - 1 loop
    v_path := format('expected[%s]', i);
    v_pattern := levelb._json_object(v_path, v_expected -> i, array['class', 'object_type', 'identity', 'attribute', 'reason']);
    v_entry := jsonb_build_object(
      'class', levelb._json_choice(v_path || '.class', v_pattern -> 'class', array_remove(levelb._classes(), 'governance')),
      'identity', levelb._check_text(v_path || '.identity', levelb._json_text(v_path || '.identity', v_pattern -> 'identity'), 1000),
      'reason', levelb._check_text(v_path || '.reason', levelb._json_text(v_path || '.reason', v_pattern -> 'reason'), 2000,
        multiline => true));
    if v_entry ->> 'identity' ~ '^[* ]*$' then
      perform levelb._invalid(v_path || '.identity', 'would expect everything; write a part of the name before or after *');
    end if;
    foreach v_key in array array['object_type', 'attribute'] loop
      if v_pattern ? v_key then
        v_entry := v_entry || jsonb_build_object(v_key,
          levelb._check_text(v_path || '.' || v_key, levelb._json_text(v_path || '.' || v_key, v_pattern -> v_key), 200));
      end if;
    end loop;
    v_result := v_result || v_entry;
  end loop;
  return v_result;
end
$_check_expected$;
comment on function levelb._check_expected(jsonb) is 'Return the patterns of expected drift, else raise LB001.';

create function levelb._check_policy(policy jsonb)
  returns jsonb
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_policy$
declare
  v_policy jsonb;
  v_part jsonb;
  v_result jsonb;
  v_unsupported record;
  v_detail text;
begin
  if jsonb_typeof(policy) is distinct from 'object' then
    perform levelb._invalid('policy', 'must be an object, not ' || coalesce(jsonb_typeof(policy), 'null'));
  end if;
  v_policy := levelb._json_object('', policy, array['name', 'cluster', 'quorum', 'approval', 'rehearsal', 'effects', 'drift',
    'expected', 'rollback', 'timeouts', 'break_glass', 'waive']);

  select u.path, u.supported, policy #> string_to_array(u.path, '.') as value into v_unsupported
    from levelb._unsupported_policy_values() u
   where case when u.value is null then policy #> string_to_array(u.path, '.') not in ('null', '[]')
     else policy #> string_to_array(u.path, '.') = u.value end
   limit 1;
  -- Of a list only the entries are unsupported; anything else in its place is a mistake, told below.
  if found and (v_unsupported.supported <> '[[]]' or jsonb_typeof(v_unsupported.value) = 'array') then
    perform levelb._unsupported(v_unsupported.path, v_unsupported.value, v_unsupported.supported);
  end if;

  v_result := jsonb_build_object(
    'name', levelb._check_text('name', levelb._json_text('name', v_policy -> 'name'), 200),
    'cluster', levelb._json_choice('cluster', v_policy -> 'cluster', array['govern', 'ignore'], 'govern'),
    'quorum', levelb._check_quorum(v_policy -> 'quorum'));

  v_part := levelb._json_object('approval', coalesce(v_policy -> 'approval', '{}'), array['ttl', 'signature']);
  v_result := v_result || jsonb_build_object('approval', jsonb_build_object(
    'ttl', levelb._check_interval('approval.ttl', v_part -> 'ttl', '7 days', '1 minute', '90 days'),
    'signature', levelb._json_choice('approval.signature', v_part -> 'signature', array['off'], 'off')));

  v_part := levelb._json_object('rehearsal', coalesce(v_policy -> 'rehearsal', '{}'),
    array['required', 'max_seconds', 'max_hold']);
  v_result := v_result || jsonb_build_object(
    'rehearsal', jsonb_strip_nulls(jsonb_build_object(
      'required', levelb._json_choice('rehearsal.required', v_part -> 'required', array['none', 'sandbox', 'live'], 'none'),
      -- left out, they stay out: a policy from before they had a meaning keeps its hash
      'max_seconds', case when coalesce(v_part -> 'max_seconds', 'null') <> 'null'
        then levelb._json_integer('rehearsal.max_seconds', v_part -> 'max_seconds', 1, 600) end,
      'max_hold', case when coalesce(v_part -> 'max_hold', 'null') <> 'null'
        then levelb._check_interval('rehearsal.max_hold', v_part -> 'max_hold', '500 ms', '1 ms', '60 s') end)),
    'effects', levelb._json_choice('effects', v_policy -> 'effects', array['exact', 'classes'], 'exact'),
    'drift', levelb._json_choice('drift', v_policy -> 'drift', array['refuse', 'record', 'off'], 'refuse'),
    'expected', levelb._check_expected(v_policy -> 'expected'));

  v_part := levelb._json_object('rollback', coalesce(v_policy -> 'rollback', '{}'),
    array['required', 'approvals', 'preapproved_for']);
  v_result := v_result || jsonb_build_object('rollback', jsonb_build_object(
    'required', levelb._json_boolean('rollback.required', v_part -> 'required', true)));
  -- Without a default: left out, a rollback needs what the effects need, and no approval lasts beyond its activation.
  if v_part ? 'approvals' then
    v_result := jsonb_set(v_result, '{rollback,approvals}',
      to_jsonb(levelb._json_integer('rollback.approvals', v_part -> 'approvals', 1, 50)));
  end if;
  if v_part ? 'preapproved_for' then
    v_result := jsonb_set(v_result, '{rollback,preapproved_for}', to_jsonb(levelb._check_interval(
      'rollback.preapproved_for', v_part -> 'preapproved_for', '24 hours', '1 minute', '30 days')));
  end if;

  v_part := levelb._json_object('timeouts', coalesce(v_policy -> 'timeouts', '{}'), array['lock', 'statement']);
  v_result := v_result || jsonb_build_object('timeouts', jsonb_build_object(
    'lock', levelb._check_interval('timeouts.lock', v_part -> 'lock', '2s', '1 ms', '60 s'),
    'statement', levelb._check_interval('timeouts.statement', v_part -> 'statement', '60s', '1 ms', '24 hours')));

  -- Required: there is no sensible default for who may do anything, and without one the last resorts have no caller.
  v_part := levelb._json_object('break_glass', v_policy -> 'break_glass', array['logins', 'minutes']);
  v_result := v_result || jsonb_build_object(
    'break_glass', jsonb_build_object('logins', levelb._by_code_point(
      levelb._json_list('break_glass.logins', v_part -> 'logins', 1, 100, 'role'))),
    'waive', levelb._check_waive(v_policy -> 'waive'));
  -- left out, it stays out: a policy that says nothing has the hash that it had before there was anything to say
  if v_part ? 'minutes' then
    v_result := jsonb_set(v_result, '{break_glass,minutes}',
      to_jsonb(levelb._json_integer('break_glass.minutes', v_part -> 'minutes', 1, 1440)));
  end if;
  return v_result;
exception when sqlstate 'LB001' then
  -- The readers of JSON know one code; a mistake in a policy has its own.
  get stacked diagnostics v_detail = pg_exception_detail;
  perform levelb._raise('LB005', v_detail::jsonb);
end
$_check_policy$;
comment on function levelb._check_policy(jsonb) is
  'Return a policy document with its defaults, else raise LB005, LB006 or LB012.';
