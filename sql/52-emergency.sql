-- Owns which uses of break-glass are open, and which nobody has answered for.

create function levelb._break_glass_until(incident levelb.incident)
  returns timestamptz
  language sql stable
  set search_path = pg_catalog, pg_temp
return ((incident).details ->> 'until')::timestamptz;
comment on function levelb._break_glass_until(levelb.incident) is 'When the guard closes by itself.';

-- For one approved migration, or else an emergency.
create function levelb._attended_migration(incident levelb.incident)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (incident).details ->> 'migration_id';
comment on function levelb._attended_migration(levelb.incident) is
  'Migration for which the glass was broken, null for an emergency.';

create function levelb._is_closed(incident levelb.incident)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return exists (select from only levelb.activation a where a.incident_id = (incident).incident_id);
comment on function levelb._is_closed(levelb.incident) is 'Whether close_attended has judged what was done.';

-- At most one, since what two did at once could not be told apart.
create function levelb._open_attended()
  returns levelb.incident
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_open_attended$
  select i.* from only levelb.incident i
   where i.kind = 'break_glass' and levelb._attended_migration(i) is not null
     and levelb._break_glass_until(i) > clock_timestamp() and not levelb._is_closed(i)
   order by i.incident_id desc limit 1
$_open_attended$;
comment on function levelb._open_attended() is 'The attended migration that is being carried out now.';

-- What is being carried out is what was approved, to its end.
create function levelb._refuse_while_attended(migration_id text)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_while_attended$
declare
  v_open constant levelb.incident := levelb._open_attended();
begin
  if levelb._attended_migration(v_open) = migration_id then
    perform levelb._raise('LB101', jsonb_build_object('migration_id', migration_id, 'incident', v_open.incident_id,
        'login', v_open.login, 'until', v_open.details -> 'until'),
      'A superuser is carrying it out: wait until it is closed.');
  end if;
end
$_refuse_while_attended$;
comment on function levelb._refuse_while_attended(text) is 'Refuse to take back what a superuser is carrying out.';

create function levelb._is_explained(incident levelb.incident)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return exists (
  select from only levelb.manifest m
    join only levelb.activation a on a.migration_id = m.migration_id and a.revision = m.revision and a.outcome = 'activated'
   where m.kind = 'explain' and m.payload -> 'incidents' @> to_jsonb((incident).incident_id));
comment on function levelb._is_explained(levelb.incident) is 'Whether an activated explanation names an incident.';

-- An attended migration that nobody closed in time is one too: nobody has compared what was done with what was approved.
create function levelb._is_emergency(incident levelb.incident)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return (incident).kind = 'break_glass' and (levelb._attended_migration(incident) is null
  or levelb._break_glass_until(incident) <= clock_timestamp() and not levelb._is_closed(incident));
comment on function levelb._is_emergency(levelb.incident) is 'Whether a use of break-glass has to be explained.';

-- Who explains them asks too, and may read these tables but not run what reads them here.
create function levelb._emergencies()
  returns setof levelb.incident
  language sql stable security definer rows 1
  set search_path = pg_catalog, pg_temp
as $_emergencies$
  select i.* from only levelb.incident i
   where i.kind = 'break_glass' and levelb._is_emergency(i) and not levelb._is_explained(i)
$_emergencies$;
comment on function levelb._emergencies() is 'Uses of break-glass that nobody has answered for.';

-- Why an incident cannot be explained, null when it can. What is still going on would be explained before it is done.
create function levelb._explanation_problem(incident_id bigint)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_explanation_problem$
declare
  v_incident levelb.incident;
begin
  select i.* into v_incident from only levelb.incident i
   where i.incident_id = _explanation_problem.incident_id and i.kind = 'break_glass';
  if not found then
    return 'is no incident of break-glass';
  elsif levelb._is_explained(v_incident) then
    return 'is explained already';
  elsif exists (select from only levelb._open_guard g where g.incident_id = v_incident.incident_id and levelb._is_held(g)) then
    return format('is not over: the guard is open for backend %s until its session ends, at the latest until %s',
      v_incident.details ->> 'backend', v_incident.details ->> 'until');
  elsif levelb._is_closed(v_incident) then
    return 'was closed by levelb.close_attended(migration_id), and needs no explanation';
  elsif not levelb._is_emergency(v_incident) then
    return format('is not over: %s closes it with levelb.close_attended(%L), until %s', v_incident.login,
      levelb._attended_migration(v_incident), v_incident.details ->> 'until');
  end if;
  return null;
end
$_explanation_problem$;
comment on function levelb._explanation_problem(bigint) is 'Why an incident cannot be explained now.';

create function levelb._require_explanation(explanation jsonb)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_explanation$
declare
  v_incident record;
begin
  for v_incident in
    select i - 1 as position, levelb._explanation_problem(id::bigint) as problem
      from jsonb_array_elements_text(explanation -> 'incidents') with ordinality e (id, i) order by i
  loop
    if v_incident.problem is not null then
      perform levelb._invalid(format('incidents[%s]', v_incident.position), v_incident.problem);
    end if;
  end loop;
end
$_require_explanation$;
comment on function levelb._require_explanation(jsonb) is 'Refuse an explanation of incidents that cannot be explained.';

-- The only change an explanation makes by itself.
create function levelb._incident_effects(explanation jsonb)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (
  select coalesce(jsonb_agg(jsonb_build_object('class', 'governance', 'object_type', 'incident', 'identity', id,
      'attribute', 'explained', 'before', null, 'after', 'yes', 'schemas', '[]'::jsonb) order by i), '[]')
    from jsonb_array_elements_text(explanation -> 'incidents') with ordinality e (id, i));
comment on function levelb._incident_effects(jsonb) is 'Incidents that an explanation names, as effects.';
