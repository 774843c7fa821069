/** What the alert socket says, parsed into one union. */

import { flag, list, number, object, text } from "../net/read";
import { type Alert, alert } from "../net/shapes";

export type Message =
  | { readonly type: "welcome"; readonly epoch: string; readonly topSeq: number; readonly recovered: boolean }
  | { readonly type: "alert"; readonly epoch: string; readonly seq: number; readonly change: string; readonly alert: Alert }
  | { readonly type: "reset"; readonly epoch: string; readonly seq: number; readonly alerts: readonly Alert[] }
  | { readonly type: "heartbeat"; readonly topSeq: number };

export function parseMessage(data: unknown): Message | null {
  const from = object(typeof data === "string" ? JSON.parse(data) : data);
  const epoch = text(from, "epoch");
  switch (from["type"]) {
    case "welcome":
      return { type: "welcome", epoch, topSeq: number(from, "top_seq"), recovered: flag(from, "recovered") };
    case "alert":
      return {
        type: "alert",
        epoch,
        seq: number(from, "seq"),
        change: text(from, "change"),
        alert: alert(from["alert"]),
      };
    case "reset":
      return { type: "reset", epoch, seq: number(from, "snapshot_seq"), alerts: list(from["alerts"], alert) };
    case "heartbeat":
      return { type: "heartbeat", topSeq: number(from, "top_seq") };
    default:
      // A newer server may say more than this page knows.
      return null;
  }
}
