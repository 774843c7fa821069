/** One site as the page knows it: the plan, the live tags, the alerts, and what is selected. */

import { AlertFeed } from "../alerts/feed";
import { EMPTY, type Inbox } from "../alerts/inbox";
import { LiveFeed } from "../live/feed";
import { Motion } from "../live/motion";
import { Rate } from "../live/rate";
import { centre, inside, type Point } from "../live/spread";
import { NO_SLOT, TagStore } from "../live/store";
import type { Api } from "../net/api";
import type { Alert, Plan, Reader, Zone } from "../net/shapes";
import type { Link } from "../net/socket";
import { strings } from "../strings";

export type Selection =
  | { readonly kind: "none" }
  | { readonly kind: "tag"; readonly tagId: number; readonly epc: string }
  | { readonly kind: "zone"; readonly id: string }
  | { readonly kind: "reader"; readonly id: string };

export type Tab = "alerts" | "zones" | "readers";

export interface Counters {
  readonly present: number;
  readonly missing: number;
  readonly unplaced: number;
  readonly readsPerS: number;
  readonly zonePresent: Int32Array;
  readonly zoneMissing: Int32Array;
  readonly heard: boolean;
  /** Tags that have ever been heard, those that have left too. */
  readonly known: number;
}

/** How often numbers on the page follow the store: faster can't be read. */
const COUNT_EVERY_MS = 250;
const READERS_EVERY_MS = 5_000;
const NONE: Selection = { kind: "none" };

export class Floor {
  readonly plan: Plan;
  readonly store: TagStore;
  readonly motion: Motion;
  readonly api: Api;
  readonly #live: LiveFeed;
  readonly #alerts: AlertFeed;
  readonly #rate = new Rate();
  readonly #timers: ReturnType<typeof setInterval>[];
  /** Stream time of the newest commit, and our own watch when it came. */
  #closedUs = 0;
  #frameAtMs = 0;
  #deltaAtMs = 0;

  link = $state.raw<Link>({ kind: "connecting" });
  inbox = $state.raw<Inbox>(EMPTY);
  announced = $state("");
  readers = $state.raw<readonly Reader[]>([]);
  selection = $state.raw<Selection>(NONE);
  tab = $state<Tab>("alerts");
  counters = $state.raw<Counters>(this.#none());
  /** Stream time now, and how old the newest data is; both tick. */
  nowMs = $state(Date.now());
  dataAgeMs = $state<number | null>(null);
  /** Where the map is asked to fly to. */
  fly = $state.raw<{ readonly at: Point | null } | null>(null);
  trail = $state.raw<readonly Point[]>([]);
  /** Tells the map that there is something to draw. */
  drawSoon: () => void = () => undefined;

  constructor(api: Api, plan: Plan, ended: (code: number) => void) {
    this.api = api;
    this.plan = plan;
    this.store = new TagStore(plan.zones.map((zone) => zone.polygon));
    this.motion = new Motion(this.store);
    this.#live = new LiveFeed(
      api,
      plan.id,
      this.store,
      (link) => {
        if (link.kind === "ended") ended(link.code);
        if (link.kind !== "live" || this.link.kind !== "live") this.link = link;
      },
      (frame) => this.#took(frame.kind === "heartbeat" ? null : frame.reads),
    );
    this.#alerts = new AlertFeed(api, plan.id, (inbox, raised) => this.#alerted(inbox, raised));
    this.#timers = [
      setInterval(() => this.#tick(), COUNT_EVERY_MS),
      setInterval(() => void this.refreshReaders(), READERS_EVERY_MS),
    ];
    void this.refreshReaders();
  }

  stop(): void {
    this.#live.stop();
    this.#alerts.stop();
    for (const timer of this.#timers) clearInterval(timer);
  }

  zone(id: string): Zone | undefined {
    return this.plan.zones.find((zone) => zone.id === id);
  }

  zoneAt(index: number): Zone | undefined {
    return this.plan.zones[index];
  }

  select(selection: Selection): void {
    this.selection = selection;
    this.trail = [];
    this.drawSoon();
  }

  /** Select the zone at this place of the plan, or nothing. */
  selectAt(at: Point): void {
    const zone = this.plan.zones.find((one) => !one.retired && inside(one.polygon, at[0], at[1]));
    this.select(zone ? { kind: "zone", id: zone.id } : NONE);
  }

  clear(): void {
    this.select(NONE);
  }

  /** Select a tag and show where it is. */
  find(tagId: number, epc: string): void {
    this.select({ kind: "tag", tagId, epc });
    this.flyTo(this.placeOf(tagId));
  }

  flyTo(at: Point | null): void {
    if (at) this.fly = { at };
  }

  placeOf(tagId: number): Point | null {
    const slot = this.store.slot(tagId);
    if (slot === NO_SLOT) return null;
    if (this.store.drawn(slot)) return [this.store.target[2 * slot] ?? 0, this.store.target[2 * slot + 1] ?? 0];
    return this.centreOf(this.zoneAt(this.store.zone[slot] ?? -1)?.id ?? "");
  }

  centreOf(zoneId: string): Point | null {
    const zone = this.zone(zoneId);
    return zone ? centre(zone.polygon) : null;
  }

  readerAt(id: string): Point | null {
    const points = this.plan.readPoints.filter((point) => point.reader === id);
    const whole = points.find((point) => point.antenna === 0) ?? points[0];
    return whole ? [whole.x, whole.y] : null;
  }

  /** The place that an alert is about: its tag, else its reader, else its zone. */
  alertAt(alert: Alert): Point | null {
    const tag = alert.tagId === null ? null : this.placeOf(alert.tagId);
    return tag ?? (alert.reader ? this.readerAt(alert.reader) : null) ?? this.centreOf(alert.zone);
  }

  showAlert(alert: Alert): void {
    if (alert.tagId !== null) this.select({ kind: "tag", tagId: alert.tagId, epc: alert.epc });
    else if (alert.reader) this.select({ kind: "reader", id: alert.reader });
    else if (alert.zone) this.select({ kind: "zone", id: alert.zone });
    this.flyTo(this.alertAt(alert));
  }

  async refreshReaders(): Promise<void> {
    try {
      this.readers = (await this.api.readers(this.plan.id)).items;
    } catch {
      // The connection mark says already that the server is away; the last known health stays.
    }
  }

  #none(): Counters {
    const empty = new Int32Array(0);
    return { present: 0, missing: 0, unplaced: 0, readsPerS: 0, zonePresent: empty, zoneMissing: empty, heard: false, known: -1 };
  }

  #took(reads: number | null): void {
    const at = performance.now();
    if (this.store.closedUs > this.#closedUs) {
      this.#closedUs = this.store.closedUs;
      this.#frameAtMs = at;
    }
    if (reads !== null) {
      this.#deltaAtMs = at;
      this.#rate.add(reads, at);
    }
    this.drawSoon();
  }

  #alerted(inbox: Inbox, raised: Alert | null): void {
    this.inbox = inbox;
    if (raised?.severity === "critical") this.announced = strings.alerts.raised(raised.title);
    this.drawSoon();
  }

  #tick(): void {
    const { store } = this;
    const at = performance.now();
    const heard = store.closedUs > 0;
    this.nowMs = heard ? store.closedUs / 1000 + (at - this.#frameAtMs) : Date.now();
    this.dataAgeMs = heard ? this.#dataAge(at) : null;
    this.counters = {
      present: store.tagsPresent,
      missing: store.counts.missingTotal,
      unplaced: store.counts.unplaced,
      readsPerS: this.#rate.perSecond(at),
      zonePresent: store.counts.present.slice(),
      zoneMissing: store.counts.missing.slice(),
      heard,
      known: store.count,
    };
  }

  /** By our own watch since the last change, or by the server's clock if the stream itself is behind. */
  #dataAge(at: number): number {
    const behind = Date.now() - this.api.clockAheadMs - this.store.closedUs / 1000;
    return Math.max(at - this.#deltaAtMs, behind, 0);
  }
}
