import { expect, test } from "vitest";
import { ago, span } from "../src/format";
import { Rate } from "../src/live/rate";
import { centre, inside } from "../src/live/spread";
import { bandOf, fitView, seen, toScreen } from "../src/map/view";
import { rgb } from "../src/map/scene";
import { pauseMs } from "../src/net/pause";
import { position } from "../src/net/shapes";
import { BadAnswer } from "../src/net/read";
import { tokenIn, tokenOf } from "../src/net/session";

test("a pause has full jitter and an upper limit", () => {
  expect(pauseMs(0, () => 1)).toBe(1_000);
  expect(pauseMs(50, () => 1)).toBe(60_000);
  expect(pauseMs(9, () => 0)).toBe(0);
});

test("a token is found in the link, its fragment, or alone", () => {
  expect(tokenOf("#token=abc")).toBe("abc");
  expect(["http://127.0.0.1:8000/#token=abc", "token=abc", " abc "].map(tokenIn)).toEqual(["abc", "abc", "abc"]);
});

test("reads a second are those of the last five seconds", () => {
  const rate = new Rate();
  rate.add(1_000, 0);
  rate.add(500, 8_000);
  rate.add(500, 9_000);

  expect(rate.perSecond(10_000)).toBe(200);
});

test("a span is told in its largest unit", () => {
  expect([0, 59_000, 61_000, 7_300_000, 200_000_000].map(span)).toEqual(["0 s", "59 s", "1 min", "2 h", "2 d"]);
  expect(ago(null, 5)).toBe("never");
});

test("the fitted plan lies inside the screen, upside up", () => {
  const view = fitView(80, 50, 1000, 600);
  const [left, bottom] = toScreen(view, 0, 0);
  const [right, top] = toScreen(view, 80, 50);

  expect(left).toBeGreaterThan(0);
  expect(right).toBeLessThan(1000);
  expect(top).toBeLessThan(bottom);
  expect(seen(view).left).toBeLessThanOrEqual(0);
});

test("there are three zoom bands", () => {
  expect([2, 14, 100].map((scale) => bandOf(scale))).toEqual(["far", "middle", "near"]);
});

test("too many tags for the screen are shown as zones until one comes near", () => {
  expect([12, 30, 100].map((scale) => bandOf(scale, 50))).toEqual(["far", "middle", "near"]);
});

test("inside and centre know a polygon that is not convex", () => {
  const corner = [[0, 0], [10, 0], [10, 2], [2, 2], [2, 10], [0, 10]] as const;

  expect([inside(corner, 1, 9), inside(corner, 9, 9)]).toEqual([true, false]);
  expect(centre(corner)[0]).toBeCloseTo(3.22, 1);
});

test("a colour is three bytes", () => {
  expect(rgb(" #0b7599")).toEqual([11, 117, 153]);
});

test("an answer without its numbers is refused", () => {
  expect(() => position({ tag_id: "7" })).toThrow(BadAnswer);
  expect(position({ tag_id: 7, sku: null, seen_at: "2026-11-21T10:00:00Z" }).seenMs).toBe(1_795_255_200_000);
});
