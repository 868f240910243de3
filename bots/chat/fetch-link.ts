/**
 * Fetches a direct link to a media file that somebody posted, without letting it reach what only this machine can reach
 * (server-side request forgery). Used by bots/slack/ and bots/discord/.
 *
 * - https on its own port only, no user name in the address.
 * - The name is resolved here, every address of it must be public, and the connection goes to the very address that was
 *   checked: a name that answers differently the second time gains nothing (DNS rebinding).
 * - Redirects are followed by hand, each checked alike. No cookies, no credentials, no proxy.
 * - Size, time and the number of redirects are bounded; a connection cut off goes on by Range.
 */
import { lookup as systemLookup } from "node:dns/promises";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { DomainError } from "../../core/index.ts";
import { type OpenedAddress, resumableDownload } from "./resumable-download.ts";

export interface FetchLinkOptions {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** @throws DomainError `source.blocked`, and as resumableDownload; a web page is `source.not_media` */
export type FetchLink = (url: string, toPath: string, options: FetchLinkOptions) => Promise<void>;

/** Every address that a name has, e.g. `["93.184.215.14"]`. */
export type LookUpAddresses = (hostname: string) => Promise<readonly string[]>;

export interface FetchLinkDeps {
  readonly lookUp?: LookUpAddresses;
  /** For tests, which have nothing but loopback: which addresses count as public, and whether http and any port will do. */
  readonly isPublic?: (address: string) => boolean;
  readonly allowPlainHttp?: boolean;
  /** The whole download, in ms. */
  readonly timeoutMs?: number;
  readonly waitMs?: number;
}

const MAX_REDIRECTS = 5;

/** The largest clip (4 GiB) at 10 Mbit/s. */
const TIMEOUT_MS = 3_600_000;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export function createFetchLink(deps: FetchLinkDeps = {}): FetchLink {
  const { timeoutMs = TIMEOUT_MS, waitMs } = deps;
  return async (url, toPath, { maxBytes, signal }) => {
    const tooSlow = AbortSignal.timeout(timeoutMs);
    try {
      await resumableDownload((headers, attempt) => openPublicly(deps, url, headers, attempt), toPath, {
        maxBytes,
        signal: AbortSignal.any([signal, tooSlow]),
        webPage: { code: "source.not_media" },
        ...(waitMs !== undefined && { waitMs }),
      });
    } catch (cause) {
      if (!tooSlow.aborted || signal.aborted) throw cause;
      throw new DomainError("source.unreachable", `not fetched within ${timeoutMs} ms`, { cause });
    }
  };
}

/** Whether anybody on the internet could open this address; 4-in-6 forms are judged by the address inside. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return ipaddr.process(address).range() === "unicast";
}

async function openPublicly(
  deps: FetchLinkDeps,
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<OpenedAddress> {
  let next = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const target = checkedUrl(deps, next);
    const address = await checkedAddress(deps, target);
    const answer = await connect(target, address, headers, signal);
    const { statusCode: status = 0 } = answer;
    const location = answer.headers.location;
    if (!REDIRECTS.has(status) || location === undefined) {
      return {
        status,
        headers: { get: (name) => [answer.headers[name.toLowerCase()] ?? []].flat()[0] ?? null },
        body: answer,
      };
    }
    answer.destroy();
    if (!URL.canParse(location, target.href)) throw blocked("a redirect to no address");
    next = new URL(location, target).href;
  }
  throw blocked(`more than ${MAX_REDIRECTS} redirects`);
}

function checkedUrl({ allowPlainHttp = false }: FetchLinkDeps, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw blocked("not an address");
  if (url.username || url.password) throw blocked("an address with a user name");
  if (allowPlainHttp && url.protocol === "http:") return url;
  if (url.protocol !== "https:") throw blocked(`not https but ${url.protocol}`);
  if (url.port !== "" && !allowPlainHttp) throw blocked(`port ${url.port}`);
  return url;
}

async function checkedAddress(deps: FetchLinkDeps, { hostname }: URL): Promise<string> {
  const { lookUp = systemAddresses, isPublic = isPublicAddress } = deps;
  // URL has put numbers in every notation into their plain form; IPv6 stands in brackets.
  const bare = hostname.replace(/^\[|\]$/g, "");
  const addresses = isIP(bare) ? [bare] : await lookUp(bare);
  const [first] = addresses;
  if (first === undefined) throw new Error(`${hostname} has no address`);
  if (!addresses.every(isPublic)) throw blocked("an address that is not public");
  return first;
}

const systemAddresses: LookUpAddresses = async (hostname) =>
  (await systemLookup(hostname, { all: true, verbatim: true })).map(({ address }) => address);

function connect(
  url: URL,
  address: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const family = isIP(address) as 4 | 6;
  const request = url.protocol === "https:" ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const options = {
      headers: { ...headers, accept: "video/*, audio/*, application/octet-stream", "user-agent": "damo-bot" },
      signal,
      agent: false as const,
      // The name stays in the request and in TLS; the connection goes where we say. Node asks with or without `all`.
      lookup: (_name: string, { all }: { all?: boolean }, done: (...results: never[]) => void) =>
        (done as (...results: unknown[]) => void)(null, ...(all ? [[{ address, family }]] : [address, family])),
    };
    request(url, options as Parameters<typeof tlsRequest>[1], resolve)
      .on("error", reject)
      .end();
  });
}

const blocked = (why: string) => new DomainError("source.blocked", why);
