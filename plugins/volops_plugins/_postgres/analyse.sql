-- Nobody else is at work any more, and from here on an error counts.
\set ON_ERROR_STOP on
SET lock_timeout = 0;
-- Tables without statistics, and those that can have had only some while rows were loaded: of expressions in their
-- indexes, of several columns together, of the tables that inherit from them.
SELECT format('ANALYZE %I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND (NOT EXISTS (SELECT FROM pg_catalog.pg_statistic s WHERE s.starelid = c.oid)
       OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indexprs IS NOT NULL)
       OR EXISTS (SELECT FROM pg_catalog.pg_statistic_ext e WHERE e.stxrelid = c.oid)
       OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid))
\gexec
