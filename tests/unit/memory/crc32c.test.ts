import { describe, expect, it } from "vitest";
import { crc32c } from "../../../memory/crc32c.ts";

describe("crc32c", () => {
  /** RFC 3720, appendix B.4; the first is the check value of the catalogues of CRC polynomials. */
  const vectors: [string, Uint8Array, number][] = [
    ["the digits 1 to 9", Buffer.from("123456789"), 0xe3069283],
    ["32 bytes of zeros", new Uint8Array(32), 0x8a9136aa],
    ["32 bytes of ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["32 bytes counting up", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ["32 bytes counting down", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ["nothing", new Uint8Array(0), 0],
  ];

  it.each(vectors)("agrees with RFC 3720 on %s", (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });
});
