/** The REST interface: one request, one checked answer, or an ApiError that a person can read. */

import { strings } from "../strings";
import { object, text } from "./read";
import * as shapes from "./shapes";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }

  get signedOut(): boolean {
    return this.status === 401;
  }
}

async function problem(answer: Response): Promise<ApiError> {
  try {
    const body = object(await answer.json());
    return new ApiError(answer.status, text(body, "detail") || text(body, "title") || strings.errors.unknown);
  } catch {
    return new ApiError(answer.status, `${strings.errors.unknown} (${answer.status})`);
  }
}

export class Api {
  /** How far this machine's clock is ahead of the server's, by the newest answer. */
  clockAheadMs = 0;
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  async #ask<T>(path: string, read: (value: unknown) => T, init: RequestInit = {}): Promise<T> {
    const headers = new Headers(init.headers);
    headers.set("Authorization", `Bearer ${this.#token}`);
    headers.set("Accept", "application/json");
    let answer: Response;
    try {
      answer = await fetch(`/api/v1${path}`, { ...init, headers, cache: "no-store" });
    } catch {
      throw new ApiError(0, strings.errors.unreachable);
    }
    const date = Date.parse(answer.headers.get("Date") ?? "");
    if (!Number.isNaN(date)) this.clockAheadMs = Date.now() - date;
    if (!answer.ok) throw await problem(answer);
    return read(answer.status === 204 ? null : await answer.json());
  }

  #post<T>(path: string, body: unknown, read: (value: unknown) => T): Promise<T> {
    const init = { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
    return this.#ask(path, read, init);
  }

  sites = (): Promise<shapes.Page<shapes.SiteName>> => this.#ask("/sites", shapes.page(shapes.siteName));

  plan = (site: string): Promise<shapes.Plan> => this.#ask(`/sites/${at(site)}`, shapes.plan);

  readers = (site: string): Promise<shapes.Page<shapes.Reader>> =>
    this.#ask(`/sites/${at(site)}/readers`, shapes.page(shapes.reader));

  ledger = (site: string, hours: number): Promise<shapes.Ledger> => {
    const since = new Date(Date.now() - this.clockAheadMs - hours * 3_600_000).toISOString();
    return this.#ask(`/sites/${at(site)}/ledger?${new URLSearchParams({ since })}`, shapes.ledger);
  };

  positions = (site: string, query: Readonly<Record<string, string>>): Promise<shapes.Page<shapes.Position>> =>
    this.#ask(`/sites/${at(site)}/positions?${new URLSearchParams(query)}`, shapes.page(shapes.position));

  tag = (site: string, epc: string): Promise<shapes.Position> =>
    this.#ask(`/sites/${at(site)}/tags/${at(epc)}`, shapes.position);

  tagById = (site: string, tagId: number): Promise<shapes.Position> =>
    this.#ask(`/sites/${at(site)}/tags/by-id/${tagId}`, shapes.position);

  movements = (site: string, epc: string): Promise<shapes.Page<shapes.Movement>> =>
    this.#ask(`/sites/${at(site)}/tags/${at(epc)}/movements`, shapes.page(shapes.movement));

  acknowledge = (site: string, alertId: number, comment: string): Promise<void> =>
    this.#post(`/sites/${at(site)}/alerts/${alertId}/acknowledge`, comment ? { comment } : {}, () => undefined);

  ticket = (site: string): Promise<string> =>
    this.#post("/ws-ticket", { site }, (value) => text(object(value), "ticket"));
}

const at = encodeURIComponent;
