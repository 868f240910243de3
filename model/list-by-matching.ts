/** What a window holds, by the matching head: every thing of the card is tried, the likeliest few are named. */
import { asSpans, listedPresence, type Matching, matchesOf, runsAbove } from "../core/answering/matching.ts";
import type { Span } from "../core/clip.ts";
import type { Moment } from "../core/ports/clip-model.ts";
import type { Thing } from "../core/question/question.ts";

/** A window with more is cut short: nobody would read them all. */
const MOST_IN_A_WINDOW = 4;
/** A thing is listed from this probability on, and marked with its confidence. */
const LISTED_FROM = 0.2;
/** The likeliest of a window is named sooner: to say that there is nothing would be wrong more often. */
const LIKELIEST_FROM = 0.08;

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
  return things
    .map((thing, index) => {
      const matches = matchesOf([window], logits[index] as Float32Array, grid);
      const highest = Math.max(...matches.map(({ logit }) => logit));
      return { thing, matches, presence: listedPresence(matching, highest) };
    })
    .sort((a, b) => b.presence - a.presence)
    .filter(({ presence }, place) => presence >= (place === 0 ? LIKELIEST_FROM : LISTED_FROM))
    .slice(0, MOST_IN_A_WINDOW)
    .flatMap(({ thing, matches, presence }) =>
      asSpans(matching, presence, runsAbove(matches, matching)).map((span) => ({
        ...span,
        label: thing.sense === "heard" ? `${thing.name} (heard)` : thing.name,
      })),
    )
    .sort((a, b) => a.startSeconds - b.startSeconds);
}
