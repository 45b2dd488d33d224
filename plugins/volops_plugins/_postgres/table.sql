-- In a throwaway server: makes the empty table :schema.:copy, shaped, owned and granted as :schema.:name, and says
-- what its columns are. What would tie the copy to sequences is left out, and so are foreign keys and triggers.
SELECT set_config('search_path', 'pg_catalog', false) \g /dev/null
SELECT to_regclass(format('%I.%I', :'schema', :'name'))::oid AS original \gset
BEGIN;
SELECT format('DROP TABLE IF EXISTS %I.%I CASCADE', :'schema', :'copy') \gexec
SELECT format('CREATE TABLE %I.%I (LIKE %I.%I INCLUDING ALL EXCLUDING IDENTITY)', :'schema', :'copy', :'schema', :'name')
\gexec
SELECT to_regclass(format('%I.%I', :'schema', :'copy'))::oid AS made \gset

CREATE TEMP VIEW numbered AS
SELECT d.adrelid, d.adnum FROM pg_attrdef d
WHERE EXISTS (SELECT FROM pg_depend p JOIN pg_class s ON s.oid = p.refobjid AND s.relkind = 'S'
              WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass);
SELECT format('ALTER TABLE %I.%I ALTER COLUMN %I DROP DEFAULT', :'schema', :'copy', a.attname)
FROM pg_temp.numbered n JOIN pg_attribute a ON a.attrelid = n.adrelid AND a.attnum = n.adnum
WHERE n.adrelid = :made
\gexec
SELECT format('ALTER TABLE %I.%I OWNER TO %I', :'schema', :'copy', pg_get_userbyid(relowner)) FROM pg_class WHERE oid = :original
\gexec
-- A superuser may write the catalogs; this server is thrown away.
UPDATE pg_class SET relacl = (SELECT relacl FROM pg_class WHERE oid = :original) WHERE oid = :made;
UPDATE pg_attribute c SET attacl = o.attacl FROM pg_attribute o
WHERE c.attrelid = :made AND o.attrelid = :original AND o.attname = c.attname AND o.attnum > 0 AND o.attacl IS NOT NULL;
COMMIT;

SELECT json_build_object(
    'partitioned', (SELECT relkind = 'p' FROM pg_class WHERE oid = :original),
    'parts', (SELECT coalesce(json_agg(format('%I.%I', n.nspname, c.relname)), '[]')
              FROM pg_partition_tree(:original) t JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE t.isleaf AND c.relkind = 'r'),
    'columns', (SELECT json_agg(format('%I', attname) ORDER BY attnum) FROM pg_attribute
                WHERE attrelid = :original AND attnum > 0 AND NOT attisdropped AND attgenerated = ''),
    'always', EXISTS (SELECT FROM pg_attribute WHERE attrelid = :original AND attidentity = 'a'),
    'counting', (SELECT coalesce(json_agg(format('%I', attname)), '[]') FROM pg_attribute a
                 WHERE attrelid = :original AND attnotnull
                   AND (attidentity <> '' OR EXISTS (SELECT FROM pg_temp.numbered n
                                                     WHERE n.adrelid = a.attrelid AND n.adnum = a.attnum))),
    'rows', (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %s %I.%I',
             CASE (SELECT relkind FROM pg_class WHERE oid = :original) WHEN 'p' THEN '' ELSE 'ONLY' END,
             :'schema', :'name'), false, true, '')))[1]::text::bigint);
