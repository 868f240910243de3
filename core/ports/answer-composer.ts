/**
 * Words an answer anew with another language model, if one is configured. Called by core/ask-thread.ts through
 * core/composing/compose-with.ts; implemented in bots/langchain/.
 *
 * It is handed the plain answer and may look things up in the clip's memory; what it writes is checked against both
 * (core/composing/verify-text.ts) and dropped when it does not hold. It never sees the clip.
 */

import type { Composed } from "../answering/answer-kind.ts";
import type { Span } from "../clip.ts";
import type { Turn } from "../conversation.ts";
import type { Moment } from "./clip-model.ts";
import type { TimedLine } from "./line-store.ts";

/** An answer made from the memory alone. */
export interface PlainAnswer extends Composed {
  readonly text: string;
}

/** What can be looked up in one clip. What was found is remembered: only times that were looked up may be written. */
export interface ClipFacts {
  /** Seconds of the clip that are known. */
  readonly limitSeconds: number;
  /** @param query  words of a person: "a dog", "when does the bell ring?" */
  findMoments(query: string): Promise<PlainAnswer>;
  /** What is seen, heard and said in a span. */
  describeSpan(span: Span): Promise<{ readonly moments: readonly Moment[]; readonly lines: readonly TimedLine[] }>;
  /** The clip's table of contents, in order of start. */
  listMoments(): Promise<readonly Moment[]>;
}

export interface ComposeRequest {
  readonly question: string;
  readonly plain: PlainAnswer;
  /** Earlier turns about this clip, oldest first. */
  readonly history: readonly Turn[];
  readonly facts: ClipFacts;
  readonly signal?: AbortSignal | undefined;
}

export interface AnswerComposer {
  /** The model's name, as people are told it. */
  readonly name: string;
  /** @returns its text. Whatever it throws: the plain answer is given. */
  compose(request: ComposeRequest): Promise<string>;
  /** Told why an answer of it was not used; absent: nobody is. */
  readonly onRefused?: (reason: string) => void;
}
