/** The live socket: frames go to the store, and the page hears of it once a frame. */

import type { Api } from "../net/api";
import { type Link, Reconnecting, socketAddress } from "../net/socket";
import { type Frame, parse } from "./frames";
import type { TagStore } from "./store";

/** The server says something at least every 5 s. */
const SILENCE_MS_MAX = 13_000;

export class LiveFeed {
  readonly #socket: Reconnecting;

  /** Frames are parsed on the main thread: laying arrays over bytes costs less than posting them from a worker. */
  constructor(api: Api, site: string, store: TagStore, link: (link: Link) => void, took: (frame: Frame) => void) {
    this.#socket = new Reconnecting({
      address: async () => socketAddress("/ws/v1/live", site, await api.ticket(site)),
      opened: () => undefined,
      message: (data) => {
        if (!(data instanceof ArrayBuffer)) return;
        const frame = parse(data);
        store.apply(frame);
        took(frame);
      },
      link,
      silenceMsMax: SILENCE_MS_MAX,
    });
  }

  stop(): void {
    this.#socket.stop();
  }
}
