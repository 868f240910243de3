/** One table of contents out of the lists of several windows. */
import type { Moment } from "../ports/clip-model.ts";
import { clampSpans } from "./guard-times.ts";

/** Spans of one label this near to each other are one: a thing that goes on from one window into the next. */
const SAME_MOMENT_GAP_SECONDS = 0.5;
/** What a person calls a thing; a longer label is no label. */
const LONGEST_LABEL = 60;

/** Inside the clip, in order of start, each label's touching spans joined. */
export function mergedMoments(moments: readonly Moment[], limitSeconds: number): Moment[] {
  const inside = moments
    .flatMap((moment) =>
      clampSpans([moment], limitSeconds).map((span) => ({ ...span, label: cleanLabel(moment.label) })),
    )
    .filter(({ label }) => label !== "")
    .sort(byStart);
  const merged: Moment[] = [];
  const lastOf = new Map<string, number>();
  for (const moment of inside) {
    const index = lastOf.get(moment.label);
    const last = index === undefined ? undefined : merged[index];
    if (index === undefined || last === undefined || moment.startSeconds > last.endSeconds + SAME_MOMENT_GAP_SECONDS) {
      lastOf.set(moment.label, merged.push(moment) - 1);
    } else {
      merged[index] = {
        ...last,
        endSeconds: Math.max(last.endSeconds, moment.endSeconds),
        confidence: Math.max(last.confidence, moment.confidence),
      };
    }
  }
  return merged;
}

const byStart = (a: Moment, b: Moment): number =>
  a.startSeconds - b.startSeconds || a.endSeconds - b.endSeconds || (a.label < b.label ? -1 : 1);

/** Words only: whatever else a model writes must not reach a message. */
const cleanLabel = (label: string): string =>
  label
    .replace(/[^\p{L}\p{N}() '-]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, LONGEST_LABEL);
