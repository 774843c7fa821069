-- Which messages each step was made from, so that a restart knows those which the broker sends again.
ALTER TABLE ingest_progress ADD COLUMN messages bytea NOT NULL DEFAULT '';
