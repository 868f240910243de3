import { describe, expect, it } from "vitest";
import { parseByteRange } from "../../../bots/web/byte-range.ts";

describe("parseByteRange", () => {
  it.each([
    ["bytes=0-0", 10, { first: 0, last: 0 }],
    ["bytes=2-5", 10, { first: 2, last: 5 }],
    ["bytes=2-", 10, { first: 2, last: 9 }],
    ["bytes=2-99", 10, { first: 2, last: 9 }],
    ["bytes=-3", 10, { first: 7, last: 9 }],
    ["bytes=-99", 10, { first: 0, last: 9 }],
    ["BYTES= 2-5 ", 10, { first: 2, last: 5 }],
  ])("serves %s of %s bytes", (header, size, range) => expect(parseByteRange(header, size)).toEqual(range));

  it.each([
    ["bytes=10-", 10],
    ["bytes=10-12", 10],
    ["bytes=-0", 10],
    ["bytes=0-", 0],
    ["bytes=-5", 0],
  ])("cannot satisfy %s of %s bytes", (header, size) => expect(parseByteRange(header, size)).toBe("unsatisfiable"));

  it.each([
    undefined,
    "",
    "bytes=",
    "bytes=-",
    "bytes=5-2",
    "bytes=a-b",
    "bytes=0-1,4-5",
    "seconds=0-1",
    "bytes=1.5-2",
  ])("ignores %j and sends the whole", (header) => expect(parseByteRange(header, 10)).toBe("whole"));
});
