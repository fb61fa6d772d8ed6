-- Owns the answer to "did this login ask for exactly this?". Knows the text of the query, and no table of levelb.
-- session_user tells who is connected, not what they meant: a view column, a trigger, a policy or a default that calls
-- levelb.approve runs as whoever touches it. Only the text of the top-level query tells the two apart: PG_CONTEXT shows
-- neither views nor inlined functions, and pg_trigger_depth() is 0 in both.

-- The text is judged by a grammar, never searched for a call: what that does not name is refused. The question is then
-- not which tricks SQL knows, but whether code of others can run in one of these, spelled in any case and spacing:
--   select levelb.verb(…)
--   select * from levelb.verb(…) as r
--   select r.column as "name", … from levelb.verb(…) as r where not (r is null)       (what the generated callers send)
-- What a name means here must not depend on search_path, which the owner of a database sets for everyone, nor on
-- pg_temp, which comes first for types. Hence pg_catalog in front of every type that is an ordinary name: a domain
-- called text would run its CHECK inside the approver's own statement. bigint and the like are words of PostgreSQL's
-- own grammar. Texts that PostgreSQL itself refuses need no refusing: they call nothing. That keeps the grammar short.
-- A parser of SQL was rejected: PostgreSQL has none that SQL can call, and a second one would differ somewhere.
create function levelb._is_call_of(
  query  text,
  verb   text
) returns boolean
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
  -- or the caller's would take the backslashes out of the patterns below
  set standard_conforming_strings = on
as $_is_call_of$
declare
  -- One alternative for each kind of token, the longest match counts, as in PostgreSQL's own lexer. White space is what
  -- the lexers of all versions agree on. A literal holds no backslash, or is '\x' and hexadecimal digits: so it ends at
  -- the same quote whatever standard_conforming_strings is. E'\\x…' is how psql quotes a variable that holds a hash.
  -- The last alternative takes what belongs to no token.
  v_token constant text := '[ \t\n\r\f]+'
    || '|([A-Za-z_][A-Za-z0-9_]*)'
    || '|("[A-Za-z_][A-Za-z0-9_]*")'
    || '|(''(?:[^''\\]|'''')*''|''\\x[0-9A-Fa-f]*''|[Ee]''\\\\x[0-9A-Fa-f]*'')'
    || '|(\$[0-9]+)'
    || '|([0-9]+)'
    || '|(::|=>|[][,.()*;])'
    || '|(.)';
  v_name constant text := '(?:[a-z_][a-z0-9_]*|"[A-Za-z_][A-Za-z0-9_]*")';
  v_cast constant text := '(?: :: (?:pg_catalog \. [a-z_][a-z0-9_]*(?: \[ \])?'
    || '|bigint|integer|boolean|timestamp with time zone))*';
  v_argument constant text := '(?:' || v_name || ' => )?(?:[''$#]|null|true|false)' || v_cast;
  v_column constant text := 'r(?: \. [a-z_][a-z0-9_]*)?';
  v_item constant text := '(?:' || v_column || v_cast
    || '|pg_catalog \. to_char \( ' || v_column || ' at time zone '' , '' \))(?: as ' || v_name || ')?';
  v_call constant text := case when strpos(verb, '.') > 0 then verb else 'levelb.' || verb end;
  v_bare constant text := '[a-z_][a-z0-9_]*(?: , [a-z_][a-z0-9_]*)*';
  v_shape text;
begin
  -- Who writes more than this by hand sends it as a parameter. The limit bounds the work below, so it comes first.
  if query is null or octet_length(query) > 16384 or verb is null or verb !~ '^(?:levelb_sandbox\.)?[a-z][a-z0-9_]*$' then
    return false;
  end if;

  -- The shape is the tokens with a space between them: words in lower case as PostgreSQL folds them, quoted names as
  -- they are, one sign for every literal ('), parameter ($), number (#) and character out of place (?). No word holds a
  -- sign, so what is inside a literal cannot pass for something outside of it.
  select string_agg(
      case
        when t.token[1] is not null then lower(t.token[1] collate "C")
        when t.token[2] is not null then t.token[2]
        when t.token[3] is not null then ''''
        when t.token[4] is not null then '$'
        when t.token[5] is not null then '#'
        when t.token[6] is not null then t.token[6]
        when t.token[7] is not null then '?'
      end, ' ' order by t.position)
    into v_shape
    from regexp_matches(query collate "C", v_token, 'g') with ordinality t (token, position);

  if v_shape is null or v_shape collate "C" !~ ('^select (?:(?:\*|' || v_bare || '|' || v_item || '(?: , ' || v_item || ')*) from )?'
    || replace(v_call, '.', ' \. ') || ' \( (?:' || v_argument || '(?: , ' || v_argument || ')* )?\)'
    || '(?: (?:as )?[a-z_][a-z0-9_]*)?(?: where not \( r is null \))?(?: ;)?$')
  then
    return false;
  end if;

  -- r.name is a column only when the result has one of that name; else PostgreSQL calls the function name(r), which may
  -- be anyone's. A name alone is held to the same, which leaves no word of SQL its meaning there.
  return not exists (
    select from (
        select m.part from regexp_matches(v_shape, ' r \. ([a-z0-9_]+)', 'g') m (part)
        union all
        select array[trim(b.name)]
          from regexp_match(v_shape, '^select (' || v_bare || ') from levelb(?:_sandbox)? ') l (list), string_to_table(l.list[1], ',') b (name)
         where l.list[1] <> 'r'
      ) m (part)
     where not exists (
       select from pg_proc p
         join pg_type y on y.oid = p.prorettype
         join pg_attribute a on a.attrelid = y.typrelid and a.attnum > 0 and not a.attisdropped
        where p.pronamespace = split_part(v_call, '.', 1)::regnamespace and p.proname = split_part(v_call, '.', 2) and a.attname = m.part[1]));
end
$_is_call_of$;
comment on function levelb._is_call_of(text, text) is 'Whether a text is one call of this verb, of schema levelb unless it names another, and nothing else.';

-- current_query() is what the server parsed, whole, in its own encoding; it is null in the function-call protocol, in a
-- login trigger and when a pipeline commits. That it names the call does not yet mean that the call is what runs:
--   a deferred trigger fires while the text of the last statement still stands: so, in no trigger;
--   a client that fetches by the protocol from a cursor that a function opened makes the inner text of that cursor the
--   current one: so, with no cursor open but the unnamed one, the portal of what a client binds and executes in one go;
--   where a client declares a parameter as a domain, its CHECK runs before that portal does: so, a text with parameters
--   counts only while it is in the portal.
-- Hence a client that names its portals is refused, and a verb must ask outside of any loop over a query, which has a
-- named cursor too.
create function levelb._is_direct(verb text)
  returns boolean
  language sql stable
  set search_path = pg_catalog, pg_temp
return levelb._is_call_of(current_query(), verb)
  and pg_trigger_depth() = 0
  and not exists (select from pg_cursors c where c.name <> '')
  and (regexp_replace(current_query(), '''[^'']*''', '', 'g') !~ '[$]'
    or exists (select from pg_cursors c where c.name = '' and c.statement = current_query()));
comment on function levelb._is_direct(text) is 'Whether this session runs one call of this verb and nothing else.';
