/** How a reader is, in one word, and what that is called. */

import type { Reader } from "../net/shapes";
import { strings } from "../strings";

export type Health = "online" | "trouble" | "offline" | "never";

export function healthOf(reader: Reader): Health {
  if (reader.online === null) return "never";
  if (!reader.online) return "offline";
  return reader.antennas.some((antenna) => antenna.down) ? "trouble" : "online";
}

export function healthText(reader: Reader): string {
  const down = reader.antennas.filter((antenna) => antenna.down).length;
  switch (healthOf(reader)) {
    case "never":
      return strings.readers.never;
    case "offline":
      return strings.readers.offline;
    case "trouble":
      return strings.readers.antennaDown(down);
    case "online":
      return strings.readers.online;
  }
}
