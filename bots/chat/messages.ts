/** The words of a conversation: what the desk says at each step, as ChatMessages. Pure functions. */
import {
  type Answer,
  DomainError,
  type ForgetReceipt,
  type InquiryRecord,
  isDomainError,
  type ShareRecord,
  type Span,
} from "../../core/index.ts";
import { answerText, BUG_REPLY, replyForError, replyForWarning } from "../replies.ts";
import { clockSpan, clockTime } from "../time-text.ts";
import type { AnsweringMessage, AnswerMessage, NoticeMessage, ProgressMessage, ReadyMessage } from "./chat-message.ts";

export type Progress = Pick<ProgressMessage, "stage" | "watchedSeconds" | "durationSeconds">;

const NOTHING_YET: Progress = { stage: "fetching", watchedSeconds: 0, durationSeconds: 0 };

export function progressMessage(share: ShareRecord, progress: Progress = NOTHING_YET): ProgressMessage {
  const { stage, watchedSeconds, durationSeconds } = progress;
  const soFar = `${clockTime(watchedSeconds)} of ${clockTime(durationSeconds)}`;
  const texts: Record<Progress["stage"], string> = {
    fetching: `Fetching ${share.title} ...`,
    waiting: `${share.title} is next in line; other clips are being watched.`,
    watching:
      watchedSeconds > 0
        ? `Watching ${share.title}: ${soFar}. You can already ask about that part.`
        : `Watching ${share.title} ...`,
    retrying: `Something went wrong while watching ${share.title}; trying again from ${clockTime(watchedSeconds)}.`,
  };
  return { kind: "progress", title: share.title, ...progress, text: texts[stage], stopId: share.id };
}

export const readyMessage = (
  share: ShareRecord,
  watched: {
    readonly durationSeconds: number;
    readonly warnings: readonly string[];
    readonly suggestions: readonly string[];
  },
): ReadyMessage => ({
  kind: "ready",
  title: share.title,
  text: `I have watched ${share.title} (${clockTime(watched.durationSeconds)}). Ask me about it in this thread.`,
  warnings: watched.warnings.map(replyForWarning),
  suggestions: watched.suggestions.slice(0, 3),
  shareId: share.id,
});

export const answeringMessage = (inquiry: InquiryRecord, text: string): AnsweringMessage => ({
  kind: "answering",
  text: text || "Looking ...",
  stopId: inquiry.id,
  ...quoteOf(inquiry),
});

/** More than ten buttons help nobody; the text names every time anyhow. */
const MAX_SPANS = 10;

export function answerMessage(
  inquiry: InquiryRecord,
  answer: Answer,
  parts: { readonly linkTo: (span: Span) => string | undefined } & Pick<AnswerMessage, "frame" | "clipCut">,
): AnswerMessage {
  const { linkTo, frame, clipCut } = parts;
  const spans = answer.spans.slice(0, MAX_SPANS).map(({ startSeconds, endSeconds }) => {
    const url = linkTo({ startSeconds, endSeconds });
    return { startSeconds, endSeconds, label: clockSpan({ startSeconds, endSeconds }), ...(url && { url }) };
  });
  return {
    kind: "answer",
    text: answerText(answer),
    verdict: answer.verdict,
    spans,
    ...(frame && { frame }),
    ...(clipCut && { clipCut }),
    footnote: `${answer.bundle.name} ${answer.bundle.version}${wordsOf(answer)}, ${Math.round(answer.confidence * 100)} % sure`,
    inquiryId: inquiry.id,
    ...quoteOf(inquiry),
  };
}

const wordsOf = ({ writtenBy }: Answer) => (writtenBy === undefined ? "" : ` in the words of ${writtenBy}`);

const quoteOf = ({ message, question }: InquiryRecord) => (message || !question ? {} : { quote: question });

/** An error in plain words. One that is not ours to explain is a bug, and said to be one. */
export function problemNotice(error: unknown): NoticeMessage {
  const { says, advice } = isDomainError(error) ? replyForError(error) : BUG_REPLY;
  return { kind: "notice", tone: "problem", text: `${says} ${advice}` };
}

export const failureNotice = (failure: NonNullable<ShareRecord["failure"]>): NoticeMessage =>
  problemNotice(new DomainError(failure.code, failure.code, { details: { ...failure.details } }));

export const stoppedNotice = (share: ShareRecord): NoticeMessage => ({
  kind: "notice",
  tone: "info",
  text: `Stopped watching ${share.title}. What I saw so far is kept; share it again or mention me to go on.`,
});

export const answerStoppedNotice: NoticeMessage = { kind: "notice", tone: "info", text: "Stopped." };

export const noClipNotice: NoticeMessage = {
  kind: "notice",
  tone: "info",
  text: "I know no clip in this thread. Share one, and ask me in its thread.",
};

export const waitingForConsentNotice = (share: ShareRecord, people: readonly string[]): NoticeMessage => ({
  kind: "notice",
  tone: "info",
  to: people,
  text: `You are in ${share.title}. May I watch it? I start when everybody agrees.`,
  choices: [
    { id: `agree:${share.id}`, label: "Agree", style: "primary" },
    { id: `refuse:${share.id}`, label: "Don't watch it", style: "danger" },
  ],
});

export const refusedNotice = (share: ShareRecord): NoticeMessage => ({
  kind: "notice",
  tone: "info",
  text: `Understood: I do not watch ${share.title}.`,
});

/** What is gone, for the thread and for whoever asked. */
export function forgottenNotice(title: string, receipt: ForgetReceipt | undefined): NoticeMessage {
  const parts = receipt
    ? [
        receipt.memoryRemoved ? "its memory" : undefined,
        receipt.turnsRemoved > 0
          ? count(receipt.turnsRemoved, "question with its answer", "questions with their answers")
          : undefined,
        receipt.mediaRemoved ? "my copy of it" : undefined,
      ].filter((part) => part !== undefined)
    : ["what was said about it here"];
  const gone = parts.length > 0 ? `Removed: ${parts.join(", ")}.` : "There was nothing left to remove.";
  return { kind: "notice", tone: "info", text: `I have forgotten ${title}. ${gone}` };
}

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;
