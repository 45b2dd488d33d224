-- What decides how rows of the table :copy can be put back into :live, if that is there: whether a unique index tells each
-- row from all others (of rows with a NULL in it there may be many), and whether whole rows can be compared.
SELECT set_config('search_path', 'pg_catalog', false), set_config('volops.comparable', 'yes', false),
       set_config('volops.compare', format('EXPLAIN SELECT %s FROM %s EXCEPT ALL SELECT %1$s FROM %3$s',
                                           :'columns', :'copy', :'live'), false) \g /dev/null
-- Of types such as json no two values are equal or not. Anything else that may be wrong is for whoever runs it to see.
DO $$ BEGIN
    EXECUTE current_setting('volops.compare');
EXCEPTION
    WHEN undefined_function THEN PERFORM set_config('volops.comparable', 'no', false);
    WHEN OTHERS THEN NULL;
END $$;
SELECT json_build_object(
    'plain', c.relkind = 'r',
    'comparable', current_setting('volops.comparable') = 'yes',
    'keyed', EXISTS (
        SELECT FROM pg_index i
        WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
          AND i.indpred IS NULL AND i.indexprs IS NULL
          AND (to_jsonb(i) ->> 'indnullsnotdistinct' = 'true' OR NOT EXISTS (
              SELECT FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]) AND NOT a.attnotnull))))
FROM pg_class c
WHERE c.oid = to_regclass(:'live');
