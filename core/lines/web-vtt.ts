/**
 * WebVTT to timed lines (https://www.w3.org/TR/webvtt1/, sections 4 and 6): what ffmpeg writes of any subtitle track, and
 * what Slack and others hand over. Nothing in it can do more than be text: markup goes, limits hold, bad cues are skipped.
 */
import type { TimedLine } from "../ports/line-store.ts";

/** Of one track. A film of three hours has some 2,000 lines; a hostile file has what it likes. */
export const LINE_LIMITS = {
  maxLines: 20_000,
  maxLineCharacters: 500,
  /** With its markup. Also keeps the patterns below, which look ahead, from reading megabytes again and again. */
  maxCueCharacters: 2000,
  /** Characters of the whole text; a film has 200,000. */
  maxTextCharacters: 8 * 1024 * 1024,
  maxSpeakerCharacters: 60,
} as const;

/** @returns lines in order of start; none when this is not WebVTT */
export function parseWebVtt(text: string): TimedLine[] {
  const lines = text
    .slice(0, LINE_LIMITS.maxTextCharacters)
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/);
  if (!/^WEBVTT(?:[ \t]|$)/.test(lines[0] ?? "")) return [];
  const cues: TimedLine[] = [];
  for (let at = 1; at < lines.length && cues.length < LINE_LIMITS.maxLines; at++) {
    const times = readTimes(lines[at] as string);
    if (!times) continue; // a note, a style, a cue's name: only what follows times is said
    const payload: string[] = [];
    while (at + 1 < lines.length && lines[at + 1] !== "" && !readTimes(lines[at + 1] as string)) {
      payload.push(lines[++at] as string);
    }
    cues.push(
      ...spokenLines(payload.join("\n").slice(0, LINE_LIMITS.maxCueCharacters)).map((line) => ({ ...times, ...line })),
    );
  }
  return merged(cues.sort((a, b) => a.startSeconds - b.startSeconds || a.endSeconds - b.endSeconds));
}

/** Text as people may be shown it: one line, no markup, nothing that moves a terminal's or a reader's cursor. */
export function plainLine(text: string): string {
  return (
    text
      .slice(0, LINE_LIMITS.maxCueCharacters)
      .replace(/\{\\[^}]*\}/g, "") // ASS override codes that ffmpeg passes on
      .replace(/\\([{}])/g, "$1")
      .replace(/<\/?(?:[a-z0-9][^>]*)?>/gi, "") // "3 < 5" is no markup
      .replace(/&(?:amp|lt|gt|nbsp|lrm|rlm|quot|#39);/g, (entity) => ENTITIES[entity] ?? "")
      // Cc: control characters; Cf: format characters, which can turn the direction of text or hide some of it.
      .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
      .trim()
      .slice(0, LINE_LIMITS.maxLineCharacters)
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&nbsp;": " ",
};

const TIMESTAMP = String.raw`(?:(\d{1,4}):)?([0-5]?\d):([0-5]\d)[.,](\d{1,3})`;
const TIMES = new RegExp(String.raw`^\s*${TIMESTAMP}\s*-->\s*${TIMESTAMP}(?:\s|$)`);

function readTimes(line: string): Pick<TimedLine, "startSeconds" | "endSeconds"> | undefined {
  const match = TIMES.exec(line);
  if (!match) return undefined;
  const [, h1, m1, s1, f1, h2, m2, s2, f2] = match;
  const startSeconds = secondsOf(h1, m1, s1, f1);
  const endSeconds = secondsOf(h2, m2, s2, f2);
  return endSeconds > startSeconds ? { startSeconds, endSeconds } : undefined;
}

const secondsOf = (hours = "0", minutes = "0", seconds = "0", fraction = "0"): number =>
  (Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1000 + Number(fraction.padEnd(3, "0"))) /
  1000;

/** `<v Ann>Hello` and `ANN: hello` name a speaker; each `<v>` of a cue, and each line that begins with a dash, is one's own. */
function spokenLines(payload: string): Pick<TimedLine, "text" | "speaker">[] {
  return payload
    .split(/(?=<v[ .])|\n(?=[-\u2013\u2014] )/)
    .map((part) => {
      const voice = /^\s*<v(?:\.[^\s>]*)?\s+([^>]*)>/.exec(part)?.[1];
      const text = plainLine(part).replace(/^[-\u2013\u2014] /, "");
      const label = voice === undefined ? /^([\p{Lu}][\p{Lu}\p{N} .'-]{1,40}):\s+(?=\S)/u.exec(text) : null;
      const speaker = plainLine(voice ?? label?.[1] ?? "").slice(0, LINE_LIMITS.maxSpeakerCharacters);
      return { text: label ? text.slice(label[0].length) : text, ...(speaker !== "" && { speaker }) };
    })
    .filter(({ text }) => text !== "");
}

/** Live captions repeat a line while the next one rolls in: the same words at once, or one after the other, are said once. */
function merged(lines: readonly TimedLine[]): TimedLine[] {
  const kept: TimedLine[] = [];
  for (const line of lines) {
    const last = kept.at(-1);
    if (last?.text === line.text && line.startSeconds <= last.endSeconds + 0.1) {
      kept[kept.length - 1] = { ...last, endSeconds: Math.max(last.endSeconds, line.endSeconds) };
    } else {
      kept.push(line);
    }
  }
  return kept;
}
