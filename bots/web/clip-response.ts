/**
 * A clip's file as an HTTP answer: whole (200), a range of it (206), only its headers (HEAD), or "you have it" (304).
 * Streamed from one open file handle, so memory stays flat and the bytes are those of the file that was checked.
 */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { basename, extname } from "node:path";
import { Readable } from "node:stream";
import { parseByteRange } from "./byte-range.ts";

export interface ClipRequest {
  readonly path: string;
  /** Names the bytes: the same tag, the same bytes. */
  readonly tag: string;
  readonly method: string;
  readonly headers: Headers;
  /** The name to save it under; absent: to be played in the page. */
  readonly downloadAs?: string;
}

/** `undefined` when the file is not there (any more) or is not a regular file. */
export async function clipResponse(request: ClipRequest): Promise<Response | undefined> {
  // Without O_NONBLOCK, opening a named pipe waits for a writer, for ever.
  const file = await open(request.path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (!file) return undefined;
  let streaming = false;
  try {
    const facts = await file.stat();
    if (!facts.isFile()) return undefined;
    const etag = `"${request.tag}"`;
    const headers = new Headers({
      "Accept-Ranges": "bytes",
      "Cache-Control": "private, no-cache",
      "Content-Type": contentTypeOf(request.path),
      ETag: etag,
    });
    if (request.downloadAs !== undefined) headers.set("Content-Disposition", attachment(request.downloadAs));

    if (matchesTag(request.headers.get("If-None-Match"), etag)) return new Response(null, { status: 304, headers });

    // RFC 9110, section 13.1.5: If-Range takes a strong tag; anything else that does not match voids the range.
    const ifRange = request.headers.get("If-Range");
    const wanted =
      ifRange === null || ifRange.trim() === etag ? (request.headers.get("Range") ?? undefined) : undefined;
    const range = parseByteRange(request.method === "GET" ? wanted : undefined, facts.size);
    if (range === "unsatisfiable") {
      headers.set("Content-Range", `bytes */${facts.size}`);
      headers.delete("Content-Type");
      return new Response(null, { status: 416, headers });
    }
    const { first, last } = range === "whole" ? { first: 0, last: facts.size - 1 } : range;
    headers.set("Content-Length", String(last - first + 1));
    if (range !== "whole") headers.set("Content-Range", `bytes ${first}-${last}/${facts.size}`);
    const status = range === "whole" ? 200 : 206;
    if (request.method === "HEAD" || facts.size === 0) return new Response(null, { status, headers });

    streaming = true;
    // The stream closes the handle when it ends or when the browser goes away.
    const bytes = file.createReadStream({ start: first, end: last, highWaterMark: 256 * 1024 });
    return new Response(Readable.toWeb(bytes) as ReadableStream, { status, headers });
  } finally {
    if (!streaming) await file.close();
  }
}

/** What can be in a `<video>`; anything else is bytes, so that no stored file can become a page of ours. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".mp4": "video/mp4",
  ".m4v": "video/mp4",
  ".mov": "video/quicktime",
  ".webm": "video/webm",
  ".mkv": "video/x-matroska",
  ".ogv": "video/ogg",
  ".avi": "video/x-msvideo",
  ".ts": "video/mp2t",
  ".gif": "image/gif",
  ".mp3": "audio/mpeg",
  ".m4a": "audio/mp4",
  ".aac": "audio/aac",
  ".wav": "audio/wav",
  ".ogg": "audio/ogg",
  ".oga": "audio/ogg",
  ".opus": "audio/ogg",
  ".flac": "audio/flac",
};

export const contentTypeOf = (path: string): string =>
  CONTENT_TYPES[extname(path).toLowerCase()] ?? "application/octet-stream";

const matchesTag = (header: string | null, etag: string): boolean =>
  (header ?? "").split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag);

/** RFC 6266: a plain name for old clients, the true one in UTF-8. */
function attachment(name: string): string {
  const plain = basename(name).replace(/[^\w.-]+/g, "_");
  const encoded = encodeURIComponent(basename(name)).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
