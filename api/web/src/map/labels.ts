/** The names of single tags in the near view: asked for by zone, kept, and written beside their dots. */

import { STALE_AFTER_US } from "./scene";
import { shortEpc, span } from "../format";
import type { Motion } from "../live/motion";
import { type Box, bounds } from "../live/spread";
import { MISSING, type TagStore } from "../live/store";
import type { Api } from "../net/api";
import type { Plan, Position } from "../net/shapes";
import type { Scene } from "./scene";
import { dotRadius, seen, toScreen, type View } from "./view";

const NAMES_MAX = 20_000;
const ASK_AGAIN_MS = 15_000;
const PAGE = "500";
const LABELS_MAX = 400;
const CELL_W = 74;
const CELL_H = 15;

export class Names {
  readonly #names = new Map<number, string>();
  readonly #askedMs = new Map<string, number>();

  of(tagId: number): string | undefined {
    return this.#names.get(tagId);
  }

  learn(position: Position): void {
    if (this.#names.size >= NAMES_MAX) this.#names.clear();
    this.#names.set(position.tagId, position.sku || shortEpc(position.epc));
  }

  /** Ask for the tags of the zones on the screen; true once something was learnt. */
  async askFor(api: Api, plan: Plan, box: Box, nowMs: number): Promise<boolean> {
    const due = plan.zones.filter((zone) => {
      const at = bounds(zone.polygon);
      const visible = at.left < box.right && at.right > box.left && at.bottom < box.top && at.top > box.bottom;
      return visible && nowMs - (this.#askedMs.get(zone.id) ?? -Infinity) > ASK_AGAIN_MS;
    });
    for (const zone of due) this.#askedMs.set(zone.id, nowMs);
    const pages = await Promise.all(due.map((zone) => api.positions(plan.id, { zone: zone.id, limit: PAGE })));
    for (const position of pages.flatMap((page) => page.items)) this.learn(position);
    return pages.length > 0;
  }
}

export interface Ink {
  readonly text: string;
  readonly muted: string;
  readonly halo: string;
}

interface What {
  readonly scene: Scene;
  readonly store: TagStore;
  readonly motion: Motion;
  readonly names: Names;
  readonly nowUs: number;
}

/** Write what fits: a label whose place is taken is left out, the same one each time. */
export function write(canvas: HTMLCanvasElement, view: View, what: What, ink: Ink): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const box = seen(view);
  const taken = new Set<number>();
  const below = dotRadius(view.scale) + 3;
  context.font = "500 11px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "top";
  context.lineWidth = 3;
  context.lineJoin = "round";
  context.strokeStyle = ink.halo;
  for (let i = 0; i < what.scene.n && taken.size < LABELS_MAX; i++) {
    const slot = what.scene.slots[i] ?? 0;
    const [px, py] = [what.motion.at[2 * slot] ?? 0, what.motion.at[2 * slot + 1] ?? 0];
    if (px < box.left || px > box.right || py < box.bottom || py > box.top) continue;
    const [x, y] = toScreen(view, px, py);
    const cell = Math.round(x / CELL_W) * 65_536 + Math.round(y / CELL_H);
    if (taken.has(cell)) continue;
    taken.add(cell);
    const { text, quiet } = labelOf(what, slot);
    context.fillStyle = quiet ? ink.muted : ink.text;
    context.strokeText(text, x, y + below);
    context.fillText(text, x, y + below);
  }
}

function labelOf(what: What, slot: number): { text: string; quiet: boolean } {
  const name = what.names.of(what.store.tagId[slot] ?? 0) ?? "";
  const silentUs = what.nowUs - (what.store.seenUs[slot] ?? 0);
  const quiet = silentUs > STALE_AFTER_US || what.store.state[slot] === MISSING;
  return { text: quiet ? `${name} ◷ ${span(silentUs / 1000)}`.trim() : name, quiet };
}
