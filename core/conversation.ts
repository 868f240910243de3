/** A thread is one conversation about clips; a turn is one question and its answer. */
import type { BundleIdentity, ClipId, MomentSpan, TenantId } from "./clip.ts";
import type { ParsedQuestion } from "./question/question.ts";

export interface Question {
  readonly text: string;
}

/**
 * `found`: the model answers from the clip. `unsure`: it answers, but below the bundle's threshold.
 * `absent`: it says that this is not in the clip, or that it cannot tell; it points nowhere.
 */
export type Verdict = "found" | "unsure" | "absent";

export interface Answer {
  /** For people: times are written as m:ss, the clip's language is English. */
  readonly text: string;
  readonly spans: readonly MomentSpan[];
  readonly verdict: Verdict;
  /** 0..1: how likely the answer is right, as the bundle judges it. */
  readonly confidence: number;
  readonly bundle: BundleIdentity;
  /** The model that worded the answer, when it was not the bundle; times and spans are the bundle's all the same. */
  readonly writtenBy?: string;
  /** Set when the clip was still being watched: the answer knows the clip up to this second only. */
  readonly watchedUpToSeconds?: number;
}

export interface Turn {
  readonly question: Question;
  /** How the question was understood, for follow-ups that lean on it. Absent in turns of versions before 0.2. */
  readonly asked?: ParsedQuestion;
  readonly answer: Answer;
  readonly clipId: ClipId;
  /** Wall time, ms since the epoch. */
  readonly askedAtMs: number;
}

export interface Thread {
  readonly tenantId: TenantId;
  readonly threadId: string;
  readonly clipIds: readonly ClipId[];
  readonly turns: readonly Turn[];
}
