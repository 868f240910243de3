/**
 * What a bot must remember of a conversation on a chat platform, so that a restart loses nothing and repeats nothing.
 * A share is one clip in one thread; an inquiry is one question in one thread. Both are state machines whose every step
 * is safe to repeat; core/ports/chat-ledger.ts keeps them, bots/chat/ drives them.
 *
 *     ShareRecord     received -> fetched -> watching -> ready | failed | stopped
 *     InquiryRecord   received -> asked -> answered | failed | stopped
 */
import type { ClipId, TenantId } from "./clip.ts";
import type { ErrorCode } from "./errors.ts";

export type PlatformName = "slack" | "discord";

/** Where something is on a platform. `threadId` is absent outside a thread. */
export interface ChatPlace {
  /** A Slack channel, or a Discord channel that is not a thread. */
  readonly channelId: string;
  /** Slack: ts of the thread's first message. Discord: the thread channel's id. */
  readonly threadId?: string;
}

export interface MessageRef extends ChatPlace {
  /** Slack: ts. Discord: message id. */
  readonly messageId: string;
}

/** Where the bytes of a clip come from. Ids only: addresses expire, or carry rights. */
export type ClipSource =
  /** `fileId`: Slack file id, or Discord attachment id (found again through its message). */
  | { readonly type: "file"; readonly fileId: string; readonly message: MessageRef }
  /** A direct https link to a media file, posted in a message. */
  | { readonly type: "link"; readonly url: string; readonly message: MessageRef };

export interface ShareRecord {
  readonly type: "share";
  readonly tenantId: TenantId;
  /** Unique: platform, thread and source; the same clip shared in two threads is two shares of one clip. */
  readonly id: string;
  readonly platform: PlatformName;
  readonly source: ClipSource;
  readonly title: string;
  readonly sharedBy: string;
  readonly state: "received" | "fetched" | "watching" | "ready" | "failed" | "stopped";
  /** Where it is talked about. Set when the thread is known. */
  readonly thread?: ChatPlace;
  /** The one message that shows progress, then readiness. */
  readonly statusMessage?: MessageRef;
  readonly clipId?: ClipId;
  readonly jobId?: string;
  readonly failure?: { readonly code: ErrorCode; readonly details: Readonly<Record<string, unknown>> } | undefined;
  /** What the platform says of the clip, before it is fetched. */
  readonly claimed?: { readonly durationSeconds?: number; readonly sizeBytes?: number };
  /** People whose consent is still missing; watching starts when the list is empty. */
  readonly awaitingConsentOf?: readonly string[];
  /** Somebody in the clip said no: it is not watched, whoever asks. */
  readonly refusedBy?: string;
  /** Asked together with the clip; becomes an inquiry as soon as its thread is known. */
  readonly pendingQuestion?: PendingQuestion | undefined;
  readonly createdAtMs: number;
}

export interface PendingQuestion {
  readonly questionId: string;
  readonly question: string;
  readonly askedBy: string;
  readonly message?: MessageRef;
}

export interface InquiryRecord {
  readonly type: "inquiry";
  readonly tenantId: TenantId;
  /** Unique: platform and the asking message (or button press). */
  readonly id: string;
  readonly platform: PlatformName;
  readonly thread: ChatPlace;
  /** The message that asked; absent for a button. */
  readonly message?: MessageRef;
  readonly askedBy: string;
  /** Emptied once it is answered: the words then live in the ThreadStore alone. */
  readonly question: string;
  readonly state: "received" | "asked" | "answered" | "failed" | "stopped";
  readonly jobId?: string;
  /** The message that holds the answer. */
  readonly answerMessage?: MessageRef;
  /** What somebody thought of the answer. */
  readonly helpful?: boolean;
  readonly clipId?: ClipId;
  readonly createdAtMs: number;
}

export type ChatRecord = ShareRecord | InquiryRecord;

const ENDED: ReadonlySet<ChatRecord["state"]> = new Set(["ready", "answered", "failed", "stopped"]);
export const hasEnded = (record: ChatRecord): boolean => ENDED.has(record.state);

/** `always`: every clip in the channel is watched. `mention`: only when the bot is mentioned with it. */
export type WatchMode = "always" | "mention" | "off";

/** Settings of one channel; what is absent is the default of its server or workspace, then of the bot. */
export interface ChatSettings {
  readonly watch?: WatchMode;
  /** Whether a question in a clip's thread needs a mention. */
  readonly answer?: "always" | "mention";
  /** Discord: wait for the consent of `clip_participants` before a Go-Live clip is watched. */
  readonly askParticipants?: boolean;
}

/** The conversation's name in the ThreadStore. */
export const threadIdOf = (platform: PlatformName, thread: ChatPlace): string =>
  [platform, thread.channelId, thread.threadId ?? ""].join("/");
