-- Owns the families of roles, memberships, settings and default privileges.

create function levelb._families_access()
  returns setof levelb._family
  language sql stable
  set search_path = pg_catalog, pg_temp
as $_families_access$
  select levelb._family_of('pg_authid', key => 'c.oid::text', object_type => '''role''',
    identity => 'quote_ident(c.rolname)',
    names => 'array[c.rolname]::text[]', is_levelb => $$starts_with(c.rolname, 'levelb_')$$,
    attributes => $$jsonb_build_object('role:attributes', concat_ws(' ',
      case when c.rolcanlogin then 'login' else 'nologin' end,
      case when c.rolinherit then 'inherit' else 'noinherit' end,
      case when c.rolsuper then 'superuser' end, case when c.rolcreaterole then 'createrole' end,
      case when c.rolcreatedb then 'createdb' end, case when c.rolreplication then 'replication' end,
      case when c.rolbypassrls then 'bypassrls' end,
      case when c.rolconnlimit <> -1 then 'connection limit ' || c.rolconnlimit end,
      case when c.rolvaliduntil is not null
        then 'valid until ' || to_char(c.rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') end))$$,
    -- The password is out of reach; that a row was rewritten with the same attributes tells of it. The name is what
    -- owners
    -- and ACLs are told by: that it changed is checked in the read-back.
    whole => $$'{}'::jsonb$$)
  union all
  -- 15 keeps one membership whoever granted it, and has no oid for it
  select levelb._family_of('pg_auth_members',
    key => $$coalesce(to_jsonb(c) ->> 'oid', concat_ws(' ', c.roleid, c.member))$$,
    object_type => '''role membership''',
      identity => $$levelb._role_name(c.member) || ' in ' || levelb._role_name(c.roleid)$$,
    names => 'array[levelb._role_name(c.roleid), levelb._role_name(c.member), levelb._role_name(c.grantor)]',
    -- levelb_roles administers the roles it makes; nothing else about a levelb role may change
    is_levelb => $$exists (select from pg_authid a where a.oid = c.roleid and starts_with(a.rolname, 'levelb_'))
      or exists (select from pg_authid a where a.oid = c.member and starts_with(a.rolname, 'levelb_')
                 and a.rolname <> 'levelb_roles')$$,
    attributes => $$jsonb_build_object('role:by ' || levelb._role_name(c.grantor), concat_ws(', ',
      'admin ' || c.admin_option, 'inherit ' || (to_jsonb(c) ->> 'inherit_option'),
      'set ' || (to_jsonb(c) ->> 'set_option')))$$,
    ignored => array['oid', 'roleid', 'member', 'grantor', 'admin_option', 'inherit_option', 'set_option'])
  union all
  select levelb._family_of('pg_db_role_setting', key => $$concat_ws(' ', c.setdatabase, c.setrole)$$,
    object_type => $$case when c.setrole = 0 and c.setdatabase <> 0 then 'database setting' else 'role setting' end$$,
    identity => $$concat_ws(' ', case when c.setrole = 0 and c.setdatabase = 0 then 'all roles' end, case when c.setrole <> 0 then 'role ' || levelb._role_name(c.setrole) end,
      case when c.setrole <> 0 and c.setdatabase <> 0 then 'in' end,
      case when c.setdatabase <> 0 then 'database ' || coalesce((select quote_ident(d.datname) from pg_database d
        where d.oid = c.setdatabase), c.setdatabase::text) end)$$,
    is_levelb => $$exists (select from pg_authid a where a.oid = c.setrole and starts_with(a.rolname, 'levelb_'))$$,
    attributes => $$levelb._option_attributes(c.setconfig, case when c.setrole = 0 then 'setting:' else 'role:' end,
      '{"search_path": "repoint:search_path"}')$$,
    ignored => array['setdatabase', 'setrole', 'setconfig'])
  union all
  select levelb._family_of('pg_default_acl', key => 'c.oid::text', object_type => '''default acl''',
    identity => $$'for role ' || levelb._role_name(c.defaclrole) || coalesce(' in schema ' || quote_ident(n.nspname), '')
      || ' on ' || case c.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
        when 'T' then 'types' when 'n' then 'schemas' when 'L' then 'large objects' end$$,
    joins => 'left join pg_namespace n on n.oid = c.defaclnamespace', schema => 'n.nspname::text',
    -- In a schema the entries are added to the defaults; without one they replace them.
    attributes => $$levelb._acl_attributes(c.defaclacl, case when c.defaclnamespace <> 0 then 'c'
      when c.defaclobjtype = 'S' then 's' else c.defaclobjtype end, c.defaclrole)$$,
    absent => $$case when c.defaclnamespace <> 0 then '{}'
      else levelb._acl_attributes(null, case c.defaclobjtype when 'S' then 's' else c.defaclobjtype end,
        c.defaclrole) end$$,
    ignored => array['oid', 'defaclrole', 'defaclnamespace', 'defaclobjtype', 'defaclacl'])
$_families_access$;
comment on function levelb._families_access() is 'Families of roles, memberships, settings and default privileges.';
