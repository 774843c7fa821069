/** Where each tag is drawn right now: tags that moved glide from their old place to the new one. */

import type { TagStore } from "./store";

export const GLIDE_MS = 700;
/** Past this many at once (a first snapshot, a reconnect) they jump: a glide of everything tells nobody anything. */
export const GLIDING_MAX = 5_000;

const ease = (t: number): number => 1 - (1 - t) ** 3;

export class Motion {
  at = new Float32Array(0);
  readonly #store: TagStore;
  #known = 0;
  #gliding = new Map<number, { fromX: number; fromY: number; startMs: number }>();

  constructor(store: TagStore) {
    this.#store = store;
  }

  get moving(): boolean {
    return this.#gliding.size > 0;
  }

  /** Bring the drawn places up to now; true when any of them changed. */
  advance(nowMs: number, still: boolean): boolean {
    const { moved, target, count } = this.#store;
    const jump = still || moved.length > GLIDING_MAX;
    if (this.at.length !== target.length) {
      const grown = new Float32Array(target.length);
      grown.set(this.at);
      this.at = grown;
    }
    let changed = moved.length > 0;
    for (const slot of moved) {
      if (jump || slot >= this.#known) this.#land(slot);
      else this.#start(slot, nowMs);
    }
    moved.length = 0;
    this.#known = count;
    for (const [slot, glide] of this.#gliding) {
      changed = true;
      const t = (nowMs - glide.startMs) / GLIDE_MS;
      if (t >= 1) this.#land(slot);
      else this.#between(slot, glide.fromX, glide.fromY, ease(Math.max(0, t)));
    }
    return changed;
  }

  #start(slot: number, nowMs: number): void {
    const fromX = this.at[2 * slot] ?? 0;
    const fromY = this.at[2 * slot + 1] ?? 0;
    if (fromX === 0 && fromY === 0) this.#land(slot);
    else this.#gliding.set(slot, { fromX, fromY, startMs: nowMs });
  }

  #land(slot: number): void {
    this.#gliding.delete(slot);
    this.at[2 * slot] = this.#store.target[2 * slot] ?? 0;
    this.at[2 * slot + 1] = this.#store.target[2 * slot + 1] ?? 0;
  }

  #between(slot: number, fromX: number, fromY: number, part: number): void {
    const toX = this.#store.target[2 * slot] ?? 0;
    const toY = this.#store.target[2 * slot + 1] ?? 0;
    this.at[2 * slot] = fromX + (toX - fromX) * part;
    this.at[2 * slot + 1] = fromY + (toY - fromY) * part;
  }
}
