-- Owns whom SECURITY DEFINER code may lend levelb's rights to.

-- The body of a SECURITY DEFINER function runs with its owner's rights, and levelb_deploy's are those of every
-- activation.
-- Those of levelb_definer are less, but a function lends them to everybody unless PUBLIC is shut out: one that is new,
-- is taken over, becomes SECURITY DEFINER, gets other code or other rights. One that was so before and stays as it is
-- belongs to nobody's migration. On a mirror all belongs to levelb_sandbox: there a text that gives nothing away is judged by
-- what it makes, and whose code it replaces is not known.
create function levelb._refuse_definer_code(
  manifest levelb.manifest,
  changes levelb._change[]
)
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_refuse_definer_code$
declare
  v_is_in_sandbox constant boolean := levelb._is_in_sandbox();
  v_found jsonb;
begin
  select jsonb_agg((c.new).identity order by (c.new).identity collate "C") into v_found
    from unnest(changes) c
   where (c.new).catalog = 'pg_proc' and (c.new).attributes ->> 'security:security' = 'definer'
     and (c.new).attributes ->> 'owner:owner' in ('levelb_owner', 'levelb_deploy', 'levelb_roles', 'levelb_sandbox')
     and ((c.old).key is null or (c.old).code <> (c.new).code
       or (c.old).attributes -> 'security:security' is distinct from (c.new).attributes -> 'security:security'
       or (c.old).attributes -> 'owner:owner' <> (c.new).attributes -> 'owner:owner')
     and not (v_is_in_sandbox and coalesce((c.old).attributes ->> 'security:security' = 'definer', false));
  -- what is left out there may be the statement that gives it away
  if v_found is not null and not (v_is_in_sandbox and levelb._not_rehearsed_here(manifest) is not null) then
    perform levelb._raise_rule('definer_code_belongs_to_levelb_definer', jsonb_build_object('objects', v_found));
  end if;
  select jsonb_agg((c.new).identity order by (c.new).identity collate "C") into v_found
    from unnest(changes) c
   where (c.new).catalog = 'pg_proc' and (c.new).attributes ->> 'security:security' = 'definer'
     and (c.new).attributes ->> 'owner:owner' = 'levelb_definer' and (c.new).attributes ? 'acl:PUBLIC'
     and ((c.old).key is null or (c.old).code <> (c.new).code or (c.old).attributes <> (c.new).attributes);
  if v_found is not null then
    perform levelb._raise_rule('definer_code_is_not_for_public', jsonb_build_object('objects', v_found));
  end if;
end
$_refuse_definer_code$;
comment on function levelb._refuse_definer_code(levelb.manifest, levelb._change[]) is
  'Refuse SECURITY DEFINER functions that would lend levelb''s rights.';
