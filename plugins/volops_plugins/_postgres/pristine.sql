-- Whether the database is as initdb made it: objects of users have numbers from 16384 on (FirstNormalObjectId).
SELECT set_config('search_path', 'pg_catalog', false), set_config('statement_timeout', '0', false) \g /dev/null
SELECT json_build_object('pristine', current_database())
WHERE NOT EXISTS (SELECT FROM pg_class WHERE oid >= 16384)
  AND NOT EXISTS (SELECT FROM pg_proc WHERE oid >= 16384)
  AND NOT EXISTS (SELECT FROM pg_type WHERE oid >= 16384)
  AND NOT EXISTS (SELECT FROM pg_namespace WHERE oid >= 16384)
  AND NOT EXISTS (SELECT FROM pg_extension WHERE oid >= 16384)
  AND NOT EXISTS (SELECT FROM pg_operator WHERE oid >= 16384)
  AND NOT EXISTS (SELECT FROM pg_collation WHERE oid >= 16384 AND collnamespace <> 'pg_catalog'::regnamespace)
  AND NOT EXISTS (SELECT FROM pg_publication)
  AND NOT EXISTS (SELECT FROM pg_foreign_data_wrapper)
  AND NOT EXISTS (SELECT FROM pg_default_acl)
  AND NOT EXISTS (SELECT FROM pg_largeobject_metadata)
  AND NOT EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database())
  AND (SELECT datacl IS NULL OR datname = 'template1' FROM pg_database WHERE datname = current_database());
