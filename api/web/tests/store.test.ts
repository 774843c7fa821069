import { expect, test } from "vitest";
import { parse } from "../src/live/frames";
import { GLIDE_MS, Motion } from "../src/live/motion";
import { inside, type Polygon } from "../src/live/spread";
import { GONE, LEFT, MISSING, TagStore } from "../src/live/store";
import { frame, type Row } from "./frames";

const square = (left: number): Polygon => [[left, 0], [left + 10, 0], [left + 10, 10], [left, 10]];
const ZONES = [square(0), square(20)];

function taken(kind: number, seq: number, rows: readonly Row[], store = new TagStore(ZONES), flags = 0): TagStore {
  store.apply(parse(frame({ kind, seq, flags }, rows)));
  return store;
}

test("a delta not newer than the snapshot changes nothing", () => {
  const store = taken(0, 10, [{ id: 1, zone: 0 }]);
  taken(1, 10, [{ id: 1, zone: 1 }], store);

  expect([store.zone[store.slot(1)], store.seq]).toEqual([0, 10]);
});

test("a delta moves a tag and the counts follow", () => {
  const store = taken(0, 10, [{ id: 1, zone: 0 }, { id: 2, zone: 0 }, { id: 3, zone: -1 }]);
  taken(1, 11, [{ id: 1, zone: 1 }, { id: 2, zone: 0, state: MISSING }], store);

  expect([...store.counts.present]).toEqual([0, 1]);
  expect([...store.counts.missing]).toEqual([1, 0]);
  expect([store.counts.missingTotal, store.counts.unplaced]).toEqual([1, 1]);
});

test("a snapshot forgets what it doesn't name, also when it comes in parts", () => {
  const store = taken(0, 10, [{ id: 1, zone: 0 }, { id: 2, zone: 0 }]);
  taken(0, 4, [{ id: 2, zone: 1 }], store, 1);
  taken(0, 4, [{ id: 5, zone: 1 }], store);

  expect(store.state[store.slot(1)]).toBe(GONE);
  expect([...store.counts.present]).toEqual([0, 2]);
  expect(store.seq).toBe(4);
});

test("each tag stands inside its zone, and apart from the others while there is room", () => {
  const rows = Array.from({ length: 200 }, (_, i) => ({ id: i + 1, zone: i % 2 }));
  const store = taken(0, 1, rows);
  const places = rows.map(({ id, zone }) => {
    const slot = store.slot(id);
    return { x: store.target[2 * slot] ?? 0, y: store.target[2 * slot + 1] ?? 0, zone };
  });

  expect(places.every(({ x, y, zone }) => inside(ZONES[zone] ?? [], x, y))).toBe(true);
  expect(new Set(places.map(({ x, y }) => `${x} ${y}`)).size).toBe(200);
});

test("a tag keeps its place while it stays in its zone", () => {
  const store = taken(0, 1, [{ id: 7, zone: 0 }]);
  const slot = store.slot(7);
  const before = [...store.target.slice(2 * slot, 2 * slot + 2)];
  taken(1, 2, [{ id: 8, zone: 0 }, { id: 7, zone: 0, confidence: 20, x: 9 }], store);

  expect([...store.target.slice(2 * slot, 2 * slot + 2)]).toEqual(before);
});

test("a tag that has left is not drawn, and a later one may have its place", () => {
  const store = taken(0, 1, [{ id: 7, zone: 0 }]);
  const before = [...store.target.slice(0, 2)];
  taken(1, 2, [{ id: 7, zone: 0, state: LEFT }], store);
  taken(1, 3, [{ id: 7, zone: 0 }], store);

  expect(store.drawn(store.slot(7))).toBe(true);
  expect([...store.target.slice(0, 2)]).toEqual(before);
});

test("a tag that changes zones glides there, unless motion is not wanted", () => {
  const store = taken(0, 1, [{ id: 7, zone: 0 }]);
  const motion = new Motion(store);
  motion.advance(0, false);
  const from = motion.at[0] ?? 0;
  taken(1, 2, [{ id: 7, zone: 1 }], store);
  const to = store.target[0] ?? 0;
  motion.advance(0, false);
  motion.advance(GLIDE_MS / 2, false);

  expect(motion.moving).toBe(true);
  expect(motion.at[0]).toBeGreaterThan(from);
  expect(motion.at[0]).toBeLessThan(to);

  motion.advance(GLIDE_MS, false);

  expect([motion.at[0], motion.moving]).toEqual([to, false]);
});

test("200,000 tags are taken in well inside a second", () => {
  const rows = Array.from({ length: 200_000 }, (_, i) => ({ id: i, zone: i % 2 }));
  const bytes = frame({ kind: 0, seq: 1 }, rows);
  const store = new TagStore(ZONES);
  const began = performance.now();
  store.apply(parse(bytes));

  expect(performance.now() - began).toBeLessThan(1_000);
  expect([...store.counts.present]).toEqual([100_000, 100_000]);
});
