-- What the runtime role may do. Run after every migration, so that a new table is never forgotten.
GRANT USAGE ON SCHEMA public TO homeward_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO homeward_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO homeward_app;
REVOKE UPDATE, DELETE ON audit_event, access_log, pack_version FROM homeward_app;
DO $$ BEGIN REVOKE UPDATE, DELETE ON kept_figures FROM homeward_app;
EXCEPTION WHEN undefined_table THEN NULL; -- a database on its way, which has not come to this table
END $$;
DO $$ BEGIN REVOKE UPDATE, DELETE ON sign_off, reading_decision FROM homeward_app;
EXCEPTION WHEN undefined_table THEN NULL; -- a database on its way
END $$;
DO $$ BEGIN REVOKE UPDATE, DELETE ON publication FROM homeward_app;
EXCEPTION WHEN undefined_table THEN NULL; -- a database on its way
END $$;
GRANT UPDATE (retired_at) ON pack_version TO homeward_app;
REVOKE INSERT, UPDATE, DELETE ON alembic_version, job_queue_version FROM homeward_app;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO homeward_app;
DO $$ BEGIN EXECUTE format('GRANT homeward_app TO %I WITH SET TRUE', current_user);
EXCEPTION WHEN insufficient_privilege THEN NULL; -- two separate sign-ins: the owner need not become the runtime role
END $$;
