-- How far each reader's own numbers have come: what it lost while the line was off is counted too.
ALTER TABLE reader ADD COLUMN numbering bytea NOT NULL DEFAULT '';
