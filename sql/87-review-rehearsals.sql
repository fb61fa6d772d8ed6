-- Owns what the page says of rehearsals: what each statement did, who would wait, what came back.

create function levelb._milliseconds(milliseconds numeric)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return round(milliseconds, case when milliseconds < 10 then 1 else 0 end) || ' ms';
comment on function levelb._milliseconds(numeric) is 'A duration as people read it.';

-- The mode as SQL has it: AccessExclusiveLock is ACCESS EXCLUSIVE.
create function levelb._held_in_words(lock jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return format('%s on %s (%s) for %s: %s wait',
  upper(regexp_replace(regexp_replace(lock ->> 'mode', 'Lock$', ''), '([a-z])([A-Z])', '\1 \2', 'g')), lock ->> 'table',
  pg_size_pretty((lock ->> 'bytes')::numeric), levelb._milliseconds((lock ->> 'milliseconds')::numeric), lock ->> 'blocks');
comment on function levelb._held_in_words(jsonb) is 'A lock of a rehearsal in words.';

-- Its place as the page numbers the lines of the steps.
create function levelb._statement_in_words(
  statement jsonb,
  steps jsonb
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return format('step %s, %s, line %s: %s, %s, %s, %s of WAL', statement ->> 'step', statement ->> 'part', (
      select 1 + regexp_count(left(s ->> (statement ->> 'part'), (statement ->> 'position')::integer - 1), E'\n')
        from jsonb_array_elements(steps) s where s -> 'position' = statement -> 'step'),
    statement ->> 'tag', levelb._milliseconds((statement ->> 'milliseconds')::numeric),
    levelb._count((statement ->> 'rows')::bigint, 'row'), pg_size_pretty((statement ->> 'wal_bytes')::numeric))
  || coalesce(', writes anew ' || (
    select string_agg(w, ', ' order by n) from jsonb_array_elements_text(statement -> 'rewritten') with ordinality t (w, n)), '');
comment on function levelb._statement_in_words(jsonb, jsonb) is 'A statement of a rehearsal in words.';

create function levelb._difference_lines(difference jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return coalesce((select string_agg(E'\n' || d, '' order by n)
  from jsonb_array_elements_text(difference) with ordinality t (d, n)), '');
comment on function levelb._difference_lines(jsonb) is 'A difference as lines under something.';

create function levelb._rehearsed_rollback_in_words(rehearsal jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case
  when (rehearsal ->> 'rollback_restored')::boolean then 'restores the state from before'
    || coalesce((select ', but for what the document accepts:' || string_agg(E'\n' || d, '' order by n)
         from jsonb_array_elements_text(rehearsal -> 'rollback_difference') with ordinality t (d, n)), '')
  when rehearsal ->> 'rollback_restored' is null then 'was not run'
  else 'does not restore the state from before' || coalesce(': ' || (rehearsal ->> 'rollback_error'), '')
    || levelb._difference_lines(rehearsal -> 'rollback_difference') end;
comment on function levelb._rehearsed_rollback_in_words(jsonb) is 'What became of the rollback texts of a rehearsal, in words.';

create function levelb._warning_in_words(warning jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return format('%s: %s', warning ->> 'kind', case jsonb_typeof(warning -> 'detail') when 'array' then (
  select string_agg(case
        when d ? 'object' then format('%s, %s', d ->> 'object', d ->> 'problem')
        when d ? 'part' then format('step %s, %s', d ->> 'step', d ->> 'part') || coalesce(': ' || (d ->> 'statement'), '')
        else d #>> '{}' end, case when jsonb_typeof(d) = 'object' then '; ' else ', ' end order by n)
    from jsonb_array_elements(warning -> 'detail') with ordinality t (d, n)) else warning ->> 'detail' end);
comment on function levelb._warning_in_words(jsonb) is 'A warning of a rehearsal in words.';

create function levelb._rehearsal_lines(
  rehearsal jsonb,
  steps jsonb
)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return levelb._labelled('when', format('%s, by %s, on PostgreSQL %s', translate(rehearsal ->> 'finished_at', 'T', ' '),
    rehearsal ->> 'principal', rehearsal ->> 'server_version'))
  || levelb._labelled('code', nullif(concat_ws(' ', rehearsal ->> 'code', rehearsal ->> 'reason'), '')
    || case when (rehearsal ->> 'as_claimed')::boolean is distinct from false then levelb._difference_lines(rehearsal -> 'difference')
      else '' end)
  || levelb._labelled('effects', case when (rehearsal ->> 'was_read_back')::boolean
      then levelb._count(jsonb_array_length(rehearsal -> 'effects'), 'effect') else 'not known: it ended before they were read' end
    || case (rehearsal ->> 'as_claimed')::boolean when true then ', exactly those that the author says'
       when false then ', other than the author says' || levelb._difference_lines(rehearsal -> 'difference') else '' end)
  || levelb._labelled('rollback', levelb._rehearsed_rollback_in_words(rehearsal))
  || levelb._labelled('withheld', case when (rehearsal ->> 'withheld')::boolean then
    'from authors: statements, locks, warnings and messages, which can tell what is in a row' end)
  -- who makes a mirror has locked all of it
  || levelb._labelled('held', case
    when rehearsal ->> 'place' = 'sandbox' then 'not measured: a live rehearsal does'
    when not (rehearsal ->> 'was_read_back')::boolean then 'not known: it ended before'
    when not (rehearsal ->> 'withheld')::boolean then coalesce((
    select string_agg(levelb._held_in_words(l), E'\n' order by n)
      from jsonb_array_elements(rehearsal -> 'locks') with ordinality t (l, n)), 'nothing that others wait for') end)
  || levelb._labelled('warning', (
    select string_agg(levelb._warning_in_words(w), E'\n' order by n)
      from jsonb_array_elements(rehearsal -> 'warnings') with ordinality t (w, n)))
  || levelb._points(array(
    select levelb._statement_in_words(s, steps)
      from jsonb_array_elements(rehearsal -> 'statements') with ordinality t (s, n) order by n));
comment on function levelb._rehearsal_lines(jsonb, jsonb) is 'A rehearsal as lines.';

-- The effects stand here only where they are not those that the author says, which have a section of their own.
create function levelb._rehearsals_listed(
  rehearsals jsonb,
  steps jsonb
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_rehearsals_listed$
  select coalesce(string_agg(
      levelb._section(format('REHEARSED %s: %s', case r ->> 'place' when 'live' then 'ON THE LIVE OBJECTS' else 'IN A SANDBOX' end,
        upper(r ->> 'outcome')), levelb._rehearsal_lines(r, steps))
      || case when (r ->> 'as_claimed')::boolean then ''
        else levelb._section('EFFECTS, AS THAT REHEARSAL READ THEM BACK', levelb._effects_by_class(r -> 'effects')) end,
      '' order by n), '')
    from jsonb_array_elements(rehearsals) with ordinality t (r, n)
$_rehearsals_listed$;
comment on function levelb._rehearsals_listed(jsonb, jsonb) is 'Rehearsals as sections of the page.';
