/**
 * Media time as the decoder writes it, as people write it, and the way between the two.
 *
 * `<wK><tJ>` is the start of the K-th window that the answer reads plus J * offsetSeconds. A boundary that two windows
 * share is the next window's `<t0>` when something starts there, and the earlier window's last offset when something
 * ends there (docs/bundle.md).
 */
import type { Span } from "../core/clip.ts";

/** The windows that one answer reads, in time order, and the step of the offset tokens. */
export interface TimeGrid {
  readonly windows: readonly Span[];
  readonly offsetSeconds: number;
}

export interface TimePoint {
  readonly slot: number;
  readonly offset: number;
}

/** Float noise of window starts that are no binary fractions; far below any offset. */
const EPSILON_SECONDS = 1e-6;

/** @returns seconds; `undefined` when the grid has no such window */
export function pointToSeconds({ slot, offset }: TimePoint, grid: TimeGrid): number | undefined {
  const window = grid.windows[slot];
  return window === undefined ? undefined : window.startSeconds + offset * grid.offsetSeconds;
}

/**
 * The point of the grid nearest to `seconds` (for an end: the first that is not before it).
 *
 * @returns undefined when none of the windows holds that second
 */
export function secondsToPoint(seconds: number, grid: TimeGrid, edge: "start" | "end"): TimePoint | undefined {
  const holds = (window: Span, side: "start" | "end"): boolean =>
    side === "start"
      ? window.startSeconds - EPSILON_SECONDS <= seconds && seconds < window.endSeconds - EPSILON_SECONDS
      : window.startSeconds + EPSILON_SECONDS < seconds && seconds <= window.endSeconds + EPSILON_SECONDS;
  const other = edge === "start" ? "end" : "start";
  let slot = grid.windows.findIndex((window) => holds(window, edge));
  if (slot < 0) slot = grid.windows.findIndex((window) => holds(window, other));
  const window = grid.windows[slot];
  if (window === undefined) return undefined;
  const steps = (seconds - window.startSeconds) / grid.offsetSeconds;
  return { slot, offset: edge === "start" ? Math.round(steps) : Math.max(0, Math.ceil(steps - EPSILON_SECONDS)) };
}

/** 4 -> "0:04", 4.5 -> "0:04.5", 3725 -> "1:02:05". Tenths only when the second is not whole. */
export function formatTime(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  const whole = Math.floor(tenths / 10);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const two = (value: number): string => String(value).padStart(2, "0");
  const fraction = tenths % 10 === 0 ? "" : `.${tenths % 10}`;
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}${fraction}`;
}

/** A time that stands in a text, and where. */
export interface NamedTime {
  readonly from: number;
  readonly to: number;
  readonly seconds: number;
}

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const CLOCK = String.raw`(?<![\d:.])(?:(?<hours>\d{1,3}):(?=\d\d:))?(?<minutes>\d{1,3}):(?<seconds>[0-5]\d(?:\.\d+)?)(?![\d:])`;
const MINUTES = String.raw`(?<wordMinutes>${NUMBER})\s*(?:minutes?\b|mins?\b|m(?=\s*\d))`;
const SECONDS = String.raw`(?<wordSeconds>${NUMBER})\s*(?:seconds?|secs?|s)\b`;
const SPOKEN = String.raw`(?:${MINUTES}(?:\s*(?:and\s+)?(?<restSeconds>${NUMBER})\s*(?:seconds?|secs?|s)\b)?|${SECONDS}|seconds?\s+(?<afterWord>${NUMBER})(?![\d:]))`;
/** "lasts 5 seconds" and "the first 5 seconds" are lengths: a spoken number is a time only after one of these words. */
const PREPOSITION = String.raw`(?<=\b(?:at|after|before|from|to|until|till|since|around|near|by|between|past)\s+(?:about\s+|around\s+|the\s+)?)`;
/** "between 3 and 6 s", "from 3 to 6 seconds": the first number borrows the unit of the second. */
const PAIR = String.raw`\b(?:between|from)\s+(?<first>${NUMBER}(?:\s*(?:seconds?|secs?|s)\b)?)\s*(?:and|to|until|till|-|–)\s*(?<second>${NUMBER})\s*(?:seconds?|secs?|s)\b`;
const TIMES = new RegExp(`${CLOCK}|${PAIR}|${PREPOSITION}${SPOKEN}`, "dgi");

/** Times that a question or an answer names: "0:12", "at 5 seconds", "after 1 min 10 s", "between 3 and 6 s". */
export function findTimes(text: string): readonly NamedTime[] {
  const times: NamedTime[] = [];
  for (const match of text.matchAll(TIMES)) {
    const groups = match.groups ?? {};
    const places = match.indices?.groups ?? {};
    if (groups["first"] !== undefined) {
      const [first, second] = [places["first"] as [number, number], places["second"] as [number, number]];
      times.push({ from: first[0], to: first[1], seconds: Number.parseFloat(groups["first"]) });
      times.push({ from: second[0], to: match.index + match[0].length, seconds: Number(groups["second"]) });
      continue;
    }
    const hours = Number(groups["hours"] ?? 0);
    const minutes = Number(groups["minutes"] ?? groups["wordMinutes"] ?? 0);
    const seconds = Number(
      groups["seconds"] ?? groups["restSeconds"] ?? groups["wordSeconds"] ?? groups["afterWord"] ?? 0,
    );
    const from = match.index;
    times.push({ from, to: from + match[0].length, seconds: hours * 3600 + minutes * 60 + seconds });
  }
  return times;
}

/**
 * A text with its times replaced: `write` gets each time with the text before it and after it.
 *
 * @param write  returns undefined to leave the words as they are
 */
export function replaceTimes(
  text: string,
  write: (time: NamedTime) => string | undefined,
  between: (words: string) => string,
): string {
  let out = "";
  let end = 0;
  for (const time of findTimes(text)) {
    const literal = write(time);
    if (literal === undefined) continue;
    out += between(text.slice(end, time.from)) + literal;
    end = time.to;
  }
  return out + between(text.slice(end));
}
