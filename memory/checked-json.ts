/** Small records (headers, outcomes, turns) as one line: the CRC-32C of the JSON in hex, a space, the JSON, a line break. */
import { crc32c } from "./crc32c.ts";

const CRC_CHARACTERS = 8;
const LINE_BREAK = 10;

export function encodeJson(value: unknown): Uint8Array {
  const json = Buffer.from(JSON.stringify(value));
  return Buffer.concat([Buffer.from(`${crcText(json)} `), json, Buffer.from("\n")]);
}

/** What `encodeJson` was given; `undefined` when a bit is not as it was written. The checksum vouches for the shape. */
export function decodeJson<T>(bytes: Uint8Array | undefined | null): T | undefined {
  const json = bytes?.subarray(CRC_CHARACTERS + 1, -1);
  if (!bytes || !json || bytes.at(-1) !== LINE_BREAK) return undefined;
  if (Buffer.from(bytes.subarray(0, CRC_CHARACTERS + 1)).toString("latin1") !== `${crcText(json)} `) return undefined;
  return JSON.parse(Buffer.from(json).toString()) as T;
}

const crcText = (bytes: Uint8Array): string => crc32c(bytes).toString(16).padStart(CRC_CHARACTERS, "0");
