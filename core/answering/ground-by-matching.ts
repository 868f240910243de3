/**
 * When is a thing there, by the matching head of stage 1: the windows most like it are read from the memory, and each of
 * their half seconds says how well it matches. No pass of the language model
 * (docs/decisions/2026-11-21-matching-says-when.md).
 */
import type { Span } from "../clip.ts";
import type { WindowEntry } from "../clip-memory.ts";
import type { Verdict } from "../conversation.ts";
import { DomainError } from "../errors.ts";
import type { ClipModel } from "../ports/clip-model.ts";
import type { Thing } from "../question/question.ts";
import type { WindowSource } from "../window-source.ts";
import type { Grounding } from "./clip-view.ts";
import { clampSpans, mergeSpans } from "./guard-times.ts";
import { askedPresence, asSpans, type Matching, matchesOf, runsAbove } from "./matching.ts";

export type MatchingModel = Required<Pick<ClipModel, "similarity" | "match">> &
  Pick<ClipModel, "windowSeconds" | "axes"> & { readonly matching: Matching };

/** The model, if it can match and what that means is known. */
export const matchingModel = (model: ClipModel): MatchingModel | undefined =>
  model.similarity && model.match && model.matching ? (model as MatchingModel) : undefined;

/** Windows that are read for one thing: a long clip costs no more than a minute of it. */
const MOST_READ = 8;
/** Absent with a confidence below this: the nearest moment is offered. */
const CLEARLY_ABSENT_FROM = 0.7;
/** Two spans of one thing this near to each other are one: nobody could tell them apart. */
export const SAME_MOMENT_GAP_SECONDS = 0.5;

/** Places of the `count` highest values, in order of place. One pass: sorting 900 windows costs more than matching eight. */
function highest(values: Float32Array, count: number): readonly number[] {
  const best: number[] = [];
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] as number;
    if (best.length === count && value <= (values[best[count - 1] as number] as number)) continue;
    let place = best.length;
    while (place > 0 && value > (values[best[place - 1] as number] as number)) place -= 1;
    best.splice(place, 0, at);
    if (best.length > count) best.pop();
  }
  return best.sort((a, b) => a - b);
}

/** @throws DomainError memory.not_watched */
export async function groundByMatching(
  model: MatchingModel,
  windows: WindowSource,
  thing: Thing,
  limitSeconds: number,
  verdictFor: (confidence: number) => Verdict,
): Promise<Grounding> {
  const { entries } = windows;
  if (entries.length === 0) throw new DomainError("memory.not_watched", "nothing is watched yet");
  const [cosines = new Float32Array()] = await model.similarity([thing], entries);
  const chosen = highest(cosines, MOST_READ).map((at) => entries[at] as WindowEntry);
  const read = await windows.read(chosen.map(({ index }) => index));
  const [logits = new Float32Array()] = await model.match([thing], read);
  const { windowSeconds, axes, matching } = model;
  const runs = runsAbove(matchesOf(read, logits, { pieces: axes.Q, windowSeconds, limitSeconds }), matching);
  const [first, ...others] = runs;
  if (first === undefined) return { verdict: "absent", confidence: 0, spans: [] }; // nothing of these windows is inside the clip
  const strongest = others.reduce((a, b) => (b.logit > a.logit ? b : a), first);
  const presence = askedPresence(matching, strongest.logit);
  if (presence < matching.presentFrom) {
    const confidence = 1 - presence;
    const nearest: Span = { startSeconds: strongest.startSeconds, endSeconds: strongest.endSeconds };
    return { verdict: "absent", confidence, spans: [], ...(confidence < CLEARLY_ABSENT_FROM && { nearest }) };
  }
  const spans = mergeSpans(clampSpans(asSpans(matching, presence, runs), limitSeconds), SAME_MOMENT_GAP_SECONDS);
  const confidence = Math.max(0, ...spans.map((span) => span.confidence));
  return { verdict: verdictFor(confidence), confidence, spans };
}
