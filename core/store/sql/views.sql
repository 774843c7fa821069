-- What the api reads, and the few rows that a person writes. A name, a sentence, the statement.
-- A filter that is NULL is no filter; these statements are planned anew each time, so that it costs nothing.

-- sites --
-- All warehouses.
SELECT site_id, id, name, timezone, width_m, height_m FROM site ORDER BY id;

-- site --
-- One warehouse by its id.
SELECT site_id, id, name, timezone, width_m, height_m, version, live_seq, alert_epoch::text, alert_seq
FROM site WHERE id = %(site)s;

-- zones --
-- A site's zones in index order, with the tags present in each.
SELECT z.zone_no AS index, z.id, z.name, z.kind, z.polygon, z.capacity, z.retired,
       coalesce(s.quantity, 0)::bigint AS tags_present
FROM zone z
LEFT JOIN (SELECT zone_no, count(*) AS quantity FROM position WHERE site_id = %(site_id)s AND state = 0 GROUP BY 1) s
       USING (zone_no)
WHERE z.site_id = %(site_id)s ORDER BY z.zone_no;

-- read_points --
-- A site's read points in index order.
SELECT read_point_no AS index, reader, antenna, x, y, zone FROM read_point
WHERE site_id = %(site_id)s ORDER BY read_point_no;

-- doors --
-- A site's doors.
SELECT id, name, zone, kind FROM door WHERE site_id = %(site_id)s ORDER BY id;

-- sensors --
-- A site's sensors.
SELECT id, reader, quantity, x, y FROM sensor WHERE site_id = %(site_id)s ORDER BY id;

-- readers --
-- A site's readers, their health and their loss ledger.
SELECT id, name, format, online, online_since, last_arrived_at, clock_offset_us / 1000.0::float8 AS clock_offset_ms,
       firmware, antennas_down, messages, received, stored, repeats, late, quarantined, resent, ignored, gaps, purged
FROM reader WHERE site_id = %(site_id)s AND NOT retired ORDER BY id;

-- ledger --
-- The readers' loss ledgers over a span of time, of which five minutes count whole or not at all.
SELECT r.id AS reader, r.name, r.awaited, coalesce(sum(l.messages), 0)::bigint AS messages,
       coalesce(sum(l.received), 0)::bigint AS received, coalesce(sum(l.stored), 0)::bigint AS stored,
       coalesce(sum(l.repeats), 0)::bigint AS repeats, coalesce(sum(l.late), 0)::bigint AS late,
       coalesce(sum(l.quarantined), 0)::bigint AS quarantined, coalesce(sum(l.resent), 0)::bigint AS resent,
       coalesce(sum(l.ignored), 0)::bigint AS ignored, coalesce(sum(l.gaps), 0)::bigint AS gaps,
       coalesce(sum(l.purged), 0)::bigint AS purged
FROM reader r
LEFT JOIN reader_ledger l ON l.site_id = r.site_id AND l.reader = r.id
     AND l.at >= %(since)s AND (%(until)s::timestamptz IS NULL OR l.at < %(until)s)
WHERE r.site_id = %(site_id)s AND (NOT r.retired OR l.at IS NOT NULL)
  AND (%(reader)s::text IS NULL OR r.id = %(reader)s)
GROUP BY r.site_id, r.id ORDER BY r.id;

-- ledgers --
-- The loss ledgers of all readers of all sites since they were registered.
SELECT s.id AS site, r.id AS reader, r.name, r.awaited, r.messages, r.received, r.stored, r.repeats, r.late,
       r.quarantined, r.resent, r.ignored, r.gaps, r.purged
FROM reader r JOIN site s USING (site_id) WHERE NOT r.retired ORDER BY s.id, r.id;

-- pending_readers --
-- Who publishes and is not registered; a topic that names no site is shown to every site.
SELECT topic, reader, format, site, first_arrived_at, last_arrived_at, messages, sample FROM pending_reader
WHERE site IN (%(site)s, '') AND (%(after)s::text IS NULL OR topic > %(after)s) ORDER BY topic LIMIT %(limit)s;

-- pending_reader --
-- One of them.
SELECT topic, reader, format, site FROM pending_reader WHERE topic = %(topic)s AND site IN (%(site)s, '');

-- positions --
-- Live stock positions by tag id.
SELECT p.tag_id, t.epc, t.identity, t.scheme, t.gtin, t.sku, coalesce(pr.name, '') AS name,
       coalesce(z.id, '') AS zone, coalesce(z.name, '') AS zone_name, p.state, p.disposition,
       round(p.confidence::numeric, 3)::float8 AS confidence,
       round(p.x_m::numeric, 3)::float8 AS x, round(p.y_m::numeric, 3)::float8 AS y,
       p.seen_at, p.since_at, coalesce(rp.reader, '') AS reader, coalesce(rp.antenna, 0) AS antenna
FROM position p
JOIN tag t ON t.site_id = p.site_id AND t.tag_id = p.tag_id
LEFT JOIN zone z ON z.site_id = p.site_id AND z.zone_no = p.zone_no
LEFT JOIN read_point rp ON rp.site_id = p.site_id AND rp.read_point_no = p.read_point_no
LEFT JOIN product pr ON pr.sku = t.sku
WHERE p.site_id = %(site_id)s
  AND (%(after)s::bigint IS NULL OR p.tag_id > %(after)s)
  AND (%(tag_id)s::bigint IS NULL OR p.tag_id = %(tag_id)s)
  AND (%(epc)s::text IS NULL OR t.epc = %(epc)s)
  AND (%(gtin)s::text IS NULL OR t.gtin = %(gtin)s)
  AND (%(sku)s::text IS NULL OR t.sku = %(sku)s)
  AND (%(zone)s::text IS NULL OR z.id = %(zone)s)
  AND (%(state)s::smallint IS NULL OR p.state = %(state)s)
  AND (%(q)s::text IS NULL OR t.epc ILIKE %(q)s OR t.identity ILIKE %(q)s OR t.sku ILIKE %(q)s OR t.gtin ILIKE %(q)s
       OR pr.name ILIKE %(q)s)
ORDER BY p.tag_id LIMIT %(limit)s;

-- tag --
-- The id of a tag by its EPC or by that id.
SELECT tag_id, epc FROM tag
WHERE site_id = %(site_id)s AND (%(epc)s::text IS NULL OR epc = %(epc)s)
  AND (%(tag_id)s::bigint IS NULL OR tag_id = %(tag_id)s);

-- movements --
-- Settled changes of whereabouts, newest first.
SELECT m.at, m.tag_id, t.epc, t.sku, m.kind, coalesce(f.id, '') AS from_zone, coalesce(z.id, '') AS to_zone,
       coalesce(rp.reader, '') AS reader, coalesce(rp.antenna, 0) AS antenna,
       round(m.confidence::numeric, 3)::float8 AS confidence, m.seq
FROM movement m
JOIN tag t ON t.site_id = m.site_id AND t.tag_id = m.tag_id
LEFT JOIN zone f ON f.site_id = m.site_id AND f.zone_no = m.from_zone_no
LEFT JOIN zone z ON z.site_id = m.site_id AND z.zone_no = m.to_zone_no
LEFT JOIN read_point rp ON rp.site_id = m.site_id AND rp.read_point_no = m.read_point_no
WHERE m.site_id = %(site_id)s
  AND (%(tag_id)s::bigint IS NULL OR m.tag_id = %(tag_id)s)
  AND (%(kind)s::text IS NULL OR m.kind = %(kind)s)
  AND (%(zone)s::text IS NULL OR %(zone)s IN (f.id, z.id))
  AND (%(since)s::timestamptz IS NULL OR m.at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR m.at < %(until)s)
  AND (%(after_us)s::bigint IS NULL
       OR (m.at, m.tag_id, m.seq, m.kind) < (timestamptz 'epoch' + %(after_us)s * interval '1 microsecond', %(after_tag)s::bigint, %(after_seq)s::bigint, %(after_kind)s))
ORDER BY m.at DESC, m.tag_id DESC, m.seq DESC, m.kind DESC LIMIT %(limit)s;

-- passages --
-- What tags did at doors, newest first.
SELECT p.opened_at, p.closed_at, p.door, p.tag_id, t.epc, t.sku, p.verdict, p.direction,
       round(p.confidence::numeric, 3)::float8 AS confidence, p.reads, p.seq
FROM passage p
JOIN tag t ON t.site_id = p.site_id AND t.tag_id = p.tag_id
WHERE p.site_id = %(site_id)s
  AND (%(door)s::text IS NULL OR p.door = %(door)s)
  AND (%(verdict)s::text IS NULL OR p.verdict = %(verdict)s)
  AND (%(epc)s::text IS NULL OR t.epc = %(epc)s)
  AND (%(since)s::timestamptz IS NULL OR p.closed_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR p.closed_at < %(until)s)
  AND (%(after_us)s::bigint IS NULL
       OR (p.closed_at, p.tag_id, p.seq, p.door) < (timestamptz 'epoch' + %(after_us)s * interval '1 microsecond', %(after_tag)s::bigint, %(after_seq)s::bigint, %(after_door)s))
ORDER BY p.closed_at DESC, p.tag_id DESC, p.seq DESC, p.door DESC LIMIT %(limit)s;

-- reads --
-- Kept reads of one tag, late ones too, newest first.
SELECT r.seen_at, r.arrived_at, r.late, coalesce(rp.reader, '') AS reader, coalesce(rp.antenna, 0) AS antenna,
       nullif(r.rssi_dbm, -200)::float8 AS rssi_dbm, nullif(r.phase_deg, -1)::float8 AS phase_deg,
       nullif(r.channel_mhz, 0)::float8 AS channel_mhz, r.count, r.raw_us, r.read_point_no
FROM (SELECT *, false AS late FROM read UNION ALL SELECT *, true AS late FROM late_read) r
LEFT JOIN read_point rp ON rp.site_id = r.site_id AND rp.read_point_no = r.read_point_no
WHERE r.site_id = %(site_id)s AND r.tag_id = %(tag_id)s
  AND r.seen_at >= coalesce(%(since)s::timestamptz, now() - interval '48 hours')
  AND (%(until)s::timestamptz IS NULL OR r.seen_at < %(until)s)
  AND (%(after_us)s::bigint IS NULL
       OR (r.seen_at, r.read_point_no, r.raw_us) < (timestamptz 'epoch' + %(after_us)s * interval '1 microsecond', %(after_point)s::int, %(after_raw)s::bigint))
ORDER BY r.seen_at DESC, r.read_point_no DESC, r.raw_us DESC LIMIT %(limit)s;

-- stock --
-- Stock levels: how many of each SKU are in each zone.
SELECT s.sku, coalesce(pr.name, '') AS name, coalesce(z.id, '') AS zone, coalesce(z.name, '') AS zone_name,
       s.disposition, s.owner, s.quantity, s.zone_no
FROM stock_level s
LEFT JOIN zone z ON z.site_id = s.site_id AND z.zone_no = s.zone_no
LEFT JOIN product pr ON pr.sku = s.sku
WHERE s.site_id = %(site_id)s AND s.quantity <> 0
  AND (%(sku)s::text IS NULL OR s.sku = %(sku)s)
  AND (%(zone)s::text IS NULL OR z.id = %(zone)s)
  AND (%(after_sku)s::text IS NULL OR (s.sku, s.zone_no, s.disposition, s.owner)
       > (%(after_sku)s, %(after_zone)s::int, %(after_disposition)s, %(after_owner)s))
ORDER BY s.sku, s.zone_no, s.disposition, s.owner LIMIT %(limit)s;

-- sensor_readings --
-- What sensors said, newest first.
SELECT seen_at, reader, sensor, quantity, value FROM sensor_reading
WHERE site_id = %(site_id)s
  AND (%(sensor)s::text IS NULL OR sensor = %(sensor)s)
  AND (%(quantity)s::text IS NULL OR quantity = %(quantity)s)
  AND (%(since)s::timestamptz IS NULL OR seen_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR seen_at < %(until)s)
  AND (%(after_us)s::bigint IS NULL
       OR (seen_at, sensor, quantity, reader) < (timestamptz 'epoch' + %(after_us)s * interval '1 microsecond', %(after_sensor)s, %(after_quantity)s, %(after_reader)s))
ORDER BY seen_at DESC, sensor DESC, quantity DESC, reader DESC LIMIT %(limit)s;

-- dead_letters --
-- Messages that did not parse, newest first.
SELECT dead_letter_id, arrived_at, reader, topic, reason, payload, payload_bytes FROM dead_letter
WHERE site = %(site)s
  AND (%(reader)s::text IS NULL OR reader = %(reader)s)
  AND (%(after)s::bigint IS NULL OR dead_letter_id < %(after)s)
ORDER BY dead_letter_id DESC LIMIT %(limit)s;

-- products --
-- What the warehouse knows to exist, by SKU.
SELECT sku, gtin, name, unit_value::float8 AS unit_value, owner FROM product
WHERE (%(after)s::text IS NULL OR sku > %(after)s)
  AND (%(q)s::text IS NULL OR sku ILIKE %(q)s OR gtin ILIKE %(q)s OR name ILIKE %(q)s)
ORDER BY sku LIMIT %(limit)s;

-- product --
-- One product.
SELECT sku, gtin, name, unit_value::float8 AS unit_value, owner FROM product WHERE sku = %(sku)s;

-- shipments --
-- Shipments, newest first.
SELECT s.shipment_id, s.reference, s.door, s.state, s.created_at, s.closed_at,
       (SELECT count(*) FROM shipment_item i WHERE i.shipment_id = s.shipment_id) AS items,
       (SELECT count(i.left_at) FROM shipment_item i WHERE i.shipment_id = s.shipment_id) AS items_left
FROM shipment s
WHERE s.site_id = %(site_id)s
  AND (%(state)s::text IS NULL OR s.state = %(state)s)
  AND (%(reference)s::text IS NULL OR s.reference = %(reference)s)
  AND (%(after)s::bigint IS NULL OR s.shipment_id < %(after)s)
ORDER BY s.shipment_id DESC LIMIT %(limit)s;

-- shipment_items --
-- What a shipment holds.
SELECT epc, left_at FROM shipment_item WHERE shipment_id = %(shipment_id)s ORDER BY epc;

-- door_exists --
-- Whether the site has this door.
SELECT 1 AS one FROM door WHERE site_id = %(site_id)s AND id = %(door)s;

-- end_shipment --
-- Close or cancel an open shipment; no row where it is not open.
UPDATE shipment SET state = %(state)s, closed_at = now()
WHERE site_id = %(site_id)s AND reference = %(reference)s AND state = 'open' RETURNING shipment_id;

-- alerts --
-- Alerts, newest first.
SELECT alert_id, rule, subject, severity, state, title, advice, zone, tag_id, epc, reader, evidence, raised_at,
       updated_at, acknowledged_at, acknowledged_by, resolved_at, resolved_reason, count, version
FROM alert
WHERE site_id = %(site_id)s
  AND (%(alert_id)s::bigint IS NULL OR alert_id = %(alert_id)s)
  AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(open)s::boolean IS NULL OR (state <> 'resolved') = %(open)s)
  AND (%(severity)s::text IS NULL OR severity = %(severity)s)
  AND (%(rule)s::text IS NULL OR rule = %(rule)s)
  AND (%(zone)s::text IS NULL OR zone = %(zone)s)
  AND (%(epc)s::text IS NULL OR epc = %(epc)s)
  AND (%(since)s::timestamptz IS NULL OR raised_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR raised_at < %(until)s)
  AND (%(after)s::bigint IS NULL OR alert_id < %(after)s)
ORDER BY alert_id DESC LIMIT %(limit)s;

-- open_alerts --
-- Every alert that is not over, as the stream shows it.
SELECT alert_body(a) AS body FROM alert a WHERE site_id = %(site_id)s AND state <> 'resolved' ORDER BY alert_id;

-- alert_head --
-- The name and the end of a site's alert stream.
SELECT alert_epoch::text AS epoch, alert_seq AS top_seq FROM site WHERE site_id = %(site_id)s;

-- alert_events --
-- Changes of alerts after a sequence number, in order.
SELECT seq, change, body FROM alert_event WHERE site_id = %(site_id)s AND seq > %(seq)s ORDER BY seq LIMIT %(limit)s;

-- lock_alert_stream --
-- Whoever changes alerts takes this lock first, as the line does, so that numbers are in commit order.
SELECT alert_seq FROM site WHERE site_id = %(site_id)s FOR NO KEY UPDATE;

-- acknowledge_alert --
-- A person has seen it and takes care of it.
WITH change AS (
    UPDATE alert a SET state = 'acknowledged', acknowledged_at = now(), acknowledged_by = %(actor)s,
        updated_at = greatest(a.updated_at, now()), version = a.version + 1
    WHERE site_id = %(site_id)s AND alert_id = %(alert_id)s
    RETURNING a.alert_id, alert_body(a) AS body
), numbered AS (
    UPDATE site SET alert_seq = alert_seq + 1 FROM change WHERE site_id = %(site_id)s RETURNING alert_seq
)
INSERT INTO alert_event (site_id, seq, alert_id, change, body)
SELECT %(site_id)s, alert_seq, alert_id, 'acknowledged', body FROM change, numbered;

-- resolve_alert --
-- A person says that it is over, and why.
WITH change AS (
    UPDATE alert a SET state = 'resolved', resolved_at = now(), resolved_reason = %(reason)s,
        updated_at = greatest(a.updated_at, now()), version = a.version + 1
    WHERE site_id = %(site_id)s AND alert_id = %(alert_id)s
    RETURNING a.alert_id, alert_body(a) AS body
), numbered AS (
    UPDATE site SET alert_seq = alert_seq + 1 FROM change WHERE site_id = %(site_id)s RETURNING alert_seq
)
INSERT INTO alert_event (site_id, seq, alert_id, change, body)
SELECT %(site_id)s, alert_seq, alert_id, 'resolved', body FROM change, numbered;

-- save_alert_cursor --
-- How far a token's reader has got; it never goes back.
INSERT INTO alert_cursor AS c (site_id, token_id, seq) VALUES (%(site_id)s, %(token_id)s, %(seq)s)
ON CONFLICT (site_id, token_id) DO UPDATE SET seq = greatest(c.seq, excluded.seq), updated_at = now();

-- live_heads --
-- How far each site has come; the line commits, the api follows.
SELECT s.site_id, s.id, s.live_seq, s.alert_epoch::text AS alert_epoch, s.alert_seq,
       (SELECT closed_at FROM ingest_progress i WHERE i.site_id = s.site_id ORDER BY seq DESC LIMIT 1) AS closed_at
FROM site s WHERE (%(site_id)s::integer IS NULL OR s.site_id = %(site_id)s) ORDER BY s.id;

-- live_positions --
-- Positions written after a step, as the columns of a live frame.
SELECT tag_id, zone_no, state, confidence, x_m, y_m, (extract(epoch FROM seen_at) * 1000000)::bigint,
       (extract(epoch FROM since_at) * 1000000)::bigint, read_point_no
FROM position WHERE site_id = %(site_id)s AND seq > %(seq)s ORDER BY tag_id;

-- token_by_prefix --
-- A token by the part of it that may be shown.
SELECT token_id, name, prefix, digest, role, sites, created_at, expires_at, revoked_at, last_used_at
FROM api_token WHERE prefix = %(prefix)s;

-- tokens --
-- All tokens, newest first.
SELECT token_id, name, prefix, role, sites, created_at, expires_at, revoked_at, last_used_at FROM api_token
WHERE (%(after)s::bigint IS NULL OR token_id < %(after)s) ORDER BY token_id DESC LIMIT %(limit)s;

-- insert_token --
-- A new token; only the hash of its secret is kept.
INSERT INTO api_token (name, prefix, digest, role, sites, expires_at)
VALUES (%(name)s, %(prefix)s, %(digest)s, %(role)s, %(sites)s, %(expires_at)s)
RETURNING token_id, name, prefix, role, sites, created_at, expires_at, revoked_at, last_used_at;

-- revoke_token --
-- End a token; again changes nothing.
UPDATE api_token SET revoked_at = coalesce(revoked_at, now()) WHERE token_id = %(token_id)s
RETURNING token_id, name, prefix, role, sites, created_at, expires_at, revoked_at, last_used_at;

-- touch_token --
-- Remember that a token was used, to the minute.
UPDATE api_token SET last_used_at = now()
WHERE token_id = %(token_id)s AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute');

-- live_tokens --
-- Which of these tokens still open doors.
SELECT token_id FROM api_token WHERE token_id = ANY(%(token_ids)s)
  AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());

-- insert_ticket --
-- A ticket for one websocket; those that nobody used go.
WITH old AS (DELETE FROM ws_ticket WHERE expires_at < now())
INSERT INTO ws_ticket (digest, token_id, site, origin, expires_at)
VALUES (%(digest)s, %(token_id)s, %(site)s, %(origin)s, now() + make_interval(secs => %(seconds)s));

-- redeem_ticket --
-- Take a ticket; the second to come finds none.
DELETE FROM ws_ticket WHERE digest = %(digest)s RETURNING token_id, site, origin, expires_at > now() AS fresh;

-- token_by_id --
-- The token behind a ticket.
SELECT token_id, name, prefix, digest, role, sites, created_at, expires_at, revoked_at, last_used_at
FROM api_token WHERE token_id = %(token_id)s;

-- reject_pending_reader --
-- A person has turned a reader away.
DELETE FROM pending_reader WHERE topic = %(topic)s AND site IN (%(site)s, '') RETURNING topic;

-- tag_last_read --
-- When a tag was heard last, as far as its reads are kept.
SELECT max(seen_at) FROM read WHERE site_id = %(site_id)s AND tag_id = %(tag_id)s;

-- tag_history --
-- A tag's newest kept reads within a time, late ones left out: they moved nothing.
SELECT r.seen_at, r.raw_us, r.read_point_no, t.epc, r.rssi_dbm, r.phase_deg, r.channel_mhz, r.count
FROM read r JOIN tag t ON t.site_id = r.site_id AND t.tag_id = r.tag_id
WHERE r.site_id = %(site_id)s AND r.tag_id = %(tag_id)s AND r.seen_at >= %(since)s
ORDER BY r.seen_at DESC, r.read_point_no DESC, r.raw_us DESC LIMIT %(limit)s;

-- door_history --
-- What else some read points heard within a time.
SELECT r.seen_at, r.raw_us, r.read_point_no, t.epc, r.rssi_dbm, r.phase_deg, r.channel_mhz, r.count
FROM read r JOIN tag t ON t.site_id = r.site_id AND t.tag_id = r.tag_id
WHERE r.site_id = %(site_id)s AND r.tag_id <> %(tag_id)s AND r.read_point_no = ANY (%(points)s::smallint[])
  AND r.seen_at >= %(since)s AND r.seen_at <= %(until)s
ORDER BY r.seen_at, r.read_point_no, t.epc LIMIT %(limit)s;

-- signs_of_life --
-- That readers read something: the first and the last moment of each second.
SELECT p.reader, min(s.first_at), max(s.last_at)
FROM (
    SELECT read_point_no, date_bin('1 second', seen_at, timestamptz 'epoch') AS second,
           min(seen_at) AS first_at, max(seen_at) AS last_at
    FROM read WHERE site_id = %(site_id)s AND seen_at >= %(since)s AND seen_at <= %(until)s GROUP BY 1, 2
) s JOIN read_point p ON p.site_id = %(site_id)s AND p.read_point_no = s.read_point_no
GROUP BY p.reader, s.second ORDER BY 2, 1;

-- event_history --
-- What readers said within a time, and before it the last word that still holds: running or not, each antenna up or not.
(SELECT DISTINCT ON (reader, CASE WHEN kind LIKE 'antenna%%' THEN port END)
        seen_at, arrived_at, reader, kind, port, value, epc, text
 FROM reader_event
 WHERE site_id = %(site_id)s AND seen_at < %(since)s
   AND kind IN ('antenna_up', 'antenna_down', 'inventory_started', 'inventory_stopped')
 ORDER BY reader, CASE WHEN kind LIKE 'antenna%%' THEN port END, seen_at DESC)
UNION ALL
(SELECT seen_at, arrived_at, reader, kind, port, value, epc, text FROM reader_event
 WHERE site_id = %(site_id)s AND seen_at >= %(since)s AND seen_at <= %(until)s
 ORDER BY seen_at, reader, kind, port LIMIT %(limit)s);

-- stream_now --
-- Up to when everything that a site's readers told has been taken in.
SELECT max(closed_at) FROM ingest_progress WHERE site_id = %(site_id)s;
