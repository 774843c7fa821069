-- The loss ledger by time, what comes twice apart from what is read twice, and the numbers that may still come.
ALTER TABLE reader ADD COLUMN resent bigint NOT NULL DEFAULT 0, ADD COLUMN awaited bigint NOT NULL DEFAULT 0;

CREATE TABLE reader_ledger (
    site_id    integer NOT NULL,
    at         timestamptz NOT NULL,
    reader     text NOT NULL,
    messages   bigint NOT NULL,
    received   bigint NOT NULL,
    stored     bigint NOT NULL,
    repeats    bigint NOT NULL,
    late       bigint NOT NULL,
    quarantined bigint NOT NULL,
    resent     bigint NOT NULL,
    ignored    bigint NOT NULL,
    gaps       bigint NOT NULL,
    purged     bigint NOT NULL,
    PRIMARY KEY (site_id, at, reader)
) WITH (fillfactor = 60);
