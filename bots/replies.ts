/**
 * What people read. Errors are worded by code, never by `error.message`: messages are for logs. Answers get the words
 * around the model's own text. docs/errors.md lists every code with these texts; a test keeps code, page and text in step.
 */
import type { Answer, DomainError, ErrorCode } from "../core/index.ts";
import { clockTime, sizeText } from "./time-text.ts";

export interface Reply {
  /** What happened, one sentence. */
  readonly says: string;
  /** What to do about it, one sentence. */
  readonly advice: string;
}

/** An unknown error is our bug, and is said to be one. */
export const BUG_REPLY: Reply = {
  says: "Something went wrong that is our mistake, not yours.",
  advice: "Please report it together with the lines below.",
};

const ERROR_REPLIES: Record<ErrorCode, Reply> = {
  "clip.not_found": {
    says: "There is no such clip.",
    advice: "Check the path; a clip watched before can also be named by its title or the start of its id.",
  },
  "clip.empty": {
    says: "This file is empty (0 bytes).",
    advice: "Share it again; an upload was probably cut off.",
  },
  "clip.not_media": {
    says: "This file is not a video or a sound.",
    advice: "Check that it plays on your machine: a saved web page or a playlist often carries a video's name.",
  },
  "clip.unreadable": {
    says: "This clip is damaged and cannot be read.",
    advice: "Try to play it, or export it again as MP4.",
  },
  "clip.no_frames": {
    says: "There is nothing to see or hear in this clip.",
    advice: "Export it again as MP4 with its picture or its sound.",
  },
  "clip.too_long": {
    says: "This clip is longer than this bot watches.",
    advice: "Cut it, or raise the limit with DAMO_MAX_CLIP_SECONDS.",
  },
  "clip.too_large": {
    says: "This file is larger than this bot opens.",
    advice: "Export it smaller, or raise the limit with DAMO_MAX_CLIP_BYTES.",
  },
  "clip.dimensions": {
    says: "The picture of this clip is too large to open safely.",
    advice: "Export it at 4K or below.",
  },
  "clip.decode_timeout": {
    says: "Reading this clip took too long, so it was stopped.",
    advice: "Try again when the machine is less busy; what was watched so far is kept.",
  },
  "clip.truncated": {
    says: "The file ends early, so only its first part was watched.",
    advice: "Share it again if something is missing.",
  },
  "question.empty": {
    says: "There is no question.",
    advice: 'Put one in quotes, for example "when does the dog appear?".',
  },
  "question.too_long": {
    says: "This question is too long.",
    advice: "One or two sentences work best.",
  },
  "question.language": {
    says: "I understand English only, I am sorry.",
    advice: 'Please ask in English, for example "when does the dog appear?".',
  },
  "model.bundle_missing": {
    says: "The model bundle is not there.",
    advice: "Check DAMO_BUNDLE, or leave it out to use the one that comes with damo-bot.",
  },
  "model.bundle_invalid": {
    says: "The model bundle is not one that this version can use.",
    advice: "Run `damo models verify` to see what is wrong with it.",
  },
  "model.file_mismatch": {
    says: "A file of the model bundle was changed or damaged.",
    advice: "Restore it (`git checkout model/bundles`), then run `damo models verify`.",
  },
  "model.shape_mismatch": {
    says: "The model bundle and this version of damo-bot do not fit together.",
    advice: "Use the bundle that came with it, or export the bundle again.",
  },
  "model.runtime": {
    says: "The model stopped while it was working.",
    advice: "Try again; `damo doctor` says whether the machine has what it needs.",
  },
  "model.provider_unavailable": {
    says: "The graphics processor that was asked for cannot be used.",
    advice: "Check DAMO_PROVIDER and its driver with `damo doctor`, or set DAMO_PROVIDER=cpu.",
  },
  "memory.unavailable": {
    says: "The memory of the clips cannot be opened.",
    advice:
      "Check that DAMO_HOME can be written to and that its disk is not full; with Redis, that it runs and has memory left.",
  },
  "memory.out_of_order": {
    says: "The memory of this clip does not fit together.",
    advice: "Run `damo forget` on the clip, then watch it again.",
  },
  "memory.not_watched": {
    says: "This clip has not been watched yet.",
    advice: "Run `damo watch` on it first; this needs the file.",
  },
  "queue.unavailable": {
    says: "The queue of work cannot be reached right now.",
    advice: "What was handed in is kept; try again in a moment.",
  },
  "queue.busy": {
    says: "Too much is waiting here already.",
    advice: "Try again when some of it is done.",
  },
  "source.gone": {
    says: "This clip is not there any more.",
    advice: "It was deleted or is hidden from me; share it again to ask about it.",
  },
  "source.no_access": {
    says: "I am not allowed to fetch this clip.",
    advice: "Ask whoever runs this bot to check its permissions; docs/errors.md says which.",
  },
  "source.not_media": {
    says: "What I was given to fetch is a web page, not a clip.",
    advice: "Share the file itself; a sign-in page in its place means that a permission is missing.",
  },
  "source.unreachable": {
    says: "The clip could not be fetched.",
    advice: "Try again in a moment.",
  },
  "source.blocked": {
    says: "I do not open links to this address.",
    advice: "Only public https links to media files are opened; you can also upload the clip.",
  },
  "setup.ffmpeg_missing": {
    says: "ffmpeg, which reads the clips, is not installed.",
    advice: "Install it (`apt-get install ffmpeg`, `brew install ffmpeg`) or set FFMPEG_BIN.",
  },
  "config.invalid": {
    says: "The configuration has a mistake.",
    advice: "Each setting is explained in .env.example.",
  },
  "suite.missing": {
    says: "This suite cannot be measured here.",
    advice: "Make the theatre with `script/make-theatre`; say where the real clips lie with `--clips FOLDER`.",
  },
  usage: {
    says: "The command was not understood.",
    advice: "See `damo --help`.",
  },
  cancelled: {
    says: "Stopped.",
    advice: "What was watched so far is kept; the same command goes on from there.",
  },
};

/** The words for an error, without its details. */
export const replyForCode = (code: ErrorCode): Reply => ERROR_REPLIES[code];

/** The words for an error, with the details that help: which file, which limit, what was expected. */
export function replyForError(error: DomainError): Reply {
  const reply = ERROR_REPLIES[error.code];
  const facts = Object.entries(SHOWN_DETAILS).flatMap(([key, show]) => {
    const value = error.details[key];
    return value === undefined || (Array.isArray(value) && value.length === 0) ? [] : [show(value)];
  });
  return facts.length === 0 ? reply : { ...reply, says: `${reply.says.slice(0, -1)}: ${facts.join(", ")}.` };
}

const listed = (value: unknown): string => (Array.isArray(value) ? value.join(", ") : String(value));

/** Details that are safe and useful to show; all others are for the log. */
const SHOWN_DETAILS: Readonly<Record<string, (value: unknown) => string>> = {
  path: String,
  file: String,
  problem: String,
  problems: listed,
  expected: (value) => `expected ${value}`,
  found: (value) => `found ${value}`,
  sizeBytes: (value) => `it has ${sizeText(Number(value))}`,
  maxBytes: (value) => `the limit is ${sizeText(Number(value))}`,
  maxSeconds: (value) => `the limit is ${clockTime(Number(value))}`,
  maxLength: (value) => `the limit is ${value} characters`,
  tried: listed,
  scope: (value) => `the Slack app lacks ${value}`,
};

/** The words for a warning of watching, e.g. `clip.truncated`; a code that is not ours is shown as it is. */
export function replyForWarning(code: string): string {
  const reply = ERROR_REPLIES[code as ErrorCode] as Reply | undefined;
  return reply ? `${reply.says} ${reply.advice}` : code;
}

/** For answers shown whole. */
const UNSURE_OPENING = "I am not sure, but ";

/** For answers shown while they are made: the verdict is known only after the last word. */
export const UNSURE_CLOSING = "I am not sure about this one.";

/** For a model that ended before its first word. */
const WORDLESS: Record<Answer["verdict"], string> = {
  found: "I have no words for it.",
  unsure: "I have no words for it.",
  absent: "That is not in this clip, as far as I can tell.",
};

/** An answer as people read it, with how far the clip was watched when that was not to its end. */
export function answerText(answer: Pick<Answer, "text" | "verdict" | "watchedUpToSeconds">): string {
  const words = answer.text.trim() || WORDLESS[answer.verdict];
  const text = answer.verdict === "unsure" ? `${UNSURE_OPENING}${lowerFirst(words)}` : words;
  return answer.watchedUpToSeconds === undefined ? text : `${text} ${watchedSoFar(answer.watchedUpToSeconds)}`;
}

export const watchedSoFar = (seconds: number): string => `(I have watched up to ${clockTime(seconds)} so far.)`;

/** "The dog" -> "the dog", "A dog" -> "a dog"; "I hear" and "TV" stay. */
const lowerFirst = (text: string): string =>
  /^(A |[A-Z][a-z])/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
