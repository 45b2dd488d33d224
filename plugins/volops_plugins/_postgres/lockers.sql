-- Who holds the locks that pg_dump waited for, and on which tables.
SELECT set_config('search_path', 'pg_catalog', false) \g /dev/null
SELECT json_build_object(
    'tables', string_agg(DISTINCT format('%I.%I', n.nspname, c.relname), ', '),
    'holders', string_agg(DISTINCT format('%s, pid %s', coalesce(nullif(a.application_name, ''), a.usename, 'a transaction'), l.pid), '; '))
FROM pg_locks l
JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p')
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.granted AND l.mode = 'AccessExclusiveLock' AND n.nspname <> 'pg_catalog'
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
HAVING count(*) > 0;
