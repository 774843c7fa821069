-- What a tag did at a door, once it was over there.
CREATE TABLE passage (
    closed_at  timestamptz NOT NULL,                -- last read there
    opened_at  timestamptz NOT NULL,                -- first read there
    site_id    integer NOT NULL,
    tag_id     bigint NOT NULL,
    door       text NOT NULL,                       -- its id: doors leave the plan, and their numbers are used again
    verdict    text NOT NULL,                       -- static milling through review
    direction  text NOT NULL,                       -- in out none
    confidence real NOT NULL,
    reads      integer NOT NULL,
    seq        bigint NOT NULL
);
CREATE INDEX passage_tag ON passage (site_id, tag_id, closed_at DESC);
CREATE INDEX passage_closed_at ON passage (site_id, closed_at DESC);
