/** What a window holds, by the matching head: every thing of the card is tried, the likeliest few are named. */
import { asSpans, listedPresence, type Matching, matchesOf, runsAbove } from "../core/answering/matching.ts";
import type { Span } from "../core/clip.ts";
import { temporalIou } from "../core/evaluation.ts";
import type { Moment } from "../core/ports/clip-model.ts";
import type { Thing } from "../core/question/question.ts";

/** A window with more is cut short: nobody would read them all. */
const MOST_IN_A_WINDOW = 4;
/**
 * A thing is listed from this probability on, and marked with its confidence. Low, because things that compete for the same
 * time have made way for the likeliest by then; on held-out clips (seed 78) as many answers are right as from 0.15 or 0.2 on,
 * more than from 0.06 or 0.3 on.
 */
const LISTED_FROM = 0.1;
/** Two names of one sense that cover each other so far (IoU) are taken for one thing. */
const SAME_TIME = 0.6;

export interface ListByMatchingRequest {
  readonly things: readonly Thing[];
  /** [things][Q] of this window */
  readonly logits: readonly Float32Array[];
  readonly window: Span;
  /** Q: half seconds in a whole window. */
  readonly pieces: number;
  readonly windowSeconds: number;
  readonly limitSeconds: number;
}

/** In order of start. */
export function listByMatching(matching: Matching, request: ListByMatchingRequest): Moment[] {
  const { things, logits, window, ...grid } = request;
  const likely = things
    .map((thing, index) => {
      const matches = matchesOf([window], logits[index] as Float32Array, grid);
      const highest = Math.max(...matches.map(({ logit }) => logit));
      return { thing, matches, presence: listedPresence(matching, highest) };
    })
    .sort((a, b) => b.presence - a.presence)
    .filter(({ presence }) => presence >= LISTED_FROM);
  const listed: (Moment & { readonly sense: Thing["sense"] })[] = [];
  let named = 0;
  for (const { thing, matches, presence } of likely) {
    if (named === MOST_IN_A_WINDOW) break;
    const label = thing.sense === "heard" ? `${thing.name} (heard)` : thing.name;
    const spans = asSpans(matching, presence, runsAbove(matches, matching))
      // A second name for what is seen, or heard, at the very same time is mostly a mistake for the first.
      .filter(
        (span) => !listed.some((other) => other.sense === thing.sense && temporalIou([other], [span]) >= SAME_TIME),
      );
    if (spans.length > 0) named += 1;
    listed.push(...spans.map((span) => ({ ...span, label, sense: thing.sense })));
  }
  return listed.map(({ sense: _, ...moment }) => moment).sort((a, b) => a.startSeconds - b.startSeconds);
}
