/** Reads a second, over the last few seconds. */

const WINDOW_MS = 5_000;

export class Rate {
  readonly #at: number[] = [];
  readonly #reads: number[] = [];
  #firstMs: number | null = null;

  add(reads: number, nowMs: number): void {
    this.#firstMs ??= nowMs;
    this.#at.push(nowMs);
    this.#reads.push(reads);
  }

  perSecond(nowMs: number): number {
    while ((this.#at[0] ?? nowMs) < nowMs - WINDOW_MS) {
      this.#at.shift();
      this.#reads.shift();
    }
    const span = Math.min(WINDOW_MS, Math.max(1_000, nowMs - (this.#firstMs ?? nowMs)));
    return this.#reads.reduce((sum, n) => sum + n, 0) / (span / 1000);
  }
}
