-- Owns the view audit: every fact as a sentence.
-- What others wrote (titles, reasons, error messages) stands last, after a colon: nothing that follows it could be
-- taken for levelb's own words.

create function levelb._and(words text[])
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case
  when cardinality(words) < 2 then words[1]
  else array_to_string(words[:cardinality(words) - 1], ', ') || ' and ' || words[cardinality(words)] end;
comment on function levelb._and(text[]) is
  'Words as a list that is read aloud: ann, bob and carol. Null when there are none.';

create function levelb._utc(moment timestamptz)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
comment on function levelb._utc(timestamptz) is 'A time as 2026-11-22T12:25:51Z.';

-- Of the DETAIL of a refusal the part that says what would have to be otherwise. Not all that looks like one is
-- levelb's: what has another shape says nothing.
create function levelb._lacking(detail jsonb)
  returns text
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
as $_lacking$
begin
  return case
    when jsonb_typeof(detail -> 'missing') = 'string' then 'missing ' || (detail ->> 'missing')
    when jsonb_typeof(detail -> 'depends_on') = 'array' then
      'waiting for ' || levelb._and(array(select jsonb_array_elements_text(detail -> 'depends_on')))
    when jsonb_typeof(detail -> 'rejected_by') = 'array' then
      'by ' || levelb._and(array(select jsonb_array_elements_text(detail -> 'rejected_by')))
    when jsonb_typeof(detail -> 'items') = 'array' then
      'because of ' || levelb._and(array(select jsonb_array_elements_text(detail -> 'items')))
    when detail ? 'item' then 'because of ' || (detail ->> 'item')
    when detail ? 'not_before' or detail ? 'not_after' then nullif(concat_ws(' and ',
      'not before ' || levelb._utc((detail ->> 'not_before')::timestamptz),
      'not after ' || levelb._utc((detail ->> 'not_after')::timestamptz)), '')
    when detail ? 'by' then 'by ' || (detail ->> 'by')
    when detail ? 'problem' then detail ->> 'problem'
    end;
exception when data_exception then
  return null;
end
$_lacking$;
comment on function levelb._lacking(jsonb) is 'What a refusal lacks, in words; null when its DETAIL does not say.';

-- Which things a quorum rule is for. Rules for the same things are one: of each number the strictest counts.
create function levelb._rule_scope(rule jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return coalesce(nullif(concat_ws(' in ',
  nullif(array_to_string(array(select jsonb_array_elements_text(rule -> 'classes')), ', '), ''),
  case jsonb_array_length(rule -> 'schemas') when 1 then 'schema ' else 'schemas ' end
    || nullif(array_to_string(array(select jsonb_array_elements_text(rule -> 'schemas')), ', '), '')), ''),
  'every class');
comment on function levelb._rule_scope(jsonb) is 'What a quorum rule is for, in words.';

-- One row for each number that a policy asks for; whose is "" for approvals of anybody.
create function levelb._policy_numbers(policy jsonb)
  returns table (scope text, whose text, needed integer)
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_policy_numbers$
  select levelb._rule_scope(r), n.whose, max(n.needed)
    from jsonb_array_elements(policy -> 'quorum') r,
      lateral (
        select '' as whose, (r ->> 'approvals')::integer as needed where r ? 'approvals'
        union all
        select ' of group ' || g.key, g.value::text::integer from jsonb_each(coalesce(r -> 'groups', '{}')) g
      ) n
   group by 1, 2
$_policy_numbers$;
comment on function levelb._policy_numbers(jsonb) is 'The numbers of a policy''s quorum rules.';

-- Everything of a policy but its rules, by path.
create function levelb._policy_values(policy jsonb)
  returns table (path text, value text)
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_policy_values$
  select l.path, case when jsonb_typeof(l.value) = 'array'
      then coalesce(levelb._and(array(select jsonb_array_elements_text(l.value))), 'nothing') else l.value #>> '{}' end
    from jsonb_each(policy - 'quorum') m,
      lateral (
        select m.key as path, m.value where jsonb_typeof(m.value) <> 'object'
        union all
        select m.key || '.' || i.key, i.value
          from jsonb_each(case jsonb_typeof(m.value) when 'object' then m.value else '{}' end) i
      ) l
$_policy_values$;
comment on function levelb._policy_values(jsonb) is 'Values of a policy by path, apart from its quorum rules.';

-- What a policy asks for a change of one class in one schema; schema null stands for those that no rule names. Rules
-- may overlap, so two policies are compared by what comes of their rules and not rule by rule.
create function levelb._policy_outcome(
  policy jsonb,
  schemas text[]
)
  returns table (class text, schema text, whose text, needed integer)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_policy_outcome$
  select c.class, s.schema, n.whose, n.needed
    from unnest(levelb._classes()) c (class),
      unnest(schemas || null::text) s (schema),
      lateral levelb._quorum_needed(policy,
        jsonb_build_array(jsonb_build_object('class', c.class, 'schema', s.schema))) q,
      lateral (
        select '' as whose, (q ->> 'approvals')::integer as needed
        union all
        select ' of group ' || g.key, g.value::text::integer from jsonb_each(q -> 'groups') g
      ) n
$_policy_outcome$;
comment on function levelb._policy_outcome(jsonb, text[]) is
  'What a policy asks for each class, in these schemas and elsewhere.';

create function levelb._policy_difference(
  old jsonb,
  new jsonb
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_policy_difference$
  with named (schemas) as (
    select array_agg(distinct s) from jsonb_array_elements((old -> 'quorum') || (new -> 'quorum')) r,
      jsonb_array_elements_text(r -> 'schemas') s
  ), change as (
    select x.class, x.schema, x.whose, max(x.needed) filter (where x.is_old) as before,
        max(x.needed) filter (where not x.is_old) as after
      from (
        select true as is_old, o.* from named, levelb._policy_outcome(old, named.schemas) o
        union all
        select false, n.* from named, levelb._policy_outcome(new, named.schemas) n) x
     group by x.class, x.schema, x.whose
  ), told as (
    select c.schema, c.whose, c.before, c.after, array_agg(c.class order by c.class collate "C") as classes
      from change c
     where c.before is distinct from c.after
       -- a schema for which just this is said of all schemas needs no mention
       and (c.schema is null or not exists (select from change a where a.schema is null and a.class = c.class
         and a.whose = c.whose and a.before is not distinct from c.before and a.after is not distinct from c.after))
     group by c.schema, c.whose, c.before, c.after
  )
  select coalesce(string_agg(d.said, '; ' order by d.part, d.place collate "C"), 'asks for the same as before') from (
    select 1 as part, concat_ws(' ', t.schema, t.classes[1], t.whose) as place,
        format('asks for %s%s instead of %s for %s%s',
          case when t.after is null then 'no approval' else levelb._count(t.after, 'approval') end, t.whose,
          coalesce(t.before::text, 'none'),
          case when t.classes @> levelb._classes() then 'every class' else array_to_string(t.classes, ', ') end,
          ' in schema ' || quote_ident(t.schema)) as said
      from told t
    union all
    select 2, path,
        format('sets %s to %s instead of %s', path, coalesce(n.value, 'nothing'), coalesce(o.value, 'nothing'))
      from levelb._policy_values(old) o full join levelb._policy_values(new) n using (path)
     where o.value is distinct from n.value
  ) d
$_policy_difference$;
comment on function levelb._policy_difference(jsonb, jsonb) is
  'What one policy asks for and the other did not, in words.';

create function levelb._policy_rules(policy jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_policy_rules$
  select 'asks for ' || string_agg(case
        when s.approvals is null then s.groups
        else levelb._count(s.approvals, 'approval') || coalesce(' (' || s.groups || ')', '')
      end || ' for ' || s.scope, '; ' order by s.scope <> 'every class', s.scope collate "C")
    from (
      select n.scope, max(n.needed) filter (where n.whose = '') as approvals,
          string_agg(n.needed || n.whose, ', ' order by n.whose collate "C") filter (where n.whose <> '') as groups
        from levelb._policy_numbers(policy) n group by n.scope
    ) s
$_policy_rules$;
comment on function levelb._policy_rules(jsonb) is 'What a policy asks for, in words.';

-- One version of a principal with its logins and keys, as the sentences name them. Of a key its SHA-256 begins.
create function levelb._principal_parts(
  principal text,
  version integer
)
  returns table (part text, said text)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_principal_parts$
  select v.part, v.said
    from only levelb.principal p,
      lateral (values
        ('nature', p.nature),
        ('duties', levelb._and(p.duties)),
        ('groups', levelb._and(p.groups)),
        ('person', p.person),
        ('logins', levelb._and(array(select quote_ident(l.login) from only levelb.principal_login l
           where l.principal = p.principal and l.version = p.version order by l.login collate "C"))),
        ('keys', levelb._and(array(select left(encode(sha256(k.key_bytes), 'hex'), 12) from only levelb.principal_key k
           where k.principal = p.principal and k.version = p.version order by k.key_bytes)))) v (part, said)
   where p.principal = _principal_parts.principal and p.version = _principal_parts.version
$_principal_parts$;
comment on function levelb._principal_parts(text, integer) is 'Parts of one version of a principal, in words.';

create function levelb._principal_described(
  principal text,
  version integer
)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_principal_described$
  select format('as %s, %s %s%s%s%s%s', max(said) filter (where part = 'duties'),
      case max(said) filter (where part = 'nature') when 'agent' then 'an' else 'a' end,
      max(said) filter (where part = 'nature'),
      ' of group ' || max(said) filter (where part = 'groups'),
      ' who counts as ' || max(said) filter (where part = 'person'),
      ' with login ' || max(said) filter (where part = 'logins'),
      ' and key ' || max(said) filter (where part = 'keys'))
    from levelb._principal_parts(principal, version)
$_principal_described$;
comment on function levelb._principal_described(text, integer) is 'Everything of one version of a principal, in words.';

create function levelb._principal_sentence(fact levelb.principal)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_principal_sentence$
  select case
      when not fact.enabled then 'was disabled'
      when o.principal is null then 'was enrolled ' || levelb._principal_described(fact.principal, fact.version)
      when not o.enabled then 'was enabled again ' || levelb._principal_described(fact.principal, fact.version)
      else coalesce('was changed: ' || (
          select string_agg(
              format('%s %s instead of %s', n.part, coalesce(n.said, 'none'), coalesce(b.said, 'none')), '; ' order by
              array_position(array['nature', 'duties', 'groups', 'person', 'logins', 'keys'], n.part))
            from levelb._principal_parts(fact.principal, fact.version) n
              join levelb._principal_parts(o.principal, o.version) b on b.part = n.part
           where n.said is distinct from b.said),
        -- only the oids of its logins are others
        'was bound to its logins again') end
      || coalesce(': ' || fact.reason, '')
    from (select) one
      left join only levelb.principal o on o.principal = fact.principal and o.version = fact.version - 1
$_principal_sentence$;
comment on function levelb._principal_sentence(levelb.principal) is 'What happened to a principal.';

create function levelb._incidents_named(explanation jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case jsonb_array_length(explanation -> 'incidents') when 1 then 'incident ' else 'incidents ' end
  || levelb._and(array(select jsonb_array_elements_text(explanation -> 'incidents')));
comment on function levelb._incidents_named(jsonb) is 'Incidents that an explanation names, in words; null for none.';

-- How the glass was broken; the reason is whoever's who did it.
create function levelb._break_glass_sentence(fact levelb.incident)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return format('broke the glass%s%s: %s',
  ' for at most ' || levelb._count(((fact).details ->> 'minutes')::integer, 'minute'),
  case when levelb._attended_migration(fact) is not null then format(' to carry out %s revision %s',
    levelb._attended_migration(fact), (fact).details ->> 'revision') else ' in an emergency' end, (fact).reason);
comment on function levelb._break_glass_sentence(levelb.incident) is 'How and why the glass was broken, in words.';

-- schema shop at level full, schema lib at level privileged with dbmate, no longer schema old
create function levelb._protection_in_words(protection jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return (
  select string_agg(case s.entry ->> 'level' when 'none' then format('schema %I no longer', s.entry ->> 'name')
      else format('schema %I at level %s', s.entry ->> 'name', s.entry ->> 'level')
        || coalesce(' with ' || levelb._and(array(select quote_ident(m) from jsonb_array_elements_text(s.entry -> 'migrators') m)), '')
        || case when (s.entry ->> 'repoint')::boolean then ', who may replace views and functions' else '' end end, '; ' order by s.n)
    from jsonb_array_elements(protection -> 'schemas') with ordinality s (entry, n));
comment on function levelb._protection_in_words(jsonb) is 'What a payload of kind protect says.';

-- What a revision is, by kind, to follow its name.
create function levelb._manifest_described(fact levelb.manifest)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_manifest_described$
  select case (fact).kind
      when 'sql' then ' with ' || levelb._count((select count(*) from only levelb.step s
        where s.migration_id = (fact).migration_id and s.revision = (fact).revision), 'step')
      when 'policy' then ', a new policy'
      when 'principal' then ', a change of principals'
      when 'pointer' then format(', pointer %s to %L instead of %s', p ->> 'pointer', p ->> 'target',
        coalesce(quote_literal(p ->> 'expected'), 'nothing'))
      when 'attended' then ' with ' || levelb._count((select count(*) from only levelb.step s
        where s.migration_id = (fact).migration_id and s.revision = (fact).revision), 'step') || ' for a superuser'
      when 'explain' then ', an answer for ' || concat_ws(' and ',
        case when p -> 'effects' <> '[]'
          then levelb._count(jsonb_array_length(p -> 'effects'), 'change') || ' past the channel' end,
        levelb._incidents_named(p))
      when 'protect' then ', protection of ' || levelb._protection_in_words(p)
      when 'rollback' then ', the rollback of ' || (p ->> 'migration_id')
      else ', of kind ' || (fact).kind end
    from (select (fact).payload) m (p)
$_manifest_described$;
comment on function levelb._manifest_described(levelb.manifest) is 'What a revision is, in words.';

-- The names in it are whoever's who drifted.
create function levelb._drift_sentence(details jsonb)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case details -> 'effects' when '[]' then 'found that nothing drifts any more'
  else 'found ' || levelb._count((details ->> 'count')::bigint, 'change') || ' past the channel: ' || array_to_string(array(
      select levelb.effect_text(jsonb_populate_record(null::levelb.effect, e))
        from jsonb_array_elements(details -> 'effects') with ordinality x (e, n) order by n limit 3), '; ')
    || case when (details ->> 'count')::bigint > 3 then '; …' else '' end end;
comment on function levelb._drift_sentence(jsonb) is 'What a look for drift found, in words.';

create function levelb._activation_sentence(fact levelb.activation)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_activation_sentence$
  select case fact.outcome
      when 'activated' then
        case m.kind when 'rollback' then 'rolled back ' || (m.payload ->> 'migration_id')
          when 'explain' then format('%s by %s revision %s', concat_ws(' and ',
              'answered for ' || levelb._incidents_named(m.payload),
              case when m.payload -> 'effects' <> '[]' then 'took over what had drifted' end), fact.migration_id, fact.revision)
          when 'attended' then format('carried out %s revision %s by hand', fact.migration_id, fact.revision)
          else format('activated %s revision %s', fact.migration_id, fact.revision) end
        || ' with ' || levelb._count(jsonb_array_length(fact.effects), 'effect')
        || coalesce(', approved by ' || levelb._and(array(
          -- persons, who count once, and not their logins
          select p.person from (
            select c ->> 'person' as person, min(n) as n
              from jsonb_array_elements(fact.approvals) with ordinality a (c, n) group by 1) p order by p.n)), '')
        || case m.kind when 'rollback' then coalesce(': ' || (m.payload ->> 'reason'), '') else '' end
      when 'refused' then format('was refused the activation of %s revision %s: %s %s', fact.migration_id,
        fact.revision, fact.code, fact.reason) || coalesce(', ' || levelb._lacking(levelb._detail_of(fact.error)), '')
      else format('failed to %s %s revision %s%s: %s %s', case when fact.incident_id is null then 'activate'
          else 'carry out' end, fact.migration_id, fact.revision,
        ' in step ' || (fact.error ->> 'step'), fact.code, fact.reason)
        || case when fact.code like 'LB%' then
          coalesce(', ' || levelb._lacking(levelb._detail_of(fact.error)), '') else '' end
      end
    from only levelb.manifest m where m.migration_id = fact.migration_id and m.revision = fact.revision
$_activation_sentence$;
comment on function levelb._activation_sentence(levelb.activation) is 'What came of a call of activate.';

-- The author of a rollback is the original's, who need not know of it: who staged it is whose login it was.
create function levelb._stager(fact levelb.manifest)
  returns text
  language sql stable
  set search_path = pg_catalog, pg_temp
return case (fact).kind when 'rollback' then coalesce(
    (select l.principal from only levelb.principal_login l
       join only levelb.principal p on p.principal = l.principal and p.version = l.version
      where l.login = (fact).login and p.at <= (fact).staged_at order by p.at desc limit 1), (fact).login)
  else (fact).author end;
comment on function levelb._stager(levelb.manifest) is 'Who called the verb that staged a revision.';

-- Steps are told with their revision, logins and keys with their principal. The functions above are nobody's to call,
-- and a view's functions run with the rights of its reader: hence one function in its place.
create function levelb._audit()
  returns table (at timestamptz, who text, what text, ref text, is_first boolean)
  language sql stable security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
as $_audit$
  select e.at, levelb._visible(e.who), levelb._visible(e.what), e.ref, e.is_first from (
    select i.at, i.login as who, case i.kind
        when 'bootstrap' then format('bootstrapped levelb in database %I', i.database_identity ->> 'name')
        when 'rebind' then format('bound the ledger to database %I: %s', i.database_identity ->> 'name', i.reason)
        when 'rebootstrap' then format('replaced the policy and the principals without approvals: %s', i.reason)
        when 'drift' then levelb._drift_sentence(i.details)
        else levelb._break_glass_sentence(i) end as what, 'incident ' || i.incident_id as ref,
        -- the one thing that ends every other rule is read before everything else
        i.kind = 'rebootstrap' as is_first
      from only levelb.incident i
    union all
    select p.activated_at, coalesce(a.operator, i.login), format('made policy version %s active, which ', p.version)
        || case when o.version is null then levelb._policy_rules(p.document)
          else levelb._policy_difference(o.document, p.document) end, 'policy ' || p.version, false
      from only levelb.policy p
        left join only levelb.policy o on o.version = p.version - 1
        left join only levelb.activation a on a.activation_id = p.activation_id
        left join only levelb.incident i on i.incident_id = p.incident_id
    union all
    select p.at, p.principal, levelb._principal_sentence(p), 'principal ' || p.principal || ' ' || p.version, false
      from only levelb.principal p
    union all
    select p.at, a.operator, case
        when p.target is null then format('took pointer %s away, which named %L', p.pointer, o.target)
        when o.target is null then format('set pointer %s to %L', p.pointer, p.target)
        else format('moved pointer %s from %L to %L', p.pointer, o.target, p.target) end,
        'pointer ' || p.pointer || ' ' || p.version, false
      from only levelb.pointer p
        left join only levelb.pointer o on o.pointer = p.pointer and o.version = p.version - 1
        left join only levelb.activation a on a.activation_id = p.activation_id
    union all
    select p.at, a.operator, case when p.level is null then format('ended the protection of schema %I', p.schema_name)
        else 'protected ' || levelb._protection_in_words(jsonb_build_object('schemas', jsonb_build_array(jsonb_strip_nulls(
          jsonb_build_object('name', p.schema_name, 'level', p.level, 'migrators', to_jsonb(nullif(p.migrators, '{}')),
            'repoint', p.repoint))))) end,
        'protection ' || p.schema_name || ' ' || p.version, false
      from only levelb.protection p
        left join only levelb.activation a on a.activation_id = p.activation_id
    union all
    select m.staged_at, levelb._stager(m), format('staged %s revision %s%s: %s', m.migration_id, m.revision,
        levelb._manifest_described(m), m.title), 'manifest ' || m.migration_id || ' ' || m.revision, false
      from only levelb.manifest m
    union all
    select w.at, w.principal, format('withdrew %s revision %s: %s', w.migration_id, w.revision, w.reason),
        'withdrawal ' || w.migration_id || ' ' || w.revision, false
      from only levelb.withdrawal w
    union all
    select a.decided_at, a.principal, format('%s %s revision %s%s', case a.decision when 'approve' then 'approved'
          when 'reject' then 'rejected' when 'revoke' then 'revoked the decision on' else 'allowed rehearsing' end,
        a.migration_id, a.revision, coalesce(': ' || a.reason, '')), 'approval ' || a.approval_id, false
      from only levelb.approval a
    union all
    select a.finished_at, a.operator, levelb._activation_sentence(a), 'activation ' || a.activation_id, false
      from only levelb.activation a
    union all
    select r.finished_at, r.principal, format('rehearsed %s revision %s %s: %s%s', r.migration_id, r.revision,
        case r.place when 'live' then 'on the live objects' else 'in the sandbox' end, r.outcome,
        coalesce(' ' || r.code || ' ' || r.reason, '')), 'rehearsal ' || r.rehearsal_id, false
      from only levelb.rehearsal r
  ) e order by e.is_first desc, e.at
$_audit$;
comment on function levelb._audit() is 'Lines of the view audit.';

create view levelb.audit as select a.* from levelb._audit() a;
comment on view levelb.audit is 'Everything that happened, a sentence each: a rebootstrap first, then oldest first.';
comment on column levelb.audit.at is 'When.';
comment on column levelb.audit.who is 'Principal, or login where there was none.';
comment on column levelb.audit.what is 'What, as a sentence whose subject is who. Words of others follow a colon.';
comment on column levelb.audit.ref is 'Row it comes from: the table and its key.';
comment on column levelb.audit.is_first is 'Whether it stands before everything else, whenever it was: a rebootstrap.';
