-- What the user may do with the database :live, what is in the way of replacing it, and what a dump may need.
SELECT set_config('search_path', 'pg_catalog', false) \g /dev/null
SELECT json_build_object(
    'creates', r.rolsuper OR r.rolcreatedb,
    'owns', coalesce((SELECT pg_has_role(d.datdba, 'USAGE') FROM pg_database d WHERE d.datname = :'live'), true),
    'tablespace', (SELECT t.spcname FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace
                   WHERE d.datname = :'live' AND t.spcname <> 'pg_default'),
    'sessions', (SELECT count(*) FROM pg_stat_activity a
                 WHERE a.datname = :'live' AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()),
    'prepared', (SELECT count(*) FROM pg_prepared_xacts p WHERE p.database = :'live'),
    -- How many objects all transactions together may lock (runtime-config-locks).
    'locks', current_setting('max_locks_per_transaction')::int
             * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int),
    'extensions', (SELECT json_agg(e.name) FROM pg_available_extensions e))
FROM pg_roles r
WHERE r.rolname = current_user;
