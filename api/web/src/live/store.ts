/** Every tag of a site as typed arrays, one slot a tag; frames are applied in place and nothing is made per tag. */

import { type Columns, type Frame, unreachable, wide } from "./frames";
import { type Polygon, ZoneGrid } from "./spread";

export const PRESENT = 0;
export const LEFT = 1;
export const MISSING = 2;
/** Not in the newest snapshot: forgotten by the server. */
export const GONE = 255;
export const NO_SLOT = -1;

const SLOTS_MIN = 1024;
const NO_CELL = -1;

function grown<T extends Float32Array | Float64Array | Int16Array | Int32Array | Uint8Array | Uint32Array>(
  old: T,
  length: number,
): T {
  const fresh = new (old.constructor as new (n: number) => T)(length);
  fresh.set(old as never);
  return fresh;
}

/** How many tags are in each zone, and how many were last seen there and are missed. */
export interface Counts {
  readonly present: Int32Array;
  readonly missing: Int32Array;
  unplaced: number;
  missingTotal: number;
}

export class TagStore {
  count = 0;
  seq = 0;
  closedUs = 0;
  alertSeq = 0;
  tagsPresent = 0;
  tagId = new Uint32Array(SLOTS_MIN);
  seenUs = new Float64Array(SLOTS_MIN);
  sinceUs = new Float64Array(SLOTS_MIN);
  zone = new Int16Array(SLOTS_MIN);
  readPoint = new Int16Array(SLOTS_MIN);
  state = new Uint8Array(SLOTS_MIN);
  confidence = new Uint8Array(SLOTS_MIN);
  /** Where each tag belongs on the plan: x, y of slot i at 2i, 2i+1. */
  target = new Float32Array(2 * SLOTS_MIN);
  readonly counts: Counts;
  /** Slots whose place changed since the last drawing, and slots that first appeared. */
  readonly moved: number[] = [];
  /** Grows with every change of what is drawn. */
  version = 0;

  #slotOf = new Int32Array(SLOTS_MIN).fill(NO_SLOT);
  #cell = new Int32Array(SLOTS_MIN);
  #grids: ZoneGrid[];
  #midSnapshot = false;

  constructor(polygons: readonly Polygon[]) {
    this.#grids = polygons.map((polygon) => new ZoneGrid(polygon));
    this.counts = {
      present: new Int32Array(polygons.length),
      missing: new Int32Array(polygons.length),
      unplaced: 0,
      missingTotal: 0,
    };
  }

  slot(tagId: number): number {
    return this.#slotOf[tagId] ?? NO_SLOT;
  }

  apply(frame: Frame): void {
    switch (frame.kind) {
      case "snapshot":
        if (!this.#midSnapshot) this.#forgetAll();
        this.#midSnapshot = frame.more;
        this.#rows(frame.positions);
        break;
      case "delta":
        // What happened between subscription and snapshot is in both.
        if (frame.seq <= this.seq) return;
        this.#rows(frame.positions);
        break;
      case "heartbeat":
        break;
      default:
        unreachable(frame);
    }
    this.seq = Math.max(this.seq, frame.seq);
    this.closedUs = frame.closedUs;
    this.alertSeq = frame.alertSeq;
    this.tagsPresent = frame.tagsPresent;
  }

  #forgetAll(): void {
    this.seq = 0;
    for (let slot = 0; slot < this.count; slot++) {
      this.#uncount(slot);
      this.state[slot] = GONE;
    }
  }

  #rows(rows: Columns): void {
    for (let i = 0; i < rows.n; i++) {
      const slot = this.#slotFor(rows.tagId[i] ?? 0);
      this.#uncount(slot);
      this.seenUs[slot] = wide(rows.seen, i);
      this.sinceUs[slot] = wide(rows.since, i);
      this.readPoint[slot] = rows.readPoint[i] ?? -1;
      this.confidence[slot] = rows.confidence[i] ?? 0;
      this.#place(slot, rows.zone[i] ?? -1, rows.state[i] ?? PRESENT);
      this.#count(slot);
    }
    if (rows.n > 0) this.version++;
  }

  #place(slot: number, zone: number, state: number): void {
    const wasDrawn = this.drawn(slot);
    const before = this.zone[slot] ?? -1;
    this.zone[slot] = zone;
    this.state[slot] = state;
    const drawn = this.drawn(slot);
    const cell = this.#cell[slot] ?? NO_CELL;
    if (cell !== NO_CELL && (!drawn || before !== zone)) {
      this.#grids[before]?.free(cell);
      this.#cell[slot] = NO_CELL;
    }
    if (drawn && this.#cell[slot] === NO_CELL) {
      const grid = this.#grids[zone];
      if (!grid) return;
      const taken = grid.take(this.tagId[slot] ?? 0);
      this.#cell[slot] = taken;
      grid.place(taken, this.target, slot);
      this.moved.push(slot);
    } else if (drawn !== wasDrawn) {
      this.moved.push(slot);
    }
  }

  /** Left tags and tags without a zone are counted, not drawn. */
  drawn(slot: number): boolean {
    const state = this.state[slot] ?? GONE;
    return (state === PRESENT || state === MISSING) && (this.zone[slot] ?? -1) >= 0;
  }

  #uncount(slot: number): void {
    this.#add(slot, -1);
  }

  #count(slot: number): void {
    this.#add(slot, 1);
  }

  #add(slot: number, by: number): void {
    const { counts } = this;
    const zone = this.zone[slot] ?? -1;
    const state = this.state[slot];
    if (state === PRESENT) {
      if (zone < 0) counts.unplaced += by;
      else counts.present[zone] = (counts.present[zone] ?? 0) + by;
    } else if (state === MISSING) {
      counts.missingTotal += by;
      if (zone >= 0) counts.missing[zone] = (counts.missing[zone] ?? 0) + by;
    }
  }

  #slotFor(tagId: number): number {
    const known = this.slot(tagId);
    if (known !== NO_SLOT) return known;
    if (tagId >= this.#slotOf.length) {
      const old = this.#slotOf.length;
      this.#slotOf = grown(this.#slotOf, Math.max(2 * old, tagId + 1));
      this.#slotOf.fill(NO_SLOT, old);
    }
    if (this.count === this.tagId.length) this.#grow();
    const slot = this.count++;
    this.#slotOf[tagId] = slot;
    this.tagId[slot] = tagId;
    this.state[slot] = GONE;
    this.zone[slot] = -1;
    this.#cell[slot] = NO_CELL;
    return slot;
  }

  #grow(): void {
    const length = 2 * this.tagId.length;
    this.tagId = grown(this.tagId, length);
    this.seenUs = grown(this.seenUs, length);
    this.sinceUs = grown(this.sinceUs, length);
    this.zone = grown(this.zone, length);
    this.readPoint = grown(this.readPoint, length);
    this.state = grown(this.state, length);
    this.confidence = grown(this.confidence, length);
    this.target = grown(this.target, 2 * length);
    this.#cell = grown(this.#cell, length);
  }
}
