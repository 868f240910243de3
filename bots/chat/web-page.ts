/** Tells a web page from a clip by its first bytes: a sign-in page often comes with status 200 and a video's name. */

/** Bytes that `looksLikeWebPage` wants to see: pages may open with blank lines and comments. */
export const WEB_PAGE_BYTES = 512;

/** @param head  the first `WEB_PAGE_BYTES` bytes of a file, or all of it */
export function looksLikeWebPage(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, WEB_PAGE_BYTES)).toString("latin1");
  return /^\W{0,3}\s*(<!--.*?(-->|$)\s*)*<(!doctype\s+html|html|head|body)\b/is.test(text);
}
