/** Sums over spans: how long, which comes first, how much time between. The model says when, this file subtracts. */
import type { MomentSpan } from "../clip.ts";
import type { Verdict } from "../conversation.ts";
import type { Anchor } from "../question/question.ts";
import {
  type AskedOf,
  type Composing,
  type FoundAnchor,
  findAnchor,
  type KindOf,
  POINTING_NOWHERE,
} from "./answer-kind.ts";
import { fromTo, lengthInWords } from "./clock.ts";
import { capital } from "./wording.ts";

export async function* answerLength({ anchor }: KindOf<"length">, asked: AskedOf): Composing {
  const found = await findAnchor(anchor, asked);
  if (found.spans.length === 0) return yield* nothingToCompare(found);
  const seconds = found.spans.reduce((sum, span) => sum + lengthOf(span), 0);
  yield capital(lengthInWords(seconds));
  yield found.spans.length === 1
    ? `, from ${fromTo(found.spans[0] as MomentSpan)}.`
    : ` in all: ${found.spans.map(fromTo).join(", ")}.`;
  return { spans: found.spans, ...judged([found], asked) };
}

export async function* answerOrder({ one, other, claim }: KindOf<"order">, asked: AskedOf): Composing {
  const pair = await findPair(one, other, asked);
  if (!("a" in pair)) return yield* nothingToCompare(pair);
  const { a, b } = pair;
  const [first, second] = [a.spans[0] as MomentSpan, b.spans[0] as MomentSpan];
  const names = { a: a.name === "that" ? "the earlier one I named" : a.name, b: b.name };
  if (first.startSeconds === second.startSeconds) {
    yield `${claim ? "No, they" : "They"} start together, at about ${fromTo(first)}.`;
  } else {
    const aFirst = first.startSeconds < second.startSeconds;
    if (claim) yield (claim === "before") === aFirst ? "Yes, " : "No, ";
    else yield `${capital(aFirst ? names.a : names.b)} comes first: `;
    yield `${names.a} is at ${fromTo(first)} and ${names.b} at ${fromTo(second)}.`;
  }
  return { spans: inOrder([first, second]), ...judged([a, b], asked) };
}

export async function* answerGap({ one, other }: KindOf<"gap">, asked: AskedOf): Composing {
  const pair = await findPair(one, other, asked);
  if (!("a" in pair)) return yield* nothingToCompare(pair);
  const { a, b } = pair;
  const [first, second] = inOrder([a.spans[0] as MomentSpan, b.spans[0] as MomentSpan]) as [MomentSpan, MomentSpan];
  const seconds = second.startSeconds - first.endSeconds;
  yield seconds > 0 ? capital(lengthInWords(seconds)) : "No time at all: they overlap";
  yield `, from the end of the first at ${fromTo(first)} to the start of the second at ${fromTo(second)}.`;
  return { spans: [first, second], ...judged([a, b], asked) };
}

/** Both, or the one that is missing. */
async function findPair(one: Anchor, other: Anchor, asked: AskedOf) {
  const a = await findAnchor(one, asked);
  if (a.spans.length === 0) return a;
  const b = await findAnchor(other, asked);
  return b.spans.length === 0 ? b : { a, b };
}

async function* nothingToCompare({ problem, confidence }: FoundAnchor): Composing {
  yield `${problem ?? "There is nothing to compare yet"}.`;
  return { ...POINTING_NOWHERE, confidence };
}

/** Right only when every part is. */
function judged(parts: readonly FoundAnchor[], { clip }: AskedOf): { verdict: Verdict; confidence: number } {
  const confidence = parts.reduce((product, part) => product * part.confidence, 1);
  const weakest = Math.min(...parts.map((part) => part.confidence));
  return { verdict: weakest < clip.unsureThreshold ? "unsure" : "found", confidence };
}

const lengthOf = ({ startSeconds, endSeconds }: MomentSpan): number => endSeconds - startSeconds;
const inOrder = (spans: readonly MomentSpan[]): readonly MomentSpan[] =>
  [...spans].sort((a, b) => a.startSeconds - b.startSeconds || a.endSeconds - b.endSeconds);
