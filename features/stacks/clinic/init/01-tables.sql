CREATE TABLE patient (id serial PRIMARY KEY, name text NOT NULL);
INSERT INTO patient (name) SELECT 'patient ' || n FROM generate_series(1, 250) n;
CREATE DATABASE billing;
\connect billing
CREATE TABLE invoice (id serial PRIMARY KEY, cents bigint NOT NULL);
INSERT INTO invoice (cents) SELECT n * 100 FROM generate_series(1, 400) n;
