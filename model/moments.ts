/** A clip's table of contents, out of the list answer of each window: "dog 0:02 to 0:04.5 ; dog bark sound ..." */
import type { Moment } from "../core/ports/clip-model.ts";
import type { AnswerPart } from "./answer-text.ts";

/**
 * The moments of one window's list answer.
 *
 * @param confidenceOf  from the probability of a time's tokens
 */
export function readMoments(parts: readonly AnswerPart[], confidenceOf: (probability: number) => number): Moment[] {
  const moments: Moment[] = [];
  let label = "";
  for (const part of parts) {
    if (part.type === "words") {
      label = labelOf(part.text);
    } else if (label !== "" && part.span.startSeconds < part.span.endSeconds) {
      const { startSeconds, endSeconds } = part.span;
      const evidenceSeconds = (startSeconds + endSeconds) / 2;
      moments.push({ label, startSeconds, endSeconds, confidence: confidenceOf(part.probability), evidenceSeconds });
    }
  }
  return moments;
}

/**
 * One list for the clip, in order of start. A thing that goes on from one window into the next is one moment.
 *
 * @param gapSeconds  spans of one label this near to each other are one: nobody could tell them apart
 */
export function mergeMoments(moments: readonly Moment[], gapSeconds: number): Moment[] {
  const byStart = (a: Moment, b: Moment): number =>
    a.startSeconds - b.startSeconds || a.endSeconds - b.endSeconds || a.label.localeCompare(b.label);
  const merged: Moment[] = [];
  const lastOf = new Map<string, number>();
  for (const moment of [...moments].sort(byStart)) {
    const index = lastOf.get(moment.label);
    const last = index === undefined ? undefined : merged[index];
    if (index !== undefined && last !== undefined && moment.startSeconds <= last.endSeconds + gapSeconds) {
      // Strongest where the model is surest of it.
      merged[index] = {
        ...(moment.confidence > last.confidence ? moment : last),
        startSeconds: last.startSeconds,
        endSeconds: Math.max(last.endSeconds, moment.endSeconds),
      };
    } else {
      lastOf.set(moment.label, merged.push(moment) - 1);
    }
  }
  return merged;
}

/** " ; dog bark sound " -> "dog bark (heard)". */
function labelOf(words: string): string {
  const label = words.replace(/^[\s;,]+|[\s;,]+$/g, "").replace(/\s+/g, " ");
  return label.replace(/ sound$/, " (heard)");
}
