/** What the REST interface answers with. */

import type { Polygon } from "../live/spread";
import { flag, type Json, list, number, numberOr, object, optional, text, timeMs } from "./read";

export interface SiteName {
  readonly id: string;
  readonly name: string;
}

export interface Zone {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly polygon: Polygon;
  readonly capacity: number | null;
  readonly retired: boolean;
}

export interface ReadPoint {
  readonly index: number;
  readonly reader: string;
  readonly antenna: number;
  readonly x: number;
  readonly y: number;
}

export interface Plan {
  readonly id: string;
  readonly name: string;
  readonly timezone: string;
  readonly width: number;
  readonly height: number;
  readonly zones: readonly Zone[];
  readonly readPoints: readonly ReadPoint[];
}

export interface Antenna {
  readonly port: number;
  readonly x: number;
  readonly y: number;
  readonly zone: string;
  readonly down: boolean;
}

export interface Reader {
  readonly id: string;
  readonly name: string;
  readonly format: string;
  readonly online: boolean | null;
  readonly onlineSinceMs: number | null;
  readonly lastArrivedMs: number | null;
  readonly clockOffsetMs: number;
  readonly firmware: string;
  readonly antennas: readonly Antenna[];
  readonly ledger: Readonly<Record<string, number>>;
}

/** What became of one reader's reads in a span of time, or of all readers' together. */
export interface Balance {
  readonly counts: Readonly<Record<string, number>>;
  readonly closes: boolean;
}

export interface Ledger {
  readonly sinceMs: number | null;
  readonly rows: readonly (Balance & { readonly reader: string; readonly name: string })[];
  readonly total: Balance;
}

export interface Position {
  readonly tagId: number;
  readonly epc: string;
  readonly identity: string;
  readonly scheme: string;
  readonly gtin: string;
  readonly sku: string;
  readonly name: string;
  readonly zone: string;
  readonly zoneName: string;
  readonly state: string;
  readonly confidence: number;
  readonly seenMs: number | null;
  readonly sinceMs: number | null;
  readonly reader: string;
  readonly antenna: number | null;
}

export interface Movement {
  readonly atMs: number | null;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly confidence: number | null;
}

export type Severity = "critical" | "high" | "medium" | "info";

/** One of the reads that made a rule speak. */
export interface Evidence {
  readonly atMs: number | null;
  readonly reader: string;
  readonly antenna: number | null;
  readonly rssi: number | null;
}

export interface Alert {
  readonly id: number;
  readonly rule: string;
  readonly severity: Severity;
  readonly state: string;
  readonly title: string;
  readonly advice: string;
  readonly zone: string;
  readonly tagId: number | null;
  readonly epc: string;
  readonly reader: string;
  readonly raisedMs: number | null;
  readonly acknowledgedMs: number | null;
  readonly acknowledgedBy: string;
  readonly count: number;
  readonly evidence: readonly Evidence[];
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string;
}

export function page<T>(item: (value: unknown) => T): (value: unknown) => Page<T> {
  return (value) => {
    const from = object(value);
    return { items: list(from["items"], item), next: text(from, "next_cursor") };
  };
}

export function siteName(value: unknown): SiteName {
  const from = object(value);
  return { id: text(from, "id"), name: text(from, "name") || text(from, "id") };
}

function corner(value: unknown): readonly [number, number] {
  const [x, y] = Array.isArray(value) ? (value as unknown[]) : [];
  return [typeof x === "number" ? x : 0, typeof y === "number" ? y : 0];
}

function zone(value: unknown): Zone {
  const from = object(value);
  return {
    index: number(from, "index"),
    id: text(from, "id"),
    name: text(from, "name") || text(from, "id"),
    kind: text(from, "kind"),
    polygon: list(from["polygon"], corner),
    capacity: numberOr(from, "capacity", null),
    retired: flag(from, "retired"),
  };
}

function readPoint(value: unknown): ReadPoint {
  const from = object(value);
  return {
    index: number(from, "index"),
    reader: text(from, "reader"),
    antenna: number(from, "antenna"),
    x: number(from, "x"),
    y: number(from, "y"),
  };
}

export function plan(value: unknown): Plan {
  const from = object(value);
  return {
    id: text(from, "id"),
    name: text(from, "name"),
    timezone: text(from, "timezone"),
    width: number(from, "width_m"),
    height: number(from, "height_m"),
    zones: list(from["zones"], zone).sort((a, b) => a.index - b.index),
    readPoints: list(from["read_points"], readPoint),
  };
}

function antenna(value: unknown): Antenna {
  const from = object(value);
  return {
    port: number(from, "port"),
    x: number(from, "x"),
    y: number(from, "y"),
    zone: text(from, "zone"),
    down: flag(from, "down"),
  };
}

function counts(from: Json): Record<string, number> {
  const entries = Object.entries(from).filter((entry): entry is [string, number] => typeof entry[1] === "number");
  return Object.fromEntries(entries);
}

export function reader(value: unknown): Reader {
  const from = object(value);
  const online = from["online"];
  return {
    id: text(from, "id"),
    name: text(from, "name") || text(from, "id"),
    format: text(from, "format"),
    online: typeof online === "boolean" ? online : null,
    onlineSinceMs: timeMs(from, "online_since"),
    lastArrivedMs: timeMs(from, "last_arrived_at"),
    clockOffsetMs: numberOr(from, "clock_offset_ms", 0),
    firmware: text(from, "firmware"),
    antennas: optional(from["antennas"], antenna),
    ledger: counts(object(from["ledger"] ?? {})),
  };
}

function balance(value: unknown): Balance {
  const from = object(value);
  return { counts: counts(from), closes: flag(from, "closes") };
}

function ledgerRow(value: unknown): Ledger["rows"][number] {
  const from = object(value);
  return { ...balance(value), reader: text(from, "reader"), name: text(from, "name") || text(from, "reader") };
}

export function ledger(value: unknown): Ledger {
  const from = object(value);
  return { sinceMs: timeMs(from, "since"), rows: list(from["items"], ledgerRow), total: balance(from["total"]) };
}

export function position(value: unknown): Position {
  const from = object(value);
  return {
    tagId: number(from, "tag_id"),
    epc: text(from, "epc"),
    identity: text(from, "identity"),
    scheme: text(from, "scheme"),
    gtin: text(from, "gtin"),
    sku: text(from, "sku"),
    name: text(from, "name"),
    zone: text(from, "zone"),
    zoneName: text(from, "zone_name"),
    state: text(from, "state"),
    confidence: numberOr(from, "confidence", 0),
    seenMs: timeMs(from, "seen_at"),
    sinceMs: timeMs(from, "since_at"),
    reader: text(from, "reader"),
    antenna: numberOr(from, "antenna", null),
  };
}

export function movement(value: unknown): Movement {
  const from = object(value);
  return {
    atMs: timeMs(from, "at"),
    kind: text(from, "kind"),
    from: text(from, "from_zone"),
    to: text(from, "to_zone"),
    confidence: numberOr(from, "confidence", null),
  };
}

function evidence(value: unknown): Evidence {
  const from = object(value);
  const us = numberOr(from, "seen_us", null);
  return {
    atMs: us === null ? null : us / 1000,
    reader: text(from, "reader"),
    antenna: numberOr(from, "antenna", null),
    rssi: numberOr(from, "rssi_dbm", null),
  };
}

const SEVERITIES: readonly string[] = ["critical", "high", "medium", "info"];

export function alert(value: unknown): Alert {
  const from = object(value);
  const severity = text(from, "severity");
  return {
    id: number(from, "alert_id"),
    rule: text(from, "rule"),
    severity: SEVERITIES.includes(severity) ? (severity as Severity) : "info",
    state: text(from, "state"),
    title: text(from, "title"),
    advice: text(from, "advice"),
    zone: text(from, "zone"),
    tagId: numberOr(from, "tag_id", null),
    epc: text(from, "epc"),
    reader: text(from, "reader"),
    raisedMs: timeMs(from, "raised_at"),
    acknowledgedMs: timeMs(from, "acknowledged_at"),
    acknowledgedBy: text(from, "acknowledged_by"),
    count: numberOr(from, "count", 1),
    evidence: optional(object(from["evidence"] ?? {})["reads"], evidence),
  };
}
