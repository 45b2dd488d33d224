-- Opens a transaction, prints the name of its exported snapshot, then writes to the file :facts what the snapshot
-- holds, as JSON lines (sequences to the file :sequences). The transaction stays open until psql ends.
\set QUIET on
SELECT set_config('search_path', 'pg_catalog', false),
       set_config('row_security', 'off', false),
       -- Counting is not to crowd out those the server is there for.
       set_config('max_parallel_workers_per_gather', '0', false),
       set_config('lock_timeout', :'lock_ms', false) \g /dev/null
-- Limits that an administrator set for applications; not every version has each. The last one makes the server
-- notice that we are gone, whatever it is doing (14 and newer).
SELECT set_config(name, CASE name WHEN 'client_connection_check_interval' THEN '2s' ELSE '0' END, false)
FROM pg_settings
WHERE name IN ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout',
               'client_connection_check_interval') \g /dev/null

BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- Sequences know no snapshot. They are read before any dump can begin, so that it is never behind these values.
\o :sequences
SELECT json_build_object('sequence', format('%I.%I', n.nspname, c.relname),
                         'value', CASE WHEN has_sequence_privilege(c.oid, 'SELECT,USAGE') THEN pg_sequence_last_value(c.oid) END)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND c.relpersistence <> 't'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname;
\o

SELECT pg_export_snapshot();

\o :facts
SELECT json_build_object('extension', extname, 'version', extversion) FROM pg_extension ORDER BY extname;
SELECT json_build_object('large_objects', count(*)) FROM pg_largeobject_metadata;

-- Ordinary tables, the leaves of partitioned ones among them; what belongs to an extension is the extension's.
SELECT format('SELECT json_build_object(''rows'', %L, ''count'', count(*)) FROM ONLY %I.%I',
              format('%I.%I', n.nspname, c.relname), n.nspname, c.relname)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname
\gexec
