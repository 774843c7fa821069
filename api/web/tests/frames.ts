/** Builds live frames byte by byte, as docs/protocol.md lays them out. */

export interface Row {
  readonly id: number;
  readonly zone: number;
  readonly state?: number;
  readonly confidence?: number;
  readonly seenUs?: number;
  readonly x?: number;
}

interface Head {
  readonly kind: number;
  readonly seq: number;
  readonly flags?: number;
  readonly closedUs?: number;
  readonly reads?: number;
  readonly present?: number;
}

export function frame(head: Head, rows: readonly Row[] = []): ArrayBuffer {
  const n = rows.length;
  const padded = (bytes: number): number => Math.ceil((bytes * n) / 8) * 8;
  const size = 48 + [8, 8, 4, 4, 4, 2, 2, 1, 1].reduce((sum, bytes) => sum + padded(bytes), 0);
  const view = new DataView(new ArrayBuffer(size));
  [..."TPL1"].forEach((letter, i) => view.setUint8(i, letter.charCodeAt(0)));
  view.setUint8(4, head.kind);
  view.setUint8(5, head.flags ?? 0);
  view.setBigUint64(8, BigInt(head.seq), true);
  view.setBigInt64(16, BigInt(head.closedUs ?? 1_800_000_000_000_000), true);
  view.setBigUint64(24, 7n, true);
  view.setUint32(32, n, true);
  view.setUint32(36, head.reads ?? 0, true);
  view.setUint32(40, head.present ?? n, true);
  let at = 48;
  const column = (bytes: number, put: (row: Row, at: number) => void): void => {
    rows.forEach((row, i) => put(row, at + i * bytes));
    at += padded(bytes);
  };
  column(8, (row, to) => view.setBigInt64(to, BigInt(row.seenUs ?? 1_799_999_999_123_457), true));
  column(8, (_, to) => view.setBigInt64(to, -(2n ** 62n), true));
  column(4, (row, to) => view.setUint32(to, row.id, true));
  column(4, (row, to) => view.setFloat32(to, row.x ?? 1.5, true));
  column(4, (_, to) => view.setFloat32(to, 2.5, true));
  column(2, (row, to) => view.setInt16(to, row.zone, true));
  column(2, (_, to) => view.setInt16(to, -1, true));
  column(1, (row, to) => view.setUint8(to, row.state ?? 0));
  column(1, (row, to) => view.setUint8(to, row.confidence ?? 180));
  return view.buffer;
}
