/** The alert socket: greets, resumes, acknowledges what it has, and notices when something is missing. */

import type { Api } from "../net/api";
import type { Alert } from "../net/shapes";
import { Reconnecting, socketAddress } from "../net/socket";
import { EMPTY, type Inbox, take } from "./inbox";
import { parseMessage } from "./messages";

const SILENCE_MS_MAX = 25_000;
const BEHIND_MS_MAX = 3_000;
const ACK_AFTER_MS = 500;

export class AlertFeed {
  #inbox: Inbox = EMPTY;
  #send: (text: string) => void = () => undefined;
  #ack: ReturnType<typeof setTimeout> | undefined;
  #behind: ReturnType<typeof setTimeout> | undefined;
  readonly #socket: Reconnecting;
  readonly #changed: (inbox: Inbox, raised: Alert | null) => void;

  constructor(api: Api, site: string, changed: (inbox: Inbox, raised: Alert | null) => void) {
    this.#changed = changed;
    this.#socket = new Reconnecting({
      address: async () => socketAddress("/ws/v1/alerts", site, await api.ticket(site)),
      opened: (send) => this.#greet(send),
      message: (data) => this.#message(data),
      link: () => undefined,
      silenceMsMax: SILENCE_MS_MAX,
    });
  }

  stop(): void {
    clearTimeout(this.#ack);
    clearTimeout(this.#behind);
    this.#socket.stop();
  }

  #greet(send: (text: string) => void): void {
    this.#send = send;
    clearTimeout(this.#behind);
    this.#behind = undefined;
    const { epoch, seq } = this.#inbox;
    send(JSON.stringify({ type: "hello", resume: epoch ? { epoch, seq } : null }));
  }

  #message(data: unknown): void {
    const message = parseMessage(data);
    if (!message) return;
    const before = this.#inbox;
    const { inbox, resume, raised } = take(before, message);
    this.#inbox = inbox;
    if (inbox !== before) this.#changed(inbox, raised);
    if (inbox.seq > before.seq) this.#ackSoon();
    if (message.type === "heartbeat") this.#watch(message.topSeq);
    if (resume) this.#socket.restart();
  }

  #ackSoon(): void {
    clearTimeout(this.#ack);
    this.#ack = setTimeout(() => this.#send(JSON.stringify({ type: "ack", seq: this.#inbox.seq })), ACK_AFTER_MS);
  }

  /** The server knows more than we do: if it doesn't come at once, it got lost on the way. */
  #watch(topSeq: number): void {
    if (topSeq <= this.#inbox.seq || this.#behind !== undefined) return;
    this.#behind = setTimeout(() => {
      this.#behind = undefined;
      if (this.#inbox.seq < topSeq) this.#socket.restart();
    }, BEHIND_MS_MAX);
  }
}
