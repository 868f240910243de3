import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeJson, encodeJson } from "../../../memory/checked-json.ts";
import { decodeWindow, encodeWindow, windowBlobBytes } from "../../../memory/codec.ts";
import { decodeIndex, encodeIndexRecord, indexRecordBytes } from "../../../memory/index-record.ts";
import { seededRandom } from "../../../model/decoding/choose-token.ts";
import { AXES, aHeader, aWindow } from "../../support/memory-builders.ts";

/** The blob with one byte set and the checksum made right again: only the header check can refuse it. */
function forged(blob: Uint8Array, at: number, value: number): Uint8Array {
  const copy = blob.slice();
  copy[at] = value;
  const crcAt = copy.length - 4;
  new DataView(copy.buffer).setUint32(crcAt, crc32(copy.subarray(0, crcAt)), true);
  return copy;
}

describe("the window codec", () => {
  it("gives the window back, from any alignment", () => {
    const blob = encodeWindow(aWindow(7), AXES);
    expect(decodeWindow(blob, AXES)).toEqual(aWindow(7));
    const shifted = new Uint8Array(blob.length + 3);
    shifted.set(blob, 3);
    expect(decodeWindow(shifted.subarray(3), AXES)).toEqual(aWindow(7));
  });

  it("lays the bytes out as its header comment draws them", () => {
    const { Q, D, E } = AXES;
    const blob = Buffer.from(encodeWindow({ ...aWindow(7), endSeconds: 63.5 }, AXES));
    expect(blob.length).toBe(windowBlobBytes(AXES));
    expect(blob.length).toBe(32 + 2 * Q * D + 4 * E + 4);
    expect(blob.toString("latin1", 0, 4)).toBe("DaMw");
    expect([blob.readUInt8(4), blob.readUInt8(5)]).toEqual([2, 0]);
    expect([6, 8, 10].map((at) => blob.readUInt16LE(at))).toEqual([Q, D, E]);
    expect(blob.readUInt32LE(12)).toBe(7);
    expect([blob.readDoubleLE(16), blob.readDoubleLE(24)]).toEqual([56, 63.5]);
    // 7 = 1.75 x 2^2: exponent 2 + 15, fraction 0.75
    expect(blob.readUInt16LE(32)).toBe(((2 + 15) << 10) | 0x300);
    expect(blob.readFloatLE(32 + 2 * Q * D)).toBeCloseTo(Math.sin(7), 6);
    expect(blob.readUInt32LE(blob.length - 4)).toBe(crc32(blob.subarray(0, -4)));
  });

  it("refuses a blob with any bit flipped: 10,000 of them, and every single one of a small blob", () => {
    const axes = { Q: 16, D: 192, E: 128 };
    const large = encodeWindow(aWindow(3, axes), axes);
    const random = seededRandom(11);
    for (let trial = 0; trial < 10_000; trial++) {
      const bit = Math.floor(random() * large.length * 8);
      large[bit >> 3] = (large[bit >> 3] as number) ^ (1 << (bit & 7));
      if (decodeWindow(large, axes)) expect.fail(`bit ${bit} flipped, and nobody noticed`);
      large[bit >> 3] = (large[bit >> 3] as number) ^ (1 << (bit & 7));
    }
    expect(decodeWindow(large, axes)).toEqual(aWindow(3, axes));

    const small = encodeWindow(aWindow(3), AXES);
    for (let bit = 0; bit < small.length * 8; bit++) {
      const flipped = small.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      if (decodeWindow(flipped, AXES)) expect.fail(`bit ${bit} flipped, and nobody noticed`);
    }
  });

  it("refuses a blob cut at any length, and one with something after it", () => {
    const blob = encodeWindow(aWindow(0), AXES);
    for (let length = 0; length < blob.length; length++) {
      expect(decodeWindow(blob.subarray(0, length), AXES)).toBeUndefined();
    }
    expect(decodeWindow(Buffer.concat([blob, Buffer.alloc(1)]), AXES)).toBeUndefined();
  });

  it("refuses another magic, version, flag or shape even when the checksum is right", () => {
    const blob = encodeWindow(aWindow(0), AXES);
    expect(decodeWindow(forged(blob, 4, 2), AXES)).toBeDefined();
    expect(decodeWindow(forged(blob, 0, 0x58), AXES)).toBeUndefined();
    expect(decodeWindow(forged(blob, 4, 1), AXES)).toBeUndefined();
    expect(decodeWindow(forged(blob, 5, 1), AXES)).toBeUndefined();
    expect(decodeWindow(forged(blob, 6, AXES.Q + 1), AXES)).toBeUndefined();
    // The same length, but 5 queries of 3 channels in place of 3 of 5.
    expect(decodeWindow(blob, { ...AXES, Q: AXES.D, D: AXES.Q })).toBeUndefined();
  });

  it("will not store a window of another shape, or with values that are no use", () => {
    expect(() => encodeWindow(aWindow(0), { ...AXES, E: 9 })).toThrow(/embedding: 4 values, expected 9/);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 70_000]) {
      const queries = aWindow(0).queries.fill(value, 2, 3);
      expect(() => encodeWindow({ ...aWindow(0), queries }, AXES)).toThrow(/not usable/);
    }
  });
});

describe("the other blobs of a memory", () => {
  const flip = (bytes: Uint8Array, bit: number) => {
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  };
  const window = aWindow(5, { Q: 1, D: 1, E: 128 });

  it("index records give back times and embedding, and end at the first bit that is flipped: 10,000 of them", () => {
    const records = Buffer.concat([5, 6, 7].map((index) => encodeIndexRecord({ ...window, index })));
    const length = indexRecordBytes(128);
    expect(records.length).toBe(3 * length);
    const { queries: _, ...entry } = window;
    expect(decodeIndex(records, 128, 5)).toEqual([5, 6, 7].map((index) => ({ ...entry, index })));
    expect(decodeIndex(records, 128, 4)).toEqual([]);
    expect(decodeIndex(records, 127, 5)).toEqual([]);
    const random = seededRandom(12);
    for (let trial = 0; trial < 10_000; trial++) {
      const bit = Math.floor(random() * records.length * 8);
      flip(records, bit);
      const sound = Math.floor(bit / 8 / length);
      if (decodeIndex(records, 128, 5).length !== sound) expect.fail(`bit ${bit} flipped, and nobody noticed`);
      flip(records, bit);
    }
  });

  it("headers, outcomes and turns are refused with any bit flipped: 10,000 of them", () => {
    const record = encodeJson(aHeader({ title: "Grüße aus dem Süden.mp4" }));
    const random = seededRandom(13);
    for (let trial = 0; trial < 10_000; trial++) {
      const bit = Math.floor(random() * record.length * 8);
      flip(record, bit);
      if (decodeJson(record)) expect.fail(`bit ${bit} flipped, and nobody noticed`);
      flip(record, bit);
    }
    expect(decodeJson(record)).toEqual(aHeader({ title: "Grüße aus dem Süden.mp4" }));
  });
});
