/** Out of the clip's table of contents: what is there at a time, next to something, first, longest, in all of it. */
import type { MomentSpan, Span } from "../clip.ts";
import type { Moment } from "../ports/clip-model.ts";
import type { Sense } from "../question/question.ts";
import { resolveTime } from "../question/time-expression.ts";
import {
  type AskedOf,
  type Composed,
  type Composing,
  findAnchor,
  hull,
  inThisClip,
  type KindOf,
  meanConfidence,
  POINTING_NOWHERE,
} from "./answer-kind.ts";
import { chaptersOf } from "./chapters.ts";
import { type ClipView, overlap } from "./clip-view.ts";
import { clock, fromTo, lengthInWords } from "./clock.ts";
import { pastTheEnd } from "./past-the-end.ts";
import { capital, listed, momentInWords, senseOfMoment, the, thingOfLabel } from "./wording.ts";

/** A person reads no more in one message; the surest are named. */
const MOST_LISTED = 10;
/** "What comes after": everything that starts within this of the next start counts as next. */
const TOGETHER_SECONDS = 0.5;

export async function* answerAt({ time, sense }: KindOf<"at">, { clip }: AskedOf): Composing {
  const span = resolveTime(time, clip.limitSeconds);
  if (!span) return yield* pastTheEnd(clip);
  const moments = bySense(await clip.momentsIn(span), sense);
  const when = span.endSeconds - span.startSeconds <= 1 ? `at ${clock(span.startSeconds)}` : `from ${fromTo(span)}`;
  if (moments.length === 0) {
    yield `Nothing that I ${verbOf(sense)} ${when}.`;
    return { ...POINTING_NOWHERE, confidence: clip.unsureThreshold };
  }
  yield `${capital(when)}: `;
  yield `${listed(surest(moments).map(momentInWords))}.`;
  return pointingAt(moments, clip);
}

export async function* answerNeighbour({ side, anchor, sense }: KindOf<"neighbour">, asked: AskedOf): Composing {
  const { clip } = asked;
  const found = await findAnchor(anchor, asked);
  if (found.spans.length === 0) {
    yield `${found.problem ?? "I do not find that"}.`;
    return { ...POINTING_NOWHERE, confidence: found.confidence };
  }
  const others = bySense(await clip.momentsIn(), sense).filter((moment) => {
    const thing = thingOfLabel(moment.label);
    return anchor.type !== "thing" || thing.name !== anchor.thing.name || thing.sense !== anchor.thing.sense;
  });
  const all = hull(found.spans);
  const [first, last] = [found.spans[0] as MomentSpan, found.spans.at(-1) as MomentSpan];
  const chosen =
    side === "during"
      ? others.filter((moment) => found.spans.some((span) => overlap(span, moment)))
      : side === "after"
        ? nextAfter(others, (anchor.type === "thing" && anchor.occurrence === undefined ? first : last).startSeconds)
        : lastBefore(others, first.startSeconds);
  const place = found.name === "that" ? `that (${fromTo(all)})` : `${found.name} (${fromTo(first)})`;
  if (chosen.length === 0) {
    yield side === "during"
      ? `Nothing else that I ${verbOf(sense)} during ${place}.`
      : `Nothing new that I ${verbOf(sense)} ${side} ${place}.`;
    return { ...POINTING_NOWHERE, confidence: Math.min(found.confidence, clip.unsureThreshold) };
  }
  yield `${capital(side)} ${place}: `;
  yield `${listed(surest(chosen).map(momentInWords))}.`;
  const { confidence, ...rest } = pointingAt(chosen, clip);
  return { ...rest, confidence: confidence * found.confidence };
}

export async function* answerExtreme({ which, sense }: KindOf<"extreme">, { clip }: AskedOf): Composing {
  const moments = bySense(await clip.momentsIn(), sense);
  const best = moments.reduce<Moment | undefined>(
    (kept, moment) => (kept === undefined || beats(moment, kept, which) ? moment : kept),
    undefined,
  );
  if (best === undefined) return yield* nothing(clip, sense);
  const thing = the(thingOfLabel(best.label));
  yield which === "first" || which === "last" ? `${capital(which)}: ${thing}` : `The ${which}: ${thing}`;
  yield which === "first" || which === "last"
    ? `, from ${fromTo(best)}.`
    : `, ${lengthInWords(best.endSeconds - best.startSeconds)}, from ${fromTo(best)}.`;
  return pointingAt([best], clip);
}

export async function* answerList({ form, sense }: KindOf<"list">, { clip }: AskedOf): Composing {
  const moments = bySense(await clip.momentsIn(), sense);
  if (moments.length === 0) return yield* nothing(clip, sense);
  if (form === "chapters") {
    const chapters = chaptersOf(moments, clip.limitSeconds);
    for (const [index, { span, moments: inside }] of chapters.entries()) {
      yield `${index === 0 ? "" : "\n"}${clock(span.startSeconds)} ${listed(inside.map(({ label }) => the(thingOfLabel(label))))}`;
    }
    const spans = chapters.map(({ span, moments: inside }) => ({ ...span, confidence: meanConfidence(inside) }));
    return { ...pointingAt(moments, clip), spans };
  }
  const named = surest(moments);
  if (form === "summary") {
    yield `In ${lengthInWords(clip.limitSeconds)} I notice `;
    yield `${listed([...new Set(named.map(({ label }) => the(thingOfLabel(label))))])}. `;
    yield `It starts with ${momentInWords(named[0] as Moment)} and ends with ${momentInWords(named.at(-1) as Moment)}.`;
    return pointingAt(named, clip);
  }
  yield moments.length > named.length
    ? `The ${named.length} surest of ${moments.length} moments: `
    : moments.length === 1
      ? "One moment: "
      : `${moments.length} moments: `;
  yield `${listed(named.map(momentInWords))}.`;
  return pointingAt(named, clip);
}

async function* nothing(clip: ClipView, sense: Sense | undefined): Composing {
  yield `There is nothing that I ${verbOf(sense)} ${inThisClip(clip)}.`;
  return { ...POINTING_NOWHERE, confidence: clip.unsureThreshold };
}

function pointingAt(moments: readonly Moment[], { unsureThreshold }: ClipView): Composed {
  const spans = surest(moments).map(({ startSeconds, endSeconds, confidence }) => ({
    startSeconds,
    endSeconds,
    confidence,
  }));
  const confidence = meanConfidence(spans);
  return { spans, confidence, verdict: confidence < unsureThreshold ? "unsure" : "found" };
}

const bySense = (moments: readonly Moment[], sense: Sense | undefined): readonly Moment[] =>
  sense === undefined ? moments : moments.filter((moment) => senseOfMoment(moment) === sense);

/** The surest few, again in order of start. */
const surest = (moments: readonly Moment[]): readonly Moment[] =>
  [...moments]
    .sort((a, b) => b.confidence - a.confidence)
    .slice(0, MOST_LISTED)
    .sort((a, b) => a.startSeconds - b.startSeconds || a.endSeconds - b.endSeconds);

function nextAfter(moments: readonly Moment[], seconds: number): readonly Moment[] {
  const later = moments.filter(({ startSeconds }) => startSeconds > seconds);
  const next = Math.min(...later.map(({ startSeconds }) => startSeconds));
  return later.filter(({ startSeconds }) => startSeconds <= next + TOGETHER_SECONDS);
}

function lastBefore(moments: readonly Moment[], seconds: number): readonly Moment[] {
  const earlier = moments.filter(({ startSeconds }) => startSeconds < seconds);
  const last = Math.max(...earlier.map(({ startSeconds }) => startSeconds));
  return earlier.filter(({ startSeconds }) => startSeconds >= last - TOGETHER_SECONDS);
}

function beats(one: Moment, other: Moment, which: KindOf<"extreme">["which"]): boolean {
  if (which === "first") return one.startSeconds < other.startSeconds;
  if (which === "last") return one.startSeconds >= other.startSeconds;
  return which === "longest" ? lengthOf(one) > lengthOf(other) : lengthOf(one) < lengthOf(other);
}

const lengthOf = ({ startSeconds, endSeconds }: Span): number => endSeconds - startSeconds;
const verbOf = (sense: Sense | undefined): string => (sense === "heard" ? "hear" : sense === "seen" ? "see" : "know");
