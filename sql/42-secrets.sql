-- Owns what looks like a secret in a text that is kept for ever. Judges the text alone, comments and literals too, and
-- never repeats what it found. A finding in a document may be accepted there: some texts only look like it.

create type levelb._secret_rule as (
  secret   text,
  pattern  text,
  hint     text
);
comment on type levelb._secret_rule is 'A kind of secret.';
comment on column levelb._secret_rule.secret is 'What it is.';
comment on column levelb._secret_rule.pattern is 'How it looks: a regular expression, case-insensitive.';
comment on column levelb._secret_rule.hint is 'Where it belongs instead.';

-- Words for what most patterns share. What stands for a value is no secret: %s, %L, $1, <password>, ***, ...
create function levelb._filled(pattern text)
  returns text
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
  set standard_conforming_strings = on
as $_filled$
declare
  v_result text := pattern;
  v_parts constant text[] := array[
    ['{real}', '(?!%[sIL1-9'']|\$[0-9]|<|[*]{3}|[.]{3})'],
    ['{gap}', '[ \t\r\n]'],
    ['{start}', '(?<![a-z0-9_])'],
    ['{quote}', '(?:u&|e)?'''],
    ['{key}', '(?:host|hostaddr|port|dbname|user|sslmode|application_name|service|options)'],
    ['{value}', '[^ \t\r\n''"=,;()]+'],
    ['{name}', '(?:pwd|secret|token|(?:secret|access|api|private|secret_access|aws_secret_access)_key|apikey|(?:access|auth)_token)']];
begin
  for i in 1 .. array_length(v_parts, 1) loop
    v_result := replace(v_result, v_parts[i][1], v_parts[i][2]);
  end loop;
  return v_result;
end
$_filled$;
comment on function levelb._filled(text) is 'A pattern of levelb._secret_rules with its {words} written out.';

-- The patterns mean the same to PostgreSQL and to JavaScript, where src/json/secrets.ts has them again. The hash of a
-- password is a secret too: who has a SCRAM verifier can try passwords on it, and an md5 one is as good as the
-- password.
create function levelb._secret_rules()
  returns setof levelb._secret_rule
  language sql immutable
  set search_path = pg_catalog, pg_temp
  -- parsed when it runs, so that a session cannot take the backslashes out
  set standard_conforming_strings = on
as $_secret_rules$
  select r.secret, levelb._filled(r.pattern), r.hint
    from (values
      ('private key',
        '-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----',
        'Keep it in a file that only the server reads, and name the file.'),
      ('password in a URL',
        '(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}://[^\]\[ \t\r\n/:@''"<>]*:{real}[^\]\[ \t\r\n/@''"<>]+@',
        'Leave the password out of the URL: PostgreSQL takes it from ~/.pgpass or pg_service.conf of the server''s account.'),
      ('password in a connection string',
        '{start}{key}[ \t]*=[ \t]*{value}(?:{gap}+[a-z_]+[ \t]*=[ \t]*{value}){0,20}{gap}+(?:ssl)?password[ \t]*=[ \t]*(?:'''')?{real}{value}'
        || '|{start}(?:ssl)?password[ \t]*=[ \t]*(?:'''')?{real}{value}(?:'''')?{gap}+{key}[ \t]*=',
        'Leave the password out of the string: PostgreSQL takes it from ~/.pgpass or pg_service.conf of the server''s account.'),
      ('password',
        '{start}(?:ssl)?pass(?:word|wd|phrase)"?{gap}+(?:{quote}{real}[^'']|''''{real}[^'']+'''''
        || '|[$](?:[a-z_][a-z0-9_]*)?[$])',
        'Set it outside of levelb: of a login with \password in psql, of a user mapping by the owner of its server.'),
      ('secret in options',
        '{start}{name}"?{gap}+{quote}{real}[^'']',
        'Set it outside of levelb: the owner of the server or user mapping does, with psql.'),
      ('secret in a setting',
        '{start}set{gap}+(?:local{gap}+|session{gap}+)?"?[a-z0-9_.]{0,200}(?:secret|password|passwd|token|(?:api|access|private)_key)'
        || '"?{gap}*(?:=|to{gap}){gap}*{quote}{real}[^'']',
        'Settings are readable to whoever connects: keep the secret where the application keeps its others.'),
      ('password verifier',
        'SCRAM-SHA-256[$][0-9]+:[a-z0-9+/=]{8}|''md5[0-9a-f]{32}''',
        'Set it outside of levelb, with \password in psql.'),
      ('access key',
        '(?<![a-z0-9])(?:A(?:KIA|SIA)[A-Z0-9]{16}|gh[pousr]_[a-z0-9]{36}|github_pat_[a-z0-9_]{22}|glpat-[a-z0-9_-]{20}'
        || '|xox[abprs]-[a-z0-9-]{10}|sk_live_[a-z0-9]{16}|AIza[a-z0-9_-]{35}|npm_[a-z0-9]{36}'
        || '|eyJ[a-z0-9_-]{10,}[.]eyJ[a-z0-9_-]{10,}[.][a-z0-9_-]{10})',
        'Revoke it, since others have seen it, and keep the new one where the application keeps its secrets.')
    ) as r (secret, pattern, hint)
$_secret_rules$;
comment on function levelb._secret_rules() is 'Kinds of secrets, how they look, and where they belong.';

create type levelb._secret as (
  position  integer,
  secret    text,
  hint      text
);
comment on type levelb._secret is 'A secret that was found in a text.';
comment on column levelb._secret.position is 'Where it begins, in characters from 1.';
comment on column levelb._secret.secret is 'What kind it is.';
comment on column levelb._secret.hint is 'Where it belongs instead.';

create function levelb._find_secret(source text)
  returns levelb._secret
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_find_secret$
  select f.position, f.secret, f.hint
    from (select regexp_instr(source, r.pattern, 1, 1, 0, 'i') as position, r.secret, r.hint from levelb._secret_rules() r) f
   where f.position > 0 order by f.position limit 1
$_find_secret$;
comment on function levelb._find_secret(text) is 'The first secret in a text; null when there is none.';

create function levelb._refuse_secret(
  field text,
  source text
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_secret$
declare
  v_found constant levelb._secret := levelb._find_secret(source);
begin
  if v_found.position is not null then
    perform levelb._raise('LB014', jsonb_build_object('field', field) || levelb._place(source, v_found.position)
      || jsonb_build_object('secret', v_found.secret), v_found.hint);
  end if;
end
$_refuse_secret$;
comment on function levelb._refuse_secret(text, text) is 'Raise LB014 for the first secret in a text.

DETAIL: {field, position, line, column, secret}: what kind and where, never the secret.';

create function levelb._check_reason(reason text)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_reason$
begin
  perform levelb._check_text('reason', reason, 2000, multiline => true);
  perform levelb._refuse_secret('reason', reason);
  return reason;
end
$_check_reason$;
comment on function levelb._check_reason(text) is 'Return the reason of a decision, else raise LB001, LB006 or LB014.';
