/** Which of the page's screens is shown, and what got us there: signed in or not, and the site. */

import { Api, ApiError } from "../net/api";
import { dropToken, keepToken, takeToken } from "../net/session";
import type { SiteName } from "../net/shapes";
import { strings } from "../strings";
import { Floor } from "./floor.svelte";

export type Screen =
  | { readonly kind: "signIn"; readonly notice: string }
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly notice: string }
  | { readonly kind: "pick" }
  | { readonly kind: "floor"; readonly floor: Floor };

const LOOK_AGAIN_MS = 5_000;

export class Page {
  screen = $state.raw<Screen>({ kind: "loading" });
  sites = $state.raw<readonly SiteName[]>([]);
  #api = new Api("");
  #again: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    const token = takeToken();
    if (token) void this.signIn(token);
    else this.#signedOut("");
    addEventListener("hashchange", () => {
      const fresh = takeToken();
      if (fresh) void this.signIn(fresh);
    });
  }

  async signIn(token: string): Promise<void> {
    this.#api = new Api(token);
    this.#leave();
    await this.load();
    if (this.screen.kind !== "signIn") keepToken(token);
  }

  /** Ask which sites there are, and open the one of the address, or the only one. */
  async load(): Promise<void> {
    clearTimeout(this.#again);
    try {
      this.sites = (await this.#api.sites()).items;
    } catch (error) {
      this.#failed(error, strings.errors.badToken);
      return;
    }
    const asked = new URLSearchParams(location.search).get("site");
    const only = this.sites.length === 1 ? this.sites[0] : undefined;
    const site = this.sites.find((one) => one.id === asked) ?? only;
    if (site) await this.open(site.id);
    else {
      this.#show({ kind: "pick" });
      if (this.sites.length === 0) this.#again = setTimeout(() => void this.load(), LOOK_AGAIN_MS);
    }
  }

  async open(site: string): Promise<void> {
    this.#leave();
    try {
      const plan = await this.#api.plan(site);
      const address = new URL(location.href);
      address.searchParams.set("site", site);
      history.replaceState(null, "", address);
      this.#show({ kind: "floor", floor: new Floor(this.#api, plan, (code) => this.#ended(code)) });
    } catch (error) {
      this.#failed(error, strings.errors.signedOut);
    }
  }

  signOut(): void {
    this.#signedOut("");
  }

  #ended(code: number): void {
    if (code === 4401) this.#signedOut(strings.errors.signedOut);
    else this.#show({ kind: "failed", notice: code === 4403 ? strings.errors.notThisSite : strings.errors.noSuchSite });
  }

  #failed(error: unknown, signedOut: string): void {
    if (error instanceof ApiError && error.signedOut) this.#signedOut(signedOut);
    else this.#show({ kind: "failed", notice: error instanceof Error ? error.message : strings.errors.unknown });
  }

  #signedOut(notice: string): void {
    dropToken();
    this.#show({ kind: "signIn", notice });
  }

  #leave(): void {
    this.#show({ kind: "loading" });
  }

  #show(screen: Screen): void {
    if (this.screen.kind === "floor") this.screen.floor.stop();
    this.screen = screen;
  }
}
