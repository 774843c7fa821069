/** The token of this browser tab: it comes in the printed link, and leaves the address bar at once. */

const KEY = "tallyport.token";

/** The token of a link's fragment (`#token=…`), or nothing. */
export function tokenOf(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token")?.trim() ?? "";
}

/** The token in what a person pasted: the whole link, its fragment, or the bare token. */
export function tokenIn(pasted: string): string {
  const trimmed = pasted.trim();
  const hash = trimmed.indexOf("#");
  return hash >= 0 ? tokenOf(trimmed.slice(hash)) : tokenOf(trimmed) || trimmed;
}

export function takeToken(): string {
  const fresh = tokenOf(location.hash);
  if (fresh) {
    sessionStorage.setItem(KEY, fresh);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return fresh || (sessionStorage.getItem(KEY) ?? "");
}

export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}

export function dropToken(): void {
  sessionStorage.removeItem(KEY);
}
