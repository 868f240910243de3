/** One table of contents out of the lists of several windows. */
import type { Moment } from "../ports/clip-model.ts";
import { clampSpans, mergeSpans } from "./guard-times.ts";

/** Spans of one label this near to each other are one: a thing that goes on from one window into the next. */
const SAME_MOMENT_GAP_SECONDS = 0.5;
/** What a person calls a thing; a longer label is no label. */
const LONGEST_LABEL = 60;

/** Inside the clip, in order of start, each label's touching spans joined. */
export function mergedMoments(moments: readonly Moment[], limitSeconds: number): Moment[] {
  const byLabel = new Map<string, Moment[]>();
  for (const moment of moments) {
    const label = cleanLabel(moment.label);
    const inside = clampSpans([moment], limitSeconds).map((span) => ({ ...span, label }));
    if (label !== "") byLabel.set(label, [...(byLabel.get(label) ?? []), ...inside]);
  }
  return [...byLabel.values()].flatMap((same) => mergeSpans(same.sort(byStart), SAME_MOMENT_GAP_SECONDS)).sort(byStart);
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
