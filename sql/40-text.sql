-- Owns what a text, a name or a hash that a caller sends must look like. Knows no table and no JSON.
-- Every function here returns its value or raises; patterns stand in dollar quotes, because a caller's
-- standard_conforming_strings = off would change the meaning of a backslash in an ordinary literal.

-- Refused with LB006: what readers cannot see, or would take for an ordinary space or a line end. These are all
-- controls (PostgreSQL 17 takes U+000B for white space and 16 does not, a lone U+000D ends a comment where no editor
-- shows a line end), all separators but the space (Zs, Zl, Zp), all of Unicode's Default_Ignorable_Code_Point (zero
-- width, bidi, fillers, variation selectors, tags, unassigned ones of U+FFF0 and U+E0000), interlinear annotation,
-- hieroglyph joiners and the blank Braille pattern. So a ZWNJ in Persian prose and the selector of a red heart are
-- refused as well: what is approved has one appearance. Private-use, unassigned and combining characters are not:
-- they show. A list of allowed characters (ASCII outside of literals) would need a lexer and refuse every name and
-- comment that is not English.
create function levelb._invisible()
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return $re$\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f$re$
  || $re$\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb$re$
  || $re$\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff$re$;
comment on function levelb._invisible() is
  'Those characters but the C0 controls, as the inside of a bracket expression.';

-- Where in a text: in characters from 1, as editors count lines and columns.
create function levelb._place(
  source text,
  at integer
)
  returns jsonb
  language sql immutable
  set search_path = pg_catalog, pg_temp
return jsonb_build_object('position', _place.at,
  'line', 1 + length(left(source, _place.at - 1)) - length(replace(left(source, _place.at - 1), E'\n', '')),
  'column', _place.at - length(left(source, _place.at - 1))
    + length(split_part(left(source, _place.at - 1), E'\n', -1)));
comment on function levelb._place(text, integer) is '{position, line, column} of a character.';

create function levelb._check_text(
  field text,
  value text,
  max_bytes integer,
  multiline boolean default false
)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_text$
declare
  v_invisible constant text := levelb._invisible();
  v_position integer;
begin
  if value is null then
    perform levelb._invalid(field, 'is required');
  -- First of all the size: it is known without reading the text.
  elsif octet_length(value) > max_bytes then
    perform levelb._invalid(field, format('is %s bytes long, at most %s are allowed', octet_length(value), max_bytes));
  elsif btrim(value, E' \t\r\n') = '' then
    perform levelb._invalid(field, 'is empty');
  end if;

  v_position := regexp_instr(value, case when multiline
    then $re$[\u0001-\u0008\u000b\u000c\u000e-\u001f$re$ || v_invisible || $re$]|\r(?!\n)$re$
    else $re$[\u0001-\u001f$re$ || v_invisible || ']' end);
  if v_position > 0 then
    perform levelb._raise('LB006', jsonb_build_object('field', field) || levelb._place(value, v_position)
      || jsonb_build_object('codepoint', levelb._codepoint(substr(value, v_position, 1))));
  end if;
  return value;
end
$_check_text$;
comment on function levelb._check_text(text, text, integer, boolean) is
  'Return a text that is not blank, not too long, and holds nothing that readers cannot see; else raise LB001 or LB006.';

create function levelb._codepoint(value text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return 'U+' || lpad(upper(to_hex(ascii(value))), greatest(4, length(to_hex(ascii(value)))), '0');
comment on function levelb._codepoint(text) is 'The first character as U+200B.';

-- For one line that people read: names in the catalogs may hold anything, and a line that a name could break or reorder
-- would say something else than it does.
create function levelb._visible(value text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case when value ~ ($re$[\u0001-\u001f$re$ || levelb._invisible() || ']')
  -- one such character and what follows it at a time: a pattern per character took a minute for a megabyte
  then (select string_agg(case when m[1] = '' then '' else '{' || levelb._codepoint(m[1]) || '}' end || m[2], '' order by n)
        from regexp_matches(value, $re$([\u0001-\u001f$re$ || levelb._invisible() || $re$]?)([^\u0001-\u001f$re$
          || levelb._invisible() || ']*)', 'g') with ordinality t (m, n))
  else value end;
comment on function levelb._visible(text) is 'The text with characters that readers cannot see spelled as {U+200B}.';

-- Principals, groups and steps. ASCII only, so that two names never look the same; no leading dot or dash, so that a
-- name is a safe file name and never an option.
create function levelb._check_name(
  field text,
  value text
)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_name$
declare
  v_position constant integer := regexp_instr(value, '[^A-Za-z0-9_.-]');
begin
  if value is null then
    perform levelb._invalid(field, 'is required');
  elsif v_position > 0 then
    perform levelb._invalid(field, format('holds %s at position %s; a name is letters a to z, digits, _ . and -',
      levelb._codepoint(substr(value, v_position, 1)), v_position));
  elsif value !~ '^[A-Za-z0-9_]' or octet_length(value) > 63 then
    perform levelb._invalid(field, 'must be 1 to 63 letters, digits, _ . and -, and begin with a letter, a digit or _');
  end if;
  return value;
end
$_check_name$;
comment on function levelb._check_name(text, text) is
  'Return the name of a principal, group or step, else raise LB001.';

-- Names that PostgreSQL gave (roles, schemas, databases): any text it accepts but what readers cannot see, which a
-- space at either end is too.
create function levelb._check_identifier(
  field text,
  value text
)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_identifier$
begin
  perform levelb._check_text(field, value, 63);
  if value ~ '^ | $' then
    perform levelb._invalid(field, 'begins or ends with a space');
  end if;
  return value;
end
$_check_identifier$;
comment on function levelb._check_identifier(text, text) is
  'Return the name of a database object, else raise LB001 or LB006.';

create function levelb._check_role(
  field text,
  value text
)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_role$
begin
  perform levelb._check_identifier(field, value);
  if starts_with(value, 'levelb_') or starts_with(value, 'pg_') then
    perform levelb._invalid(field, format('names role %s; roles beginning with levelb_ or pg_ are out of reach', value));
  elsif value in ('public', 'none') then
    perform levelb._invalid(field, format('%s is not a role', value));
  end if;
  return value;
end
$_check_role$;
comment on function levelb._check_role(text, text) is
  'Return the name of a role that callers may name, else raise LB001 or LB006.';

-- The domain is the only place that states the rule.
create function levelb._check_slug(
  field text,
  value text
)
  returns text
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_slug$
begin
  if value is null then
    perform levelb._invalid(field, 'is required');
  end if;
  return value::levelb.slug;
exception when check_violation then
  perform levelb._invalid(field, 'must look like 0007_repoint_orders or billing/0007_repoint_orders: lower-case letters, '
    || 'digits, _ - and dots, beginning with a letter or digit; at most 63 characters, and 31 before the slash');
end
$_check_slug$;
comment on function levelb._check_slug(text, text) is 'Return the name of a migration, else raise LB001.';

create function levelb._check_hash(
  field text,
  value bytea
)
  returns bytea
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_hash$
begin
  if value is null then
    perform levelb._invalid(field, 'is required');
  elsif octet_length(value) <> 32 then
    perform levelb._invalid(field, format('is %s bytes long, a SHA-256 digest is 32', octet_length(value)));
  end if;
  return value;
end
$_check_hash$;
comment on function levelb._check_hash(text, bytea) is 'Return a SHA-256 digest, else raise LB001.';
