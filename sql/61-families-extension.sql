-- Owns the families of extensions: what is installed, which objects belong to it, and the privileges those began with.
--
-- What an extension's own script made is told by its version and left out later (67). Everything here is told of any
-- object: putting an object into an extension, or taking it out, is a change of that object, and never hides it.

create function levelb._families_extension()
  returns setof levelb._family
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_families_extension$
  -- Tables whose rows are dumped are named by the script or go with their membership.
  select levelb._family_of('pg_extension', key => 'c.oid::text', object_type => '''extension''',
    identity => 'quote_ident(c.extname)', names => 'array[c.extname]::text[]',
    joins => 'left join pg_namespace n on n.oid = c.extnamespace', schema => 'n.nspname::text', owner => 'extowner',
    attributes => $$jsonb_build_object('extension:version', c.extversion, 'extension:schema', quote_ident(n.nspname))$$,
    exists_class => '''extension''',
    ignored => array['oid', 'extname', 'extnamespace', 'extrelocatable', 'extversion', 'extconfig', 'extcondition'])
  union all
  -- e: the object is a member; x: it is not, and goes when the extension goes
  select levelb._family_of('pg_depend', filter => $$c.deptype in ('e', 'x')$$,
    key => $$concat_ws(' ', c.classid, c.objid, c.objsubid, c.refclassid, c.refobjid, c.refobjsubid, c.deptype)$$,
    object_type => 'null::text', identity => 'null::text',
    joins => 'left join pg_extension x on x.oid = c.refobjid and c.refclassid = 3079',
    part_of => $$c.classid::regclass || ' ' || c.objid$$,
    attributes => $$jsonb_build_object('extension:' || case c.deptype when 'e' then 'member of ' else 'depends on ' end
      || quote_ident(x.extname), 'yes')$$,
    ignored => array['classid', 'objid', 'objsubid', 'refclassid', 'refobjid', 'refobjsubid', 'deptype'])
  union all
  -- what pg_dump takes for granted, and the privileges that the script gave (67)
  select levelb._family_of('pg_init_privs', key => $$concat_ws(' ', c.classoid, c.objoid, c.objsubid)$$,
    object_type => 'null::text', identity => 'null::text',
    part_of => $$case when c.classoid = 1259 and c.objsubid > 0 then 'pg_attribute ' || c.objoid || '.' || c.objsubid
      else c.classoid::regclass || ' ' || c.objoid end$$,
    attributes => $$jsonb_build_object('extension:initial privileges', c.initprivs::text)$$,
    ignored => array['objoid', 'classoid', 'objsubid', 'privtype', 'initprivs'])
$_families_extension$;
comment on function levelb._families_extension() is 'Families of extensions and of what belongs to them.';
