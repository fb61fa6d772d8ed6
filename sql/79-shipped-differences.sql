-- Owns the comparison of what is installed with what was shipped. Whoever can replace a function of levelb can replace
-- these too: the answer is for accidents and half upgrades. The command levelb readiness asks from outside.

create function levelb._shipped_differences()
  returns table (object text, difference text)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_shipped_differences$
  select coalesce(i.object, s.object), case when s.object is null then 'was added'
    when i.object is null then 'is missing'
      else 'is not as shipped' end
    from levelb._installed_objects() i full join levelb._shipped_objects() s on s.object = i.object
   where i.digest is distinct from s.digest
$_shipped_differences$;
comment on function levelb._shipped_differences() is 'Objects of levelb that are not as shipped.';
