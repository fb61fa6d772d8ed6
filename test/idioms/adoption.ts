// What a DBA does who puts this world under levelb, and no more. The page of the docs shows it.

/**
 * The owners' rights become the deployer's, so that text may alter what they own and hand it from one to another. The
 * administration of roles goes from the application's owner to role documents: levelb refuses a deployer that is a
 * member of a CREATEROLE role, and with the ADMIN OPTION that it would inherit, text could grant roles by itself.
 */
const rights = `-- Text may alter what these own, and hand it from one to another.
grant app_owner, app_admin, legacy_owner to levelb_deploy;

-- Roles are changed by role documents, no longer by the application's owner, whose rights the text now has.
alter role app_owner nocreaterole;
revoke admin option for app_rw, app_ro, app_user, app_admin, legacy_owner from app_owner;
grant app_rw, app_ro, app_user, app_admin, legacy_owner to levelb_roles with admin option;

-- Principals come in by their duties, so that a migration that takes CONNECT from PUBLIC does not lock them out.
grant connect on database shop to levelb_author, levelb_approver, levelb_operator, levelb_auditor;
`

/** Version 15 keeps one membership, whoever granted it. */
const memberships = `
-- Memberships that were there are granted anew: from 16 on, a role revokes only what was granted in its own name.
do $$
declare m record;
begin
  for m in
    select g.rolname as granted, u.rolname as member, a.* from pg_auth_members a
      join pg_roles g on g.oid = a.roleid join pg_roles u on u.oid = a.member
     where g.rolname in ('app_rw', 'app_ro', 'app_user', 'app_admin', 'legacy_owner') and u.rolname !~ '^levelb_'
  loop
    execute format('grant %I to %I with admin %s, inherit %s, set %s granted by levelb_roles', m.granted, m.member,
      m.admin_option::text, m.inherit_option::text, m.set_option::text);
    execute format('revoke %I from %I granted by %s', m.granted, m.member, m.grantor::regrole);
  end loop;
end $$;
`

export const adoptionOf = (major: number) => (major >= 16 ? rights + memberships : rights)
