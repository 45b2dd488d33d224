-- A database with what makes dumps interesting. `main` is its name; run as a superuser, connected to it.
CREATE EXTENSION pgcrypto;
CREATE ROLE clerk LOGIN PASSWORD 'clerk''s own' CONNECTION LIMIT 7;
CREATE SCHEMA "Odd ""Schema""" AUTHORIZATION clerk;

CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL, joined timestamptz NOT NULL, photo bytea);
INSERT INTO customers (name, joined, photo)
SELECT 'Zoë ' || n || E'\t\\N\n', timestamptz '2024-02-29 12:00+00' + n * interval '1 hour', decode(md5(n::text), 'hex')
FROM generate_series(1, 500) n;

CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY, customer int REFERENCES customers, placed date NOT NULL,
    cents numeric(12, 2), twice numeric GENERATED ALWAYS AS (cents * 2) STORED, PRIMARY KEY (id, placed)
) PARTITION BY RANGE (placed);
CREATE TABLE orders_2024 PARTITION OF orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE orders_2025 PARTITION OF orders FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO orders (customer, placed, cents)
SELECT 1 + n % 500, date '2024-06-01' + n % 400, n / 3.0 FROM generate_series(1, 5000) n;

CREATE TABLE "Odd ""Schema"""."größe; DROP" ("select" int);
INSERT INTO "Odd ""Schema"""."größe; DROP" SELECT generate_series(1, 3);
CREATE UNLOGGED TABLE scores AS SELECT n, random() AS score FROM generate_series(1, 100) n;
CREATE MATERIALIZED VIEW totals AS SELECT customer, sum(cents) AS cents FROM orders GROUP BY customer;
CREATE INDEX ON orders (customer);
GRANT SELECT ON customers TO clerk;
CREATE SEQUENCE never_used;
SELECT setval('customers_id_seq', 900);
SELECT lo_from_bytea(77, 'a large object');
ALTER DATABASE :"main" SET work_mem = '5MB';
COMMENT ON DATABASE :"main" IS 'it''s the main one';

CREATE DATABASE "a=b 'c' d" TEMPLATE template0 ENCODING LATIN1 LOCALE 'C' OWNER clerk;
