/** JSON from outside is checked here, field by field: what comes out has the type it says. */

export type Json = Readonly<Record<string, unknown>>;

export class BadAnswer extends Error {}

export function object(value: unknown): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadAnswer(`expected an object, got ${JSON.stringify(value)?.slice(0, 60)}`);
  }
  return value as Json;
}

export function list<T>(value: unknown, item: (value: unknown) => T): T[] {
  if (!Array.isArray(value)) throw new BadAnswer("expected a list");
  return value.map(item);
}

/** The text of a field; empty where it is absent. */
export function text(from: Json, key: string): string {
  const value = from[key];
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : String(value);
}

export function number(from: Json, key: string): number {
  const value = from[key];
  if (typeof value !== "number") throw new BadAnswer(`${key} is not a number`);
  return value;
}

export function numberOr<T>(from: Json, key: string, otherwise: T): number | T {
  const value = from[key];
  return typeof value === "number" ? value : otherwise;
}

export function flag(from: Json, key: string): boolean {
  return from[key] === true;
}

/** A time as milliseconds since 1970, from ISO 8601; null where it is absent. */
export function timeMs(from: Json, key: string): number | null {
  const value = from[key];
  if (typeof value !== "string") return null;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : ms;
}

export function optional<T>(value: unknown, item: (value: unknown) => T): T[] {
  return Array.isArray(value) ? value.map(item) : [];
}
