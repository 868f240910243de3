/**
 * A clip's memory as the composers of answers see it: is a thing there, when, and what is there at a time. Everything
 * that is asked of the model goes through here, and everything that comes back is inside the clip.
 *
 * Where the bundle has a fitted matching head, it says whether a thing is there and when (ground-by-matching.ts). Otherwise
 * the language model reads the clip and says both.
 */
import type { MomentSpan, Span } from "../clip.ts";
import type { WindowEntry } from "../clip-memory.ts";
import type { Verdict } from "../conversation.ts";
import { DomainError } from "../errors.ts";
import type { AnswerEvent, AnswerRequest, ClipModel, Moment } from "../ports/clip-model.ts";
import type { Thing } from "../question/question.ts";
import { someWindows, type WindowSource } from "../window-source.ts";
import type { Composed } from "./answer-kind.ts";
import { mergedMoments } from "./clip-moments.ts";
import { groundByMatching, matchingModel, SAME_MOMENT_GAP_SECONDS } from "./ground-by-matching.ts";
import { clampSpans, mergeSpans } from "./guard-times.ts";
import { platt } from "./matching.ts";
import { groundingQuestion } from "./wording.ts";

/** When a thing is there. */
export interface Grounding {
  readonly verdict: Verdict;
  /** 0..1: that the spans are right, or that there are none. */
  readonly confidence: number;
  /** In order of start, apart from each other; none when the verdict is `absent`. */
  readonly spans: readonly MomentSpan[];
  /** Where it would be most likely, when it is absent but not clearly so. */
  readonly nearest?: Span;
}

export interface ClipView {
  /** How much of the clip is known, in seconds: all of it once it has been watched. */
  readonly limitSeconds: number;
  readonly complete: boolean;
  readonly unsureThreshold: number;
  /** Whether the language model alone answers "when" questions, in its own words. */
  readonly modelSpeaks: boolean;
  /** Whether the model can be asked anything at all, or only about the things that it has words for. */
  readonly takesAnyWords: boolean;
  ground(thing: Thing): Promise<Grounding>;
  /** What is there in a span, or in all of the clip; in order of start. */
  momentsIn(span?: Span): Promise<readonly Moment[]>;
  /** How sure to sound: from the confidences of a composed answer to how often such answers are right. */
  judge(composed: Composed, way: "pointing" | "listing"): Composed;
  /** The model's own answer. */
  speak(question: string, history: AnswerRequest["history"]): AsyncIterable<AnswerEvent>;
}

export interface ClipViewOptions {
  readonly model: ClipModel;
  readonly windows: WindowSource;
  readonly durationSeconds: number;
  readonly complete: boolean;
  readonly threadId: string;
  readonly temperature?: number | undefined;
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export function createClipView(options: ClipViewOptions): ClipView {
  const { model, windows, durationSeconds: limitSeconds, complete, threadId, temperature, seed, signal } = options;
  const matcher = matchingModel(model);
  const { entries } = windows;
  const unsureThreshold = model.unsureThreshold ?? 0.5;

  const ask = (question: string, more: Partial<AnswerRequest>): AsyncIterable<AnswerEvent> =>
    model.answer({
      question,
      history: [],
      windows,
      durationSeconds: limitSeconds,
      ...(temperature !== undefined && { temperature }),
      ...(seed !== undefined && { seed }),
      ...(signal && { signal }),
      ...more,
    });

  const wholeAnswer = async (question: string, more: Partial<AnswerRequest>) => {
    for await (const event of ask(question, { ...more, wholeOnly: true })) if (event.type === "answer") return event;
    throw new DomainError("model.runtime", "the model ended without an answer");
  };

  const verdictFor = (confidence: number): Verdict => (confidence < unsureThreshold ? "unsure" : "found");

  async function groundByModel(thing: Thing): Promise<Grounding> {
    const answer = await wholeAnswer(groundingQuestion(thing), { threadId });
    const spans = mergeSpans(clampSpans(answer.spans, limitSeconds), SAME_MOMENT_GAP_SECONDS);
    const confidence = unit(answer.confidence);
    if (answer.verdict !== "absent" && spans.length > 0) return { verdict: answer.verdict, confidence, spans };
    return { verdict: "absent", confidence, spans: [] };
  }

  const groundings = new Map<string, Promise<Grounding>>();
  const listings = new Map<number, Promise<readonly Moment[]>>();

  /** The windows are listed one by one, so that a question about a second costs one window. */
  const listWindow = (window: WindowEntry): Promise<readonly Moment[]> => {
    const known = listings.get(window.index);
    if (known) return known;
    const listing = model.moments({
      windows: someWindows(windows, [window]),
      durationSeconds: limitSeconds,
      ...(signal && { signal }),
    });
    listings.set(window.index, listing);
    return listing;
  };

  return {
    limitSeconds,
    complete,
    unsureThreshold,
    modelSpeaks: matcher === undefined,
    takesAnyWords: model.vocabulary === undefined,
    ground(thing) {
      const key = `${thing.sense} ${thing.name}`;
      const known = groundings.get(key);
      if (known) return known;
      const grounding = matcher
        ? groundByMatching(matcher, windows, thing, limitSeconds, verdictFor)
        : groundByModel(thing);
      groundings.set(key, grounding);
      return grounding;
    },
    async momentsIn(span) {
      const inside = span === undefined ? entries : entries.filter((window) => overlap(window, span));
      const listed: Moment[] = [];
      for (const window of inside) listed.push(...(await listWindow(window)));
      const merged = mergedMoments(listed, limitSeconds);
      return span === undefined ? merged : merged.filter((moment) => overlap(moment, span));
    },
    judge(composed, way) {
      const told = matcher?.matching.told;
      if (!told || composed.verdict === "absent") {
        return told ? { ...composed, confidence: platt(told.absent, composed.confidence) } : composed;
      }
      const confidence = platt(told[way], composed.confidence);
      // A list can be mostly right while each thing of it is doubtful: those keep their own.
      const spans =
        way === "listing"
          ? composed.spans
          : composed.spans.map((span) => ({ ...span, confidence: platt(told.pointing, span.confidence) }));
      return { ...composed, spans, confidence, verdict: verdictFor(confidence) };
    },
    speak: (question, history) => ask(question, { history, threadId }),
  };
}

export const overlap = (a: Span, b: Span): boolean => a.startSeconds < b.endSeconds && b.startSeconds < a.endSeconds;

const unit = (value: number): number => (Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0);
