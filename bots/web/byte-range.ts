/**
 * The `Range` header (RFC 9110, section 14). One range is served; a request for several gets the whole clip,
 * which section 14.2 allows and no browser ever asks for.
 */

/** Bytes `[first, last]` of the file, both inclusive as in the header. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** `whole`: answer 200. `unsatisfiable`: answer 416. */
export type RangeAnswer = ByteRange | "whole" | "unsatisfiable";

export function parseByteRange(header: string | undefined, sizeBytes: number): RangeAnswer {
  const match = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return "whole";
  if (match[1] === "") {
    const suffix = Number(match[2]);
    return suffix === 0 || sizeBytes === 0
      ? "unsatisfiable"
      : { first: Math.max(0, sizeBytes - suffix), last: sizeBytes - 1 };
  }
  const first = Number(match[1]);
  const last = match[2] === "" ? sizeBytes - 1 : Math.min(Number(match[2]), sizeBytes - 1);
  // A range written backwards is no range at all (section 14.1.1), so the header is ignored.
  if (match[2] !== "" && Number(match[2]) < first) return "whole";
  return first >= sizeBytes ? "unsatisfiable" : { first, last };
}
