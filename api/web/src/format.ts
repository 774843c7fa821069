/** Numbers and times as people read them. */

import { strings } from "./strings";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const count = (n: number): string => whole.format(n);

/** A span of time in its largest sensible unit. */
export function span(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 60) return strings.ago.seconds(Math.floor(s));
  if (s < 3600) return strings.ago.minutes(Math.floor(s / 60));
  if (s < 172_800) return strings.ago.hours(Math.floor(s / 3600));
  return strings.ago.days(Math.floor(s / 86_400));
}

export function ago(atMs: number | null, nowMs: number): string {
  if (atMs === null || atMs <= 0) return strings.ago.never;
  return nowMs - atMs < 2000 ? strings.ago.now : strings.ago.ago(span(nowMs - atMs));
}

/** The time of day in the site's own zone, with the date when it isn't today. */
export function clockTime(atMs: number | null, nowMs: number, timeZone: string): string {
  if (atMs === null) return strings.ago.never;
  const zone = timeZone || undefined;
  const time = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeStyle: "medium" }).format(atMs);
  const day = new Intl.DateTimeFormat("en-GB", { timeZone: zone, day: "numeric", month: "short" });
  return day.format(atMs) === day.format(nowMs) ? time : `${day.format(atMs)}, ${time}`;
}

/** An EPC short enough for a label: its end is what differs. */
export const shortEpc = (epc: string): string => (epc.length > 10 ? `…${epc.slice(-8)}` : epc);

export const percent = (part: number): number => Math.round(100 * part);
