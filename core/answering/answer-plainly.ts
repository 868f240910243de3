/** Answers that need no search: about the clip itself, about what was said, and about what cannot be told. */

import { type AskedOf, type Composing, type KindOf, POINTING_NOWHERE } from "./answer-kind.ts";
import { fromTo, lengthInWords } from "./clock.ts";
import { atTimes, listed, statement, the, thingOfLabel } from "./wording.ts";

export async function* answerClipLength({ clip }: AskedOf): Composing {
  yield clip.complete
    ? `The clip is ${lengthInWords(clip.limitSeconds)} long.`
    : `I have watched ${lengthInWords(clip.limitSeconds)} of it so far.`;
  return { spans: [], verdict: "found", confidence: clip.complete ? 1 : 0.5 };
}

/** "are you sure?": how sure the last answer was, in numbers. */
export async function* answerSure({ clip, history }: AskedOf): Composing {
  const last = history.at(-1)?.answer;
  if (last === undefined) {
    yield "I have not answered anything yet.";
    return POINTING_NOWHERE;
  }
  const percent = Math.round(100 * last.confidence);
  yield last.confidence < clip.unsureThreshold
    ? `Not very: I give it ${percent} of 100.`
    : `Fairly: I give it ${percent} of 100.`;
  if (last.spans.length > 0) yield ` Look for yourself at ${listed(last.spans.map(fromTo))}.`;
  return { spans: last.spans, verdict: last.verdict, confidence: last.confidence };
}

/** How many things are named as examples. */
const EXAMPLES = 3;

export async function* answerHelp({ clip }: AskedOf): Composing {
  yield "Ask me when something is seen or heard, what happens at a time, before or after something, how often, how long, in which order, or for a list of moments.";
  const moments = await clip.momentsIn();
  const things = [...new Set(moments.map(({ label }) => the(thingOfLabel(label))))].slice(0, EXAMPLES);
  if (things.length > 0) yield ` In this clip I noticed ${listed(things)}.`;
  return { spans: [], verdict: "found", confidence: 1 };
}

export async function* answerBeyond({ thing }: KindOf<"beyond">, { clip }: AskedOf): Composing {
  yield "That is beyond me: I can tell what is seen and heard, and when.";
  if (thing === undefined) return POINTING_NOWHERE;
  const { spans, confidence } = await clip.ground(thing);
  if (spans.length === 0) return POINTING_NOWHERE;
  yield ` ${statement(thing)}${atTimes(spans)}.`;
  return { spans, verdict: "unsure", confidence };
}
