-- Owns what a database can say about SQL text without a parser: where each statement begins, which of them can never
-- run in the channel, and what to write instead. Judges the text alone. What DO bodies and EXECUTE hide fails when it
-- runs (73-failure-hint.sql). A statement that could be right is never refused: there would be no way round.

create type levelb._masked_text as (
  masked      text,
  unfinished  text,
  position    integer
);
comment on type levelb._masked_text is 'A text without its literals and comments, as long as before.';
comment on column levelb._masked_text.masked is
  'Comments are blanks; of string constants and quoted names the opening quote stands, then U+0001 for each character.';
comment on column levelb._masked_text.unfinished is
  'What never ends: string constant, quoted name or comment; null when all end.';
comment on column levelb._masked_text.position is 'Where that begins, in characters from 1.';

create type levelb._statement as (
  position  integer,
  shape     text,
  masked    text
);
comment on type levelb._statement is 'One statement of a text.';
comment on column levelb._statement.position is 'Where its first word begins, in characters from 1.';
comment on column levelb._statement.shape is
  'Its tokens in lower case with one space between them; '' stands for a string constant, " for a quoted name. Null where its first word says that nothing is to be judged.';
comment on column levelb._statement.masked is 'Its text as in levelb._masked_text, from its first word on.';

create type levelb._channel_rule as (
  reason   text,
  pattern  text,
  hint     text
);
comment on type levelb._channel_rule is 'Statements that cannot run in the channel.';
comment on column levelb._channel_rule.reason is 'Why not.';
comment on column levelb._channel_rule.pattern is 'Which: a regular expression over the shape of the statement.';
comment on column levelb._channel_rule.hint is 'The way out; null where it is made from the statement.';

-- Of a run of quotes and backslashes inside a string constant: '' is a quote, and so is \' where backslashes escape.
create function levelb._ends_string(
  run text,
  escapes boolean
)
  returns boolean
  language sql immutable
  set search_path = pg_catalog, pg_temp
return length(replace(case when escapes then regexp_replace(run, $re$\\.$re$, '', 'g') else run end, $re$\$re$, '')) % 2 = 1;
comment on function levelb._ends_string(text, boolean) is
  'Whether a string constant ends in this run of quotes and backslashes.';

-- One regular expression cuts the text after each character that could begin or end something; a small machine decides
-- which do. A pattern of whole tokens does not know where a dollar quote or a nested comment ends, but for
-- backreferences, which are slow in PostgreSQL; a loop over characters, or with substr over a mebibyte, takes minutes.
create function levelb._mask(source text)
  returns levelb._masked_text
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
  set standard_conforming_strings = on
as $_mask$
declare
  v_name constant text := '[A-Za-z0-9_$\u0080-\U0010ffff]$';
  v_result levelb._masked_text;
  v_parts text[] := '{}';
  v_piece text;
  v_plain text;                   -- the piece without its mark
  v_mark text;                    -- its last character; of quotes and backslashes the whole run
  v_state text := '';             -- '' code; ' string; e string with escapes; " name; $ dollar quote; -- and /* comments
  v_last text := '';              -- the mark before, where this one could make it a pair
  v_before text := '';            -- the code before a $
  v_tag text;
  v_depth integer;
  v_continued boolean := false;   -- a string with escapes has ended, and a quote on the next line would go on with it
  v_position integer := 1;
  v_start integer;
begin
  for v_piece in
    select m[1] from regexp_matches(source, $re$[^'"$\\/*\r\n-]*(?:'+|\\+'*|"+|[\r\n]+|[-/*$])|[^'"$\\/*\r\n-]+$re$, 'g') m
  loop
    v_plain := rtrim(v_piece, E'''\\"$/*-\r\n');
    v_mark := substr(v_piece, length(v_plain) + 1);

    if v_state = '' then
      if v_continued and (v_plain ~ '[^ \t\f]' or v_mark ~ '["$/*]' or v_last = '-' and v_plain || v_mark <> '-') then
        v_continued := false;
      end if;
      if v_plain = '' and v_last || v_mark in ('--', '/*') then
        v_state := v_last || v_mark;
        v_depth := 1;
        v_start := v_position - 1;
        v_parts[cardinality(v_parts)] := left(v_parts[cardinality(v_parts)], -1) || ' ';
        v_piece := ' ';
        v_mark := '';
      elsif v_mark = '$' and v_last = '$' and v_before !~ v_name
            and v_plain ~ '^([A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*)?$' then
        v_state := '$';
        v_tag := v_plain;
        v_start := v_position - 1;
        v_parts[cardinality(v_parts)] := left(v_parts[cardinality(v_parts)], -1) || '''';
        v_piece := repeat(E'\u0001', length(v_piece));
        v_mark := '';
      elsif v_mark = '$' then
        v_before := case v_plain when '' then v_last else v_plain end;
      elsif strpos(v_mark, '''') > 0 then
        v_state := case when v_continued
          or v_plain ~* 'e$' and left(v_plain, -1) !~ v_name and not (length(v_plain) = 1 and v_last = '$' and v_before ~ v_name) then 'e' else '''' end;
        v_plain := v_plain || left(v_mark, strpos(v_mark, '''') - 1);
        v_start := v_position + length(v_plain);
        v_mark := substr(v_mark, strpos(v_mark, '''') + 1);
        v_piece := v_plain || '''' || repeat(E'\u0001', length(v_mark));
        v_continued := false;
        if levelb._ends_string(v_mark, v_state = 'e') then
          v_continued := v_state = 'e';
          v_state := '';
        end if;
        v_mark := '';
      elsif v_mark ~ '^"' then
        v_start := v_position + length(v_plain);
        v_piece := v_plain || '"' || repeat(E'\u0001', length(v_mark) - 1);
        v_state := case length(v_mark) % 2 when 1 then '"' else '' end;
      end if;

    elsif v_state in ('--', '/*') then
      v_piece := repeat(' ', length(v_piece));
      if v_state = '--' and v_mark ~ '[\r\n]' then
        v_state := '';
      elsif v_state = '/*' and v_plain = '' and v_last || v_mark in ('*/', '/*') then
        v_depth := v_depth + case v_mark when '*' then 1 else -1 end;
        v_state := case v_depth when 0 then '' else '/*' end;
        v_mark := '';
      end if;

    else
      v_piece := repeat(E'\u0001', length(v_piece));
      if v_state = '$' then
        if v_mark = '$' and v_last = '$' and v_plain = v_tag then
          v_state := '';
          v_mark := '';
        end if;
      elsif v_state = '"' then
        v_state := case when v_mark ~ '^"' and length(v_mark) % 2 = 1 then '' else '"' end;
      elsif strpos(v_mark, '''') > 0 and levelb._ends_string(v_mark, v_state = 'e') then
        v_continued := v_state = 'e';
        v_state := '';
      end if;
    end if;

    v_last := v_mark;
    v_parts := array_append(v_parts, v_piece);
    v_position := v_position + length(v_piece);
  end loop;

  v_result.masked := array_to_string(v_parts, '');
  if v_state not in ('', '--') then
    v_result.unfinished := case v_state when '/*' then 'comment' when '"' then 'quoted name' else 'string constant' end;
    v_result.position := v_start;
  end if;
  return v_result;
end
$_mask$;
comment on function levelb._mask(text) is
  'Blank out the literals and comments of SQL text, as PostgreSQL reads it with standard_conforming_strings on.';

create function levelb._shape(masked text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return btrim(regexp_replace(regexp_replace(lower(masked collate "C"), $re$([][(),.=]|['"]\u0001*)$re$, $re$ \1 $re$, 'g'),
  $re$[ \t\r\n\f\u0001]+$re$, ' ', 'g'));
comment on function levelb._shape(text) is 'Tokens of masked text in lower case, one space between them.';

-- A semicolon ends a statement but in the commands of a rule and in a body between BEGIN ATOMIC and END. Each of the
-- latter's statements has a semicolon, so its END is a statement by itself. Only what begins like something that is
-- refused gets a shape: that is where the time goes.
create function levelb._statements(masked text)
  returns setof levelb._statement
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
  set standard_conforming_strings = on
as $_statements$
declare
  v_judged constant text := '^(?:abort|alter|begin|checkpoint|cluster|commit|copy|create|discard|drop|end|grant|listen|load'
    || '|prepare|reindex|release|reset|revoke|rollback|savepoint|set|start|unlisten|vacuum)(?![A-Za-z0-9_$])';
  v_statement levelb._statement;
  v_part text;
  v_position integer := 1;
  v_parentheses integer := 0;
  v_atomic boolean := false;
begin
  for v_part in select s from string_to_table(masked, ';') s loop
    if v_atomic then
      v_atomic := v_part !~* '^[ \t\r\n\f]*end[ \t\r\n\f]*$';
    elsif v_parentheses > 0 then
      v_parentheses := v_parentheses + length(replace(v_part, ')', '')) - length(replace(v_part, '(', ''));
    else
      v_statement.masked := ltrim(v_part, E' \t\r\n\f');
      if v_statement.masked <> '' then
        v_statement.position := v_position + length(v_part) - length(v_statement.masked);
        v_statement.shape := case when v_statement.masked ~* v_judged then levelb._shape(v_statement.masked) end;
        if v_statement.shape ~ '^create (?:or replace )?rule ' then
          v_parentheses := length(replace(v_part, ')', '')) - length(replace(v_part, '(', ''));
        elsif v_statement.shape ~ '^create (?:or replace )?(?:function|procedure) ' then
          v_atomic := v_statement.shape ~ ' begin atomic(?: |$)' and v_statement.shape !~ ' begin atomic end$';
        end if;
        return next v_statement;
      end if;
    end if;
    v_position := v_position + length(v_part) + 1;
  end loop;
end
$_statements$;
comment on function levelb._statements(text) is 'Statements of masked text, in order.';

-- The rules, in the order in which they are tried. The patterns mean the same to PostgreSQL and to JavaScript, where
-- src/json/statements.ts has them again. Refused is what PostgreSQL refuses in every function whatever the rights; what
-- role documents are for; and what would read or start something that nobody approved (files, programs, libraries).
-- DROP SUBSCRIPTION, CLUSTER of a partitioned table and the like depend on what they name, so they fail when they run;
-- REASSIGN OWNED and DROP OWNED work where levelb_deploy was granted the role, and the read-back says what they did.
create function levelb._channel_rules()
  returns setof levelb._channel_rule
  language sql immutable
  set search_path = pg_catalog, pg_temp
  -- parsed when it runs, so that a session cannot take the backslashes out
  set standard_conforming_strings = on
as $_channel_rules$
  select r.reason, r.pattern, r.hint
    from (values
      ('transaction control', '^(?:begin|start transaction|commit|end|rollback|abort|savepoint|release|prepare transaction)(?: |$)',
        'Take it out: all steps run in one transaction, which is kept or undone as a whole. Inside a DO block, EXCEPTION undoes a part.'),
      ('cannot run inside a transaction', '^(?:vacuum(?: |$)|cluster(?: verbose| \(.*\))?$)',
        'Run it with psql, as the owner of the table; it changes nothing that needs approval. ANALYZE can stand in a step.'),
      ('cannot run inside a transaction', '^create (?:unique )?index concurrently(?: |$)|^drop index concurrently ',
        'Run it with your migration tool, write it as kind attended for a superuser, or take CONCURRENTLY out: then the table is locked for as long as it takes.'),
      ('cannot run inside a transaction', '^reindex (?:\( .* \) )?(?:schema|database|system)(?: |$)'
        || '|^reindex (?:\( .* \) )?(?:index|table) concurrently |^reindex \( (?:.* )?concurrently(?: (?:true|on|1))? [,)]',
        'Run it with psql, as the owner; it changes nothing that needs approval. REINDEX TABLE and REINDEX INDEX can stand in a step.'),
      ('cannot run inside a transaction', '^alter table (?=.* detach partition ).* concurrently$',
        'Take CONCURRENTLY out, which locks the parent for a moment, or run it with your migration tool.'),
      ('cannot run inside a transaction', '^(?:create|drop) (?:database|tablespace) |^alter database [^ ]+ set tablespace (?!to |= )',
        'A superuser runs it outside of levelb: it is no change of one database, and cannot be undone.'),
      ('cannot run inside a transaction', '^alter system ',
        'A superuser runs it outside of levelb. Where a setting of the database is enough: alter database … set ….'),
      ('cannot run inside a transaction', '^discard all$',
        'Take it out: an activation has a session of its own. DISCARD TEMP can stand in a step.'),
      ('cannot run inside a transaction', '^create subscription (?!.* (?:connect|create_slot|") )',
        'Write with (connect = false) and make the slot with psql, or let a superuser create it outside of levelb.'),
      ('cannot run inside a transaction', '^alter subscription [^ ]+ refresh publication(?: |$)',
        'Run it with psql, as the owner of the subscription.'),
      ('roles are changed by role documents', '^(?:create|alter|drop) (?:role|user|group) (?!mapping (?:for|if) |all in database )'
        || '|^grant (?!.* on ).* to |^revoke (?!.* on ).* from ', null),
      ('the role of the text is fixed', '^(?:set|reset) (?:local |session )?(?:role|session authorization)(?: |$)',
        'Take it out: text runs as levelb_deploy. Let a superuser grant it the role that owns what is changed, for the while.'),
      ('the session ends with the activation', '^(?:listen|unlisten) ',
        'Take it out. NOTIFY can stand in a step: it is sent when the activation commits.'),
      ('data from the client', '^copy (?:.* )?(?:stdin|stdout)(?: |$)',
        'Write the rows as INSERT … VALUES: they are part of what is approved.'),
      ('reads or writes outside of the database', '^copy ',
        'Write the rows as INSERT … VALUES: they are part of what is approved, a file or program is not.'),
      ('loads code that nobody approved', '^load ',
        'Let a superuser set session_preload_libraries for whoever needs the library, outside of levelb.'),
      ('changes nothing', '^checkpoint(?: |$)',
        'Take it out, or run it with psql.')
    ) as r (reason, pattern, hint)
$_channel_rules$;
comment on function levelb._channel_rules() is 'Which statements cannot run in the channel, why, and the way out.';

-- Quoted names in place of their signs; null where one is not as plain as an unquoted name, or a constant holds a
-- space: then the shape would say something else than the statement.
create function levelb._named_shape(
  statement levelb._statement,
  source text
)
  returns text
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
  set standard_conforming_strings = on
as $_named_shape$
declare
  v_shape text := '';
  v_position integer := statement.position;
  v_literal text;
  v_token text;
  v_literals text[] := '{}';
begin
  for v_token in
    select m[1] from regexp_matches(statement.masked, $re$[^'"]*['"]\u0001*$re$, 'g') m
  loop
    v_literal := substr(source, v_position, length(v_token));
    v_position := v_position + length(v_token);
    v_literals := v_literals || regexp_replace(v_literal, $re$^[^'"]*$re$, '');
  end loop;
  foreach v_token in array string_to_array(statement.shape, ' ') loop
    if v_token in ('''', '"') then
      v_token := v_literals[1];
      v_literals := v_literals[2:];
      if v_token !~ $re$^"[a-z_][a-z0-9_]*"$|^'[^' ]+'$$re$ then
        return null;
      end if;
      v_token := btrim(v_token, '"');
    end if;
    v_shape := v_shape || ' ' || v_token;
  end loop;
  return substr(v_shape, 2);
end
$_named_shape$;
comment on function levelb._named_shape(levelb._statement, text) is
  'The shape of a short statement with its literals, or null.';

-- What a role document can say of CREATE ROLE: the attributes that it sets by itself say nothing, others are left over.
create function levelb._create_role_document(
  name text,
  options text
)
  returns jsonb
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
  set standard_conforming_strings = on
as $_create_role_document$
declare
  v_names constant text := '([a-z_][a-z0-9_]*(?: , [a-z_][a-z0-9_]*)*)';
  v_rest text := ' ' || coalesce(options, '') || ' ';
  v_role jsonb := jsonb_build_object('name', name);
  v_grants jsonb;
begin
  select jsonb_agg(g.entry) into v_grants
    from (
      select jsonb_build_object('role', r, 'to', name) as entry
        from regexp_matches(v_rest, ' in (?:role|group) ' || v_names, 'g') m, string_to_table(m[1], ' , ') r
      union all
      select jsonb_build_object('role', name, 'to', r) || case m[1] when 'admin' then '{"admin": true}' else '{}' end::jsonb
        from regexp_matches(regexp_replace(v_rest, ' in (?:role|group) ' || v_names, '', 'g'), ' (role|user|admin) ' || v_names, 'g') m,
          string_to_table(m[2], ' , ') r
    ) g;
  v_rest := regexp_replace(v_rest, ' (?:in (?:role|group)|role|user|admin) ' || v_names, '', 'g');
  if v_rest ~ ' (?:no)?inherit ' then
    v_role := v_role || jsonb_build_object('inherit', v_rest !~ ' noinherit ');
  end if;
  if v_rest ~ ' connection limit -?[0-9]{1,9} ' then
    v_role := v_role || jsonb_build_object('connection_limit', substring(v_rest from ' connection limit (-?[0-9]+) ')::integer);
  end if;
  v_rest := regexp_replace(v_rest, '(?:\m(?:no)?inherit\M|\mconnection limit -?[0-9]+|\mno(?:login|superuser|createdb|createrole|replication|bypassrls)\M)', '', 'g');
  return case when btrim(v_rest) = '' then jsonb_strip_nulls(jsonb_build_object('create', jsonb_build_array(v_role), 'grant', v_grants)) end;
end
$_create_role_document$;
comment on function levelb._create_role_document(text, text) is
  'The role document of CREATE ROLE, or null where none says the same.';

create function levelb._role_document(shape text)
  returns jsonb
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
  set standard_conforming_strings = on
as $_role_document$
declare
  v_name constant text := '([a-z_][a-z0-9_]*)';
  v_names constant text := '([a-z_][a-z0-9_]*(?: , [a-z_][a-z0-9_]*)*)';
  m text[];
begin
  -- Names that a document takes for something else, or not at all.
  if shape !~ '^alter .* (?:set|reset) ' and shape ~ ' (?:current_user|current_role|session_user|public|(?:levelb|pg)_[a-z0-9_]*)(?: |$)' then
    return null;
  end if;
  m := regexp_match(shape, '^create (?:role|group) ' || v_name || '(?: with)?(?: (.+))?$');
  if m is not null then
    return levelb._create_role_document(m[1], m[2]);
  end if;
  m := regexp_match(shape, '^create user ' || v_name || '(?: with)?((?: .+)? nologin(?: .+)?)$');
  if m is not null then
    return levelb._create_role_document(m[1], m[2]);
  end if;
  m := regexp_match(shape, '^drop (?:role|user|group) (?:if exists )?' || v_names || '$');
  if m is not null then
    return jsonb_build_object('drop', string_to_array(m[1], ' , '));
  end if;
  m := regexp_match(shape, '^grant ' || v_names || ' to ' || v_names || '(?: with ([a-z , ]+))?$');
  if m is not null then
    return (select jsonb_build_object('grant', jsonb_agg(jsonb_build_object('role', r, 'to', t)
        || coalesce((select jsonb_object_agg(o[1], o[2] <> 'false')
                       from regexp_matches(m[3], '(admin|inherit|set) (option|true|false)', 'g') o), '{}')))
      from string_to_table(m[1], ' , ') r, string_to_table(m[2], ' , ') t);
  end if;
  m := regexp_match(shape, '^revoke ' || v_names || ' from ' || v_names || '(?: restrict)?$');
  if m is not null then
    return (select jsonb_build_object('revoke', jsonb_agg(jsonb_build_object('role', r, 'from', f)))
      from string_to_table(m[1], ' , ') r, string_to_table(m[2], ' , ') f);
  end if;
  m := regexp_match(shape, '^alter group ' || v_name || ' (add|drop) user ' || v_names || '$');
  if m is not null then
    return (select jsonb_build_object(case m[2] when 'add' then 'grant' else 'revoke' end,
        jsonb_agg(jsonb_build_object('role', m[1], case m[2] when 'add' then 'to' else 'from' end, u)))
      from string_to_table(m[3], ' , ') u);
  end if;
  m := regexp_match(shape, '^alter (?:role|user) ' || v_name || '(?: in database ' || v_name || ')? (?:set ([a-z0-9_. ]+?) (?:to|=) (.+)|reset ([a-z0-9_. ]+))$');
  if m is not null then
    if m[5] = 'all' or m[4] in ('default', 'from current') or m[4] ~ '^''.*,|[()]' then
      return null;
    end if;
    return jsonb_build_object('set', jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('role', m[1], 'database', m[2],
      'name', replace(coalesce(m[3], m[5]), ' ', ''))) || jsonb_build_object('value', replace(btrim(m[4], ''''), ' , ', ', '))));
  end if;
  m := regexp_match(shape, '^alter (?:role|user) ' || v_name || '(?: with)?((?: (?:no)?inherit| connection limit -?[0-9]{1,9})+)$');
  if m is not null then
    return jsonb_build_object('alter', levelb._create_role_document(m[1], substr(m[2], 2)) -> 'create');
  end if;
  return null;
end
$_role_document$;
comment on function levelb._role_document(text) is 'The role document that says the same as a role statement, or null.';

create function levelb._way_out(
  rule levelb._channel_rule,
  statement levelb._statement,
  source text
)
  returns text
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
  set standard_conforming_strings = on
as $_way_out$
declare
  v_document jsonb;
begin
  if rule.hint is not null then
    return rule.hint;
  elsif length(statement.masked) <= 4000 then
    v_document := levelb._role_document(levelb._named_shape(statement, source));
  end if;
  return coalesce('Write a step of its own: {"name": "roles", "roles": ' || v_document::text || '}',
    'Write a step of its own with a role document: {"name": "roles", "roles": {"create": …, "alter": …, "grant": …, "revoke": …, '
    || '"set": …, "drop": …}}. Logins, passwords, dangerous attributes and the roles of levelb and PostgreSQL are changed by a '
    || 'superuser outside of levelb.');
end
$_way_out$;
comment on function levelb._way_out(levelb._channel_rule, levelb._statement, text) is
  'What to write instead of a statement.';

-- The first thing wrong, by its place. Names the leading words only, since what follows may be a secret. What a
-- superuser will run by hand may be any statement, but has to be whole, and the same in every client.
create function levelb._check_statements(
  field text,
  source text,
  required boolean,
  attended boolean
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
  set standard_conforming_strings = on
as $_check_statements$
declare
  v_text constant levelb._masked_text := levelb._mask(source);
  v_refused constant text := (select string_agg(r.pattern, '|') from levelb._channel_rules() r);
  v_statement levelb._statement;
  v_rule levelb._channel_rule;
  v_words text;
  v_position integer := least(nullif(strpos((v_text).masked, '\'), 0), (v_text).position);
  v_reason text := case when (v_text).position = v_position then format('a %s does not end', (v_text).unfinished)
    else 'a backslash: psql reads it, PostgreSQL does not' end;
  v_hint text := case when (v_text).position = v_position then 'End it, or double the quote inside of it.'
    else 'Take the psql command out: a file that \i includes is copied in, a value that \set names is written out.' end;
begin
  select s.* into v_statement from levelb._statements((v_text).masked) s
   where not attended and s.shape ~ v_refused limit 1;
  if found and (v_position is null or v_statement.position < v_position) then
    select r.* into v_rule from levelb._channel_rules() r where v_statement.shape ~ r.pattern limit 1;
    v_position := v_statement.position;
    v_words := left(substring(v_statement.shape from '^[^''" ]+(?: [^''" ]+){0,7}'), 100);
    v_reason := v_rule.reason;
    v_hint := levelb._way_out(v_rule, v_statement, source);
  elsif v_position is null and required and btrim((v_text).masked, E'; \t\r\n\f') = '' then
    v_position := 1;
    v_reason := 'no statement, only comments';
    v_hint := 'Write the statement, or leave the step out.';
  end if;
  if v_position is not null then
    perform levelb._raise('LB011', jsonb_build_object('field', field) || levelb._place(source, v_position)
      || jsonb_strip_nulls(jsonb_build_object('reason', v_reason, 'statement', v_words)), v_hint);
  end if;
end
$_check_statements$;
comment on function levelb._check_statements(text, text, boolean, boolean) is
  'Raise LB011 for the first statement of a text that can never run in the channel.

DETAIL: {field, position, line, column, reason, statement}. A text that is not required may hold comments alone.';
