-- Owns the event triggers of the guard. Only a superuser may make one, so they belong to whoever installs; their
-- function is levelb_owner's. Last, since they would refuse what stands above. No WHEN TAG: one command has several tags
-- (ALTER FUNCTION, ALTER ROUTINE). ENABLE ALWAYS, or session_replication_role = replica would silence them.
create event trigger levelb_ddl_command_end on ddl_command_end execute function levelb._guard();
create event trigger levelb_sql_drop on sql_drop execute function levelb._guard();
create event trigger levelb_table_rewrite on table_rewrite execute function levelb._guard();
alter event trigger levelb_ddl_command_end enable always;
alter event trigger levelb_sql_drop enable always;
alter event trigger levelb_table_rewrite enable always;
comment on event trigger levelb_ddl_command_end is 'Refuses changes past the channel; see levelb._guard.';
comment on event trigger levelb_sql_drop is 'Refuses drops past the channel; see levelb._guard.';
comment on event trigger levelb_table_rewrite is 'Refuses rewrites of tables past the channel; see levelb._guard.';
