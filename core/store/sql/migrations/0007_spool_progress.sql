-- How far each file in which messages waited for the database is committed: moves with the steps.
CREATE TABLE spool_progress (
    site_id    integer NOT NULL,
    spool      text NOT NULL,
    number     bigint NOT NULL,
    PRIMARY KEY (site_id, spool)
);
