/**
 * Does a text that another model wrote say only what was looked up? Every time in it must be one that the memory gave, as
 * a number, not as words somebody spoke or wrote into a subtitle. What cannot be read for sure counts as a lie: the plain
 * answer is always there to be given instead.
 */
import type { Span } from "../clip.ts";
import { digitsForNumberWords } from "../question/number-words.ts";

/** What a text may say. */
export interface AllowedTimes {
  /** Starts and ends of these may be named, and their lengths and the gaps between two of them. */
  readonly spans: readonly Span[];
  readonly limitSeconds: number;
  /** Times of the person's own question may be repeated. */
  readonly question: string;
}

/** Longer than this nobody asked for. */
const MAX_CHARACTERS = 1500;

/** "0:04" stands for anything from 4 to 5 s, and people round. */
const TOLERANCE_SECONDS = 1;

/** @returns why it must not be shown; undefined when nothing is wrong with it */
export function refusalOf(text: string, allowed: AllowedTimes): string | undefined {
  if (text.trim() === "") return "it is empty";
  if (text.length > MAX_CHARACTERS) return `it is longer than ${MAX_CHARACTERS} characters`;
  // Links of ours are made from spans, never from text.
  if (/\b[a-z][a-z0-9+.-]*:\/\/|\bwww\.|\]\(/i.test(text)) return "it holds a link";
  const known = new Set([...timesOf(allowed.question).seconds, ...allowedSeconds(allowed)]);
  const said = timesOf(text);
  if (said.unclear !== undefined) return `a time in it is unclear: ${said.unclear}`;
  const lie = said.seconds.find((seconds) => ![...known].some((time) => Math.abs(time - seconds) <= TOLERANCE_SECONDS));
  return lie === undefined ? undefined : `it names a time that was not looked up: ${lie} s`;
}

/** Spans whose start is named in the text: what its links should point to. */
export function namedSpans<S extends Span>(text: string, spans: readonly S[]): readonly S[] {
  const { seconds } = timesOf(text);
  return spans.filter(({ startSeconds }) => seconds.some((time) => Math.abs(time - startSeconds) <= TOLERANCE_SECONDS));
}

function allowedSeconds({ spans, limitSeconds }: AllowedTimes): number[] {
  const borders = spans.flatMap(({ startSeconds, endSeconds }) => [startSeconds, endSeconds]);
  const lengths = spans.map(({ startSeconds, endSeconds }) => endSeconds - startSeconds);
  // In order, as "3 seconds later" is said of neighbours.
  const inOrder = [...spans].sort((a, b) => a.startSeconds - b.startSeconds);
  const gaps = inOrder.slice(1).map((span, index) => span.startSeconds - (inOrder[index] as Span).endSeconds);
  return [...borders, ...lengths, ...gaps.filter((gap) => gap > 0), limitSeconds];
}

/** "0:42", "1:02:03.5", "0\u2236042" with any sign that looks like a colon. */
const CLOCK = /(?<![\d:.])(\d+(?:\s?[:\u2236\ua789\u02d0.]\s?\d{2}){1,2}(?:[.,]\d+)?)(?![\d:])/g;
const UNITS = "(hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s|milliseconds?|ms)";
const COUNTED = new RegExp(String.raw`(?<![\d.])(\d+(?:[.,]\d+)?)[\s-]*${UNITS}(?![a-z])`, "g");
const NAMED = /\b(?:seconds?|minutes?|hours?|timestamp|time ?code)\s+(\d+(?:[.,]\d+)?)/g;
/** "at 7", "from 4 to 9": of a clip, these are seconds. Not "4 times", "2 dogs". */
const BARE =
  /\b(?:at|from|to|until|till|between|around|about|after|before|by|since|and)\s+(\d+(?:[.,]\d+)?)(?=\s*(?:$|[.,;!?)]|and\b|to\b|until\b|-))/g;
/** Lengths without a number. "second" alone is an ordinal. */
const WORDY = /\b(?:seconds|minutes?|hours?|midway|halfway)\b/;

interface SaidTimes {
  readonly seconds: readonly number[];
  readonly unclear?: string;
}

function timesOf(text: string): SaidTimes {
  let rest = digitsForNumberWords(text.normalize("NFKC").toLowerCase()).replace(/\p{Nd}/gu, plainDigit);
  const seconds: number[] = [];
  const take = (pattern: RegExp, read: (...groups: string[]) => number) => {
    rest = rest.replace(pattern, (_, ...groups: string[]) => {
      seconds.push(read(...groups));
      return " \u0001 ";
    });
  };
  // "1 minute 5 seconds" is one time; its parts alone would be two.
  take(
    /(\d+)\s*(?:minutes?|mins?|m)\s*(?:and\s+)?(\d+(?:\.\d+)?)\s*(?:seconds?|secs?|s)(?![a-z])/g,
    (minutes, rest) => 60 * Number(minutes) + Number(rest),
  );
  take(CLOCK, clockSeconds);
  take(NAMED, (value) => number(value));
  take(COUNTED, (value, unit) => number(value) * unitSeconds(unit));
  take(BARE, (value) => number(value));
  const unclear = WORDY.exec(rest)?.[0];
  return { seconds, ...(unclear !== undefined && { unclear }) };
}

function clockSeconds(clock: string): number {
  const parts = clock.replace(/\s/g, "").split(/[:\u2236\ua789\u02d0]/);
  // "4.75" is a number of seconds; with colons the dot is its fraction.
  return parts.reduce((sum, part) => 60 * sum + number(part), 0);
}

const number = (text = ""): number => Number(text.replace(",", "."));

function unitSeconds(unit = ""): number {
  if (unit.startsWith("h")) return 3600;
  if (unit === "ms" || unit.startsWith("milli")) return 0.001;
  return unit.startsWith("m") ? 60 : 1;
}

/** Digits of other scripts: each block of ten begins at a multiple of its own that NFKC leaves alone. */
function plainDigit(digit: string): string {
  const code = digit.codePointAt(0) as number;
  if (code < 128) return digit;
  let zero = code;
  while (zero > 0 && code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return String((code - zero) % 10);
}
