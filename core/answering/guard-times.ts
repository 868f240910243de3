/**
 * The last gate of every answer: no text leaves with a time that is not in the clip, whatever a model wrote, and no
 * span either. Text is held back while it might still grow into a time.
 */
import type { MomentSpan } from "../clip.ts";
import { clock } from "./clock.ts";

/** Whatever could be read as a time on a clock: a run of digits, colons and points with a colon inside. */
const CLOCK = /\d[\d.]*:[\d:.]*\d|\d[\d.]*:\d/g;
const SPOKEN = /(\d+(?:\.\d+)?)(\s*)(hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)\b/gi;
/** A time that is still being written: digits and their signs at the end, perhaps with the unit's first letters. */
const UNFINISHED = /\d[\d:.]*\s*[a-z]*$/i;

export interface TimeGuard {
  /** @returns the text that is safe to show now; often "" */
  push(text: string): string;
  finish(): string;
}

/** @param limitSeconds  how much of the clip is known: its length once it has been watched */
export function guardTimes(limitSeconds: number): TimeGuard {
  let held = "";
  return {
    push(text) {
      held += text;
      const end = UNFINISHED.exec(held)?.index ?? held.length;
      const safe = held.slice(0, end);
      held = held.slice(end);
      return clampTimes(safe, limitSeconds);
    },
    finish() {
      const rest = clampTimes(held, limitSeconds);
      held = "";
      return rest;
    },
  };
}

/** Times past the limit become the limit itself. */
export function clampTimes(text: string, limitSeconds: number): string {
  return text
    .replace(CLOCK, (time) => {
      const seconds = time.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
      return seconds <= limitSeconds ? time : clock(limitSeconds);
    })
    .replace(SPOKEN, (words, value: string, space: string, unit: string) => {
      const size = /^h/i.test(unit) ? 3600 : /^m/i.test(unit) ? 60 : 1;
      return Number(value) * size > limitSeconds ? `${Math.floor(limitSeconds * 10) / 10}${space}seconds` : words;
    });
}

/** Spans inside the clip, in order of start; what lies outside, or is no span at all, is left out. */
export function clampSpans(spans: readonly MomentSpan[], limitSeconds: number): MomentSpan[] {
  return spans
    .map(({ startSeconds, endSeconds, confidence, evidenceSeconds }) => ({
      startSeconds: Math.max(0, startSeconds),
      endSeconds: Math.min(limitSeconds, endSeconds),
      confidence: Number.isFinite(confidence) ? Math.min(1, Math.max(0, confidence)) : 0,
      ...(evidenceSeconds !== undefined && { evidenceSeconds: Math.min(limitSeconds, Math.max(0, evidenceSeconds)) }),
    }))
    .filter(({ startSeconds, endSeconds }) => startSeconds < endSeconds)
    .sort((a, b) => a.startSeconds - b.startSeconds || a.endSeconds - b.endSeconds);
}

/** Spans that touch or overlap are one; `spans` in order of start. */
export function mergeSpans(spans: readonly MomentSpan[], gapSeconds: number): MomentSpan[] {
  const merged: MomentSpan[] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last === undefined || span.startSeconds > last.endSeconds + gapSeconds) merged.push(span);
    else {
      // Strongest where it is surest, evidence included.
      merged[merged.length - 1] = {
        ...(span.confidence > last.confidence ? span : last),
        startSeconds: last.startSeconds,
        endSeconds: Math.max(last.endSeconds, span.endSeconds),
      };
    }
  }
  return merged;
}
