/** A websocket that comes back by itself, and says at each moment how it stands. */

import { ApiError } from "./api";
import { pauseMs } from "./pause";

export type Link =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "waiting"; readonly untilMs: number; readonly sinceMs: number }
  | { readonly kind: "ended"; readonly code: number };

/** Closed for a reason that trying again doesn't cure: signed out, not this site, no such site. */
const FINAL: ReadonlySet<number> = new Set([4401, 4403, 4404]);

export interface Wiring {
  /** The address with a fresh ticket. */
  readonly address: () => Promise<string>;
  readonly opened: (send: (text: string) => void) => void;
  readonly message: (data: unknown) => void;
  readonly link: (link: Link) => void;
  /** Nothing for this long means that the connection is dead, whatever the browser thinks. */
  readonly silenceMsMax: number;
}

export class Reconnecting {
  readonly #wiring: Wiring;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #lostMs = 0;
  #stopped = false;

  constructor(wiring: Wiring) {
    this.#wiring = wiring;
    addEventListener("online", this.#now);
    void this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    removeEventListener("online", this.#now);
    clearTimeout(this.#timer);
    this.#drop();
  }

  /** Leave this connection and make a new one at once: something on it is missing. */
  restart(): void {
    this.#drop();
    void this.#connect();
  }

  readonly #now = (): void => {
    if (this.#socket) return;
    clearTimeout(this.#timer);
    void this.#connect();
  };

  #drop(): void {
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  async #connect(): Promise<void> {
    this.#wiring.link({ kind: "connecting" });
    let address: string;
    try {
      address = await this.#wiring.address();
    } catch (error) {
      if (!this.#stopped) this.#lost(error instanceof ApiError && error.signedOut ? 4401 : 1006);
      return;
    }
    if (this.#stopped || this.#socket) return;
    const socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#listen();
    socket.onopen = () => this.#wiring.opened((message) => socket.readyState === 1 && socket.send(message));
    socket.onmessage = (event: MessageEvent<unknown>) => this.#message(event.data);
    socket.onclose = (event) => this.#lost(event.code);
  }

  #message(data: unknown): void {
    this.#listen();
    try {
      this.#wiring.message(data);
    } catch (error) {
      // What can't be read may have held something: begin again from a snapshot rather than go on with a gap.
      console.error(error);
      this.#drop();
      this.#lost(1007);
      return;
    }
    this.#attempt = 0;
    this.#lostMs = 0;
    if (this.#socket) this.#wiring.link({ kind: "live" });
  }

  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#drop();
      this.#lost(1006);
    }, this.#wiring.silenceMsMax);
  }

  #lost(code: number): void {
    clearTimeout(this.#silence);
    this.#socket = null;
    if (FINAL.has(code)) {
      this.#stopped = true;
      this.#wiring.link({ kind: "ended", code });
      return;
    }
    this.#lostMs ||= Date.now();
    const wait = pauseMs(this.#attempt++);
    this.#wiring.link({ kind: "waiting", untilMs: Date.now() + wait, sinceMs: this.#lostMs });
    this.#timer = setTimeout(() => void this.#connect(), wait);
  }
}

export function socketAddress(path: string, site: string, ticket: string): string {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}${path}?${new URLSearchParams({ site, ticket })}`;
}
