-- Gives the database :incoming what :live has beside its contents: settings, comment, limits, and who may connect.
SELECT set_config('search_path', 'pg_catalog', false) \g /dev/null
BEGIN;

-- Lists of names are stored as they are to be written again, everything else as one value (pg_dump does the same).
SELECT format('ALTER %s SET %I TO %s',
              CASE s.setrole WHEN 0 THEN format('DATABASE %I', :'incoming')
                             ELSE format('ROLE %I IN DATABASE %I', pg_get_userbyid(s.setrole), :'incoming') END,
              c.name,
              CASE WHEN c.name IN ('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries')
                   THEN replace(c.value, '""', quote_literal('')) ELSE quote_literal(c.value) END)
FROM pg_db_role_setting s
JOIN pg_database d ON d.oid = s.setdatabase AND d.datname = :'live',
LATERAL (SELECT split_part(entry, '=', 1) AS name, substr(entry, strpos(entry, '=') + 1) AS value
         FROM unnest(s.setconfig) AS entry) c
\gexec

SELECT format('COMMENT ON DATABASE %I IS %L', :'incoming', shobj_description(d.oid, 'pg_database'))
FROM pg_database d
WHERE d.datname = :'live' AND shobj_description(d.oid, 'pg_database') IS NOT NULL
\gexec

SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC, %I', :'incoming', pg_get_userbyid(d.datdba))
FROM pg_database d
WHERE d.datname = :'live' AND d.datacl IS NOT NULL
\gexec
SELECT format('GRANT %s ON DATABASE %I TO %s%s', a.privilege_type, :'incoming',
              CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
              CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_database d, LATERAL aclexplode(d.datacl) a
WHERE d.datname = :'live'
\gexec

SELECT format('ALTER DATABASE %I CONNECTION LIMIT %s IS_TEMPLATE %s', :'incoming', d.datconnlimit, d.datistemplate::text)
FROM pg_database d
WHERE d.datname = :'live' AND (d.datconnlimit <> -1 OR d.datistemplate)
\gexec
COMMIT;
