/**
 * What recall reads of every window: its times and its embedding, in records of one length, side by side. A record can be
 * written at its place without reading the others, and its place says which window it is about. All numbers are
 * little-endian; the length is a multiple of 4, so that embeddings can be used where they lie.
 *
 *     byte  0        4   5   6     8       12              20            28              28 + 4E  32 + 4E
 *           +--------+---+---+-----+-------+---------------+-------------+-----------------+--------+
 *           | "DaMi" | v | 0 |  E  | index | startSeconds  | endSeconds  | embedding [E]   | CRC-32 |
 *           | 4 char | u8| u8| u16 |  u32  |      f64      |     f64     |    float32      | of all before it, u32
 *           +--------+---+---+-----+-------+---------------+-------------+-----------------+--------+
 *
 * 544 bytes a window of damo-mini (E 128). Derived from the windows: a record that is damaged or missing is made again.
 */
import { crc32 } from "node:zlib";
import type { WatchedWindow, WindowEntry } from "../core/index.ts";

const MAGIC = 0x694d6144; // "DaMi" read as a little-endian u32
const VERSION = 2;
const HEADER_BYTES = 28;
const CRC_BYTES = 4;

/** Length of one record, in bytes. @param E  values of an embedding */
export const indexRecordBytes = (E: number): number => HEADER_BYTES + 4 * E + CRC_BYTES;

/** @returns the record drawn above */
export function encodeIndexRecord({ index, startSeconds, endSeconds, embedding }: WindowEntry): Uint8Array {
  const record = new Uint8Array(indexRecordBytes(embedding.length));
  const view = new DataView(record.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint8(4, VERSION);
  view.setUint16(6, embedding.length, true);
  view.setUint32(8, index, true);
  view.setFloat64(12, startSeconds, true);
  view.setFloat64(20, endSeconds, true);
  new Float32Array(record.buffer, HEADER_BYTES, embedding.length).set(embedding);
  const crcAt = record.length - CRC_BYTES;
  view.setUint32(crcAt, crc32(record.subarray(0, crcAt)), true);
  return record;
}

/** The records of `windows`, side by side. */
export const encodeIndex = (windows: readonly WatchedWindow[]): Uint8Array =>
  Buffer.concat(windows.map(encodeIndexRecord));

/**
 * @param bytes  records side by side. The embeddings are views: of a copy, or of the bytes themselves where they have a
 *   buffer to themselves, and then they belong to the entries from now on
 * @param first  the index of the window that the first record is about
 * @returns      the entries up to the first record that is not as it was written
 */
export function decodeIndex(bytes: Uint8Array, E: number, first: number): readonly WindowEntry[] {
  const length = indexRecordBytes(E);
  // A slice of something larger would keep all of that, and may lie where no float can be read.
  const isOwn = bytes.byteLength === bytes.buffer.byteLength;
  const records = isOwn ? bytes.buffer : new Uint8Array(bytes).buffer;
  const view = new DataView(records);
  const entries: WindowEntry[] = [];
  for (let at = 0; at + length <= records.byteLength; at += length) {
    const index = first + entries.length;
    const crcAt = at + length - CRC_BYTES;
    const isSound =
      view.getUint32(at, true) === MAGIC &&
      view.getUint16(at + 4, true) === VERSION &&
      view.getUint16(at + 6, true) === E &&
      view.getUint32(at + 8, true) === index &&
      view.getUint32(crcAt, true) === crc32(new Uint8Array(records, at, length - CRC_BYTES));
    if (!isSound) break;
    entries.push({
      index,
      startSeconds: view.getFloat64(at + 12, true),
      endSeconds: view.getFloat64(at + 20, true),
      embedding: new Float32Array(records, at + HEADER_BYTES, E),
    });
  }
  return entries;
}
