-- Owns the families of what is said about other objects: comments and dependencies.

create function levelb._families_links()
  returns setof levelb._family
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_families_links$
  -- Which column a sequence belongs to stands nowhere else.
  select levelb._family_of('pg_depend', filter => $$c.classid = 1259 and c.refclassid = 1259 and c.refobjsubid > 0
      and c.deptype = 'a' and s.relkind = 'S'$$,
    key => $$concat_ws(' ', c.classid, c.objid, c.objsubid, c.refclassid, c.refobjid, c.refobjsubid, c.deptype)$$,
    object_type => '''sequence''', identity => $$format('%I.%I', levelb._schema_name(s.relnamespace), s.relname)$$,
    joins => 'left join pg_class s on s.oid = c.objid and c.classid = 1259 left join pg_namespace n on n.oid = s.relnamespace
      left join pg_class t on t.oid = c.refobjid and c.refclassid = 1259
      left join pg_attribute a on a.attrelid = t.oid and a.attnum = c.refobjsubid',
    schema => 'n.nspname::text', part_of => $$'pg_class ' || c.objid$$,
    attributes => $$jsonb_build_object('structure:owned by',
      format('%I.%I.%I', levelb._schema_name(t.relnamespace), t.relname, a.attname))$$,
    ignored => array['classid', 'objid', 'objsubid', 'refclassid', 'refobjid', 'refobjsubid', 'deptype'])
  union all
  -- Any other dependency follows from the object that has it, but for membership in extensions, which is told there.
  select levelb._family_of('pg_depend',
    filter => $$not coalesce(c.classid = 1259 and c.refclassid = 1259 and c.refobjsubid > 0
      and c.deptype = 'a' and s.relkind = 'S', false) and c.deptype not in ('e', 'x')$$,
    key => $$concat_ws(' ', c.classid, c.objid, c.objsubid, c.refclassid, c.refobjid, c.refobjsubid, c.deptype)$$,
    object_type => '''dependency''', identity => 'c.classid::regclass || '' '' || c.objid',
    joins => 'left join pg_class s on s.oid = c.objid and c.classid = 1259',
    part_of => $$case when c.classid = 1259 and c.objsubid > 0 then 'pg_attribute ' || c.objid || '.' || c.objsubid
      else c.classid::regclass || ' ' || c.objid end$$, is_implied => 'true',
    ignored => array['classid', 'objid', 'objsubid', 'refclassid', 'refobjid', 'refobjsubid', 'deptype'])
  union all
  select levelb._family_of(d.relation, key => d.key, object_type => 'null::text', identity => 'null::text',
    part_of => $$case when c.classoid = 1259 and $$ || d.column_number || $$ > 0
      then 'pg_attribute ' || c.objoid || '.' || $$ || d.column_number || $$ else c.classoid::regclass || ' ' || c.objoid end$$,
    attributes => $$jsonb_build_object('structure:comment', c.description)$$,
    ignored => array['objoid', 'classoid', 'objsubid', 'description'])
  from (values ('pg_description', $$concat_ws(' ', c.classoid, c.objoid, c.objsubid)$$, 'c.objsubid'),
               ('pg_shdescription', $$concat_ws(' ', c.classoid, c.objoid)$$, '0')) d (relation, key, column_number)
$_families_links$;
comment on function levelb._families_links() is 'Families of comments and dependencies.';
