/**
 * Writes what an address holds to a file, and goes on where it was cut off (RFC 9110, section 14: Range, If-Range). Who
 * may be asked, and with which credentials, is the business of `open`; Slack, Discord and plain links each have their own.
 */
import { type FileHandle, open as openFile, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { DomainError, type ErrorCode, isDomainError } from "../../core/index.ts";
import { looksLikeWebPage, WEB_PAGE_BYTES } from "./web-page.ts";

/** An answer to one request, redirects behind it. */
export interface OpenedAddress {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** Bytes as they come; leaving the loop early closes the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** @throws DomainError, which ends the download unless it is retryable; any other error counts as a cut connection */
export type OpenAddress = (headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<OpenedAddress>;

export interface ResumableDownloadOptions {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** What a web page in place of a file means: a sign-in page, or a link that is not to a file. */
  readonly webPage: { readonly code: ErrorCode; readonly details?: Record<string, unknown> };
  /** For 401 and 403, e.g. the permission that is missing. */
  readonly noAccessDetails?: Record<string, unknown>;
  /** Attempts in a row that bring not one byte. */
  readonly attempts?: number;
  /** A connection that brings nothing for so long counts as cut. */
  readonly stallMs?: number;
  /** Before the second attempt; twice as long before each further one. */
  readonly waitMs?: number;
}

const DEFAULTS = { attempts: 5, stallMs: 30_000, waitMs: 500 } as const satisfies Partial<ResumableDownloadOptions>;

/** Longer than this a person waits for nothing; the work is handed back as unreachable, which may be tried again. */
const LONGEST_WAIT_MS = 60_000;

/**
 * @throws DomainError `clip.too_large` (before the bytes where the size is announced), `source.gone`, `source.no_access`,
 *   `source.unreachable`, the code of `webPage`, `cancelled`; then nothing is left at `toPath`
 */
export async function resumableDownload(
  open: OpenAddress,
  toPath: string,
  options: ResumableDownloadOptions,
): Promise<void> {
  const file = await openFile(toPath, "w");
  try {
    await new Download(file, open, { ...DEFAULTS, ...options }).run();
    await file.close();
  } catch (error) {
    await file.close();
    await rm(toPath, { force: true });
    if (options.signal.aborted) throw new DomainError("cancelled", "the download was cancelled", { cause: error });
    throw error;
  }
}

type DownloadOptions = Required<Omit<ResumableDownloadOptions, "noAccessDetails">> & ResumableDownloadOptions;

class Download {
  readonly #file: FileHandle;
  readonly #open: OpenAddress;
  readonly #options: DownloadOptions;
  #received = 0;
  /** Of the whole file; unknown until a server says it. */
  #total: number | undefined;
  /** A strong ETag: what follows must belong to the same bytes. */
  #etag: string | undefined;

  constructor(file: FileHandle, open: OpenAddress, options: DownloadOptions) {
    this.#file = file;
    this.#open = open;
    this.#options = options;
  }

  async run(): Promise<void> {
    const { attempts, waitMs, signal } = this.#options;
    for (let fruitless = 0; ; ) {
      const before = this.#received;
      let problem: unknown;
      let retryAfterMs = 0;
      try {
        const outcome = await this.#attempt();
        if (outcome === "whole") return;
        ({ problem, retryAfterMs } = outcome);
      } catch (error) {
        if (signal.aborted || (isDomainError(error) && !error.retryable)) throw error;
        problem = error;
      }
      fruitless = this.#received > before ? 1 : fruitless + 1;
      const pause = Math.max(retryAfterMs, waitMs * 2 ** (fruitless - 1));
      if (fruitless >= attempts || pause > LONGEST_WAIT_MS) {
        throw new DomainError("source.unreachable", "the download was cut off again and again", { cause: problem });
      }
      await sleep(pause, undefined, { signal });
    }
  }

  async #attempt(): Promise<"whole" | { problem: unknown; retryAfterMs: number }> {
    const { signal, stallMs } = this.#options;
    const stalled = new AbortController();
    const timer = setTimeout(() => stalled.abort(new Error(`no bytes for ${stallMs} ms`)), stallMs);
    try {
      const answer = await this.#open(this.#requestHeaders(), AbortSignal.any([signal, stalled.signal]));
      const trouble = await this.#checkStatus(answer);
      if (trouble) return trouble;
      await this.#checkHeaders(answer);
      for await (const chunk of withWholeHead(answer.body)) {
        timer.refresh();
        await this.#take(chunk);
      }
    } finally {
      clearTimeout(timer);
    }
    if (this.#total !== undefined && this.#received < this.#total) {
      return { problem: new Error(`${this.#received} of ${this.#total} bytes`), retryAfterMs: 0 };
    }
    return "whole";
  }

  #requestHeaders(): Record<string, string> {
    // Ranges count the bytes as sent: they must not be compressed on the way.
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    if (this.#received > 0) {
      headers["range"] = `bytes=${this.#received}-`;
      if (this.#etag) headers["if-range"] = this.#etag;
    }
    return headers;
  }

  async #checkStatus({ status, headers, body }: OpenedAddress) {
    if (status === 200 || status === 206) return undefined;
    await discard(body);
    const says = `the address answers ${status}`;
    const { noAccessDetails } = this.#options;
    if (status === 401 || status === 403) {
      throw new DomainError("source.no_access", says, { ...(noAccessDetails && { details: noAccessDetails }) });
    }
    if (status === 404 || status === 410) throw new DomainError("source.gone", says);
    // The rest that we asked for is not there: the file has changed, start over.
    if (status === 416) this.#received = 0;
    return { problem: new Error(says), retryAfterMs: retryAfter(headers) };
  }

  async #checkHeaders({ status, headers, body }: OpenedAddress): Promise<void> {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
    if (status === 206 && Number(range?.[1]) !== this.#received) {
      const asked = this.#received;
      this.#received = 0;
      await discard(body);
      throw new Error(`asked for the bytes from ${asked}, got ${headers.get("content-range")}`);
    }
    if (status === 200) {
      this.#received = 0;
      const isPage = /^(text\/html|application\/xhtml)/i.test(headers.get("content-type") ?? "");
      if (isPage) {
        await discard(body);
        throw this.#webPage();
      }
    }
    const total = status === 206 ? range?.[2] : headers.get("content-length");
    this.#total = total && /^\d+$/.test(total) ? Number(total) : undefined;
    const etag = headers.get("etag");
    this.#etag = etag && !etag.startsWith("W/") ? etag : undefined;
    if (this.#total !== undefined && this.#total > this.#options.maxBytes) {
      await discard(body);
      throw this.#tooLarge(this.#total);
    }
  }

  async #take(chunk: Uint8Array): Promise<void> {
    if (this.#received === 0 && looksLikeWebPage(chunk)) throw this.#webPage();
    const { maxBytes } = this.#options;
    if (this.#received + chunk.length > maxBytes) throw this.#tooLarge(undefined);
    if (this.#received === 0) await this.#file.truncate(0);
    await this.#file.write(chunk, 0, chunk.length, this.#received);
    this.#received += chunk.length;
  }

  #webPage(): DomainError {
    const { code, details } = this.#options.webPage;
    return new DomainError(code, "a web page came in place of the file", { ...(details && { details }) });
  }

  #tooLarge(sizeBytes: number | undefined): DomainError {
    const { maxBytes } = this.#options;
    const details = { maxBytes, ...(sizeBytes !== undefined && { sizeBytes }) };
    return new DomainError("clip.too_large", `more than ${maxBytes} bytes`, { details });
  }
}

/** The first chunk may be a single byte; what is judged by its beginning needs more than that. */
async function* withWholeHead(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of body) {
    if (head === undefined) yield chunk;
    else {
      head = Buffer.concat([head, chunk]);
      if (head.length < WEB_PAGE_BYTES) continue;
      yield head;
      head = undefined;
    }
  }
  if (head !== undefined && head.length > 0) yield head;
}

async function discard(body: AsyncIterable<Uint8Array>): Promise<void> {
  // Taking nothing and leaving closes the connection.
  await body[Symbol.asyncIterator]().return?.();
}

/** In ms; both forms of RFC 9110, section 10.2.3. */
function retryAfter(headers: OpenedAddress["headers"]): number {
  const text = headers.get("retry-after") ?? "";
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? 0 : Math.max(0, date - Date.now());
}
