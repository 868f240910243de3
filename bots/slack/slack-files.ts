/** Files that people share on Slack: what they are, whether they are still there, and their bytes. */
import type { FilesInfoResponse } from "@slack/web-api";
import { DomainError, isDomainError } from "../../core/index.ts";
import { isMediaName } from "../chat/media-link.ts";
import { resumableDownload } from "../chat/resumable-download.ts";
import { openWithToken } from "./open-with-token.ts";
import type { SlackCalls } from "./slack-calls.ts";

export type SlackFile = NonNullable<FilesInfoResponse["file"]>;

/** Without it, Slack answers with a sign-in page. */
const SCOPE = "files:read";

/** A clip's subtitles are text: an hour of speech is some 60 KB. */
const MAX_SUBTITLE_BYTES = 4 * 1024 ** 2;

const SUBTITLES_TIMEOUT_MS = 30_000;

/** The fields that a message's own file object has as well. */
export interface FileFacts {
  readonly id?: string | undefined;
  readonly mimetype?: string | undefined;
  readonly filetype?: string | undefined;
  readonly mode?: string | undefined;
  readonly name?: string | null | undefined;
  readonly title?: string | null | undefined;
  readonly size?: number | undefined;
  readonly duration_ms?: number | undefined;
}

/** Types that say nothing: a fresh upload may not have been looked at yet (slackapi/node-slack-sdk #2040). */
const UNKNOWN_TYPE = /^(|application\/octet-stream|binary\/octet-stream)$/;

/** A video or a sound that is stored at Slack, by its type or, where Slack does not know it, by its name. */
export function isClip({ mimetype = "", mode = "hosted", name }: FileFacts): boolean {
  if (mode === "tombstone" || mode === "hidden_by_limit") return false;
  return /^(video|audio)\//.test(mimetype) || (UNKNOWN_TYPE.test(mimetype) && isMediaName(name ?? ""));
}

export interface SlackFilesDeps {
  readonly calls: SlackCalls;
  readonly token: string;
  /** The Web API's address when it is not Slack's own: its host is trusted with the token. */
  readonly apiUrl?: string;
  readonly waitMs?: number;
}

export class SlackFiles {
  readonly #deps: SlackFilesDeps;

  constructor(deps: SlackFilesDeps) {
    this.#deps = deps;
  }

  /** @throws DomainError `source.gone` */
  async info(fileId: string): Promise<SlackFile> {
    const { file } = await this.#deps.calls.run("files.info", (client) => client.files.info({ file: fileId }));
    if (!file || file.mode === "tombstone") throw new DomainError("source.gone", `the file ${fileId} was deleted`);
    return file;
  }

  /** `undefined` when it is gone. */
  async find(fileId: string): Promise<SlackFile | undefined> {
    try {
      return await this.info(fileId);
    } catch (error) {
      if (isDomainError(error) && error.code === "source.gone") return undefined;
      throw error;
    }
  }

  /** @throws DomainError as resumableDownload; `source.not_media` for a file that lies elsewhere (Google Drive, ...) */
  async download(
    fileId: string,
    toPath: string,
    { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const file = await this.info(fileId);
    const sizeBytes = file.size;
    if (sizeBytes !== undefined && sizeBytes > maxBytes) {
      throw new DomainError("clip.too_large", `${sizeBytes} bytes`, { details: { sizeBytes, maxBytes } });
    }
    const url = file.url_private_download ?? file.url_private;
    if (!url || file.is_external) {
      throw new DomainError("source.not_media", `${fileId} is ${file.external_type ?? "nowhere"}, not a file of Slack`);
    }
    await this.#fetch(url, toPath, { maxBytes, signal });
  }

  /** Slack's own subtitles of what is said in the clip, as WebVTT; most workspaces on a paid plan have them. */
  async subtitles(
    fileId: string,
    signal: AbortSignal = AbortSignal.timeout(SUBTITLES_TIMEOUT_MS),
  ): Promise<string | undefined> {
    const { vtt } = await this.info(fileId);
    if (!vtt) return undefined;
    const answer = await openWithToken(this.#deps, vtt, {}, signal);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of answer.body) {
      length += chunk.length;
      if (length > MAX_SUBTITLE_BYTES) return undefined;
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString("utf8");
    return answer.status === 200 && /^\uFEFF?WEBVTT/.test(text) ? text : undefined;
  }

  #fetch(
    url: string,
    toPath: string,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const { waitMs } = this.#deps;
    return resumableDownload((headers, signal) => openWithToken(this.#deps, url, headers, signal), toPath, {
      ...options,
      webPage: { code: "source.no_access", details: { scope: SCOPE } },
      noAccessDetails: { scope: SCOPE },
      ...(waitMs !== undefined && { waitMs }),
    });
  }
}

/** Channels that the file is shared in now. A fresh file may not list the one that it was just shared in. */
export const channelsOf = ({ channels = [], groups = [], ims = [], shares }: SlackFile): ReadonlySet<string> =>
  new Set([
    ...channels,
    ...groups,
    ...ims,
    ...Object.keys(shares?.public ?? {}),
    ...Object.keys(shares?.private ?? {}),
  ]);

/** The message, and its thread, by which the file came into a channel. */
export function shareIn(file: SlackFile, channelId: string): { ts: string; threadTs?: string } | undefined {
  const shares = { ...file.shares?.private, ...file.shares?.public }[channelId] as
    | { ts?: string; thread_ts?: string }[]
    | undefined;
  const newest = shares?.toSorted((a, b) => Number(b.ts) - Number(a.ts))[0];
  if (newest?.ts === undefined) return undefined;
  return { ts: newest.ts, ...(newest.thread_ts && newest.thread_ts !== newest.ts && { threadTs: newest.thread_ts }) };
}
