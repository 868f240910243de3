/**
 * What the desk (chat-desk.ts) needs of a chat platform, and what a platform tells the desk. bots/slack/ and bots/discord/
 * implement the first and call the second; both pass tests/contract/chat-platform.suite.ts.
 *
 * The desk decides what is said and when; a platform knows how: blocks, limits, rate limits, retries after 429, threads.
 * Every method obeys the platform's rate limits by waiting, and rejects with a DomainError:
 * `source.gone` (deleted, unknown), `source.no_access` (401, 403: never tried again), `source.unreachable` (retryable).
 */
import type { ChatPlace, ClipSource, MessageRef, PlatformName, TenantId } from "../../core/index.ts";
import type { AnsweringMessage, AnswerMessage, ChatMessage } from "./chat-message.ts";

/** An answer that grows. Implemented by streaming where there is such a thing, else by edits, at most one in `editEveryMs`. */
export interface AnswerStream {
  /** The message that holds it; it stays the same, also when a stream has to be rotated. */
  readonly message: MessageRef;
  /** The whole text so far; the platform sends what it can and drops what is outdated. Never waits. */
  show(message: AnsweringMessage): void;
  /** The last state. Resolves once people see it. */
  finish(message: AnswerMessage | ChatMessage): Promise<void>;
}

export interface ChatPlatform {
  readonly name: PlatformName;
  /** Progress edits of one message come at most so often. */
  readonly editEveryMs: number;

  /** A reaction on the message that shared the clip: seen, ready or failed. Failing to react is no error. */
  mark(message: MessageRef, mark: "seen" | "ready" | "failed"): Promise<void>;
  /** The thread to talk in: the one that the message is in, or one opened under it. Safe to repeat. */
  openThread(tenantId: TenantId, message: MessageRef, title: string): Promise<ChatPlace>;
  /** `key`: posting again under the same key, also after a restart, returns the message that is there. */
  post(tenantId: TenantId, place: ChatPlace, message: ChatMessage, key: string): Promise<MessageRef>;
  edit(tenantId: TenantId, ref: MessageRef, message: ChatMessage): Promise<void>;
  remove(tenantId: TenantId, ref: MessageRef): Promise<void>;
  /** Starts, or after a restart takes up, the answer to an inquiry. `key` as in `post`. */
  answer(
    tenantId: TenantId,
    place: ChatPlace,
    askedBy: string,
    message: AnsweringMessage,
    key: string,
  ): Promise<AnswerStream>;

  /**
   * Writes the clip's bytes to a file; goes on after a cut connection where the platform allows it.
   * @throws DomainError `source.*`; `clip.too_large` beyond `maxBytes`, before the download where the size is known
   */
  download(
    tenantId: TenantId,
    source: ClipSource,
    toPath: string,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<void>;
  /** Whether the source is still there and this person may see it: asked at question time, and by the retention sweep (without `userId`). */
  canSee(tenantId: TenantId, source: ClipSource, userId?: string): Promise<"yes" | "no" | "gone">;
  /** What the platform itself has written down of the clip's words, as WebVTT (Slack does for its own recordings). */
  subtitles?(tenantId: TenantId, source: ClipSource): Promise<string | undefined>;
}

// ---- what a platform tells the desk; each may come twice, late, or after a restart

export interface ClipShared {
  readonly tenantId: TenantId;
  readonly platform: PlatformName;
  readonly source: ClipSource;
  readonly title: string;
  readonly sharedBy: string;
  /** Whether the bot was asked to: a mention, a shortcut, a command, a direct message. */
  readonly askedTo: boolean;
  /** A question that came with the clip. */
  readonly question?: string;
  /** Who asked it, where it does not stand in the clip's own message (a reply, a shortcut, a command). */
  readonly asked?: Pick<QuestionAsked, "questionId" | "askedBy" | "message">;
  /** Known before the download; a clip that is too long or too large is refused without it. */
  readonly durationSeconds?: number;
  readonly sizeBytes?: number;
  /** Other people who are in the clip, as the platform knows them (Discord Go-Live): asked first, by setting. */
  readonly participants?: readonly string[];
}

export interface QuestionAsked {
  readonly tenantId: TenantId;
  readonly platform: PlatformName;
  readonly thread: ChatPlace;
  /** Unique: the message id, or an id of the button press. */
  readonly questionId: string;
  readonly message?: MessageRef;
  readonly askedBy: string;
  /** Without the mention. */
  readonly question: string;
  readonly mentioned: boolean;
}

/** Something went away: everything that matches is wiped. */
export interface SourceRemoved {
  readonly tenantId: TenantId;
  readonly platform: PlatformName;
  readonly channelId?: string;
  readonly threadId?: string;
  readonly messageIds?: readonly string[];
  readonly fileId?: string;
}
