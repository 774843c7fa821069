/** The live frame's bytes become typed columns here, laid straight over the frame (docs/protocol.md). */

export interface Columns {
  readonly n: number;
  /** i64 columns as pairs of 32-bit words: a BigInt per tag would cost more than all the rest. */
  readonly seen: Uint32Array;
  readonly since: Uint32Array;
  readonly tagId: Uint32Array;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly zone: Int16Array;
  readonly readPoint: Int16Array;
  readonly state: Uint8Array;
  readonly confidence: Uint8Array;
}

interface Header {
  readonly seq: number;
  readonly closedUs: number;
  readonly alertSeq: number;
  readonly reads: number;
  readonly tagsPresent: number;
}

export type Frame =
  | (Header & { readonly kind: "snapshot"; readonly more: boolean; readonly positions: Columns })
  | (Header & { readonly kind: "delta"; readonly positions: Columns })
  | (Header & { readonly kind: "heartbeat" });

export const HEADER_BYTES = 48;
export const CONFIDENCE_ONE = 200;
const MORE_FOLLOWS = 1;
const WORD = 2 ** 32;

export class BadFrame extends Error {}

/** One 64-bit number of a column of word pairs; microseconds since 1970 fit a double exactly. */
export function wide(words: Uint32Array, i: number): number {
  const low = words[2 * i] ?? 0;
  const high = words[2 * i + 1] ?? 0;
  return (high | 0) * WORD + low;
}

function header(view: DataView): Header {
  const low = (at: number): number => view.getUint32(at, true);
  const signed = (at: number): number => view.getInt32(at + 4, true) * WORD + low(at);
  return {
    seq: signed(8),
    closedUs: signed(16),
    alertSeq: signed(24),
    reads: low(36),
    tagsPresent: low(40),
  };
}

const COLUMN_BYTES = [8, 8, 4, 4, 4, 2, 2, 1, 1] as const;

function columns(data: ArrayBuffer, n: number): Columns {
  const starts: number[] = [];
  let at = HEADER_BYTES;
  for (const bytes of COLUMN_BYTES) {
    starts.push(at);
    at += Math.ceil((bytes * n) / 8) * 8;
  }
  if (at > data.byteLength) throw new BadFrame(`${n} positions need ${at} bytes; there are ${data.byteLength}`);
  const start = (i: number): number => starts[i] ?? 0;
  return {
    n,
    seen: new Uint32Array(data, start(0), 2 * n),
    since: new Uint32Array(data, start(1), 2 * n),
    tagId: new Uint32Array(data, start(2), n),
    x: new Float32Array(data, start(3), n),
    y: new Float32Array(data, start(4), n),
    zone: new Int16Array(data, start(5), n),
    readPoint: new Int16Array(data, start(6), n),
    state: new Uint8Array(data, start(7), n),
    confidence: new Uint8Array(data, start(8), n),
  };
}

export function parse(data: ArrayBuffer): Frame {
  if (data.byteLength < HEADER_BYTES) throw new BadFrame(`${data.byteLength} bytes are too few for a header`);
  const view = new DataView(data);
  const magic = String.fromCharCode(view.getUint8(0), view.getUint8(1), view.getUint8(2), view.getUint8(3));
  if (magic !== "TPL1") throw new BadFrame(`it begins with ${JSON.stringify(magic)}, not TPL1`);
  const kind = view.getUint8(4);
  const n = view.getUint32(32, true);
  if (kind === 0) {
    const more = (view.getUint8(5) & MORE_FOLLOWS) !== 0;
    return { kind: "snapshot", more, ...header(view), positions: columns(data, n) };
  }
  if (kind === 1) return { kind: "delta", ...header(view), positions: columns(data, n) };
  if (kind === 2) return { kind: "heartbeat", ...header(view) };
  throw new BadFrame(`there is no kind ${kind}`);
}

/** Takes never: a new kind of frame doesn't compile until it is handled. */
export function unreachable(value: never): never {
  throw new Error(`not handled: ${JSON.stringify(value)}`);
}
