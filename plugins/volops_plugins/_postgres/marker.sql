-- A marker datum, in a schema of its own: it can be dropped without a trace in anybody's tables.
CREATE SCHEMA IF NOT EXISTS volops;
CREATE TABLE IF NOT EXISTS volops.marker (token text PRIMARY KEY, planted timestamptz NOT NULL DEFAULT now());
INSERT INTO volops.marker (token) VALUES ('TOKEN') ON CONFLICT DO NOTHING;
