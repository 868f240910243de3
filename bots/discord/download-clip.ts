/** Fetches a clip's bytes by the ids that were kept: the address is asked for when it is needed, and again when it has expired. */
import { type ClipSource, DomainError, isDomainError } from "../../core/index.ts";
import type { FetchLink } from "../chat/fetch-link.ts";
import { type OpenedAddress, resumableDownload } from "../chat/resumable-download.ts";
import type { ClipAddresses } from "./clip-addresses.ts";
import { isYoung } from "./young-message.ts";

export interface DownloadDeps {
  readonly addresses: ClipAddresses;
  /** For links; refuses addresses that are not public. */
  readonly fetchLink: FetchLink;
  /** For Discord's own attachments. */
  readonly fetch: typeof fetch;
  /** Wall time, ms. */
  readonly now: () => number;
}

export async function downloadClip(
  deps: DownloadDeps,
  source: ClipSource,
  toPath: string,
  options: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<void> {
  if (source.type === "link") return deps.fetchLink(source.url, toPath, options);

  const clip = await deps.addresses.addressOf(source, false);
  if (clip.sizeBytes > options.maxBytes) {
    throw new DomainError("clip.too_large", "larger than the limit", {
      details: { sizeBytes: clip.sizeBytes, maxBytes: options.maxBytes },
    });
  }
  let url = clip.url;
  let refreshed = false;
  const open = async (headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<OpenedAddress> => {
    const answer = await deps.fetch(url, { headers, signal });
    // Discord answers 403 or 404 alike to an address that has expired and to a file that is gone; its message knows.
    if (!refreshed && (answer.status === 403 || answer.status === 404)) {
      refreshed = true;
      await answer.body?.cancel();
      url = (await deps.addresses.addressOf(source, true)).url;
      return open(headers, signal);
    }
    if (refreshed && answer.status === 404 && isYoung(source.message.messageId, deps.now())) {
      await answer.body?.cancel();
      throw new DomainError("source.unreachable", "its message shows the file, but it is not served yet");
    }
    return { status: answer.status, headers: answer.headers, body: answer.body ?? noBytes() };
  };
  try {
    await resumableDownload(open, toPath, { ...options, webPage: { code: "source.not_media" } });
  } catch (error) {
    // A file that its message still shows but nobody may fetch: not gone, and not ours to fetch.
    if (isDomainError(error) && error.code === "source.no_access" && !refreshed) deps.addresses.forget(source.fileId);
    throw error;
  }
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}
