-- Everything Tallyport remembers. The migrations reach exactly this (tests/integration/test_migrations.py).
-- Times are timestamptz here and int64 microseconds everywhere else. No foreign key and no needless index stands on
-- the hot path. The hypertables are made by core/store/edition.py, the one file where the editions differ.

CREATE TABLE site (
    site_id    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         text NOT NULL UNIQUE,
    name       text NOT NULL,
    timezone   text NOT NULL,
    width_m    double precision NOT NULL,
    height_m   double precision NOT NULL,
    engine     jsonb NOT NULL DEFAULT '{}',
    version    integer NOT NULL DEFAULT 1,          -- grows with every change to the plan
    live_seq   bigint NOT NULL DEFAULT 0,           -- seq of the last committed step
    alert_epoch uuid NOT NULL DEFAULT gen_random_uuid(),
    alert_seq  bigint NOT NULL DEFAULT 0,           -- the row lock on it makes alert seq gap-free and in commit order
    created_at timestamptz NOT NULL DEFAULT now(),
    writer_epoch bigint NOT NULL DEFAULT 0          -- grows with every process that becomes the site's writer
);

CREATE TABLE zone (
    site_id    integer NOT NULL,
    zone_no    smallint NOT NULL,                   -- index into Site.zones; never reused
    id         text NOT NULL,
    name       text NOT NULL,
    kind       text NOT NULL,
    polygon    jsonb NOT NULL,
    capacity   integer,
    missing_after_s double precision,
    retired    boolean NOT NULL DEFAULT false,
    PRIMARY KEY (site_id, zone_no),
    UNIQUE (site_id, id)
);

CREATE TABLE reader (
    site_id    integer NOT NULL,
    id         text NOT NULL,
    name       text NOT NULL,
    format     text NOT NULL,
    topics     text[] NOT NULL,
    command_topic text NOT NULL DEFAULT '',
    heartbeat_s double precision NOT NULL,
    mapping    jsonb NOT NULL DEFAULT '{}',
    retired    boolean NOT NULL DEFAULT false,
    -- health, written by ingest
    online     boolean,                             -- NULL until it has been heard
    online_since timestamptz,
    last_arrived_at timestamptz,
    clock_offset_us bigint NOT NULL DEFAULT 0,
    firmware   text NOT NULL DEFAULT '',
    antennas_down integer[] NOT NULL DEFAULT '{}',
    -- loss ledger, since the reader was registered
    messages   bigint NOT NULL DEFAULT 0,
    received   bigint NOT NULL DEFAULT 0,
    stored     bigint NOT NULL DEFAULT 0,
    repeats    bigint NOT NULL DEFAULT 0,
    late       bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,
    ignored    bigint NOT NULL DEFAULT 0,
    gaps       bigint NOT NULL DEFAULT 0,
    purged     bigint NOT NULL DEFAULT 0,
    numbering  bytea NOT NULL DEFAULT '',           -- the reader's own numbers so far, as ingest/ledger.py writes them
    resent     bigint NOT NULL DEFAULT 0,           -- reads of messages that had come before: in no other count
    awaited    bigint NOT NULL DEFAULT 0,           -- numbers skipped that may still come, as of the last message
    PRIMARY KEY (site_id, id)
) WITH (fillfactor = 60);

-- The loss ledger by time of arrival, five minutes a row. A small ordinary table: its rows change while they are new.
CREATE TABLE reader_ledger (
    site_id    integer NOT NULL,
    at         timestamptz NOT NULL,                -- when the five minutes began
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

CREATE TABLE read_point (
    site_id    integer NOT NULL,
    read_point_no smallint NOT NULL,                -- index into Site.read_points; never reused
    reader     text NOT NULL,
    antenna    smallint NOT NULL,
    zone       text NOT NULL DEFAULT '',
    x double precision NOT NULL, y double precision NOT NULL, z double precision NOT NULL,
    facing_deg double precision,
    range_m    double precision NOT NULL,
    retired    boolean NOT NULL DEFAULT false,      -- no longer on the plan; history points at its number
    PRIMARY KEY (site_id, read_point_no),
    UNIQUE (site_id, reader, antenna)
);

CREATE TABLE door (
    site_id integer NOT NULL, id text NOT NULL, name text NOT NULL, zone text NOT NULL, kind text NOT NULL,
    photo_eyes jsonb NOT NULL DEFAULT '[]',
    door_no smallint NOT NULL DEFAULT 0,            -- its place in the plan
    facing_deg double precision,                    -- which way is out; NULL: worked out
    PRIMARY KEY (site_id, id)
);

CREATE TABLE sensor (
    site_id integer NOT NULL, id text NOT NULL, reader text NOT NULL, quantity text NOT NULL,
    x double precision NOT NULL, y double precision NOT NULL,
    sensor_no smallint NOT NULL DEFAULT 0,          -- its place in the plan
    PRIMARY KEY (site_id, id)
);

-- A reader that publishes and is not registered: it counts for nothing until a person approves it.
CREATE TABLE pending_reader (
    site       text NOT NULL,                       -- site id named by the topic, or '' where it names none
    topic      text NOT NULL,
    reader     text NOT NULL,
    format     text NOT NULL,                       -- our guess from the payload
    first_arrived_at timestamptz NOT NULL,
    last_arrived_at  timestamptz NOT NULL,
    messages   bigint NOT NULL,
    sample     bytea NOT NULL,
    PRIMARY KEY (topic)
);

CREATE TABLE product (
    sku        text PRIMARY KEY,
    gtin       text UNIQUE,                         -- 14 digits
    name       text NOT NULL,
    unit_value numeric(12, 2),
    owner      text NOT NULL DEFAULT ''
);

-- Every tag ever seen at a site. tag_id is dense per site: the engine uses it as an index.
CREATE TABLE tag (
    site_id    integer NOT NULL,
    tag_id     bigint NOT NULL,
    epc        text NOT NULL,                       -- upper-case hex
    scheme     text NOT NULL DEFAULT 'opaque',      -- sgtin-96, sscc-96, ..., opaque
    identity   text NOT NULL DEFAULT '',            -- pure identity URI
    gtin       text NOT NULL DEFAULT '',
    sku        text NOT NULL DEFAULT '',            -- the product's; the GTIN where no product is known; '' if neither
    owner      text NOT NULL DEFAULT '',
    first_seen_at timestamptz NOT NULL,
    PRIMARY KEY (site_id, tag_id),
    UNIQUE (site_id, epc)
);
CREATE INDEX tag_gtin ON tag (gtin) WHERE gtin <> '';
CREATE INDEX tag_sku ON tag (site_id, sku) WHERE sku <> '';

-- The live stock position: one row a tag.
CREATE TABLE position (
    site_id    integer NOT NULL,
    tag_id     bigint NOT NULL,
    zone_no    smallint NOT NULL,                   -- -1 unknown
    state      smallint NOT NULL,                   -- TagState: 0 present, 1 left, 2 missing
    disposition text NOT NULL DEFAULT 'active',
    confidence real NOT NULL,
    x_m real NOT NULL, y_m real NOT NULL,
    read_point_no smallint NOT NULL,
    seen_at    timestamptz NOT NULL,
    since_at   timestamptz NOT NULL,
    seq        bigint NOT NULL,                     -- the step that wrote it
    PRIMARY KEY (site_id, tag_id)
) WITH (fillfactor = 60);

-- Moves in the same transaction as position and always equals a recount over it: present tags with a SKU.
CREATE TABLE stock_level (
    site_id    integer NOT NULL,
    sku        text NOT NULL,
    zone_no    smallint NOT NULL,
    disposition text NOT NULL,
    owner      text NOT NULL,
    quantity   bigint NOT NULL,
    PRIMARY KEY (site_id, sku, zone_no, disposition, owner)
) WITH (fillfactor = 60);

-- Kept reads, hours to days: evidence, and what a restart replays after the last checkpoint (seq).
CREATE TABLE read (
    seen_at    timestamptz NOT NULL,
    arrived_at timestamptz NOT NULL,
    raw_us     bigint NOT NULL,                     -- the reader's own clock
    site_id    integer NOT NULL,
    seq        bigint NOT NULL,
    tag_id     bigint NOT NULL,
    read_point_no smallint NOT NULL,
    rssi_dbm   real NOT NULL,                       -- -200: the reader gave none
    phase_deg  real NOT NULL,                       -- -1: none
    channel_mhz real NOT NULL,                      -- 0: none
    count      integer NOT NULL
);
CREATE INDEX read_seen_at ON read USING brin (seen_at) WITH (autosummarize = on);
-- A tag's own reads, for a person who asks and for what comes late.
CREATE INDEX read_tag ON read (tag_id, seen_at);

-- Reads that came too late to move a live position: history only. The key makes a redelivery harmless.
CREATE TABLE late_read (
    LIKE read INCLUDING DEFAULTS,
    PRIMARY KEY (site_id, tag_id, read_point_no, raw_us)
);

CREATE TABLE movement (
    at         timestamptz NOT NULL,
    site_id    integer NOT NULL,
    tag_id     bigint NOT NULL,
    kind       text NOT NULL,                       -- appear move leave missing
    from_zone_no smallint NOT NULL,
    to_zone_no smallint NOT NULL,
    read_point_no smallint NOT NULL,
    confidence real NOT NULL,
    seq        bigint NOT NULL
);
CREATE INDEX movement_tag ON movement (site_id, tag_id, at DESC);
CREATE INDEX movement_at ON movement (site_id, at DESC);

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

-- What readers said of themselves, replayed after the last checkpoint as reads are.
CREATE TABLE reader_event (
    seen_at    timestamptz NOT NULL,
    arrived_at timestamptz NOT NULL,
    site_id    integer NOT NULL,
    seq        bigint NOT NULL,
    reader     text NOT NULL,
    kind       text NOT NULL,
    port       smallint NOT NULL,
    value      double precision NOT NULL,
    epc        text NOT NULL,
    text       text NOT NULL
);
CREATE INDEX reader_event_reader ON reader_event (site_id, reader, seen_at DESC);
CREATE INDEX reader_event_seq ON reader_event (site_id, seq);

CREATE TABLE sensor_reading (
    seen_at    timestamptz NOT NULL,
    site_id    integer NOT NULL,
    reader     text NOT NULL,
    sensor     text NOT NULL,
    quantity   text NOT NULL,
    value      double precision NOT NULL
);
CREATE INDEX sensor_reading_sensor ON sensor_reading (site_id, sensor, seen_at DESC);

-- One row a committed step until the next checkpoint: a restart takes the same steps again, and knows the messages.
CREATE TABLE ingest_progress (
    site_id    integer NOT NULL,
    seq        bigint NOT NULL,
    closed_at  timestamptz NOT NULL,
    taught     integer NOT NULL DEFAULT 0,          -- which calibration the step was decided under; 0: the plan alone
    messages   bytea NOT NULL DEFAULT '',           -- marks of the messages it was made from, 8 bytes each
    PRIMARY KEY (site_id, seq)
);

-- What a site has been taught. The newest one counts; one without a body says to go by the plan alone again.
CREATE TABLE calibration (
    site_id      integer NOT NULL,
    version      integer NOT NULL,                  -- counts up from 1
    published_at timestamptz NOT NULL DEFAULT now(),
    published_by text NOT NULL,
    body         jsonb,                             -- as `tallyport calibrate` writes it
    PRIMARY KEY (site_id, version)
);

-- How far each file in which messages waited for the database is committed: moves with the steps.
CREATE TABLE spool_progress (
    site_id    integer NOT NULL,
    spool      text NOT NULL,                       -- the file's own id
    number     bigint NOT NULL,
    PRIMARY KEY (site_id, spool)
);

CREATE TABLE engine_checkpoint (
    site_id    integer NOT NULL,
    seq        bigint NOT NULL,
    version    integer NOT NULL,
    digest     bytea NOT NULL,                      -- sha256 of body
    body       bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site_id, seq)
);

-- Messages that did not parse; bounded by core/store/retention.py.
CREATE TABLE dead_letter (
    dead_letter_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    arrived_at timestamptz NOT NULL,
    site       text NOT NULL,
    reader     text NOT NULL,
    topic      text NOT NULL,
    reason     text NOT NULL,
    payload    bytea NOT NULL,
    payload_bytes integer NOT NULL
);
CREATE INDEX dead_letter_arrived_at ON dead_letter (arrived_at DESC);

CREATE TABLE alert (
    alert_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id    integer NOT NULL,
    rule       text NOT NULL,
    subject    text NOT NULL,
    severity   text NOT NULL,
    state      text NOT NULL DEFAULT 'open',        -- open acknowledged resolved
    title      text NOT NULL,
    advice     text NOT NULL,
    zone       text NOT NULL DEFAULT '',
    tag_id     bigint,
    epc        text NOT NULL DEFAULT '',
    reader     text NOT NULL DEFAULT '',
    evidence   jsonb NOT NULL DEFAULT '{}',
    raised_at  timestamptz NOT NULL,                -- event time of the cause
    updated_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text,
    resolved_at timestamptz,
    resolved_reason text,
    count      integer NOT NULL DEFAULT 1,          -- how often the rule said it while the alert was open
    version    integer NOT NULL DEFAULT 1
);
-- Two messages a millisecond apart make one alert, whoever writes first.
CREATE UNIQUE INDEX alert_open ON alert (site_id, rule, subject) WHERE state <> 'resolved';
CREATE INDEX alert_raised_at ON alert (site_id, raised_at DESC);

-- The alert as the api shows it and as alert_event keeps it; times in UTC whatever the session says.
CREATE FUNCTION alert_body(a alert) RETURNS jsonb
    LANGUAGE sql STABLE SET timezone TO 'UTC'
    RETURN to_jsonb(a) - 'site_id';

-- Each change of an alert in commit order; seq comes from site.alert_seq. What /ws/v1/alerts sends and resumes from.
CREATE TABLE alert_event (
    at         timestamptz NOT NULL DEFAULT now(),
    site_id    integer NOT NULL,
    seq        bigint NOT NULL,
    alert_id   bigint NOT NULL,
    change     text NOT NULL,                       -- raised updated acknowledged resolved
    body       jsonb NOT NULL                       -- the alert as it was then, as the api shows it
);
CREATE INDEX alert_event_seq ON alert_event (site_id, seq);

CREATE TABLE alert_cursor (
    site_id    integer NOT NULL,
    token_id   bigint NOT NULL,
    seq        bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site_id, token_id)
);

-- Shipments as far as the exit rule needs them.
CREATE TABLE shipment (
    shipment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id    integer NOT NULL,
    reference  text NOT NULL,
    door       text NOT NULL DEFAULT '',            -- '' : any door
    state      text NOT NULL DEFAULT 'open',        -- open closed cancelled
    created_at timestamptz NOT NULL DEFAULT now(),
    closed_at  timestamptz,
    UNIQUE (site_id, reference)
);
CREATE TABLE shipment_item (
    shipment_id bigint NOT NULL REFERENCES shipment ON DELETE CASCADE,
    epc        text NOT NULL,
    left_at    timestamptz,
    PRIMARY KEY (shipment_id, epc)
);
CREATE INDEX shipment_item_epc ON shipment_item (epc);

-- Tokens: only a hash is kept; shown once.
CREATE TABLE api_token (
    token_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    prefix     text NOT NULL UNIQUE,                -- the part that may be shown
    digest     bytea NOT NULL,                      -- sha256 of the secret part (high entropy)
    role       text NOT NULL,                       -- viewer operator manager admin device
    sites      text[] NOT NULL,                     -- site ids; empty: all
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);

-- Single-use tickets with which a browser opens a websocket; a crash may lose them, they live half a minute.
CREATE UNLOGGED TABLE ws_ticket (
    digest     bytea PRIMARY KEY,                   -- sha256 of the ticket
    token_id   bigint NOT NULL,
    site       text NOT NULL,
    origin     text NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE audit (
    audit_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    actor      text NOT NULL,
    site       text NOT NULL DEFAULT '',
    act        text NOT NULL,
    subject    text NOT NULL,
    detail     jsonb NOT NULL DEFAULT '{}'
);
