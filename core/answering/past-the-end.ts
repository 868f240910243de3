/** A question about a second that the clip does not have, or that has not been watched yet. */
import { type Composing, POINTING_NOWHERE } from "./answer-kind.ts";
import type { ClipView } from "./clip-view.ts";
import { clock } from "./clock.ts";

export async function* pastTheEnd({ limitSeconds, complete }: ClipView): Composing {
  yield complete
    ? `The clip is over by then: it ends at ${clock(limitSeconds)}.`
    : `I have watched only up to ${clock(limitSeconds)} so far.`;
  return { ...POINTING_NOWHERE, confidence: complete ? 1 : 0 };
}
