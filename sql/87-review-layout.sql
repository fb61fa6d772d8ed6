-- Owns how a page is laid out: sections, labels, points and listings. 100 columns of plain text. Only levelb's own words begin in
-- the first column: whatever others wrote is indented, and text that would run stands behind a line number, so that no text
-- can pretend to be a heading.

-- Prose in lines of at most `width`, at spaces; a longer word is cut.
create function levelb._wrapped(
  value text,
  width integer
)
  returns text[]
  language plpgsql immutable strict
  set search_path = pg_catalog, pg_temp
as $_wrapped$
declare
  v_line text;
  v_word text;
  v_open text;
  v_lines text[] := '{}';
begin
  foreach v_line in array string_to_array(replace(value, E'\r\n', E'\n'), E'\n') loop
    v_open := '';
    foreach v_word in array string_to_array(levelb._visible(replace(v_line, E'\t', '    ')), ' ') loop
      if v_open <> '' and length(v_open) + 1 + length(v_word) > width then
        v_lines := v_lines || v_open;
        v_open := v_word;
      else
        v_open := case when v_open = '' then v_word else v_open || ' ' || v_word end;
      end if;
      while length(v_open) > width loop
        v_lines := v_lines || left(v_open, width);
        v_open := substr(v_open, width + 1);
      end loop;
    end loop;
    v_lines := v_lines || v_open;
  end loop;
  return v_lines;
end
$_wrapped$;
comment on function levelb._wrapped(text, integer) is 'Prose as lines of at most so many characters.';

-- One fact: a label, and its text beside it. Nothing without a text.
create function levelb._labelled(
  label text,
  value text
)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array(
  select rtrim(rpad(case i when 1 then '  ' || label else '' end, 16) || line)
    from unnest(levelb._wrapped(value, 84)) with ordinality l (line, i) order by i);
comment on function levelb._labelled(text, text) is 'A label with its text beside it, as lines.';

-- One point of a list. Lines that who wrote it began himself are marked, as those of a text that would run are: none looks
-- like another point.
create function levelb._point(value text)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array(
  select rtrim(case when p > 1 then '    | ' when i > 1 then '    ' else '  ' end || line)
    from string_to_table(replace(value, E'\r\n', E'\n'), E'\n') with ordinality s (said, p),
      unnest(levelb._wrapped(said, case p when 1 then 96 else 94 end)) with ordinality l (line, i)
   order by p, i);
comment on function levelb._point(text) is 'A point of a list as lines.';

create function levelb._section(
  heading text,
  lines text[]
)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case when cardinality(lines) > 0
  then E'\n' || heading || E'\n' || array_to_string(lines, E'\n') || E'\n' else '' end;
comment on function levelb._section(text, text[]) is 'A section of the page; nothing without lines.';

-- A page of a megabyte is read by nobody, and takes minutes to make: of a text that is longer than this the head and the
-- tail are shown, and how to see the rest.
create function levelb._shortened(value text)
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case when coalesce(length(value), 0) <= 60000 then value else concat(left(value, 40000), E'\n\n',
  format('[%s characters are left out here. All of it: select * from levelb.step; its sha256 is %s]', length(value) - 50000,
    encode(levelb._sha256(value), 'hex')), E'\n\n', right(value, 10000)) end;
comment on function levelb._shortened(text) is 'A text that is too long for a page as its head and tail.';

-- Text that runs, as it is: numbered lines, what is too long goes on below without a number. ! marks a line that holds
-- characters outside of ASCII.
create function levelb._listing(value text)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array(
  select case piece
      when 1 then lpad(i::text, 6) || case when octet_length(line) > length(line) then ' !| ' else '  | ' end
      else repeat(' ', 8) || ': ' end || substr(shown, 1 + (piece - 1) * 90, 90)
    from string_to_table(replace(levelb._shortened(value), E'\r\n', E'\n'), E'\n') with ordinality l (line, i),
      lateral (select levelb._visible(replace(line, E'\t', '    '))) v (shown),
      lateral generate_series(1, greatest(1, (length(shown) + 89) / 90)) p (piece)
   order by i, piece);
comment on function levelb._listing(text) is 'Text with line numbers.';

-- The points of one section from the entries of a JSON list, each already a sentence.
create function levelb._points(sentences text[])
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array(
  select l.line
    from unnest(sentences) with ordinality s (said, i), unnest(levelb._point(s.said)) with ordinality l (line, j)
   order by s.i, l.j);
comment on function levelb._points(text[]) is 'Sentences as the points of a list.';

create function levelb._effects_by_class(effects jsonb)
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_effects_by_class$
  select coalesce(array_agg(line order by class collate "C", place, i), '{}') from (
    select e ->> 'class' as class, 0 as place, 0 as i,
        format('  %s: %s', e ->> 'class', levelb._count(count(*), 'effect')) as line
      from jsonb_array_elements(effects) e group by e ->> 'class'
    union all
    select v ->> 'class', n, w.i, case w.i when 1 then '    ' else '      ' end || w.line
      from jsonb_array_elements(effects) with ordinality f (v, n),
        lateral jsonb_populate_record(null::levelb.effect, v) e,
        -- the class is in the heading
        lateral unnest(levelb._wrapped(substr(levelb.effect_text(e), length(e.class) + 3), 94))
          with ordinality w (line, i)
  ) lines
$_effects_by_class$;
comment on function levelb._effects_by_class(jsonb) is 'Effects in words under their classes.';
