/** Where inside its zone a tag is drawn: a cell of a fixed grid, chosen by a hash of its id. */

export type Point = readonly [number, number];
export type Polygon = readonly Point[];

const SPACING_M = 0.55;
const INSET_M = 0.35;
const CELLS_MAX = 40_000;
const PROBES = 12;
/** A tall zone keeps its top free for its name. */
const TITLE_M = 1.4;
const TALL_M = 7;
const GOLDEN = 0.7548776662466927;
const GOLDEN_2 = 0.5698402909980532;

export function inside(polygon: Polygon, x: number, y: number): boolean {
  let within = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const a = polygon[i];
    const b = polygon[j];
    if (!a || !b) continue;
    if (a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) within = !within;
  }
  return within;
}

export function centre(polygon: Polygon): Point {
  let area = 0;
  let cx = 0;
  let cy = 0;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const a = polygon[j];
    const b = polygon[i];
    if (!a || !b) continue;
    const cross = a[0] * b[1] - b[0] * a[1];
    area += cross;
    cx += (a[0] + b[0]) * cross;
    cy += (a[1] + b[1]) * cross;
  }
  if (area === 0) return polygon[0] ?? [0, 0];
  return [cx / (3 * area), cy / (3 * area)];
}

function edgeDistance(polygon: Polygon, x: number, y: number): number {
  let nearest = Infinity;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const a = polygon[j];
    const b = polygon[i];
    if (!a || !b) continue;
    const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    const length = dx * dx + dy * dy;
    const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - a[0]) * dx + (y - a[1]) * dy) / length));
    nearest = Math.min(nearest, Math.hypot(x - a[0] - t * dx, y - a[1] - t * dy));
  }
  return nearest;
}

export interface Box {
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  readonly top: number;
}

export function bounds(polygon: Polygon): Box {
  const xs = polygon.map((p) => p[0]);
  const ys = polygon.map((p) => p[1]);
  return { left: Math.min(...xs), right: Math.max(...xs), bottom: Math.min(...ys), top: Math.max(...ys) };
}

function cellsOf(polygon: Polygon): Float32Array {
  const box = bounds(polygon);
  const width = box.right - box.left;
  const tall = box.top - box.bottom;
  const height = tall >= TALL_M ? tall - TITLE_M : tall;
  const spacing = Math.max(SPACING_M, Math.sqrt((width * height) / CELLS_MAX));
  const inset = Math.min(INSET_M, width / 6, height / 6);
  const found: number[] = [];
  const columns = Math.max(1, Math.floor((width - 2 * inset) / spacing));
  const rows = Math.max(1, Math.floor((height - 2 * inset) / spacing));
  for (let row = 0; row < rows; row++) {
    const y = box.bottom + (height - (rows - 1) * spacing) / 2 + row * spacing;
    for (let column = 0; column < columns; column++) {
      const x = box.left + (width - (columns - 1) * spacing) / 2 + column * spacing;
      if (inside(polygon, x, y) && edgeDistance(polygon, x, y) >= inset * 0.8) found.push(x, y);
    }
  }
  return new Float32Array(found.length > 0 ? found : centre(polygon));
}

/** A good mix of 32 bits, so that tags with neighbouring ids don't sit side by side. */
export function hash(id: number): number {
  let h = id >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b);
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The cells of one zone and how many tags each holds; a tag keeps its cell while it stays in the zone. */
export class ZoneGrid {
  readonly #cells: Float32Array;
  readonly #load: Uint16Array;

  constructor(polygon: Polygon) {
    this.#cells = cellsOf(polygon);
    this.#load = new Uint16Array(this.#cells.length / 2);
  }

  get size(): number {
    return this.#load.length;
  }

  /** Give the tag the emptiest of a few cells that its hash names. */
  take(id: number): number {
    const n = this.size;
    const h = hash(id);
    const step = 1 + (hash(id ^ 0x9e3779b9) % Math.max(1, n - 1));
    let best = h % n;
    for (let probe = 0, cell = best; probe < PROBES; probe++, cell = (cell + step) % n) {
      if ((this.#load[cell] ?? 0) < (this.#load[best] ?? 0)) best = cell;
      if ((this.#load[best] ?? 0) === 0) break;
    }
    this.#load[best] = (this.#load[best] ?? 0) + 1;
    return best;
  }

  free(cell: number): void {
    this.#load[cell] = Math.max(0, (this.#load[cell] ?? 0) - 1);
  }

  /** The middle of the cell; of tags that share one, all but the first stand a little beside it. */
  place(cell: number, out: Float32Array, slot: number): void {
    const layer = (this.#load[cell] ?? 1) - 1;
    const [dx, dy] =
      layer <= 0 ? [0, 0] : [((layer * GOLDEN) % 1) - 0.5, ((layer * GOLDEN_2) % 1) - 0.5];
    out[2 * slot] = (this.#cells[2 * cell] ?? 0) + dx * SPACING_M * 0.8;
    out[2 * slot + 1] = (this.#cells[2 * cell + 1] ?? 0) + dy * SPACING_M * 0.8;
  }
}
