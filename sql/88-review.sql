-- Owns the page that people read before they decide, made from the data of 87 alone, and the verb.

create type levelb.review_page as (
  migration_id   levelb.slug,
  revision       integer,
  manifest_hash  levelb.hash,
  data           jsonb,
  page           text
);
comment on type levelb.review_page is 'The newest revision of a migration with everything that decides about it.';
comment on column levelb.review_page.migration_id is 'Migration.';
comment on column levelb.review_page.revision is 'Its newest revision.';
comment on column levelb.review_page.manifest_hash is 'Hash of what was read; what levelb.approve is given.';
comment on column levelb.review_page.data is '@json ReviewData

Fields, steps, effects, quorum, decisions, earlier revisions and the difference to them, and what stands in the way.';
comment on column levelb.review_page.page is 'The same as a page of plain text, 100 columns, times in UTC.';

-- What the author's lint said of a step. It may have said more: the command line runs it again.
create function levelb._findings_listed(
  findings jsonb,
  step text
)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_findings_listed$
  select coalesce(array_agg(l.line order by f.i, l.i), '{}')
    from jsonb_array_elements(nullif(findings, 'null')) with ordinality f (value, i),
      unnest(levelb._point(format('lint: %s%s, %s in %s: %s', f.value ->> 'part',
        case f.value ->> 'part' when 'roles' then '' else ', line ' || (f.value ->> 'line') end, f.value ->> 'rule',
        f.value ->> 'object', f.value ->> 'why') || coalesce(' Accepted: ' || (f.value ->> 'accepted'), '')))
        with ordinality l (line, i)
   where f.value ->> 'step' = step
$_findings_listed$;
comment on function levelb._findings_listed(jsonb, text) is 'Findings of the lint in a step, as points.';

create function levelb._steps_listed(
  steps jsonb,
  findings jsonb
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_steps_listed$
  select coalesce(string_agg(levelb._section(format('STEP %s  %s', s ->> 'position', s ->> 'name'),
      (select array_agg(l.line order by v.place, l.i)
         from (values
             (1, 'apply', s ->> 'apply', s ->> 'apply_hash'),
             (2, 'role document', jsonb_pretty(nullif(s -> 'roles', 'null')), s ->> 'roles_hash'),
             (3, 'rollback', s ->> 'rollback', s ->> 'rollback_hash'),
             (4, 'verify', s ->> 'verify', s ->> 'verify_hash')
           ) v (place, part, value, hash),
           lateral unnest(format('  %s  sha256 %s', v.part, v.hash) || levelb._listing(v.value))
             with ordinality l (line, i)
        where v.value is not null) || levelb._findings_listed(findings, s ->> 'name')), ''
      order by (s ->> 'position')::integer), '')
    from jsonb_array_elements(steps) s
$_steps_listed$;
comment on function levelb._steps_listed(jsonb, jsonb) is 'The steps as sections of the page.';

create function levelb._decision_line(decision jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return format('%s  %s %s revision %s%s', translate(decision ->> 'decided_at', 'T', ' '), decision ->> 'principal',
  case decision ->> 'decision' when 'approve' then 'approved' when 'reject' then 'rejected'
    when 'revoke' then 'revoked the decision on' else 'allowed rehearsing' end, decision ->> 'revision',
  case
    when (decision ->> 'stands')::boolean and decision ->> 'decision' = 'approve' then
      ', until ' || translate(decision ->> 'expires_at', 'T', ' ')
    when (decision ->> 'stands')::boolean or decision ->> 'decision' = 'revoke' then ''
    else ' (does not count: ' || (decision ->> 'why_not') || ')' end)
  || coalesce(': ' || (decision ->> 'reason'), '');
comment on function levelb._decision_line(jsonb) is 'One decision in words.';

create function levelb._activation_line(activation jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return format('%s  %s by %s, revision %s', translate(activation ->> 'finished_at', 'T', ' '), activation ->> 'outcome',
  activation ->> 'operator', activation ->> 'revision')
  || coalesce(': ' || nullif(concat_ws(' ', activation ->> 'code', activation ->> 'reason'), '')
    || coalesce(', ' || (activation ->> 'lacking'), ''), '')
  || coalesce('. Accepted, and did not occur: ' || (
    select string_agg(format('%s in %s', a ->> 'rule', a ->> 'object'), ', ' order by n)
      from jsonb_array_elements(nullif(activation -> 'accepted', 'null')) with ordinality t (a, n)
     where not (a ->> 'found')::boolean), '')
  || coalesce((select string_agg(E'\n' || d, '' order by n)
      from jsonb_array_elements_text(activation -> 'difference') with ordinality t (d, n)), '');
comment on function levelb._activation_line(jsonb) is 'One call of activate in words.';

-- One name a person: a second login of somebody brings its groups along and no further approval, which has to be said.
create function levelb._counted_in_words(counted jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_counted_in_words$
  with login as (
    select c ->> 'principal' as principal, c -> 'groups' as groups,
        first_value(c ->> 'principal') over (partition by c ->> 'person' order by c ->> 'principal' collate "C") as first
      from jsonb_array_elements(counted) c
  )
  select concat_ws('; ', coalesce((
      select string_agg(p.first || coalesce(' (' || nullif(p.groups, '') || ')', ''), ', ' order by p.first collate "C")
        from (select l.first, (
                  select string_agg(distinct g.name, ', ')
                    from login o, jsonb_array_elements_text(o.groups) g (name) where o.first = l.first) as groups
                from login l where l.principal = l.first) p), 'nobody yet'),
    (select string_agg(format('%s is the same person as %s', l.principal, l.first), '; ' order by l.principal collate "C")
       from login l where l.principal <> l.first))
$_counted_in_words$;
comment on function levelb._counted_in_words(jsonb) is 'Who has agreed, each person once.';

create function levelb._quorum_lines(quorum jsonb)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return levelb._labelled('needed', levelb._count((quorum ->> 'approvals_needed')::integer, 'approval')
    || coalesce(', ' || (select string_agg(g.value || ' of group ' || g.key, ', ' order by g.key collate "C")
      from jsonb_each_text(quorum -> 'groups_needed') g), ''))
  || levelb._labelled('counted', levelb._counted_in_words(quorum -> 'counted'))
  || levelb._labelled('missing', nullif(quorum ->> 'missing', ''));
comment on function levelb._quorum_lines(jsonb) is 'What the policy asks for and who has agreed, as lines.';

create function levelb._review_head(data jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return format(E'%s, revision %s: %s\n%s\n', data ->> 'migration_id', data ->> 'revision', data ->> 'state',
    repeat('=', 100))
  || array_to_string(
    levelb._labelled('title', data ->> 'title')
    || levelb._labelled('why', data ->> 'description')
    || levelb._labelled('ticket', data ->> 'change_ref')
    || levelb._labelled('staged', format('by %s, %s', data ->> 'author', translate(data ->> 'staged_at', 'T', ' ')))
    || levelb._labelled('manifest', data ->> 'manifest_hash')
    || levelb._labelled('kind', data ->> 'kind')
    || levelb._labelled('it', data ->> 'in_words')
    || levelb._labelled('claims', array_to_string(array(select jsonb_array_elements_text(data -> 'classes')), ', '))
    || levelb._labelled('search_path', data ->> 'search_path')
    || levelb._labelled('depends on', (select string_agg(format('%s (%s)', d ->> 'migration_id', d ->> 'state'), ', ')
      from jsonb_array_elements(data -> 'depends_on') d))
    || levelb._labelled('not before', translate(data ->> 'not_before', 'T', ' '))
    || levelb._labelled('not after', translate(data ->> 'not_after', 'T', ' '))
    || levelb._labelled('rollback', case when (data -> 'rollback' ->> 'steps')::integer > 0 then
      format('steps with one of their own: %s of %s', data -> 'rollback' ->> 'with_rollback',
        data -> 'rollback' ->> 'steps') end)
    || levelb._labelled('', case when (data -> 'rollback' ->> 'snapshot')::boolean then
      'the proof holds SQL that restores the state before' end), E'\n') || E'\n';
comment on function levelb._review_head(jsonb) is 'The first part of the page.';

-- What can be done next, to the letter. The name of a migration needs no quoting.
create function levelb._review_next(data jsonb)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case when data ->> 'state' in ('staged', 'approved', 'rejected', 'expired') then array[
    format('  approve   select decision from levelb.approve(''%s'',', data ->> 'migration_id'),
    format('              ''\x%s'');', data ->> 'manifest_hash'),
    format('  reject    select decision from levelb.reject(''%s'',', data ->> 'migration_id'),
    format('              ''\x%s'', ''why'');', data ->> 'manifest_hash')]
    || case when 'attended' in (data ->> 'kind', coalesce(data -> 'payload' ->> 'kind', '')) then array[
    format('  carry out select levelb.break_glass(''why'', ''%s'');  (a superuser, in psql)', data ->> 'migration_id')]
    || array(select '            ' || l
        from unnest(levelb._attended_lines(data ->> 'migration_id', (data ->> 'revision')::integer, data ->> 'search_path'))
          with ordinality t (l, n) order by n)
    else array[
    format('  activate  set statement_timeout = ''%s'';', data ->> 'statement_timeout'),
    format('            select outcome, code, reason from levelb.activate(''%s'');', data ->> 'migration_id')] end
  when data ->> 'state' = 'withdrawn' then array[
    format('  restage   select levelb.restage(''%s'', document);', data ->> 'migration_id')]
  end;
comment on function levelb._review_next(jsonb) is 'Statements that decide about the revision.';

create function levelb._review_page(data jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return levelb._review_head(data)
  || levelb._section('IN THE WAY OF AN ACTIVATION NOW',
    case when data ->> 'state' not in ('activated', 'rolled_back') then coalesce(nullif(levelb._points(array(
      select (r ->> 'code') || ' ' || (r ->> 'message') || coalesce(', ' || (r ->> 'lacking'), '')
        from jsonb_array_elements(data -> 'refusals') r)), '{}'), array['  nothing']) end)
  || levelb._section('WARNINGS', levelb._points(array(
    select w ->> 'text' from jsonb_array_elements(data -> 'warnings') with ordinality t (w, i) order by i)
    || array(
      select format('step %s: %s is too long for this page, which shows its head and tail', s ->> 'name', p)
        from jsonb_array_elements(data -> 'steps') with ordinality t (s, i), unnest(array['apply', 'rollback', 'verify']) p
       where levelb._shortened(s ->> p) <> s ->> p order by i, p)))
  || levelb._section('APPROVALS UNDER POLICY VERSION ' || (data ->> 'policy_version'),
    levelb._quorum_lines(data -> 'quorum'))
  || levelb._section('DECISIONS', levelb._points(array(
    select levelb._decision_line(d)
      from jsonb_array_elements(data -> 'decisions') with ordinality t (d, i) order by i)))
  || levelb._section('CALLS OF ACTIVATE', levelb._points(array(
    select levelb._activation_line(a)
      from jsonb_array_elements(data -> 'activations') with ordinality t (a, i) order by i)))
  || levelb._rehearsals_listed(data -> 'rehearsals', data -> 'steps')
  || levelb._section('CHANGED SINCE REVISION ' || (data -> 'difference' ->> 'revision')
    || case when (data -> 'difference' ->> 'you_decided')::boolean then ', THE LAST THAT YOU DECIDED ON'
      else ', THE ONE BEFORE' end,
    case when data -> 'difference' <> 'null' then coalesce(nullif(array(
      select '  ' || p.piece
        from jsonb_array_elements_text(data -> 'difference' -> 'lines') with ordinality l (line, i),
          lateral (select levelb._visible(case when length(l.line) <= 2000 then l.line
            else left(l.line, 2000) || format(' [and %s characters more]', length(l.line) - 2000) end)) v (shown),
          lateral (select substr(v.shown, 1 + g * 98, 98), g
                     from generate_series(0, greatest(0, (length(v.shown) - 1) / 98)) g) p (piece, g)
       order by l.i, p.g), '{}'), array['  nothing']) end)
  -- An explanation is a list of effects, and is read as one: as JSON nobody sees what differs.
  || case when data ->> 'kind' = 'explain'
    then levelb._section('WHAT DRIFTED, BEFORE → NOW', levelb._effects_by_class(data -> 'payload' -> 'effects'))
    else levelb._section('DOCUMENT', levelb._listing(jsonb_pretty(nullif(data -> 'payload', 'null')))) end
  || levelb._steps_listed(data -> 'steps', data -> 'findings')
  || levelb._section('EFFECTS, AS THE AUTHOR SAYS', levelb._effects_by_class(nullif(data -> 'effects', 'null')))
  || levelb._section('EFFECTS, AS THEY WERE READ BACK', (select levelb._effects_by_class(a -> 'effects')
      from jsonb_array_elements(data -> 'activations') a where a ->> 'outcome' = 'activated'))
  || levelb._section('REVISIONS', case when jsonb_array_length(data -> 'revisions') > 1 then levelb._points(array(
    select format('%s  staged %s', r ->> 'revision', translate(r ->> 'staged_at', 'T', ' '))
        || coalesce(', withdrawn by ' || (r ->> 'withdrawn_by') || ': ' || (r ->> 'withdrawn_because'), '')
      from jsonb_array_elements(data -> 'revisions') with ordinality t (r, i) order by i)) end)
  || levelb._section('TO DECIDE', levelb._review_next(data));
comment on function levelb._review_page(jsonb) is 'The page, from the data.';

create function levelb.review(migration_id text)
  returns levelb.review_page
  language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
  set standard_conforming_strings = on
as $review$
declare
  v_call levelb._call;
  v_manifest levelb.manifest;
  v_data jsonb;
begin
  v_call := levelb._enter(array['author', 'approver', 'operator', 'auditor']);
  perform levelb._check_slug('migration_id', migration_id);
  v_manifest := levelb._newest(migration_id);
  if v_manifest.migration_id is null then
    perform levelb._raise('LB002', jsonb_build_object('field', 'migration_id', 'migration_id', migration_id));
  end if;
  v_data := levelb._review_data(v_manifest, v_call);
  return row(v_manifest.migration_id, v_manifest.revision, v_manifest.manifest_hash, v_data,
    levelb._review_page(v_data))::levelb.review_page;
end
$review$;
comment on function levelb.review(text) is '@raises LB001 LB002 LB201 LB202

Show the newest revision of a migration with everything that decides about it.

As data and as one page of text: what it says and does, the difference to the last revision that the caller decided on
(else to the one before), who agreed, what activate would refuse now, and what it said before; the newest rehearsals of
exactly this revision. Authors see no message of a failed activation and of a live rehearsal its outcome and effects
alone, since the rest can tell what is in rows of live tables. Judged by what the manifest claims, for an operator without
another part in the migration.';
