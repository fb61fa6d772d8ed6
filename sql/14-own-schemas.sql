-- Owns which schemas are levelb's own. They are written out again only where there is no function to be believed: by the
-- installer, which asks before there is one, and by what judges the functions themselves (_fingerprint, _row_versions,
-- and _installed_objects, whose text the command levelb readiness runs).
create function levelb._own_schemas()
  returns name[]
  language sql immutable
  set search_path = pg_catalog, pg_temp
return array['levelb', 'levelb_exec', 'levelb_sandbox']::name[];
comment on function levelb._own_schemas() is 'Names of the schemas of levelb itself.';
