-- Owns the Merkle tree of RFC 6962 and the head, its right edge. Knows leaves as texts, no table of facts.
-- Sealing is apart from writing because a tree has one end: whoever appends to it holds the head until COMMIT, and an
-- open transaction of an author must not stop everybody else.

create type levelb._finding as (
  entry    bigint,
  problem  text
);
comment on type levelb._finding is 'Something in the ledger that does not agree.';
comment on column levelb._finding.entry is '@null

First entry that does not agree, null when it has no entry.';
comment on column levelb._finding.problem is 'One sentence that names table, key and what.';

create function levelb._leaf_hash(content text)
  returns bytea
  language sql stable parallel safe
  set search_path = pg_catalog, pg_temp
return sha256(decode('00', 'hex') || convert_to(content, 'UTF8'));
comment on function levelb._leaf_hash(text) is 'SHA-256 of 0x00 and the UTF-8 text.';

-- The frontier holds the roots of the complete subtrees from left to right, one for each bit set in the size: a tree
-- of 11 entries has those of 8, 2 and 1. An append merges as many of them as the size has trailing ones.
create function levelb._tree_append(
  size            bigint,
  inout frontier  bytea[],
  leaf_hashes     bytea[],
  out roots       bytea[]
) returns record
  language plpgsql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $_tree_append$
declare
  c_node constant bytea := decode('01', 'hex');
  v_peaks bytea[] := frontier;
  v_top integer := cardinality(frontier);
  v_size bigint := _tree_append.size;
  v_bits bigint;
  v_hash bytea;
  v_count integer := 0;
begin
  roots := '{}';
  foreach v_hash in array leaf_hashes loop
    v_bits := v_size;
    while v_bits & 1 = 1 loop
      v_hash := sha256(c_node || v_peaks[v_top] || v_hash);
      v_top := v_top - 1;
      v_bits := v_bits >> 1;
    end loop;
    v_top := v_top + 1;
    v_peaks[v_top] := v_hash;
    v_size := v_size + 1;
    for v_left in reverse v_top - 1 .. 1 loop
      v_hash := sha256(c_node || v_peaks[v_left] || v_hash);
    end loop;
    v_count := v_count + 1;
    roots[v_count] := v_hash;
  end loop;
  frontier := v_peaks[1:v_top];
end
$_tree_append$;
comment on function levelb._tree_append(bigint, bytea[], bytea[]) is
  'Append leaf hashes to a tree given by size and frontier: the new frontier, and the root after each of them.';

create function levelb._tree_root(frontier bytea[])
  returns bytea
  language plpgsql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $_tree_root$
declare
  v_hash bytea := frontier[cardinality(frontier)];
begin
  for v_left in reverse cardinality(frontier) - 1 .. 1 loop
    v_hash := sha256(decode('01', 'hex') || frontier[v_left] || v_hash);
  end loop;
  return coalesce(v_hash, sha256(''));
end
$_tree_root$;
comment on function levelb._tree_root(bytea[]) is 'Root of the tree with this frontier.';

-- At constant cost, so that every activation can afford it. A missing head counts as that of an empty tree.
create function levelb._check_head()
  returns setof levelb._finding
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_check_head$
declare
  v_size bigint;
  v_root bytea;
  v_frontier bytea[];
  v_newest levelb.ledger;
begin
  select h.size, h.root, h.frontier into v_size, v_root, v_frontier from only levelb._head h;
  if not found then
    v_size := 0;
    v_root := sha256('');
    v_frontier := '{}';
  end if;
  select g.* into v_newest from only levelb.ledger g order by g.entry desc limit 1;
  if v_size <> coalesce(v_newest.entry, 0) then
    return next row(least(v_size, coalesce(v_newest.entry, 0)) + 1, format(
      'table _head: the size is %s and the newest entry of table ledger is %s', v_size, coalesce(v_newest.entry, 0)));
  elsif v_root is distinct from coalesce(v_newest.root, sha256('')) then
    return next row(v_newest.entry, format('table _head: the root is not that of entry %s', v_size));
  elsif levelb._tree_root(v_frontier) is distinct from v_root
        or cardinality(v_frontier) <> bit_count(v_size::bit(64)) then
    return next row(v_newest.entry, format('table _head: the frontier does not give the root of entry %s', v_size));
  end if;
end
$_check_head$;
comment on function levelb._check_head() is 'Find whether the head agrees with the newest entry; no row when it does.';

-- Each statement here sees what was committed before it began (the callers refuse other isolation levels), so the
-- statements after the lock see every entry of the sealer that held it before. A leaf whose transaction commits later
-- is not visible yet and gets a later entry, whatever its number is: an entry, once given, never moves.
create function levelb._seal(wait boolean)
  returns bigint
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_seal$
declare
  v_head levelb._head;
  v_problem text;
  v_leaf_ids bigint[];
  v_hashes bytea[];
  v_roots bytea[];
begin
  if not exists (select from only levelb._head) then
    insert into levelb._head (size, root, frontier) values (0, sha256(''), '{}') on conflict do nothing;
  end if;
  if wait then
    begin
      select h.* into v_head from only levelb._head h for update;
    exception when lock_not_available then
      perform levelb._raise('LB102', jsonb_build_object('table', '_head', 'timeout', current_setting('lock_timeout')));
    end;
  else
    select h.* into v_head from only levelb._head h for update skip locked;
    if not found then
      return null;
    end if;
  end if;
  -- A wrong head would give every entry from here on a wrong root, and entries can never be corrected.
  select f.problem into v_problem from levelb._check_head() f;
  if found then
    perform levelb._raise('LB309', jsonb_build_object('problem', v_problem));
  end if;

  with queued as (delete from only levelb._unsealed u returning u.leaf_id)
  select array_agg(q.leaf_id order by q.leaf_id), array_agg(levelb._leaf_hash(l.content) order by q.leaf_id)
    into v_leaf_ids, v_hashes
    from queued q left join only levelb.leaf l on l.leaf_id = q.leaf_id;
  if v_leaf_ids is null then
    return 0;
  end if;
  if array_position(v_hashes, null) is not null
     or exists (select from only levelb.ledger g where g.leaf_id = any(v_leaf_ids)) then
    perform levelb._raise('LB309', jsonb_build_object('problem',
      'table _unsealed: it holds leaves that are missing or have an entry'));
  end if;

  select t.frontier, t.roots into v_head.frontier, v_roots
    from levelb._tree_append(v_head.size, v_head.frontier, v_hashes) t;
  insert into levelb.ledger (entry, leaf_id, leaf_hash, root, sealed_at)
  select v_head.size + s.n, s.leaf_id, s.leaf_hash, s.root, clock_timestamp()
    from unnest(v_leaf_ids, v_hashes, v_roots) with ordinality s (leaf_id, leaf_hash, root, n);
  update only levelb._head h
     set size = v_head.size + cardinality(v_roots), root = v_roots[cardinality(v_roots)], frontier = v_head.frontier;
  return cardinality(v_roots);
end
$_seal$;
comment on function levelb._seal(boolean) is
  'Number all visible unsealed leaves and return how many; null when another session holds the head and wait is false.';
