/** What the GPU is told to draw: the tags on the plan as compact arrays, built in place from the store. */

import { CONFIDENCE_ONE } from "../live/frames";
import type { Motion } from "../live/motion";
import { MISSING, type TagStore } from "../live/store";

export type Rgb = readonly [number, number, number];

export interface Palette {
  readonly tag: Rgb;
  readonly stale: Rgb;
  readonly missing: Rgb;
}

export const STALE_AFTER_US = 120e6;
const SURE_FROM = 0.6 * CONFIDENCE_ONE;
const HOLLOW = 40;
const MISSING_SIZE = 2;
const MISSING_WIDTH = 2.2;

export class Scene {
  n = 0;
  /** Slot of each drawn tag, so that a click finds its way back. */
  slots = new Int32Array(0);
  position = new Float32Array(0);
  fill = new Uint8ClampedArray(0);
  line = new Uint8ClampedArray(0);
  radius = new Float32Array(0);
  width = new Float32Array(0);

  /** Choose the tags to draw and their looks. */
  rebuild(store: TagStore, nowUs: number, palette: Palette): void {
    if (this.slots.length < store.count) this.#grow(store.tagId.length);
    this.n = 0;
    for (let slot = 0; slot < store.count; slot++) {
      if (!store.drawn(slot)) continue;
      const i = this.n++;
      this.slots[i] = slot;
      const missing = store.state[slot] === MISSING;
      const stale = nowUs - (store.seenUs[slot] ?? 0) > STALE_AFTER_US;
      const colour = missing ? palette.missing : stale ? palette.stale : palette.tag;
      const solid = !missing && (store.confidence[slot] ?? 0) >= SURE_FROM;
      this.radius[i] = missing ? MISSING_SIZE : 1;
      this.width[i] = missing ? MISSING_WIDTH : 1;
      this.#paint(this.fill, i, colour, missing ? 0 : solid ? 255 : HOLLOW);
      this.#paint(this.line, i, colour, 255);
    }
  }

  /** Follow the tags that glide. */
  follow(motion: Motion): void {
    const { at } = motion;
    for (let i = 0; i < this.n; i++) {
      const slot = this.slots[i] ?? 0;
      this.position[2 * i] = at[2 * slot] ?? 0;
      this.position[2 * i + 1] = at[2 * slot + 1] ?? 0;
    }
  }

  #paint(into: Uint8ClampedArray, i: number, colour: Rgb, alpha: number): void {
    into[4 * i] = colour[0];
    into[4 * i + 1] = colour[1];
    into[4 * i + 2] = colour[2];
    into[4 * i + 3] = alpha;
  }

  #grow(length: number): void {
    this.slots = new Int32Array(length);
    this.position = new Float32Array(2 * length);
    this.fill = new Uint8ClampedArray(4 * length);
    this.line = new Uint8ClampedArray(4 * length);
    this.width = new Float32Array(length);
    this.radius = new Float32Array(length);
  }
}

/** `#rrggbb` as three bytes. */
export function rgb(colour: string): Rgb {
  const value = Number.parseInt(colour.trim().replace("#", ""), 16);
  return Number.isNaN(value) ? [128, 128, 128] : [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
