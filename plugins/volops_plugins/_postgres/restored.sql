-- What the proof of a restored database needs beside what a dump counts (snapshot.sql).
SELECT json_build_object('descending', format('%I.%I', n.nspname, c.relname))
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE s.seqincrement < 0 OR s.seqcycle;
