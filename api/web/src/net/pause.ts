/** How long to wait before trying again. */

/** Full jitter, the numbers that the services use too: a whole shop of browsers doesn't return at once. */
export function pauseMs(attempt: number, random: () => number = Math.random): number {
  return 1000 * random() * Math.min(60, 1.5 ** attempt);
}
