/** About one thing: when is it there, is it there, how many times; and pointing again at what was said before. */
import type { MomentSpan, Span } from "../clip.ts";
import { timesInWords } from "../question/number-words.ts";
import type { Thing } from "../question/question.ts";
import { resolveTime } from "../question/time-expression.ts";
import {
  type AskedOf,
  type Composing,
  findAnchor,
  inThisClip,
  type KindOf,
  POINTING_NOWHERE,
  unknownWord,
} from "./answer-kind.ts";
import { type Grounding, overlap } from "./clip-view.ts";
import { fromTo } from "./clock.ts";
import { pastTheEnd } from "./past-the-end.ts";
import { atTimes, capital, notThere, statement } from "./wording.ts";

export async function* answerWhen(asked: KindOf<"when" | "whether">, { clip }: AskedOf): Composing {
  const { thing, occurrence, time } = asked;
  if (!thing.known) return yield* notLearnt(thing);
  const within = time && resolveTime(time, clip.limitSeconds);
  if (time && !within) return yield* pastTheEnd(clip);
  const found = await clip.ground(thing);
  if (found.spans.length === 0) return yield* absent(thing, found, asked.kind === "whether", inThisClip(clip));

  const inside = within ? found.spans.filter((span) => overlap(span, within)) : found.spans;
  if (within && inside.length === 0) {
    yield `${asked.kind === "whether" ? "No, not then" : "Not then"}: ${lower(statement(thing))}`;
    yield `${atTimes(found.spans)}.`;
    return { spans: [], verdict: "absent", confidence: found.confidence };
  }
  const wanted = occurrence === undefined ? inside : pick(inside, occurrence);
  if (wanted.length === 0) {
    yield `${capital(lower(statement(thing)))} only ${timesInWords(inside.length)}`;
    yield `,${atTimes(inside)}.`;
    return { ...found, spans: inside };
  }
  yield `${asked.kind === "whether" ? `Yes, ${lower(statement(thing))}` : statement(thing)}`;
  yield `${atTimes(wanted)}.`;
  return { ...found, spans: wanted };
}

export async function* answerCount({ thing, time }: KindOf<"count">, { clip }: AskedOf): Composing {
  if (!thing.known) return yield* notLearnt(thing);
  const within = time && resolveTime(time, clip.limitSeconds);
  if (time && !within) return yield* pastTheEnd(clip);
  const found = await clip.ground(thing);
  const inside = within ? found.spans.filter((span) => overlap(span, within)) : found.spans;
  if (inside.length === 0) return yield* absent(thing, found, false, within ? "then" : inThisClip(clip));
  yield `${capital(timesInWords(inside.length))}: ${lower(statement(thing))}`;
  yield `${atTimes(inside)}.`;
  return { ...found, spans: inside };
}

/** "the second one", "when was that": an earlier answer's span again. */
export async function* answerThat({ anchor }: KindOf<"that">, asked: AskedOf): Composing {
  const { spans, confidence, problem } = await findAnchor(anchor, asked);
  if (spans.length === 0) {
    yield `${problem ?? "I have not pointed at anything yet"}.`;
    return POINTING_NOWHERE;
  }
  yield `That is${atTimes(spans)}.`;
  return { spans, confidence, verdict: confidence < asked.clip.unsureThreshold ? "unsure" : "found" };
}

export async function* notLearnt(thing: Thing): Composing {
  yield `${unknownWord(thing.name)}.`;
  return POINTING_NOWHERE;
}

async function* absent(thing: Thing, found: Grounding, whether: boolean, where: string): Composing {
  yield `${whether ? `No, ${lower(notThere(thing, where))}` : notThere(thing, where)}`;
  yield found.nearest ? `, as far as I can tell. The nearest I can offer is ${fromTo(found.nearest as Span)}.` : ".";
  return { spans: [], verdict: "absent", confidence: found.confidence };
}

function pick(spans: readonly MomentSpan[], occurrence: number): readonly MomentSpan[] {
  const span = spans.at(occurrence < 0 ? occurrence : occurrence - 1);
  return span === undefined ? [] : [span];
}

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
