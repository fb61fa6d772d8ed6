-- Owns the families of policies, triggers, rules and event triggers: what a server does to rows, or refuses, without
-- being asked by the statement that runs. All of it is class security, and its text is shown and not hashed, since an
-- approver has nothing else to judge it by.

-- Who fires: nothing for "origin and local", which is what CREATE makes.
create function levelb._firing(enabled "char")
  returns text
  language sql immutable
  set search_path = pg_catalog, pg_temp
return case enabled when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end;
comment on function levelb._firing(enabled "char") is 'State of a trigger or rule; null when it is as CREATE makes it.';

create function levelb._families_security()
  returns setof levelb._family
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_families_security$
  select levelb._family_of('pg_policy', key => 'c.oid::text', object_type => '''policy''',
    identity => $$format('%I on %I.%I', c.polname, levelb._schema_name(t.relnamespace), t.relname)$$,
    joins => 'join pg_class t on t.oid = c.polrelid left join pg_namespace n on n.oid = t.relnamespace',
    names => 'array[n.nspname, t.relname, c.polname]::text[]', schema => 'n.nspname::text',
    part_of => $$'pg_class ' || c.polrelid$$,
    -- Shown even where they are as CREATE makes them: whom a policy lets in is no detail.
    attributes => $$jsonb_build_object(
      'security:kind', case when c.polpermissive then 'permissive' else 'restrictive' end,
      'security:command', case c.polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert'
        when 'w' then 'update' when 'd' then 'delete' end,
      'security:roles', (select string_agg(r.name, ', ' order by r.name collate "C")
        from (select levelb._role_name(o) from unnest(c.polroles) o) r (name)))$$,
    exists_class => '''security''', name_class => '''security''', name_columns => array['polname'],
    code_columns => array['polqual', 'polwithcheck'],
    definition => $$coalesce(nullif(concat_ws(' ', 'using (' || pg_get_expr(c.polqual, c.polrelid) || ')',
      'with check (' || pg_get_expr(c.polwithcheck, c.polrelid) || ')'), ''), 'no condition')$$,
    definition_as => 'security:definition',
    ignored => array['oid', 'polrelid', 'polcmd', 'polpermissive', 'polroles'])
  union all
  -- The triggers of a partitioned table have copies on its partitions, each of which can be switched off by itself:
  -- they are told like others.
  select levelb._family_of('pg_trigger', filter => 'not c.tgisinternal', key => 'c.oid::text',
    object_type => '''trigger''',
    identity => $$format('%I on %I.%I', c.tgname, levelb._schema_name(t.relnamespace), t.relname)$$,
    joins => 'join pg_class t on t.oid = c.tgrelid left join pg_namespace n on n.oid = t.relnamespace',
    names => 'array[n.nspname, t.relname, c.tgname]::text[]', schema => 'n.nspname::text',
    part_of => $$'pg_class ' || c.tgrelid$$,
    attributes => $$jsonb_strip_nulls(jsonb_build_object('security:state', levelb._firing(c.tgenabled)))$$,
    exists_class => '''security''', name_class => '''security''', name_columns => array['tgname'],
    code_columns => array['tgfoid', 'tgtype', 'tgconstrrelid', 'tgdeferrable', 'tginitdeferred', 'tgnargs', 'tgattr',
      'tgargs', 'tgqual', 'tgoldtable', 'tgnewtable'],
    definition => 'pg_get_triggerdef(c.oid)', definition_as => 'security:definition',
    -- of the constraint that carries a constraint trigger; the copy on a partition is written for it
    ignored => array['oid', 'tgrelid', 'tgparentid', 'tgisinternal', 'tgconstrindid', 'tgconstraint', 'tgenabled'])
  union all
  -- Those of foreign keys and deferrable keys come, go and change with their constraint. PostgreSQL lets only a
  -- superuser switch them off, and anybody rename them: what is not as it made them fails the activation.
  select levelb._family_of('pg_trigger', filter => 'c.tgisinternal', key => 'c.oid::text', object_type => '''trigger''',
    identity => $$format('%I on %I.%I', c.tgname, levelb._schema_name(t.relnamespace), t.relname)$$,
    joins => 'join pg_class t on t.oid = c.tgrelid left join pg_namespace n on n.oid = t.relnamespace',
    schema => 'n.nspname::text', part_of => $$'pg_constraint ' || c.tgconstraint$$, is_implied => 'true',
    attributes => $$jsonb_strip_nulls(jsonb_build_object('security:state', levelb._firing(c.tgenabled),
      'security:name', case when c.tgname !~ '^(RI_ConstraintTrigger_[ac]|(PK|Unique)_ConstraintTrigger)_\d+$'
        then c.tgname end))$$,
    ignored => array['oid', 'tgrelid', 'tgparentid', 'tgname', 'tgfoid', 'tgtype', 'tgenabled', 'tgisinternal',
      'tgconstrrelid', 'tgconstrindid', 'tgconstraint', 'tgdeferrable', 'tginitdeferred', 'tgnargs', 'tgattr', 'tgargs',
      'tgqual', 'tgoldtable', 'tgnewtable'])
  union all
  -- The other way round for a constraint trigger: its constraint says nothing that the trigger does not.
  select levelb._family_of('pg_constraint', filter => $$c.contype = 't'$$, key => 'c.oid::text',
    object_type => '''table constraint''',
    identity => $$format('%I on %I.%I', c.conname, levelb._schema_name(t.relnamespace), t.relname)$$,
    joins => 'join pg_class t on t.oid = c.conrelid left join pg_namespace n on n.oid = t.relnamespace
      left join pg_trigger g on g.tgrelid = c.conrelid and g.tgconstraint = c.oid',
    schema => 'n.nspname::text', part_of => $$'pg_trigger ' || g.oid$$, is_implied => 'true',
    attributes => $$jsonb_strip_nulls(jsonb_build_object('security:name', case when c.conname <> g.tgname
      then c.conname end))$$,
    ignored => array['oid', 'conname', 'connamespace', 'contype', 'condeferrable', 'condeferred', 'conenforced',
      'convalidated', 'conrelid', 'contypid', 'conindid', 'conparentid', 'confrelid', 'confupdtype', 'confdeltype',
      'confmatchtype', 'conislocal', 'coninhcount', 'connoinherit', 'conperiod', 'conkey', 'confkey', 'conpfeqop',
      'conppeqop', 'conffeqop', 'confdelsetcols', 'conexclop', 'conbin'])
  union all
  select levelb._family_of('pg_rewrite', filter => $$c.rulename <> '_RETURN'$$, key => 'c.oid::text',
    object_type => '''rule''',
    identity => $$format('%I on %I.%I', c.rulename, levelb._schema_name(t.relnamespace), t.relname)$$,
    joins => 'join pg_class t on t.oid = c.ev_class left join pg_namespace n on n.oid = t.relnamespace',
    names => 'array[n.nspname, t.relname, c.rulename]::text[]', schema => 'n.nspname::text',
    part_of => $$'pg_class ' || c.ev_class$$,
    attributes => $$jsonb_strip_nulls(jsonb_build_object('security:state', levelb._firing(c.ev_enabled)))$$,
    exists_class => '''security''', name_class => '''security''', name_columns => array['rulename'],
    code_columns => array['ev_type', 'is_instead', 'ev_qual', 'ev_action'], definition => 'pg_get_ruledef(c.oid)',
    defined => 'c.oid >= 16384', definition_as => 'security:definition',
    ignored => array['oid', 'ev_class', 'ev_enabled'])
  union all
  -- No text makes one, since they belong to superusers; but the right to alter one comes with its owner's role.
  select levelb._family_of('pg_event_trigger', key => 'c.oid::text', object_type => '''event trigger''',
    identity => 'quote_ident(c.evtname)', names => 'array[c.evtname]::text[]', owner => 'evtowner',
    joins => 'left join pg_proc p on p.oid = c.evtfoid left join pg_namespace n on n.oid = p.pronamespace',
    -- its function is levelb's: what it guards must not be switched off
    is_levelb => format('coalesce(n.nspname = any(%L::name[]), false)', levelb._own_schemas()),
    attributes => $$jsonb_strip_nulls(jsonb_build_object('security:event', c.evtevent,
      'security:function', format('%I.%I', n.nspname, p.proname), 'security:state', levelb._firing(c.evtenabled),
      'security:tags', (select string_agg(t, ', ' order by t collate "C") from unnest(c.evttags) t)))$$,
    exists_class => '''security''', name_class => '''security''', name_columns => array['evtname'],
    ignored => array['oid', 'evtevent', 'evtfoid', 'evtenabled', 'evttags'])
$_families_security$;
comment on function levelb._families_security() is 'Families of policies, triggers, rules and event triggers.';
