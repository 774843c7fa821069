import { expect, test } from "vitest";
import { BadFrame, parse, wide } from "../src/live/frames";
import { frame } from "./frames";

test("a snapshot's columns are read where the protocol puts them", () => {
  const got = parse(frame({ kind: 0, seq: 5, flags: 1, reads: 12, present: 99 }, [
    { id: 4_000_000_000, zone: -1, state: 2, confidence: 200, seenUs: 1_700_000_000_654_321 },
    { id: 8, zone: 300, x: 7.25 },
    { id: 9, zone: 0 },
  ]));

  if (got.kind !== "snapshot") throw new Error(got.kind);
  expect([got.seq, got.more, got.reads, got.tagsPresent, got.alertSeq]).toEqual([5, true, 12, 99, 7]);
  expect(got.closedUs).toBe(1_800_000_000_000_000);
  expect([...got.positions.tagId]).toEqual([4_000_000_000, 8, 9]);
  expect([...got.positions.zone]).toEqual([-1, 300, 0]);
  expect([...got.positions.x]).toEqual([1.5, 7.25, 1.5]);
  expect([...got.positions.state]).toEqual([2, 0, 0]);
  expect(wide(got.positions.seen, 0)).toBe(1_700_000_000_654_321);
  expect(wide(got.positions.since, 2)).toBe(-(2 ** 62));
});

test("a heartbeat has no positions", () => {
  expect(parse(frame({ kind: 2, seq: 6 })).kind).toBe("heartbeat");
});

test("bytes that are not a frame are refused", () => {
  const cut = frame({ kind: 1, seq: 1 }, [{ id: 1, zone: 0 }]).slice(0, 60);
  const unknown = frame({ kind: 9, seq: 1 });
  const other = frame({ kind: 1, seq: 1 });
  new DataView(other).setUint8(0, 88);

  for (const bytes of [new ArrayBuffer(10), cut, unknown, other]) expect(() => parse(bytes)).toThrow(BadFrame);
});
