/** One message of each kind, as the desk would say it. */
import type {
  AnsweringMessage,
  AnswerMessage,
  MomentsMessage,
  NoticeMessage,
  ProgressMessage,
  ReadyMessage,
  SpanView,
} from "../../bots/chat/chat-message.ts";

export const aSpan = (
  startSeconds: number,
  endSeconds: number,
  label = `0:0${startSeconds} - 0:0${endSeconds}`,
): SpanView => ({
  startSeconds,
  endSeconds,
  label,
  url: `https://player.example/c/token?t=${startSeconds}#t=${startSeconds},${endSeconds}`,
});

export const aProgress = (changes: Partial<ProgressMessage> = {}): ProgressMessage => ({
  kind: "progress",
  title: "meadow.mp4",
  stage: "watching",
  watchedSeconds: 24,
  durationSeconds: 60,
  text: "Watching meadow.mp4: 0:24 of 1:00. You can already ask.",
  stopId: "share-1",
  ...changes,
});

export const aReady = (changes: Partial<ReadyMessage> = {}): ReadyMessage => ({
  kind: "ready",
  title: "meadow.mp4",
  text: "I have watched meadow.mp4 (1:00). Ask me about it in this thread.",
  warnings: [],
  suggestions: ["When does the dog bark?", "How often is the bell heard?"],
  shareId: "share-1",
  ...changes,
});

export const anAnswering = (text: string, changes: Partial<AnsweringMessage> = {}): AnsweringMessage => ({
  kind: "answering",
  text,
  stopId: "inquiry-1",
  ...changes,
});

export const anAnswer = (changes: Partial<AnswerMessage> = {}): AnswerMessage => ({
  kind: "answer",
  text: "The dog barks at 0:04 and at 0:07.",
  verdict: "found",
  spans: [aSpan(4, 6), aSpan(7, 9)],
  footnote: "damo-mini 0.1.0, 62 % sure",
  inquiryId: "inquiry-1",
  ...changes,
});

export const aMoments = (changes: Partial<MomentsMessage> = {}): MomentsMessage => ({
  kind: "moments",
  title: "meadow.mp4",
  text: "3 moments of meadow.mp4:",
  moments: [
    { ...aSpan(1, 3), what: "a red balloon" },
    { ...aSpan(4, 6), what: "a dog barks" },
    { ...aSpan(7, 9), what: "a bell" },
  ],
  ...changes,
});

export const aNotice = (changes: Partial<NoticeMessage> = {}): NoticeMessage => ({
  kind: "notice",
  tone: "info",
  text: "meadow.mp4 is forgotten: its memory and 3 answers are gone.",
  ...changes,
});

/** The smallest JPEG that decoders take: one grey pixel. */
export const GREY_JPEG = new Uint8Array(
  Buffer.from(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=",
    "base64",
  ),
);
