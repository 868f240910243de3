/**
 * The DaMO pipeline as core/ sees it: watch a file once, then answer from memory. Implemented by model/pipeline.ts.
 * The implementation keeps every `session.run` off the caller's thread.
 */

import type { Matching } from "../answering/matching.ts";
import type { BundleIdentity, ClipInfo, MomentSpan } from "../clip.ts";
import type { QueryAxes, WatchedWindow, WindowEntry } from "../clip-memory.ts";
import type { Turn, Verdict } from "../conversation.ts";
import type { Thing } from "../question/question.ts";
import type { Vocabulary } from "../question/things-in-text.ts";
import type { WindowSource } from "../window-source.ts";
import type { EvidenceFrame } from "./frame-store.ts";
import type { LineTrack } from "./line-store.ts";

export interface WatchRequest {
  /** A local file. Nothing else is ever opened: no URLs, no playlists. */
  readonly path: string;
  /** The last window that is already stored; watching goes on after it, with its queries as the forward state. */
  readonly resumeAfter?: WatchedWindow;
  readonly signal?: AbortSignal;
  /** Awaited between two steps within a window: watching goes on when it resolves, so that an answer finds the machine free. */
  readonly stepAside?: () => Promise<void>;
}

export type WatchEvent =
  /** Once, first. `info.durationSeconds` is what the header claims. */
  | { readonly type: "opened"; readonly info: ClipInfo }
  /** `frames`: what is on screen in it, in order of time; none in a sound. */
  | { readonly type: "window"; readonly window: WatchedWindow; readonly frames?: readonly EvidenceFrame[] }
  /** A subtitle track of the file, whole; some time before the end. */
  | { readonly type: "lines"; readonly track: LineTrack }
  /** Once, last. `info.durationSeconds` is what was really there; `warnings` holds codes such as `clip.truncated`. */
  | { readonly type: "ended"; readonly info: ClipInfo; readonly warnings: readonly string[] };

export interface AnswerRequest {
  readonly question: string;
  /** Earlier turns of the thread about this clip, oldest first. */
  readonly history: readonly Turn[];
  /** Every window watched so far; the model scans the entries and reads the few windows that it needs. */
  readonly windows: WindowSource;
  readonly durationSeconds: number;
  /** Names the conversation, so that its prefix can stay in the KV cache between turns. */
  readonly threadId?: string;
  /** 0 = greedy (the default). */
  readonly temperature?: number;
  readonly seed?: number;
  /** Nobody reads along: only the `answer` is wanted, and the `text` events before it may be left out. */
  readonly wholeOnly?: boolean;
  readonly signal?: AbortSignal;
}

export type AnswerEvent =
  /** A piece of answer text, in order; times are already written as m:ss. */
  | { readonly type: "text"; readonly text: string }
  /** Once, last: the whole. */
  | {
      readonly type: "answer";
      readonly text: string;
      readonly spans: readonly MomentSpan[];
      readonly verdict: Verdict;
      readonly confidence: number;
      /** Positions that were read and tokens that were written. */
      readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
    };

/** Something in the clip, as `damo moments` lists it. */
export interface Moment extends MomentSpan {
  /** e.g. "dog", "dog bark (heard)". */
  readonly label: string;
}

export interface ClipModel {
  readonly bundle: BundleIdentity;
  /** The things that it has words for. Absent: any words will do. */
  readonly vocabulary?: Vocabulary;
  /** Confidence below this: "I am not sure". Absent: 0.5. */
  readonly unsureThreshold?: number;
  /**
   * Cosine of each thing with each window in the space where stage 1 aligned them, `[things][windows]`, -1..1.
   * Absent: it has no such space.
   */
  similarity?(things: readonly Thing[], windows: readonly WindowEntry[]): Promise<readonly Float32Array[]>;
  /**
   * How well each thing matches each FUSION query, hence each half second: logits, `[things][windows x Q]`, window after
   * window. Absent: it cannot tell.
   */
  match?(things: readonly Thing[], windows: readonly WatchedWindow[]): Promise<readonly Float32Array[]>;
  /** What cosines and logits mean. Absent: not fitted, so the language model alone says what is there. */
  readonly matching?: Matching | undefined;
  readonly windowSeconds: number;
  /** What answering has cost so far, for `damo bench`. Absent: it is not counted. */
  effort?(): Promise<{ readonly graphMs: number; readonly tokens: number }>;
  /** The shape of every window it makes; the manifest's `axes` will do. */
  readonly axes: QueryAxes;
  /** With `resumeAfter` at the clip's last window: no window, only `opened` and `ended`. */
  watch(request: WatchRequest): AsyncIterable<WatchEvent>;
  answer(request: AnswerRequest): AsyncIterable<AnswerEvent>;
  /** The clip's table of contents, in order of start. */
  moments(request: Pick<AnswerRequest, "windows" | "durationSeconds" | "signal">): Promise<readonly Moment[]>;
  close(): Promise<void>;
}
