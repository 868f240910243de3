/**
 * Discord's attachment store as its pages describe it: addresses are signed until a time, and answer 404 after it, or once
 * the file is gone; ranges are served. On purpose it can also cut connections.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { APIAttachment } from "discord-api-types/v10";
import { generateSnowflake } from "discord-digital-twin";

interface StoredFile {
  readonly attachment: Omit<APIAttachment, "url" | "proxy_url">;
  readonly bytes: Uint8Array;
}

export class FakeCdn {
  /** e.g. `http://127.0.0.1:1234`; set once the server listens. */
  baseUrl = "";
  /** Addresses signed before this moment have expired. */
  #notBefore = 0;
  #signed = 0;
  /** The next answers end after so many bytes. */
  cutAfter: number[] = [];
  readonly requests: { readonly path: string; readonly range: string | undefined; readonly status: number }[] = [];
  readonly #files = new Map<string, StoredFile>();

  upload(file: Partial<APIAttachment> & { filename: string; bytes: Uint8Array }): APIAttachment {
    const { bytes, ...fields } = file;
    const attachment = { id: generateSnowflake(), size: bytes.length, ...fields };
    this.#files.set(attachment.id, { attachment, bytes });
    return this.signed(attachment.id) as APIAttachment;
  }

  /** With a fresh address. */
  signed(attachmentId: string): APIAttachment | undefined {
    const file = this.#files.get(attachmentId);
    if (!file) return undefined;
    const url = `${this.baseUrl}/cdn/attachments/${attachmentId}/${encodeURIComponent(file.attachment.filename)}?ex=${++this.#signed}`;
    return { ...file.attachment, url, proxy_url: url };
  }

  bytesOf(attachmentId: string): Uint8Array | undefined {
    return this.#files.get(attachmentId)?.bytes;
  }

  /** Every address that was handed out so far. */
  expireAddresses(): void {
    this.#notBefore = this.#signed + 1;
  }

  remove(attachmentId: string): void {
    this.#files.delete(attachmentId);
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", this.baseUrl);
    const file = this.#files.get(url.pathname.split("/")[3] ?? "");
    const { range } = request.headers;
    const finish = (status: number, headers: Record<string, string>, body: Uint8Array | string) => {
      this.requests.push({ path: url.pathname, range, status });
      response.writeHead(status, headers);
      const cut = this.cutAfter.shift();
      if (cut === undefined || cut >= body.length) return response.end(body);
      response.write(body.slice(0, cut), () => response.destroy());
    };
    if (!file || Number(url.searchParams.get("ex")) < this.#notBefore) {
      return void finish(404, { "content-type": "text/plain" }, "This content is no longer available.");
    }
    const type = { "content-type": file.attachment.content_type ?? "application/octet-stream" };
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? Number.NaN);
    const headers = { ...type, etag: `"${file.attachment.id}"`, "accept-ranges": "bytes" };
    if (Number.isNaN(start))
      return void finish(200, { ...headers, "content-length": String(file.bytes.length) }, file.bytes);
    const rest = file.bytes.subarray(start);
    finish(
      206,
      {
        ...headers,
        "content-length": String(rest.length),
        "content-range": `bytes ${start}-${file.bytes.length - 1}/${file.bytes.length}`,
      },
      rest,
    );
  }
}
