-- Owns what levelb's objects are, in words that are the same on every major version: the release's list and the live
-- catalogs are compared by it. The command levelb readiness runs this text too, from its own copy, so that it need
-- believe no function of the database.

-- Definitions as the server prints them, since a body of BEGIN ATOMIC has no text of its own. Version 15 alone names
-- the table of every column in a view, and from 16 on one function has one setting more: both are left out. Rights on
-- tables are left out too, since bootstrap takes some away: tables_select_only judges them.
create function levelb._installed_objects()
  returns table (object text, digest text)
  language sql stable
  set search_path = pg_catalog, pg_temp
  set quote_all_identifiers = off
  set jit = off
as $_installed_objects$
  with schema as (
    select n.oid, n.nspname, n.nspowner, n.nspacl from pg_namespace n
     where n.nspname in ('levelb', 'levelb_exec', 'levelb_sandbox')
  ), relation as (
    select c.oid, c.relkind, c.relowner, c.relacl, c.oid::regclass::text as name
      from pg_class c join schema s on s.oid = c.relnamespace where c.relkind in ('r', 'p', 'f', 'v', 'm', 'S', 'c')
  ), part (object, owner, acl, definition) as (
    select 'schema ' || s.nspname, s.nspowner, s.nspacl, '' from schema s
    union all
    select 'function ' || p.oid::regprocedure, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)),
        case p.prokind when 'a' then 'an aggregate'
          else regexp_replace(pg_get_functiondef(p.oid), '^ SET createrole_self_grant TO ''''\n', '', 'n') end
      from pg_proc p join schema s on s.oid = p.pronamespace
    union all
    select 'view ' || r.name, r.relowner, r.relacl,
        regexp_replace(pg_get_viewdef(r.oid), '\m(?!levelb\.|pg_catalog\.)[a-z_0-9]+\.', '', 'g')
      from relation r where r.relkind in ('v', 'm')
    union all
    select case r.relkind when 'c' then 'type '
      when 'S' then 'sequence ' else 'relation ' end || r.name, r.relowner, null,
        concat(r.relkind, (select string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
          a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)), ', ' order by a.attnum)
          from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
         where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped))
      from relation r
    union all
    select 'domain ' || t.oid::regtype, t.typowner, null,
      concat_ws(' ', format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault)
      from pg_type t join schema s on s.oid = t.typnamespace where t.typtype = 'd'
    union all
    select format('trigger %s on %s', t.tgname, r.name), 0, null, concat(pg_get_triggerdef(t.oid), t.tgenabled)
      from pg_trigger t join relation r on r.oid = t.tgrelid where not t.tgisinternal
    union all
    select format('rule %s on %s', w.rulename, r.name), 0, null, pg_get_ruledef(w.oid)
      from pg_rewrite w join relation r on r.oid = w.ev_class where w.rulename <> '_RETURN'
    union all
    select format('row policy %s on %s', w.polname, r.name), 0, null, pg_get_expr(w.polqual, w.polrelid)
      from pg_policy w join relation r on r.oid = w.polrelid
    union all
    -- from 18 on, NOT NULL is a constraint too; every version has it in the columns
    select format('constraint %s on %s', k.conname,
      coalesce(nullif(k.conrelid, 0)::regclass::text, k.contypid::regtype::text)), 0, null,
        concat(pg_get_constraintdef(k.oid), k.convalidated)
      from pg_constraint k join schema s on s.oid = k.connamespace where k.contype <> 'n'
    union all
    select 'index ' || i.indexrelid::regclass, 0, null, concat(pg_get_indexdef(i.indexrelid), i.indisvalid)
      from pg_index i join relation r on r.oid = i.indrelid
  )
  select p.object, encode(sha256(convert_to(concat_ws(E'\n', p.definition, case
    when p.owner > 0 then 'owner ' || pg_get_userbyid(p.owner) end,
      (select string_agg(concat_ws(' ', g.grantee, g.privilege, g.is_grantable), ', ' order by g.grantee, g.privilege)
        from (select case a.grantee
          when 0 then 'PUBLIC' else pg_get_userbyid(a.grantee) end::text collate "C" as grantee,
              a.privilege_type::text collate "C" as privilege, a.is_grantable
            from aclexplode(p.acl) a where a.grantee <> p.owner) g)), 'UTF8')), 'hex')
    from part p
   -- the list cannot hold itself
   where p.object <> 'function levelb._shipped_objects()'
$_installed_objects$;
comment on function levelb._installed_objects() is
  'SHA-256 of the definition, owner and rights of every object of levelb.';
