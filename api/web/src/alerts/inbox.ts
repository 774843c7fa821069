/** The open alerts as a value: messages go in, the next inbox and what to do about it come out. */

import { unreachable } from "../live/frames";
import type { Alert, Severity } from "../net/shapes";
import type { Message } from "./messages";

export interface Inbox {
  readonly epoch: string;
  readonly seq: number;
  readonly open: readonly Alert[];
}

/** `resume`: something is missing, so connect again and ask for it. `raised`: new, for people who can't see the list. */
export interface Taken {
  readonly inbox: Inbox;
  readonly resume: boolean;
  readonly raised: Alert | null;
}

export const EMPTY: Inbox = { epoch: "", seq: 0, open: [] };

const RANK: Readonly<Record<Severity, number>> = { critical: 0, high: 1, medium: 2, info: 3 };

/** Unacknowledged first, then the most severe, then the newest. */
export function sorted(alerts: readonly Alert[]): readonly Alert[] {
  return [...alerts].sort(
    (a, b) =>
      Number(a.acknowledgedMs !== null) - Number(b.acknowledgedMs !== null) ||
      RANK[a.severity] - RANK[b.severity] ||
      (b.raisedMs ?? 0) - (a.raisedMs ?? 0) ||
      b.id - a.id,
  );
}

function withAlert(open: readonly Alert[], changed: Alert): readonly Alert[] {
  const others = open.filter((one) => one.id !== changed.id);
  return changed.state === "resolved" ? others : sorted([...others, changed]);
}

const only = (inbox: Inbox, resume = false): Taken => ({ inbox, resume, raised: null });

export function take(inbox: Inbox, message: Message): Taken {
  switch (message.type) {
    case "welcome":
      return only(inbox);
    case "reset":
      return only({ epoch: message.epoch, seq: message.seq, open: sorted(message.alerts.filter(isOpen)) });
    case "alert": {
      if (message.epoch !== inbox.epoch) return only(EMPTY, true);
      if (message.seq <= inbox.seq) return only(inbox);
      if (message.seq > inbox.seq + 1) return only(inbox, true);
      const raised = message.change === "raised" ? message.alert : null;
      return { inbox: { ...inbox, seq: message.seq, open: withAlert(inbox.open, message.alert) }, resume: false, raised };
    }
    case "heartbeat":
      return only(inbox);
    default:
      return unreachable(message);
  }
}

const isOpen = (one: Alert): boolean => one.state !== "resolved";
