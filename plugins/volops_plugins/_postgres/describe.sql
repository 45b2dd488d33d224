-- What a server is and has, as JSON lines. Columns that only some versions have are read through to_jsonb().
SELECT set_config('search_path', 'pg_catalog', false), set_config('statement_timeout', '0', false) \g /dev/null

SELECT json_build_object('server', json_build_object(
    'version_num', current_setting('server_version_num')::int,
    'version', current_setting('server_version'),
    'data_checksums', current_setting('data_checksums') = 'on',
    'in_recovery', pg_is_in_recovery(),
    -- Only some users may know it.
    'data_directory', (SELECT setting FROM pg_settings WHERE name = 'data_directory'),
    'user', current_user,
    -- The role that initdb made (BOOTSTRAP_SUPERUSERID): it cannot be dropped, and grants roles in its own name.
    'bootstrap', (SELECT rolname FROM pg_roles WHERE oid = 10),
    'preload', coalesce((SELECT setting FROM pg_settings WHERE name = 'shared_preload_libraries'), ''),
    'main', :'main',
    'roomy', :'roomy' = 't',
    'place', CASE WHEN :'on_volume' = 'yes' THEN :'place' END,
    'reads_passwords', has_table_privilege('pg_authid', 'SELECT'),
    'roles', (SELECT json_agg(rolname ORDER BY rolname) FROM pg_roles WHERE rolname !~ '^pg_'),
    'tablespaces', (SELECT coalesce(json_object_agg(spcname, pg_tablespace_location(oid)), '{}')
                    FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global'))));

SELECT json_build_object('database', json_build_object(
    'name', datname,
    'template', datistemplate,
    'connectable', datallowconn,
    -- DROP DATABASE that was interrupted leaves this (15.4 and newer).
    'invalid', datconnlimit = -2,
    'facts', json_build_object(
        'owner', pg_get_userbyid(datdba),
        'encoding', pg_encoding_to_char(encoding),
        'collate', datcollate,
        'ctype', datctype,
        'provider', CASE to_jsonb(d) ->> 'datlocprovider' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
        'locale', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'),
        'collation_version', to_jsonb(d) ->> 'datcollversion',
        'bytes', CASE WHEN has_database_privilege(datname, 'CONNECT') THEN pg_database_size(oid) END)))
FROM pg_database d
ORDER BY datname;

-- Files the server reads its settings from; a user who may not know them is told of none.
SELECT json_build_object('file', setting)
FROM pg_settings
WHERE setting <> '' AND name IN ('config_file', 'hba_file', 'ident_file', 'ssl_cert_file', 'ssl_key_file', 'ssl_ca_file',
                                 'ssl_crl_file', 'ssl_dh_params_file', 'krb_server_keyfile');
-- pg_read_all_data may read these views, but not call what they are made of.
SELECT has_table_privilege('pg_file_settings', 'SELECT') AND has_table_privilege('pg_hba_file_rules', 'SELECT')
       AND has_function_privilege('pg_show_all_file_settings()', 'EXECUTE')
       AND has_function_privilege('pg_hba_file_rules()', 'EXECUTE') AS may \gset
\if :may
SELECT DISTINCT json_build_object('file', sourcefile)::text FROM pg_file_settings WHERE sourcefile IS NOT NULL;
SELECT DISTINCT json_build_object('file', to_jsonb(r) ->> 'file_name')::text FROM pg_hba_file_rules r
WHERE to_jsonb(r) ? 'file_name';
\endif
