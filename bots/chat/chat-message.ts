/**
 * What the bot says, as data: one model for every platform. bots/slack/ and bots/discord/ draw it with what they have
 * (Block Kit, Components V2); neither adds words of its own, so that people read the same everywhere.
 */
import type { EvidenceFrame, Span, Verdict } from "../../core/index.ts";

export interface SpanView extends Span {
  /** `0:12 - 0:15`. */
  readonly label: string;
  /** Opens the clip there; absent when no address of the player is configured. */
  readonly url?: string;
}

export interface ProgressMessage {
  readonly kind: "progress";
  readonly title: string;
  /** `fetching`: the bytes are on their way. `waiting`: other clips come first. */
  readonly stage: "fetching" | "waiting" | "watching" | "retrying";
  readonly watchedSeconds: number;
  /** 0 while it is not known. */
  readonly durationSeconds: number;
  /** e.g. "Watching meadow.mp4: 0:24 of 1:00. You can already ask." */
  readonly text: string;
  /** For the stop button: id of the share. */
  readonly stopId?: string;
}

export interface ReadyMessage {
  readonly kind: "ready";
  readonly title: string;
  /** e.g. "I have watched meadow.mp4 (1:00). Ask me about it in this thread." */
  readonly text: string;
  readonly warnings: readonly string[];
  /** Questions as buttons, at most 3. */
  readonly suggestions: readonly string[];
  /** Id of the share, for the buttons. */
  readonly shareId: string;
}

export interface AnswerMessage {
  readonly kind: "answer";
  /** Whole, with the words of replies.ts around the model's own. */
  readonly text: string;
  readonly verdict: Verdict;
  /** At most 10. */
  readonly spans: readonly SpanView[];
  /** Evidence: the frame of the first span, or a strip for a list. */
  readonly frame?: EvidenceFrame & { readonly altText: string };
  /** A cut of the clip, when there is no player to link to. */
  readonly clipCut?: { readonly mp4: Uint8Array; readonly name: string };
  /** e.g. "damo-mini 0.2.0, 62 % sure". */
  readonly footnote: string;
  /** Id of the inquiry, for the feedback buttons. */
  readonly inquiryId: string;
  /** The question, when it came from a button and so has no message of its own. */
  readonly quote?: string;
}

/** An answer while it is made. */
export interface AnsweringMessage {
  readonly kind: "answering";
  readonly text: string;
  /** For the stop button: id of the inquiry. */
  readonly stopId: string;
  readonly quote?: string;
}

export interface MomentsMessage {
  readonly kind: "moments";
  readonly title: string;
  readonly text: string;
  readonly moments: readonly (SpanView & { readonly what: string })[];
}

/** Errors, help, receipts: one or two sentences. */
export interface NoticeMessage {
  readonly kind: "notice";
  readonly tone: "info" | "problem";
  readonly text: string;
  /** People whom it is addressed to: mentioned, so that they hear of it, in front of the text. */
  readonly to?: readonly string[];
  /** A yes/no question, e.g. whether participants agree. */
  readonly choices?: readonly { readonly id: string; readonly label: string; readonly style?: "primary" | "danger" }[];
}

export type ChatMessage =
  | ProgressMessage
  | ReadyMessage
  | AnsweringMessage
  | AnswerMessage
  | MomentsMessage
  | NoticeMessage;
