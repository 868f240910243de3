/**
 * The media time that a question names: "at 0:42", "between 1:10 and 1:30", "in the last ten seconds", "halfway".
 * docs/questions.md lists every accepted form; its test reads that table.
 *
 * Two steps, because a question is read before anybody knows how long its clip is: `findTimeExpression` says what is
 * named, `resolveTime` where that lies in a clip.
 *
 * chrono-node reads lengths in words ("a minute and 10 s", "1h2m", "a couple of seconds"). It is not asked for times:
 * it takes 0:42 for forty-two minutes past midnight.
 */
import { en } from "chrono-node";
import type { Span } from "../clip.ts";
import { digitsForNumberWords, ORDINAL_PATTERN, ordinalNumber } from "./number-words.ts";

/** Somewhere in a clip: from its start, from its end, or as a share of its length (0..1). */
export type TimePoint = { readonly seconds: number } | { readonly secondsFromEnd: number } | { readonly share: number };

export type TimeExpression =
  | { readonly type: "point"; readonly side: "at" | "around" | "before" | "after"; readonly point: TimePoint }
  | { readonly type: "range"; readonly start: TimePoint; readonly end: TimePoint };

export interface FoundTime {
  readonly expression: TimeExpression;
  /** The question without it. */
  readonly rest: string;
}

/** A point that is named to the second is this long. */
const POINT_SECONDS = 1;
/** "around 0:42" reaches this far to each side. */
const AROUND_SECONDS = 2;
/** "at the start", "at the end": a few seconds, but never more than a quarter of the clip. */
const EDGE_SECONDS = 3;
const EDGE_SHARE = 0.25;

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const UNIT = `(?:hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?![a-z])`;
const AMOUNT = `(?:${NUMBER}|half an?|half|an?|(?:a )?couple of|(?:a )?few)`;
/** "10 s", "1 min 10 s", "1m10s", "a minute and a half", "1 and a half minutes", "half a minute". */
const LENGTH = String.raw`(?:${NUMBER} and a half ${UNIT}|${AMOUNT}\s?${UNIT}(?: and a half(?! an?\b))?(?:,? ?(?:and )?${AMOUNT}\s?${UNIT})*)`;
const CLOCK = String.raw`(?:\d{1,3}:)?\d{1,3}:[0-5]\d(?:\.\d+)?(?![\d:])`;
/** "second 42", "42 s", "0:42", and "the 42nd second". */
const MOMENT = String.raw`(?:${CLOCK}|(?:seconds?|secs?) ${NUMBER}|minutes? ${NUMBER}|${LENGTH}|\d+(?:st|nd|rd|th) second)`;
const EDGE = `(?:the )?(?:very )?(?:start|beginning|outset|end|middle|halfway(?: point)?|midpoint|half-way)`;
const OF_CLIP = `(?: (?:of|in|into|through|from|with) (?:the|this|that|my) (?:clip|video|recording|film|movie))?`;
const PLACE = `(?:${MOMENT}|${EDGE})`;

const FORMS: readonly { readonly pattern: RegExp; read(match: RegExpExecArray): TimeExpression | undefined }[] = [
  // "between 1:10 and 1:30", "from the start to 0:10", "0:10-0:20", "between 3 and 6 s"
  form(
    `(?:(?:in |during )?(?:between|from) )(?<a>${PLACE}|${NUMBER}) ?(?:and|to|until|till|through|-|–) ?(?<b>${PLACE})`,
    ({ a, b }) => range(a, b),
  ),
  form(`(?:at |in |during )?(?<a>${CLOCK}) ?(?:to|until|till|through|-|–|—) ?(?<b>${CLOCK})`, ({ a, b }) =>
    range(a, b),
  ),
  form(
    `(?:at |in |during )?seconds (?<a>${NUMBER}) ?(?:to|until|till|through|and|-|–|—) ?(?<b>${NUMBER})`,
    ({ a = "", b = "" }) => ({ type: "range", start: { seconds: Number(a) }, end: { seconds: Number(b) } }),
  ),
  // "0:10 before the end", "10 seconds from the end"
  form(`(?:at )?(?<a>${LENGTH}) (?:before|from) the end${OF_CLIP}`, ({ a = "" }) => ({
    type: "point",
    side: "at",
    point: { secondsFromEnd: lengthInSeconds(a) ?? 0 },
  })),
  // "in the last ten seconds", "the first minute", "during the first 5 s"
  form(
    `(?:(?:in|during|for|over|within|at) )?(?:the )?(?:very )?(?<which>first|opening|initial|last|final|closing) (?<a>${LENGTH}|minute|second|hour)${OF_CLIP}`,
    ({ which = "", a = "" }) => {
      const seconds = lengthInSeconds(/^(minute|second|hour)$/.test(a) ? `1 ${a}` : a) ?? 0;
      return isClosing(which)
        ? { type: "range", start: { secondsFromEnd: seconds }, end: { share: 1 } }
        : { type: "range", start: { seconds: 0 }, end: { seconds } };
    },
  ),
  // "in the second half", "the last third", "the second minute"
  form(
    `(?:(?:in|during|for|over|within) )?(?:the )(?<which>${ORDINAL_PATTERN}) (?<part>half(?! (?:minute|second|hour))|third|quarter|minute)${OF_CLIP}`,
    ({ which = "", part = "" }) => {
      const ordinal = ordinalNumber(which);
      if (part === "minute") {
        if (ordinal < 0) return { type: "range", start: { secondsFromEnd: 60 }, end: { share: 1 } };
        return { type: "range", start: { seconds: 60 * (ordinal - 1) }, end: { seconds: 60 * ordinal } };
      }
      const parts = { half: 2, third: 3, quarter: 4 }[part] ?? 1;
      const index = ordinal < 0 ? parts : ordinal;
      if (index > parts) return undefined;
      return { type: "range", start: { share: (index - 1) / parts }, end: { share: index / parts } };
    },
  ),
  // "42 seconds in", "a minute into the clip"
  form(
    `(?:at |about |around )?(?<a>${LENGTH}) in(?:to (?:the|this|that) (?:clip|video|recording|film|movie)| to it)?(?! the)`,
    ({ a = "" }) => ({
      type: "point",
      side: "at",
      point: { seconds: lengthInSeconds(a) ?? 0 },
    }),
  ),
  // "after 0:42", "until 10 seconds", "from 0:42 on", "around 1:10"
  form(`from (?<a>${MOMENT}) (?:on|onwards?)`, ({ a }) => pointExpression("after", a)),
  form(
    `(?:right |just |shortly |soon )?(?<side>at about|at around|at|around|(?<!what |how )about|near|by|before|until|till|up to|after|since|past|on) (?:time )?(?:the )?(?<a>${MOMENT})(?: mark)?`,
    ({ side = "", a }) => pointExpression(SIDES[side] ?? "at", a),
  ),
  // "at the start", "in the middle", "halfway through", "at the very end of the clip"
  form(
    `(?:(?<side>at|in|near|around|towards?|by|after|before) )?(?<a>${EDGE})(?: through)?${OF_CLIP}`,
    ({ side = "", a = "" }) =>
      // "the middle" alone may be a thing; "halfway" is a time by itself.
      side === "" && !/half-?way|midpoint/.test(a) ? undefined : pointExpression(SIDES[side] ?? "at", a),
  ),
  form(`(?:and |what about |how about )?(?<a>${CLOCK}|(?:second|sec) ${NUMBER}|\\d+(?:st|nd|rd|th) second)`, ({ a }) =>
    pointExpression("at", a),
  ),
  // Alone only: "lasts 5 seconds" is a length.
  form(`^(?:and |what about |how about )?(?<a>${LENGTH})$`, ({ a }) => pointExpression("at", a)),
];

const SIDES: Readonly<Record<string, "at" | "around" | "before" | "after">> = {
  "at about": "around",
  "at around": "around",
  around: "around",
  about: "around",
  near: "around",
  towards: "around",
  toward: "around",
  by: "before",
  before: "before",
  until: "before",
  till: "before",
  "up to": "before",
  after: "after",
  since: "after",
  past: "after",
};

/**
 * The first media time that a question names, if any.
 *
 * @param question  any spelling; read in lower case
 */
export function findTimeExpression(question: string): FoundTime | undefined {
  const text = plainQuestion(question);
  for (const { pattern, read } of FORMS) {
    const match = pattern.exec(text);
    const expression = match && read(match);
    if (match && expression) {
      const rest = `${text.slice(0, match.index)} ${text.slice(match.index + match[0].length)}`;
      return { expression, rest: rest.replace(/\s+/g, " ").trim() };
    }
  }
  return undefined;
}

/** Lower case, one space between words, numbers as digits, no punctuation but what times are written with. */
export function plainQuestion(question: string): string {
  const plain = question
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[’‘`]/g, "'")
    .replace(/[^\p{L}\p{N}'.:–—-]+/gu, " ")
    .replace(/[.:]+(?!\d)/g, " ")
    .replace(/(?<!\d)[.:]+/g, " ")
    .replace(/(?<![\p{L}\p{N} ])-+|-+(?![\p{L}\p{N} ])|(?<= )-+(?=\p{L})/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  return digitsForNumberWords(plain);
}

/**
 * Where a named time lies.
 *
 * @param durationSeconds  how much of the clip is known
 * @returns undefined when it lies past that
 */
export function resolveTime(expression: TimeExpression, durationSeconds: number): Span | undefined {
  const at = (point: TimePoint): number =>
    "seconds" in point
      ? point.seconds
      : "share" in point
        ? point.share * durationSeconds
        : Math.max(0, durationSeconds - point.secondsFromEnd);
  let [start, end] = [0, durationSeconds];
  if (expression.type === "range") {
    [start, end] = [at(expression.start), at(expression.end)].sort((a, b) => a - b) as [number, number];
  } else {
    const { point, side } = expression;
    const isEdge = "share" in point && (point.share === 0 || point.share === 1);
    const edge = Math.min(EDGE_SECONDS, EDGE_SHARE * durationSeconds);
    const seconds = at(point);
    if (side === "before") end = seconds;
    else if (side === "after") start = seconds;
    else if (isEdge) [start, end] = seconds === 0 ? [0, edge] : [durationSeconds - edge, durationSeconds];
    else if (side === "around" || "share" in point) [start, end] = [seconds - AROUND_SECONDS, seconds + AROUND_SECONDS];
    else {
      // "at 0:24" of a clip of 24 s: its last second.
      start = seconds <= durationSeconds ? Math.min(seconds, Math.max(0, durationSeconds - POINT_SECONDS)) : seconds;
      end = start + POINT_SECONDS;
    }
  }
  const span = { startSeconds: Math.max(0, start), endSeconds: Math.min(durationSeconds, end) };
  return span.startSeconds < span.endSeconds ? span : undefined;
}

/** "1 min 10 s" -> 70; undefined when it is no length. */
function lengthInSeconds(words: string): number | undefined {
  const half = words.match(/^(.*?) ?and a half\b(.*)$/);
  if (half) {
    // "1 and a half minutes", "a minute and a half": chrono reads only the whole part.
    const unit = /hour|hr|\bh\b/.test(words) ? 3600 : /min|\dm|\bm\b/.test(words) ? 60 : 1;
    const whole = lengthInSeconds(/[a-z]/.test(half[1] ?? "") ? (half[1] ?? "") : `${half[1]}${half[2]}`);
    return whole === undefined ? undefined : whole + unit / 2;
  }
  const from = new Date(0);
  const spelled = words
    .replace(/\b(?<!a )(?=couple|few)/, "a ")
    .replace(/\bhalf (?!an? )/, "half a ")
    .replace(/(\d)m(?=\s*\d|$)/, "$1 min ")
    .replace(/(\d) m\b/, "$1 min");
  const [read] = en.casual.parse(`in ${spelled}`, { instant: from, timezone: 0 });
  return read === undefined ? undefined : (read.start.date().getTime() - from.getTime()) / 1000;
}

function pointOf(words: string): TimePoint {
  if (/start|beginning|outset/.test(words)) return { share: 0 };
  if (/\bend\b/.test(words)) return { share: 1 };
  if (/half-?way|middle|midpoint/.test(words)) return { share: 0.5 };
  const clock = new RegExp(`^${CLOCK}$`).exec(words);
  if (clock) return { seconds: words.split(":").reduce((sum, part) => 60 * sum + Number(part), 0) };
  const numbered = /^(seconds?|secs?|minutes?) (\d+(?:\.\d+)?)$/.exec(words);
  if (numbered) return { seconds: Number(numbered[2]) * (numbered[1]?.startsWith("m") ? 60 : 1) };
  return { seconds: lengthInSeconds(words) ?? Number.parseFloat(words) };
}

function pointExpression(side: "at" | "around" | "before" | "after", words = ""): TimeExpression {
  return { type: "point", side, point: pointOf(words) };
}

/** "between 3 and 6 s": the first number borrows the unit of the second. */
function range(a = "", b = ""): TimeExpression {
  const unit = /^\d+(\.\d+)?$/.test(a) ? /[a-z]+$/.exec(b)?.[0] : undefined;
  return { type: "range", start: pointOf(unit === undefined ? a : `${a} ${unit}`), end: pointOf(b) };
}

const isClosing = (word: string): boolean => /last|final|closing/.test(word);

function form(
  pattern: string,
  read: (groups: Record<string, string | undefined>) => TimeExpression | undefined,
): (typeof FORMS)[number] {
  const bounded = pattern.startsWith("^") ? pattern : String.raw`(?<![\p{L}\p{N}:.])(?:${pattern})(?![\p{L}\p{N}])`;
  return { pattern: new RegExp(bounded, "u"), read: (match) => read(match.groups ?? {}) };
}
