/**
 * A clip's memory as the composers of answers see it: is a thing there, when, and what is there at a time. Everything
 * that is asked of the model goes through here, and everything that comes back is inside the clip.
 *
 * Where the bundle has fitted embeddings, they say whether a thing is there and in which windows, and the language
 * model reads those windows one at a time to say when (docs/decisions/2026-11-21-embeddings-say-whether.md). Otherwise
 * the language model reads the clip and says both.
 */
import type { MomentSpan, Span } from "../clip.ts";
import type { WindowEntry } from "../clip-memory.ts";
import type { Verdict } from "../conversation.ts";
import { DomainError } from "../errors.ts";
import type { AnswerEvent, AnswerRequest, ClipModel, Moment } from "../ports/clip-model.ts";
import type { Thing } from "../question/question.ts";
import { heldWindows, someWindows, type WindowSource } from "../window-source.ts";
import { type Alignment, askedPresence, spansConfidence } from "./alignment.ts";
import { mergedMoments } from "./clip-moments.ts";
import { clampSpans, mergeSpans } from "./guard-times.ts";
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

/** Windows nearly as similar as the best hold the thing too. Cosine; chosen on held-out clips. */
const SIMILARITY_MARGIN = 0.05;
/** Windows that are read for one thing: what is there all along in a long clip must not cost its whole length. */
const MOST_READ = 8;
/** A thing is in the clip from this probability on. */
const PRESENT_FROM = 0.5;
/** Absent with a confidence below this: the nearest moment is offered. */
const CLEARLY_ABSENT_FROM = 0.7;
/** Two spans of one thing this near to each other are one: nobody could tell them apart. */
export const SAME_MOMENT_GAP_SECONDS = 0.5;

export function createClipView(options: ClipViewOptions): ClipView {
  const { model, windows, durationSeconds: limitSeconds, complete, threadId, temperature, seed, signal } = options;
  const { alignment } = model.similarity ? model : {};
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

  async function groundByEmbedding(thing: Thing, aligned: Alignment): Promise<Grounding> {
    const [similarities] = (await model.similarity?.([thing], entries)) ?? [];
    const ranked = entries
      .map((window, index) => ({ window, similarity: similarities?.[index] ?? -1 }))
      .sort((a, b) => b.similarity - a.similarity);
    const best = ranked[0];
    if (best === undefined) throw new DomainError("memory.not_watched", "nothing is watched yet");
    const presence = unit(askedPresence(aligned, best.similarity));
    if (presence < PRESENT_FROM) {
      const confidence = 1 - presence;
      const { startSeconds, endSeconds } = best.window;
      const nearest = { startSeconds, endSeconds: Math.min(endSeconds, limitSeconds) };
      return { verdict: "absent", confidence, spans: [], ...(confidence < CLEARLY_ABSENT_FROM && { nearest }) };
    }
    const chosen = ranked
      .filter(({ similarity }) => similarity >= best.similarity - SIMILARITY_MARGIN)
      .slice(0, MOST_READ)
      .map(({ window }) => window)
      .sort((a, b) => a.startSeconds - b.startSeconds);
    // In one piece: a store that is far away is asked once.
    const held = heldWindows(await windows.read(chosen.map(({ index }) => index)));
    const answers = await Promise.all(
      chosen.map((window) =>
        wholeAnswer(groundingQuestion(thing), {
          windows: someWindows(held, [window]),
          mustPoint: true,
          // What the thread has read of this window stays in the KV cache for the next question about it.
          threadId: `${threadId}/window-${window.index}`,
          // All at once, so that one is got ready while the model reads another; in one lane, so that others get their turn.
          lane: threadId,
        }),
      ),
    );
    const found: MomentSpan[] = [];
    for (const [at, window] of chosen.entries()) {
      const { spans, confidence } = answers[at] as (typeof answers)[number];
      const inside = clampSpans(spans, limitSeconds).filter((span) => overlap(span, window));
      // Without a time of its own, the window is all that is known.
      const pointed = inside.length > 0 ? inside : clampSpans([{ ...window, confidence }], limitSeconds);
      found.push(
        ...pointed.map((span) => ({ ...span, confidence: spansConfidence(aligned, presence, span.confidence) })),
      );
    }
    const spans = mergeSpans(clampSpans(found, limitSeconds), SAME_MOMENT_GAP_SECONDS);
    const confidence = Math.max(0, ...spans.map((span) => span.confidence));
    return { verdict: verdictFor(confidence), confidence, spans };
  }

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
    modelSpeaks: alignment === undefined,
    takesAnyWords: model.vocabulary === undefined,
    ground(thing) {
      const key = `${thing.sense} ${thing.name}`;
      const known = groundings.get(key);
      if (known) return known;
      const grounding = alignment ? groundByEmbedding(thing, alignment) : groundByModel(thing);
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
    speak: (question, history) => ask(question, { history, threadId }),
  };
}

export const overlap = (a: Span, b: Span): boolean => a.startSeconds < b.endSeconds && b.startSeconds < a.endSeconds;

const unit = (value: number): number => (Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0);
