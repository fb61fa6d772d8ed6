-- Owns the difference of two texts by lines, as diff -u shows it. Knows no table.

-- Every line of both, in order, with what became of it: ' ' kept, '-' gone, '+' new. Myers' greedy algorithm: its cost
-- follows the difference and not the length, where a table of longest common subsequences of two texts of 2,000 lines
-- has four million cells. Null when more than `most` lines differ.
create function levelb._edits(
  old text[],
  new text[],
  most integer
)
  returns text[]
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
as $_edits$
declare
  -- Lines as numbers: the nth element of a text[] is found by passing all before it.
  a integer[];
  b integer[];
  n constant integer := cardinality(old);
  m constant integer := cardinality(new);
  -- How far into a each diagonal k = x - y came with d = 0, 1, … edits: entry d * (d + 1) / 2 + (k + d) / 2 + 1.
  v_reach integer[] := '{}';
  v_edits text[] := '{}';
  d integer := 0;
  k integer;
  x integer := 0;
  y integer := 0;
  v_row integer;
  v_start integer;
  v_is_down boolean;
begin
  select coalesce(array_agg(l.id order by l.i) filter (where l.is_old), '{}'),
      coalesce(array_agg(l.id order by l.i) filter (where not l.is_old), '{}')
    into a, b
    from (
      select u.is_old, u.i, dense_rank() over (order by u.line collate "C")::integer as id from (
        select true as is_old, o.i, o.line from unnest(old) with ordinality o (line, i)
        union all
        select false, w.i, w.line from unnest(new) with ordinality w (line, i)) u) l;
  <<search>>
  loop
    v_row := (d - 1) * d / 2 + 1;
    k := -d;
    while k <= d loop
      if d = 0 then
        x := 0;
      elsif k = -d or (k < d and v_reach[v_row + (k + d) / 2 - 1] < v_reach[v_row + (k + d) / 2]) then
        x := v_reach[v_row + (k + d) / 2];
      else
        x := v_reach[v_row + (k + d) / 2 - 1] + 1;
      end if;
      y := x - k;
      while x < n and y < m and a[x + 1] = b[y + 1] loop
        x := x + 1;
        y := y + 1;
      end loop;
      v_reach[d * (d + 1) / 2 + (k + d) / 2 + 1] := x;
      exit search when x >= n and y >= m;
      k := k + 2;
    end loop;
    d := d + 1;
    if d > most then
      return null;
    end if;
  end loop;

  -- Back from the end, one edit at a time. Lines are numbers still: 'o3' is the third of old.
  x := n;
  y := m;
  while d > 0 loop
    k := x - y;
    v_row := (d - 1) * d / 2 + 1;
    v_is_down := k = -d or (k < d and v_reach[v_row + (k + d) / 2 - 1] < v_reach[v_row + (k + d) / 2]);
    v_start := case when v_is_down then v_reach[v_row + (k + d) / 2] else v_reach[v_row + (k + d) / 2 - 1] + 1 end;
    while x > v_start loop
      v_edits := v_edits || (' ' || x);
      x := x - 1;
      y := y - 1;
    end loop;
    if v_is_down then
      v_edits := v_edits || ('+' || y);
      y := y - 1;
    else
      v_edits := v_edits || ('-' || x);
      x := x - 1;
    end if;
    d := d - 1;
  end loop;
  while x > 0 loop
    v_edits := v_edits || (' ' || x);
    x := x - 1;
  end loop;

  return array(
    select left(e, 1) || coalesce(t.line, w.line)
      from unnest(v_edits) with ordinality u (e, i)
        left join unnest(old) with ordinality t (line, place)
          on left(e, 1) in (' ', '-') and t.place = substr(e, 2)::integer
        left join unnest(new) with ordinality w (line, place)
          on left(e, 1) = '+' and w.place = substr(e, 2)::integer
     order by i desc);
end
$_edits$;
comment on function levelb._edits(text[], text[], integer) is
  'All lines of two texts, each with '' '', ''-'' or ''+'' before it.';

-- What is kept is shown for three lines around what is not, as diff -u does.
create function levelb._hunks(edits text[])
  returns text[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
as $_hunks$
  with line as (
    select e, i, left(e, 1) as sign, count(*) filter (where left(e, 1) <> '+') over w as old_line,
        count(*) filter (where left(e, 1) <> '-') over w as new_line,
        bool_or(left(e, 1) <> ' ') over (order by i rows between 3 preceding and 3 following) as is_shown
      from unnest(edits) with ordinality t (e, i)
    window w as (order by i)
  ), shown as (
    select *, i - row_number() over (order by i) as hunk from line where is_shown
  )
  select coalesce(array_agg(l order by hunk, i), '{}') from (
    select hunk, 0 as i, format('@@ -%s,%s +%s,%s @@', min(old_line) + (count(*) filter (where sign <> '+') > 0 and
          (array_agg(sign order by s.i))[1] = '+')::integer, count(*) filter (where sign <> '+'),
        min(new_line) + (count(*) filter (where sign <> '-') > 0 and
          (array_agg(sign order by s.i))[1] = '-')::integer, count(*) filter (where sign <> '-')) as l
      from shown s group by hunk
    union all
    select hunk, i, e from shown
  ) h
$_hunks$;
comment on function levelb._hunks(text[]) is 'Edits as diff -u prints them, with line numbers before each group.';

-- Many differing lines are another text, which is read as a whole.
create function levelb._line_difference(
  old text[],
  new text[]
)
  returns text[]
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_line_difference$
declare
  v_edits constant text[] := levelb._edits(old, new, 600);
begin
  if v_edits is null then
    return array[format('differs in more than 600 lines: %s gone, %s new',
      (select count(*) from (select unnest(old) except all select unnest(new)) d),
      (select count(*) from (select unnest(new) except all select unnest(old)) d))];
  end if;
  return levelb._hunks(v_edits);
end
$_line_difference$;
comment on function levelb._line_difference(text[], text[]) is 'Difference of two texts by lines, as diff -u shows it.';
