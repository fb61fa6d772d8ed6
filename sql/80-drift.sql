-- Owns asking for drift.

create function levelb._require_baseline()
  returns void
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $_require_baseline$
declare
  v_incarnation constant levelb.incident := levelb._incarnation();
begin
  if v_incarnation.incident_id is null or not exists (select from levelb._baseline_head) then
    perform levelb._raise('LB210', jsonb_build_object('item', 'bootstrapped'));
  -- the oids of another database mean other rows
  elsif v_incarnation.database_identity <> levelb._database_identity() then
    perform levelb._raise('LB312', jsonb_build_object('ledger', v_incarnation.database_identity, 'database',
      levelb._database_identity()));
  end if;
end
$_require_baseline$;
comment on function levelb._require_baseline() is 'Refuse to compare with a baseline that is not of this database.';

create function levelb.drift("full" boolean default false)
  returns setof levelb.effect
  language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp
  set jit = off
  set quote_all_identifiers = off
  set standard_conforming_strings = on
as $drift$
declare
  v_drift levelb._drift[];
begin
  perform levelb._may_look(array['approver', 'operator', 'auditor']);
  if "full" is null then
    perform levelb._invalid('full', 'is required');
  end if;
  perform levelb._require_baseline();
  v_drift := array(select d from levelb._drift("full") d);
  perform levelb._log_drift(v_drift);
  return query select d.class, d.object_type, d.identity, d.attribute, d.before, d.after, d.expected
    from unnest(v_drift) d;
end
$drift$;
comment on function levelb.drift(boolean) is '@raises LB001 LB201 LB202 LB210 LB312

List what differs from what activations left behind: what came past the channel.

Watched are what belongs to levelb_deploy or levelb_definer and schemas of levelb_deploy with all in them, levelb''s own
objects and roles, owners, rights and code of what PostgreSQL brings, SECURITY DEFINER functions, event triggers,
extensions and this database''s own rows, and, in the database that governs the roles, those of the cluster and the
files of the server. expected: the policy calls it normal life. With full, every watched row is compared, without it
those written since the last activation. It ends when it is undone or explained (kind explain).';
