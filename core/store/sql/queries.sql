-- The statements of the store: a name, a sentence, the statement. core/store/queries.py reads them.

-- site_ids --
-- Every site by its id.
SELECT id FROM site ORDER BY id

-- site --
-- One site by its id.
SELECT site_id, name, timezone, width_m, height_m, engine FROM site WHERE id = %(id)s

-- site_version --
-- Which version of its plan a site has.
SELECT version FROM site WHERE id = %(id)s

-- site_zones --
-- The zones of a plan in the order of their numbers, retired ones too: an index into them is a number.
SELECT id, name, kind, polygon, capacity, missing_after_s, retired FROM zone WHERE site_id = %(site_id)s ORDER BY zone_no

-- site_readers --
-- The readers on the plan, in the order in which it named them first.
SELECT r.id, r.name, r.format, r.topics, r.command_topic, r.heartbeat_s, r.mapping
FROM reader r JOIN read_point p ON p.site_id = r.site_id AND p.reader = r.id AND p.antenna = 0
WHERE r.site_id = %(site_id)s AND NOT r.retired ORDER BY p.read_point_no

-- site_read_points --
-- All read points that ever had a number.
SELECT reader, antenna, zone, x, y, z, facing_deg, range_m, retired
FROM read_point WHERE site_id = %(site_id)s ORDER BY read_point_no

-- site_doors --
-- The doors in the plan's order.
SELECT id, name, zone, kind, photo_eyes, facing_deg FROM door WHERE site_id = %(site_id)s ORDER BY door_no

-- site_sensors --
-- The sensors in the plan's order.
SELECT id, reader, quantity, x, y FROM sensor WHERE site_id = %(site_id)s ORDER BY sensor_no

-- insert_site --
-- A site new to the database; one that is there stays.
INSERT INTO site (id, name, timezone, width_m, height_m, engine)
VALUES (%(id)s, %(name)s, %(timezone)s, %(width_m)s, %(height_m)s, %(engine)s)
ON CONFLICT (id) DO NOTHING

-- lock_site --
-- One change of a plan at a time.
SELECT site_id FROM site WHERE id = %(id)s FOR NO KEY UPDATE

-- update_site --
-- The plan's own facts, and its next version.
UPDATE site SET name = %(name)s, timezone = %(timezone)s, width_m = %(width_m)s, height_m = %(height_m)s,
    engine = %(engine)s, version = version + 1
WHERE id = %(id)s RETURNING site_id

-- upsert_zone --
-- A zone under its number for ever.
INSERT INTO zone (site_id, zone_no, id, name, kind, polygon, capacity, missing_after_s, retired)
VALUES (%(site_id)s, %(zone_no)s, %(id)s, %(name)s, %(kind)s, %(polygon)s, %(capacity)s, %(missing_after_s)s,
        %(retired)s)
ON CONFLICT (site_id, zone_no) DO UPDATE SET
    id = excluded.id, name = excluded.name, kind = excluded.kind, polygon = excluded.polygon,
    capacity = excluded.capacity, missing_after_s = excluded.missing_after_s, retired = excluded.retired

-- upsert_reader --
-- A reader as planned; its health and ledger are left alone.
INSERT INTO reader (site_id, id, name, format, topics, command_topic, heartbeat_s, mapping)
VALUES (%(site_id)s, %(id)s, %(name)s, %(format)s, %(topics)s, %(command_topic)s, %(heartbeat_s)s, %(mapping)s)
ON CONFLICT (site_id, id) DO UPDATE SET
    name = excluded.name, format = excluded.format, topics = excluded.topics, command_topic = excluded.command_topic,
    heartbeat_s = excluded.heartbeat_s, mapping = excluded.mapping, retired = false

-- retire_readers --
-- The readers that are no longer on the plan.
UPDATE reader SET retired = true WHERE site_id = %(site_id)s AND NOT id = ANY (%(ids)s::text[]) AND NOT retired

-- upsert_read_point --
-- A read point under its number for ever.
INSERT INTO read_point (site_id, read_point_no, reader, antenna, zone, x, y, z, facing_deg, range_m)
VALUES (%(site_id)s, %(read_point_no)s, %(reader)s, %(antenna)s, %(zone)s, %(x)s, %(y)s, %(z)s, %(facing_deg)s,
        %(range_m)s)
ON CONFLICT (site_id, read_point_no) DO UPDATE SET
    zone = excluded.zone, x = excluded.x, y = excluded.y, z = excluded.z, facing_deg = excluded.facing_deg,
    range_m = excluded.range_m, retired = false

-- retire_read_point --
-- A read point that is no longer on the plan keeps its last place.
UPDATE read_point SET retired = true WHERE site_id = %(site_id)s AND read_point_no = %(read_point_no)s

-- delete_doors --
-- Doors have no numbers: the plan replaces them.
DELETE FROM door WHERE site_id = %(site_id)s

-- insert_door --
-- A door of the plan.
INSERT INTO door (site_id, door_no, id, name, zone, kind, photo_eyes, facing_deg)
VALUES (%(site_id)s, %(door_no)s, %(id)s, %(name)s, %(zone)s, %(kind)s, %(photo_eyes)s, %(facing_deg)s)

-- delete_sensors --
-- Sensors have no numbers: the plan replaces them.
DELETE FROM sensor WHERE site_id = %(site_id)s

-- insert_sensor --
-- A sensor of the plan.
INSERT INTO sensor (site_id, sensor_no, id, reader, quantity, x, y)
VALUES (%(site_id)s, %(sensor_no)s, %(id)s, %(reader)s, %(quantity)s, %(x)s, %(y)s)

-- site_tags --
-- Every tag ever seen at a site, by its dense number.
SELECT tag_id, epc FROM tag WHERE site_id = (SELECT site_id FROM site WHERE id = %(id)s) ORDER BY tag_id

-- stage_tags --
-- New tags on their way into `tag`.
CREATE TEMPORARY TABLE IF NOT EXISTS tag_stage (
    tag_id bigint NOT NULL, epc text NOT NULL, scheme text NOT NULL, identity text NOT NULL, gtin text NOT NULL,
    first_seen_at timestamptz NOT NULL
) ON COMMIT DELETE ROWS

-- stage_positions --
-- Positions on their way into `position`.
CREATE TEMPORARY TABLE IF NOT EXISTS position_stage (
    tag_id bigint NOT NULL, zone_no smallint NOT NULL, state smallint NOT NULL, confidence real NOT NULL,
    x_m real NOT NULL, y_m real NOT NULL, read_point_no smallint NOT NULL,
    seen_at timestamptz NOT NULL, since_at timestamptz NOT NULL
) ON COMMIT DELETE ROWS

-- claim_site --
-- One writer a site, for as long as its connection lives.
SELECT pg_try_advisory_lock(%(room)s, %(site_id)s)

-- next_epoch --
-- Each owner of a site gets the next number; a former one's steps are refused from now on.
UPDATE site SET writer_epoch = writer_epoch + 1 WHERE site_id = %(site_id)s RETURNING writer_epoch

-- writer_epoch --
-- The number of a site's owner.
SELECT writer_epoch FROM site WHERE site_id = %(site_id)s

-- sign_connection --
-- The name of the process, so that a connection which it lost is known as its own.
SELECT set_config('application_name', %(name)s, false)

-- end_former_owner --
-- Ends the connection that owns a site if it is one that this process has lost: nobody else will.
SELECT pg_terminate_backend(a.pid)
FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %(room)s::oid AND l.objid = %(site_id)s::oid
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND a.application_name = current_setting('application_name') AND a.pid <> pg_backend_pid()

-- begin_step --
-- Where the site stands; the lock keeps a change of products, which recounts the stock, out of the same moment.
SELECT live_seq, version, alert_seq
FROM site, (SELECT pg_advisory_xact_lock_shared(%(room)s, %(site_id)s)) AS stock_lock
WHERE site_id = %(site_id)s

-- end_step --
-- The step is taken: nothing but this makes it so. No row where the site has another owner by now.
WITH progress AS (
    INSERT INTO ingest_progress (site_id, seq, closed_at, messages, taught)
    VALUES (%(site_id)s, %(seq)s, %(closed_at)s, %(messages)s, %(taught)s)
)
UPDATE site SET live_seq = %(seq)s
WHERE site_id = %(site_id)s AND live_seq = %(seq)s - 1 AND writer_epoch = %(epoch)s
RETURNING alert_seq

-- note_spooled --
-- All up to this number of a spool is committed, in the same transaction.
INSERT INTO spool_progress (site_id, spool, number) VALUES (%(site_id)s, %(spool)s, %(number)s)
ON CONFLICT (site_id, spool) DO UPDATE SET number = excluded.number

-- spool_number --
-- How far a spool is committed.
SELECT number FROM spool_progress
WHERE site_id = (SELECT site_id FROM site WHERE id = %(id)s) AND spool = %(spool)s

-- count_present --
-- How many tags are present in the whole site.
SELECT count(*) FROM position WHERE site_id = %(site_id)s AND state = 0

-- insert_tags --
-- The staged tags with the product that their GTIN names, or the GTIN itself where no product is known.
INSERT INTO tag (site_id, tag_id, epc, scheme, identity, gtin, sku, owner, first_seen_at)
SELECT %(site_id)s, s.tag_id, s.epc, s.scheme, s.identity, s.gtin, coalesce(p.sku, s.gtin), coalesce(p.owner, ''),
       s.first_seen_at
FROM tag_stage s LEFT JOIN product p ON s.gtin <> '' AND p.gtin = s.gtin

-- upsert_positions --
-- The newest word on each tag; stock moves by the difference; the answer is by how much the tags present changed.
-- OFFSET 0 keeps the lookups by key: the planner would rather read all of position and tag each time (190 ms a step of
-- 5,000 with 100,000 tags instead of 60 ms, tests/bench/bench_store.py).
WITH old AS MATERIALIZED (
    SELECT p.*
    FROM position_stage s, LATERAL (
        SELECT tag_id, zone_no, state, disposition FROM position
        WHERE site_id = %(site_id)s AND tag_id = s.tag_id OFFSET 0
    ) AS p
), new AS (
    INSERT INTO position AS p
        (site_id, tag_id, zone_no, state, confidence, x_m, y_m, read_point_no, seen_at, since_at, seq)
    SELECT %(site_id)s, tag_id, zone_no, state, confidence, x_m, y_m, read_point_no, seen_at, since_at, %(seq)s
    FROM position_stage
    ON CONFLICT (site_id, tag_id) DO UPDATE SET
        zone_no = excluded.zone_no, state = excluded.state, confidence = excluded.confidence, x_m = excluded.x_m,
        y_m = excluded.y_m, read_point_no = excluded.read_point_no, seen_at = excluded.seen_at,
        since_at = excluded.since_at, seq = excluded.seq
    WHERE p.seen_at <= excluded.seen_at OR p.zone_no <> excluded.zone_no OR p.state <> excluded.state
    RETURNING tag_id, zone_no, state, disposition
), moved AS MATERIALIZED (
    SELECT new.tag_id, new.zone_no, new.state, new.disposition,
           old.zone_no AS old_zone_no, old.state AS old_state, old.disposition AS old_disposition
    FROM new LEFT JOIN old USING (tag_id)
    WHERE old.tag_id IS NULL OR old.zone_no <> new.zone_no OR old.state <> new.state
), stocked AS MATERIALIZED (
    SELECT m.*, t.sku, t.owner
    FROM moved m, LATERAL (
        SELECT sku, owner FROM tag WHERE site_id = %(site_id)s AND tag_id = m.tag_id OFFSET 0
    ) AS t
    WHERE t.sku <> ''
), difference AS (
    SELECT sku, zone_no, disposition, owner, 1 AS quantity FROM stocked WHERE state = 0
    UNION ALL
    SELECT sku, old_zone_no, old_disposition, owner, -1 FROM stocked WHERE old_state = 0
), stock AS (
    INSERT INTO stock_level AS l (site_id, sku, zone_no, disposition, owner, quantity)
    SELECT %(site_id)s, sku, zone_no, disposition, owner, sum(quantity)
    FROM difference GROUP BY sku, zone_no, disposition, owner HAVING sum(quantity) <> 0
    ON CONFLICT (site_id, sku, zone_no, disposition, owner) DO UPDATE SET quantity = l.quantity + excluded.quantity
)
SELECT count(*) FILTER (WHERE state = 0) - count(*) FILTER (WHERE old_state = 0) FROM moved

-- mark_left --
-- What has gone out through its shipment's door, or through any door where the shipment names none.
UPDATE shipment_item i SET left_at = m.at
FROM unnest(%(epc)s::text[], %(at)s::timestamptz[], %(door)s::text[]) AS m (epc, at, door), shipment s
WHERE s.site_id = %(site_id)s AND s.state = 'open' AND s.shipment_id = i.shipment_id
  AND i.epc = m.epc AND i.left_at IS NULL AND s.door IN ('', m.door)

-- late_repeats --
-- Which candidates are already covered by a stored read at their own raw time or less than the dedupe time before it.
WITH candidate AS MATERIALIZED (
    SELECT ordinal - 1 AS i, tag_id, read_point_no, raw_us, dedupe_us
    FROM unnest(%(tag_id)s::bigint[], %(read_point_no)s::smallint[], %(raw_us)s::bigint[], %(dedupe_us)s::bigint[])
        WITH ORDINALITY AS c (tag_id, read_point_no, raw_us, dedupe_us, ordinal)
)
SELECT c.i::integer
FROM candidate c JOIN read r USING (tag_id, read_point_no)
WHERE r.site_id = %(site_id)s AND r.seen_at BETWEEN %(seen_from)s AND %(seen_to)s
  AND r.raw_us > c.raw_us - c.dedupe_us AND r.raw_us <= c.raw_us
UNION
SELECT c.i::integer
FROM candidate c JOIN late_read r USING (tag_id, read_point_no)
WHERE r.site_id = %(site_id)s AND r.raw_us > c.raw_us - c.dedupe_us AND r.raw_us <= c.raw_us

-- insert_late --
-- History completed; a redelivery meets its own key and changes nothing.
INSERT INTO late_read
    (site_id, seq, seen_at, arrived_at, raw_us, tag_id, read_point_no, rssi_dbm, phase_deg, channel_mhz, count)
SELECT %(site_id)s, %(seq)s, *
FROM unnest(%(seen_at)s::timestamptz[], %(arrived_at)s::timestamptz[], %(raw_us)s::bigint[], %(tag_id)s::bigint[],
            %(read_point_no)s::smallint[], %(rssi_dbm)s::real[], %(phase_deg)s::real[], %(channel_mhz)s::real[],
            %(count)s::integer[])
ON CONFLICT DO NOTHING
RETURNING read_point_no

-- add_ledger --
-- What became of each reader's reads, added to what it was: in all, and in its five minutes.
WITH l AS MATERIALIZED (
    SELECT l.* FROM unnest(
        %(reader)s::text[], %(messages)s::bigint[], %(received)s::bigint[], %(stored)s::bigint[],
        %(repeats)s::bigint[], %(late)s::bigint[], %(quarantined)s::bigint[], %(resent)s::bigint[],
        %(ignored)s::bigint[], %(gaps)s::bigint[], %(purged)s::bigint[], %(last_arrived_at)s::timestamptz[],
        %(clock_offset_us)s::bigint[], %(numbering)s::bytea[], %(awaited)s::bigint[])
        AS l (reader, messages, received, stored, repeats, late, quarantined, resent, ignored, gaps, purged,
              last_arrived_at, clock_offset_us, numbering, awaited)
    JOIN reader r ON r.site_id = %(site_id)s AND r.id = l.reader
), spell AS (
    INSERT INTO reader_ledger AS s (site_id, at, reader, messages, received, stored, repeats, late, quarantined, resent,
                                    ignored, gaps, purged)
    SELECT %(site_id)s, date_bin('5 minutes', coalesce(last_arrived_at, %(at)s), 'epoch'), reader, messages, received,
           stored, repeats, late, quarantined, resent, ignored, gaps, purged
    FROM l
    ON CONFLICT (site_id, at, reader) DO UPDATE SET
        messages = s.messages + excluded.messages, received = s.received + excluded.received,
        stored = s.stored + excluded.stored, repeats = s.repeats + excluded.repeats, late = s.late + excluded.late,
        quarantined = s.quarantined + excluded.quarantined, resent = s.resent + excluded.resent,
        ignored = s.ignored + excluded.ignored, gaps = s.gaps + excluded.gaps, purged = s.purged + excluded.purged
)
UPDATE reader r SET
    messages = r.messages + l.messages, received = r.received + l.received, stored = r.stored + l.stored,
    repeats = r.repeats + l.repeats, late = r.late + l.late, quarantined = r.quarantined + l.quarantined,
    resent = r.resent + l.resent, ignored = r.ignored + l.ignored, gaps = r.gaps + l.gaps, purged = r.purged + l.purged,
    numbering = CASE WHEN l.numbering = '' THEN r.numbering ELSE l.numbering END,
    awaited = CASE WHEN l.numbering = '' THEN r.awaited ELSE l.awaited END,
    last_arrived_at = greatest(r.last_arrived_at, l.last_arrived_at),
    clock_offset_us = CASE WHEN l.last_arrived_at IS NULL THEN r.clock_offset_us ELSE l.clock_offset_us END
FROM l WHERE r.site_id = %(site_id)s AND r.id = l.reader

-- reader_online --
-- A reader's health, and since when.
UPDATE reader SET online = %(online)s, online_since = %(at)s
WHERE site_id = %(site_id)s AND id = %(reader)s AND online IS DISTINCT FROM %(online)s

-- antenna_down --
-- An antenna that its reader says is gone.
UPDATE reader SET antennas_down = array_append(antennas_down, %(port)s::integer)
WHERE site_id = %(site_id)s AND id = %(reader)s AND NOT %(port)s::integer = ANY (antennas_down)

-- antenna_up --
-- An antenna that its reader says is back.
UPDATE reader SET antennas_down = array_remove(antennas_down, %(port)s::integer)
WHERE site_id = %(site_id)s AND id = %(reader)s AND %(port)s::integer = ANY (antennas_down)

-- lock_alert_seq --
-- Whoever changes alerts of a site takes this lock first, so that numbers are in commit order and no two wait crosswise.
SELECT alert_seq FROM site WHERE site_id = %(site_id)s FOR NO KEY UPDATE

-- raise_alert --
-- One open alert a rule and subject: a new one, or one more word on the open one; numbered and kept as it is now.
WITH change AS (
    INSERT INTO alert AS a
        (site_id, rule, subject, severity, title, advice, zone, tag_id, epc, reader, evidence, raised_at, updated_at)
    VALUES (%(site_id)s, %(rule)s, %(subject)s, %(severity)s, %(title)s, %(advice)s, %(zone)s, %(tag_id)s, %(epc)s,
            %(reader)s, %(evidence)s, %(at)s, %(at)s)
    ON CONFLICT (site_id, rule, subject) WHERE state <> 'resolved' DO UPDATE SET
        severity = excluded.severity, title = excluded.title, advice = excluded.advice, zone = excluded.zone,
        reader = excluded.reader, evidence = excluded.evidence, updated_at = greatest(a.updated_at, excluded.updated_at),
        count = a.count + 1, version = a.version + 1
    RETURNING a.alert_id, a.version, alert_body(a) AS body
), numbered AS (
    UPDATE site SET alert_seq = alert_seq + 1 WHERE site_id = %(site_id)s RETURNING alert_seq
)
INSERT INTO alert_event (site_id, seq, alert_id, change, body)
SELECT %(site_id)s, alert_seq, alert_id, CASE version WHEN 1 THEN 'raised' ELSE 'updated' END, body
FROM change, numbered

-- resolve_alert --
-- The reason for the open alert has gone; nothing happens where none is open.
WITH change AS (
    UPDATE alert a SET state = 'resolved', resolved_at = %(at)s, resolved_reason = %(reason)s,
        updated_at = greatest(a.updated_at, %(at)s), version = a.version + 1
    WHERE site_id = %(site_id)s AND rule = %(rule)s AND subject = %(subject)s AND state <> 'resolved'
    RETURNING a.alert_id, alert_body(a) AS body
), numbered AS (
    UPDATE site SET alert_seq = alert_seq + 1 FROM change WHERE site_id = %(site_id)s RETURNING alert_seq
)
INSERT INTO alert_event (site_id, seq, alert_id, change, body)
SELECT %(site_id)s, alert_seq, alert_id, 'resolved', body
FROM change, numbered

-- insert_checkpoint --
-- The engine's state after a step.
INSERT INTO engine_checkpoint (site_id, seq, version, digest, body)
SELECT site_id, %(seq)s, %(version)s, %(digest)s, %(body)s FROM site WHERE id = %(id)s
ON CONFLICT (site_id, seq) DO UPDATE SET
    version = excluded.version, digest = excluded.digest, body = excluded.body, created_at = now()

-- trim_checkpoints --
-- All but the newest few go.
DELETE FROM engine_checkpoint c USING site s
WHERE s.id = %(id)s AND c.site_id = s.site_id AND c.seq < (
    SELECT min(seq) FROM (
        SELECT seq FROM engine_checkpoint WHERE site_id = s.site_id ORDER BY seq DESC LIMIT %(kept)s
    ) AS newest
)

-- trim_progress --
-- Steps before the oldest checkpoint are never replayed.
DELETE FROM ingest_progress p USING site s
WHERE s.id = %(id)s AND p.site_id = s.site_id
  AND p.seq < (SELECT min(seq) FROM engine_checkpoint WHERE site_id = s.site_id)

-- checkpoints --
-- Newest first.
SELECT seq, digest, body FROM engine_checkpoint
WHERE site_id = (SELECT site_id FROM site WHERE id = %(id)s) ORDER BY seq DESC

-- progress_after --
-- The steps after one, with the stream time up to which each had everything, and its calibration. Where all is replayed,
-- also those that are remembered by what they brought only: steps before the oldest checkpoint.
WITH here AS (SELECT site_id FROM site WHERE id = %(id)s),
oldest AS (SELECT seq, taught FROM ingest_progress WHERE site_id = (SELECT site_id FROM here) ORDER BY seq LIMIT 1),
brought AS (
    SELECT seq, arrived_at FROM read WHERE %(seq)s = 0 AND site_id = (SELECT site_id FROM here)
    UNION ALL
    SELECT seq, arrived_at FROM reader_event WHERE %(seq)s = 0 AND site_id = (SELECT site_id FROM here)
)
SELECT brought.seq, max(brought.arrived_at), oldest.taught FROM brought, oldest
WHERE brought.seq < oldest.seq GROUP BY brought.seq, oldest.taught
UNION ALL
SELECT seq, closed_at, taught FROM ingest_progress WHERE site_id = (SELECT site_id FROM here) AND seq > %(seq)s
ORDER BY seq

-- taken_messages --
-- The marks of the messages of the steps that are remembered, oldest first.
SELECT messages FROM ingest_progress
WHERE site_id = (SELECT site_id FROM site WHERE id = %(id)s) AND messages <> '' ORDER BY seq

-- numberings --
-- How far the numbers of a site's readers have come.
SELECT id, numbering FROM reader
WHERE site_id = (SELECT site_id FROM site WHERE id = %(id)s) AND numbering <> ''

-- reads_after --
-- The kept reads of the steps after one, step by step; within a step in an order that keeps each tag's own.
COPY (
    SELECT seen_at, arrived_at, raw_us, site_id, seq, tag_id, read_point_no, rssi_dbm, phase_deg, channel_mhz, count
    FROM read
    WHERE site_id = (SELECT site_id FROM site WHERE id = %(id)s) AND seq > %(seq)s
      AND seen_at >= coalesce(%(since)s::timestamptz, '-infinity')
    ORDER BY seq, arrived_at, raw_us, read_point_no, tag_id
) TO STDOUT (FORMAT BINARY)

-- events_after --
-- What readers said in the steps after one.
SELECT seq, seen_at, arrived_at, reader, kind, port, value, epc, text FROM reader_event
WHERE site_id = (SELECT site_id FROM site WHERE id = %(id)s) AND seq > %(seq)s ORDER BY seq, seen_at, reader

-- note_pending --
-- An unknown reader has published; a flood of made-up topics doesn't fill the table.
INSERT INTO pending_reader AS p
    (site, topic, reader, format, first_arrived_at, last_arrived_at, messages, sample)
SELECT %(site)s, %(topic)s, %(reader)s, %(format)s, %(first_at)s, %(last_at)s, %(messages)s, %(sample)s
WHERE (SELECT count(*) FROM pending_reader) < %(pending_max)s
   OR EXISTS (SELECT FROM pending_reader WHERE topic = %(topic)s)
ON CONFLICT (topic) DO UPDATE SET
    last_arrived_at = excluded.last_arrived_at, messages = p.messages + excluded.messages, sample = excluded.sample,
    format = excluded.format

-- pending --
-- The readers that wait for a site, or for any where their topic names none; the newest first.
SELECT site, topic, reader, format, first_arrived_at, last_arrived_at, messages, sample FROM pending_reader
WHERE site IN (%(site)s, '') ORDER BY last_arrived_at DESC, topic

-- take_pending --
-- A reader leaves the list.
DELETE FROM pending_reader WHERE topic = %(topic)s AND site IN (%(site)s, '') RETURNING reader, format

-- stream_time --
-- The newest stream time, and that of the oldest step that a restart might replay, a week at most.
SELECT max(closed_at), greatest(min(closed_at) - interval '1 hour', max(closed_at) - interval '7 days')
FROM ingest_progress

-- trim_dead_letters --
-- The newest stay.
DELETE FROM dead_letter WHERE dead_letter_id <= (
    SELECT dead_letter_id FROM dead_letter ORDER BY dead_letter_id DESC OFFSET %(kept)s LIMIT 1
)

-- publish_calibration --
-- The next one of a site, which the caller has locked.
INSERT INTO calibration (site_id, version, published_by, body)
SELECT s.site_id, 1 + coalesce((SELECT max(version) FROM calibration c WHERE c.site_id = s.site_id), 0), %(by)s, %(body)s
FROM site s WHERE s.id = %(id)s RETURNING version

-- calibration_version --
-- The newest one of a site; 0 where there never was one.
SELECT coalesce((SELECT max(version) FROM calibration c WHERE c.site_id = s.site_id), 0) FROM site s WHERE s.id = %(id)s

-- calibration --
-- One of a site, or its newest.
SELECT version, published_at, published_by, body FROM calibration
WHERE site_id = (SELECT site_id FROM site WHERE id = %(id)s)
  AND (%(version)s::integer IS NULL OR version = %(version)s) ORDER BY version DESC LIMIT 1

-- calibration_in_use --
-- The one that the last step was decided under.
SELECT taught FROM ingest_progress WHERE site_id = (SELECT site_id FROM site WHERE id = %(id)s) ORDER BY seq DESC LIMIT 1

-- upsert_product --
-- A product as given.
INSERT INTO product (sku, gtin, name, unit_value, owner)
VALUES (%(sku)s, %(gtin)s, %(name)s, %(unit_value)s, %(owner)s)
ON CONFLICT (sku) DO UPDATE SET
    gtin = excluded.gtin, name = excluded.name, unit_value = excluded.unit_value, owner = excluded.owner

-- rebind_tags --
-- Tags whose GTIN now names another product, or none; the site of each.
UPDATE tag t SET sku = b.sku, owner = b.owner
FROM (
    SELECT u.site_id, u.tag_id, coalesce(p.sku, u.gtin) AS sku, coalesce(p.owner, '') AS owner
    FROM tag u LEFT JOIN product p ON p.gtin = u.gtin
    WHERE u.gtin <> ''
) AS b
WHERE t.site_id = b.site_id AND t.tag_id = b.tag_id AND (t.sku, t.owner) IS DISTINCT FROM (b.sku, b.owner)
RETURNING t.site_id

-- delete_stock --
-- Before a count from nothing.
DELETE FROM stock_level WHERE site_id = %(site_id)s

-- rebuild_stock --
-- The stock is the present tags with a SKU.
INSERT INTO stock_level (site_id, sku, zone_no, disposition, owner, quantity)
SELECT p.site_id, t.sku, p.zone_no, p.disposition, t.owner, count(*)
FROM position p JOIN tag t USING (site_id, tag_id)
WHERE p.site_id = %(site_id)s AND p.state = 0 AND t.sku <> ''
GROUP BY p.site_id, t.sku, p.zone_no, p.disposition, t.owner

-- recount_stock --
-- Where the stock differs from a count over the positions.
WITH counted AS (
    SELECT t.sku, p.zone_no, p.disposition, t.owner, count(*) AS quantity
    FROM position p JOIN tag t USING (site_id, tag_id)
    WHERE p.site_id = (SELECT site_id FROM site WHERE id = %(id)s) AND p.state = 0 AND t.sku <> ''
    GROUP BY t.sku, p.zone_no, p.disposition, t.owner
), stored AS (
    SELECT sku, zone_no, disposition, owner, quantity FROM stock_level
    WHERE site_id = (SELECT site_id FROM site WHERE id = %(id)s)
)
SELECT sku, zone_no, disposition, owner, coalesce(s.quantity, 0), coalesce(c.quantity, 0)
FROM stored s FULL JOIN counted c USING (sku, zone_no, disposition, owner)
WHERE coalesce(s.quantity, 0) <> coalesce(c.quantity, 0)
ORDER BY sku, zone_no, disposition, owner

-- open_shipment_items --
-- What open shipments may take out, and through which door.
SELECT i.epc, s.door FROM shipment s JOIN shipment_item i USING (shipment_id)
WHERE s.site_id = (SELECT site_id FROM site WHERE id = %(id)s) AND s.state = 'open'

-- insert_shipment --
-- A new open shipment; nothing where its reference is taken.
INSERT INTO shipment (site_id, reference, door)
SELECT site_id, %(reference)s, %(door)s FROM site WHERE id = %(id)s
ON CONFLICT (site_id, reference) DO NOTHING
RETURNING shipment_id

-- insert_shipment_items --
-- The EPCs of a shipment.
INSERT INTO shipment_item (shipment_id, epc) SELECT %(shipment_id)s, unnest(%(epcs)s::text[])
ON CONFLICT DO NOTHING

-- close_shipment --
-- Nothing more leaves on it.
UPDATE shipment SET state = 'closed', closed_at = now()
WHERE site_id = (SELECT site_id FROM site WHERE id = %(id)s) AND reference = %(reference)s AND state = 'open'

-- append_audit --
-- An act.
INSERT INTO audit (actor, site, act, subject, detail)
VALUES (%(actor)s, %(site)s, %(act)s, %(subject)s, %(detail)s)

-- insert_sensor_readings --
-- What sensors measured; a reading told again after a crash, which the engine can't know, is in already.
INSERT INTO sensor_reading (seen_at, site_id, reader, sensor, quantity, value)
SELECT n.seen_at, %(site_id)s, n.reader, n.sensor, n.quantity, n.value
FROM unnest(%(seen_at)s::timestamptz[], %(reader)s::text[], %(sensor)s::text[], %(quantity)s::text[], %(value)s::float8[])
     AS n (seen_at, reader, sensor, quantity, value)
WHERE NOT EXISTS (
    SELECT 1 FROM sensor_reading s
    WHERE s.site_id = %(site_id)s AND s.sensor = n.sensor AND s.seen_at = n.seen_at
      AND s.reader = n.reader AND s.quantity = n.quantity
);
