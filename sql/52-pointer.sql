-- Owns pointers: names that an application resolves, and that an activation moves.

create function levelb.resolve(pointer text)
  returns text
  language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp
as $resolve$
declare
  v_target text;
begin
  select p.target into v_target from only levelb.pointer p
   where p.pointer = resolve.pointer order by p.version desc limit 1;
  if v_target is null then
    -- what could be no pointer at all is asked here, since the pointers that there are have names
    perform levelb._check_name('pointer', pointer);
    perform levelb._raise('LB001', jsonb_build_object('field', 'pointer', 'pointer', pointer, 'problem', 'is not set'),
      'A migration of kind pointer sets it: select distinct pointer from levelb.pointer lists those there are.');
  end if;
  return v_target;
end
$resolve$;
comment on function levelb.resolve(text) is '@raises LB001

Tell what a pointer names now.

For applications, through the role levelb_reader. The answer is the text that was approved; nothing checks that an object of
that name exists.';

create function levelb._pointer_now(pointer text)
  returns levelb.pointer
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_pointer_now$
  select p.* from only levelb.pointer p where p.pointer = _pointer_now.pointer order by p.version desc limit 1
$_pointer_now$;
comment on function levelb._pointer_now(text) is 'Newest version of a pointer.';

create function levelb._carry_out_pointer(
  change jsonb,
  activation_id bigint
)
  returns jsonb
  language plpgsql volatile
  set search_path = pg_catalog, pg_temp
as $_carry_out_pointer$
declare
  v_old constant levelb.pointer := levelb._pointer_now(change ->> 'pointer');
  v_new levelb.pointer;
begin
  if v_old.target is distinct from change ->> 'expected' then
    perform levelb._raise('LB303', jsonb_build_object('pointer', change ->> 'pointer', 'expected', change ->> 'expected',
      'found', v_old.target), 'The pointer was moved meanwhile: restage with what it names now.');
  end if;
  insert into levelb.pointer (pointer, version, target, activation_id, at)
    values (change ->> 'pointer', coalesce(v_old.version, 0) + 1, change ->> 'target', activation_id, clock_timestamp())
    returning * into v_new;
  return jsonb_build_array(jsonb_build_object('class',
    case when v_old.target is null or v_new.target is null then 'governance' else 'repoint' end, 'object_type', 'pointer',
    'identity', v_new.pointer, 'attribute', 'target', 'before', v_old.target, 'after', v_new.target));
end
$_carry_out_pointer$;
comment on function levelb._carry_out_pointer(jsonb, bigint) is 'Set a pointer; return what differs.';
