/**
 * One watched window as one binary blob. All numbers are little-endian, as are the machines that run DaMO.
 *
 *     byte  0        4   5   6    8    10   12      16              24            32
 *           +--------+---+---+----+----+----+-------+---------------+-------------+
 *           | "DaMw" | v | 0 | Q  | D  | E  | index | startSeconds  | endSeconds  |
 *           | 4 char | u8| u8| u16| u16| u16|  u32  |      f64      |     f64     |
 *           +--------+---+---+----+----+----+-------+---------------+-------------+
 *     byte  32                        32 + 2QD                  32 + 2QD + 4E
 *           +-------------------------+-------------------------+--------+
 *           | queries [Q, D] float16  | embedding [E] float32   | CRC-32 | of every byte before it, u32
 *           +-------------------------+-------------------------+--------+
 *
 * v is the version, 2; the byte after it holds flags, of which none is defined yet. damo-mini's window (Q 16, D 256,
 * E 128) takes 8,740 bytes. The embedding stays float32: it is small, and its length has to stay 1. The checksum is
 * zlib's, which Node has in native code (docs/decisions/2026-11-21-zlibs-checksum.md).
 */
import { crc32 } from "node:zlib";
import { DomainError, type QueryAxes, type WatchedWindow } from "../core/index.ts";
import { fromFloat16Bits, toFloat16 } from "./float16.ts";

const MAGIC = 0x774d6144; // "DaMw" read as a little-endian u32
const VERSION = 2;
const HEADER_BYTES = 32;
const CRC_BYTES = 4;

/** Length of the blob of one window, in bytes. */
export const windowBlobBytes = ({ Q, D, E }: QueryAxes): number => HEADER_BYTES + 2 * Q * D + 4 * E + CRC_BYTES;

/**
 * @param window  queries `[Q, D]` float32, rounded to the nearest float16 here; embedding `[E]` float32; seconds of media time
 * @returns       the blob drawn above
 * @throws DomainError `model.shape_mismatch` when the lengths differ from `axes`; `model.runtime` when a query value
 *   is not a number or beyond float16: such a memory would answer nonsense
 */
export function encodeWindow(window: WatchedWindow, axes: QueryAxes): Uint8Array {
  const { Q, D, E } = axes;
  checkLength("queries", window.queries.length, Q * D);
  checkLength("embedding", window.embedding.length, E);

  // Every byte is written below. Slow: in a buffer of its own, where float16 values can be written in place.
  const blob = Buffer.allocUnsafeSlow(windowBlobBytes(axes));
  const view = new DataView(blob.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint8(4, VERSION);
  view.setUint8(5, 0);
  view.setUint16(6, Q, true);
  view.setUint16(8, D, true);
  view.setUint16(10, E, true);
  view.setUint32(12, window.index, true);
  view.setFloat64(16, window.startSeconds, true);
  view.setFloat64(24, window.endSeconds, true);

  const unusable = toFloat16(window.queries, new Uint16Array(blob.buffer, HEADER_BYTES, Q * D));
  if (unusable !== undefined) throw new DomainError("model.runtime", `query value ${unusable} is not usable`);
  const { buffer, byteOffset, byteLength } = window.embedding;
  blob.set(new Uint8Array(buffer, byteOffset, byteLength), HEADER_BYTES + 2 * Q * D);

  const crcAt = blob.length - CRC_BYTES;
  view.setUint32(crcAt, crc32(blob.subarray(0, crcAt)), true);
  return blob;
}

/**
 * @param blob  as `encodeWindow` made it, at any alignment; belongs to the window from now on
 * @returns     the window, its queries `[Q, D]` widened to float32; `undefined` when a bit is not as it was written, or
 *   the version, the flags or the dims are not those expected
 */
export function decodeWindow(blob: Uint8Array, axes: QueryAxes): WatchedWindow | undefined {
  const { Q, D, E } = axes;
  if (blob.length !== windowBlobBytes(axes)) return undefined;
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const crcAt = blob.length - CRC_BYTES;
  const expected =
    view.getUint32(0, true) === MAGIC &&
    view.getUint8(4) === VERSION &&
    view.getUint8(5) === 0 &&
    view.getUint16(6, true) === Q &&
    view.getUint16(8, true) === D &&
    view.getUint16(10, true) === E &&
    view.getUint32(crcAt, true) === crc32(blob.subarray(0, crcAt));
  if (!expected) return undefined;

  const embeddingAt = HEADER_BYTES + 2 * Q * D;
  let queries: Float32Array | undefined;
  let embedding: Float32Array | undefined;
  return {
    index: view.getUint32(12, true),
    startSeconds: view.getFloat64(16, true),
    endSeconds: view.getFloat64(24, true),
    // Taken out of the blob when they are asked for: who checks a clip of two hours needs none of them.
    get queries() {
      const halves = () => new Uint16Array(copyOf(blob, HEADER_BYTES, embeddingAt));
      queries ??= fromFloat16Bits(halves(), new Float32Array(Q * D));
      return queries;
    },
    get embedding() {
      embedding ??= new Float32Array(copyOf(blob, embeddingAt, crcAt));
      return embedding;
    },
  };
}

/** Whether a blob is meant to be a window, sound or not. */
export const isWindowBlob = (blob: Uint8Array): boolean =>
  blob.length > HEADER_BYTES && new DataView(blob.buffer, blob.byteOffset).getUint32(0, true) === MAGIC;

/** Bytes `[from, to)` in a buffer of their own. Not `blob.slice`: a Buffer's shares its memory, so `.buffer` is all of it. */
const copyOf = (blob: Uint8Array, from: number, to: number): ArrayBuffer =>
  new Uint8Array(blob.subarray(from, to)).buffer;

function checkLength(name: string, found: number, expected: number): void {
  if (found === expected) return;
  throw new DomainError("model.shape_mismatch", `${name}: ${found} values, expected ${expected}`, {
    details: { name, expected, found },
  });
}
