/** What a browser test may ask of the map, read-only: `window.tallyport.tag(id)`. */

import { NO_SLOT } from "../live/store";
import type { Stage } from "../map/stage";
import type { Floor } from "./floor.svelte";

interface TagSeen {
  readonly zone: string;
  readonly x: number;
  readonly y: number;
  readonly seen_us: number;
  readonly state: number;
  readonly screen: readonly [number, number];
}

interface Window2 {
  readonly tag: (tagId: number) => TagSeen | null;
  readonly count: () => number;
  readonly seq: () => number;
}

declare global {
  interface Window {
    tallyport?: Window2;
  }
}

export function expose(floor: Floor, stage: Stage): void {
  window.tallyport = Object.freeze({
    tag: (tagId: number): TagSeen | null => {
      const slot = floor.store.slot(tagId);
      if (slot === NO_SLOT) return null;
      const [x, y] = [floor.motion.at[2 * slot] ?? 0, floor.motion.at[2 * slot + 1] ?? 0];
      return {
        zone: floor.zoneAt(floor.store.zone[slot] ?? -1)?.id ?? "",
        x,
        y,
        seen_us: floor.store.seenUs[slot] ?? 0,
        state: floor.store.state[slot] ?? 0,
        screen: stage.onPage(x, y),
      };
    },
    count: () => floor.store.count,
    seq: () => floor.store.seq,
  });
}
