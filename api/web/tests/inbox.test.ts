import { expect, test } from "vitest";
import { EMPTY, type Inbox, take } from "../src/alerts/inbox";
import { parseMessage } from "../src/alerts/messages";

const alert = (id: number, more: object = {}): object => ({
  alert_id: id, rule: "missing", severity: "high", state: "open", title: `alert ${id}`, advice: "", zone: "a",
  tag_id: null, epc: "", reader: "", raised_at: "2026-11-21T10:00:00Z", acknowledged_at: null, acknowledged_by: null,
  count: 1, ...more,
});
const change = (seq: number, what: string, body: object, epoch = "e"): object => ({ type: "alert", epoch, seq, change: what, alert: body });

function told(inbox: Inbox, said: object) {
  const message = parseMessage(JSON.stringify(said));
  if (!message) throw new Error("not understood");
  return take(inbox, message);
}
const reset = (seq: number, alerts: object[]): Inbox =>
  told(EMPTY, { type: "reset", epoch: "e", snapshot_seq: seq, alerts }).inbox;

test("the most severe stand first, and what is acknowledged stands last", () => {
  const inbox = reset(5, [
    alert(1), alert(2, { severity: "critical" }), alert(3, { severity: "critical", acknowledged_at: "2026-11-21T10:01:00Z" }),
    alert(4, { raised_at: "2026-11-21T10:02:00Z" }), alert(5, { state: "resolved" }),
  ]);

  expect(inbox.open.map((one) => one.id)).toEqual([2, 4, 1, 3]);
});

test("a raised alert is told, a resolved one goes", () => {
  const raised = told(reset(5, []), change(6, "raised", alert(9)));
  const resolved = told(raised.inbox, change(7, "resolved", alert(9, { state: "resolved" })));

  expect(raised.raised?.id).toBe(9);
  expect([resolved.inbox.seq, resolved.inbox.open]).toEqual([7, []]);
});

test("a message that comes twice changes nothing", () => {
  const once = told(reset(5, []), change(6, "raised", alert(9))).inbox;
  const twice = told(once, change(6, "raised", alert(9)));

  expect(twice).toEqual({ inbox: once, resume: false, raised: null });
});

test("a gap is never stepped over: the page resumes from what it has", () => {
  const before = reset(5, []);
  const after = told(before, change(8, "raised", alert(9)));

  expect([after.inbox, after.resume]).toEqual([before, true]);
});

test("another epoch begins with a snapshot", () => {
  const after = told(reset(5, [alert(1)]), change(6, "raised", alert(9), "new"));

  expect([after.inbox, after.resume]).toEqual([EMPTY, true]);
});

test("words that this page doesn't know are let pass", () => {
  expect(parseMessage('{"type":"weather"}')).toBeNull();
});
