/**
 * Published caption-and-timestamp annotations, each in its own shape, as videos with timed events:
 *
 *     ActivityNet-Captions  one JSON object: {"v_x": {"duration": 82.7, "timestamps": [[0.8, 19.9]], "sentences": ["..."]}}
 *     Charades-STA          text lines: `AO8RW 0.0 6.9##a person puts a book on a shelf.`
 *     QVHighlights          JSON lines: {"vid", "duration", "query", "relevant_windows": [[82, 150]]}
 *     ours                  JSON lines: {"video", "text", "start", "end", "duration"?}
 *
 * The shape is told from the text, not from the file's name.
 */
import { z } from "zod";
import { DomainError, type Span } from "../../../core/index.ts";

export interface TimedEvent extends Span {
  readonly text: string;
}

export interface AnnotatedVideo {
  readonly id: string;
  /** The last event's end where the source does not say. */
  readonly durationSeconds: number;
  /** In order of start. */
  readonly events: readonly TimedEvent[];
}

export type AnnotationFormat = "activitynet-captions" | "charades-sta" | "qvhighlights" | "damo";

const second = z.number().nonnegative();
const pair = z.tuple([second, second]);

const activityNet = z.record(
  z.string(),
  z.object({ duration: z.number().positive(), timestamps: z.array(pair), sentences: z.array(z.string()) }),
);
const qvHighlights = z.object({
  vid: z.string(),
  duration: z.number().positive(),
  query: z.string(),
  relevant_windows: z.array(pair),
});
const ours = z.object({
  video: z.string(),
  text: z.string(),
  start: second,
  end: second,
  duration: z.number().positive().optional(),
});

interface Annotation extends TimedEvent {
  readonly id: string;
  readonly durationSeconds?: number | undefined;
}

/** @throws DomainError `usage` with the line that has none of the shapes */
export function readAnnotations(text: string): {
  readonly format: AnnotationFormat;
  readonly videos: readonly AnnotatedVideo[];
} {
  const whole = activityNet.safeParse(jsonOf(text));
  if (whole.success) {
    const annotations = Object.entries(whole.data).flatMap(([id, { duration, timestamps, sentences }]) =>
      timestamps.map(([start, end], index) => annotation(id, start, end, sentences[index] ?? "", duration)),
    );
    return { format: "activitynet-captions", videos: videosOf(annotations) };
  }
  const lines = text.split(/\r?\n/).map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const read = lines.filter(({ line }) => line !== "").map(({ line, number }) => readLine(line, number));
  const format = read[0]?.format ?? "damo";
  return { format, videos: videosOf(read.flatMap(({ annotations }) => annotations)) };
}

function readLine(line: string, number: number): { format: AnnotationFormat; annotations: readonly Annotation[] } {
  const charades = /^(\S+) (\d+(?:\.\d+)?) (\d+(?:\.\d+)?)##(.+)$/.exec(line);
  if (charades) {
    const [, id = "", start, end, text = ""] = charades;
    return { format: "charades-sta", annotations: [annotation(id, Number(start), Number(end), text)] };
  }
  const value = jsonOf(line);
  const query = qvHighlights.safeParse(value);
  if (query.success) {
    const { vid, duration, query: text, relevant_windows: windows } = query.data;
    return {
      format: "qvhighlights",
      annotations: windows.map(([start, end]) => annotation(vid, start, end, text, duration)),
    };
  }
  const own = ours.safeParse(value);
  if (own.success) {
    const { video, start, end, text, duration } = own.data;
    return { format: "damo", annotations: [annotation(video, start, end, text, duration)] };
  }
  const problem = `line ${number} is no annotation of a known shape (docs/augmentation.md)`;
  throw new DomainError("usage", problem, { details: { problem } });
}

const annotation = (
  id: string,
  startSeconds: number,
  endSeconds: number,
  text: string,
  durationSeconds?: number,
): Annotation => ({
  id,
  startSeconds,
  endSeconds,
  text: text.replace(/\s+/g, " ").trim(),
  ...(durationSeconds !== undefined && { durationSeconds }),
});

/** Events without words, without length, or after the video's end are mistakes of the source and left out. */
function videosOf(annotations: readonly Annotation[]): AnnotatedVideo[] {
  const byId = new Map<string, Annotation[]>();
  for (const each of annotations) {
    if (each.text === "" || each.endSeconds <= each.startSeconds) continue;
    byId.set(each.id, [...(byId.get(each.id) ?? []), each]);
  }
  return [...byId].flatMap(([id, all]) => {
    const stated = all.find(({ durationSeconds }) => durationSeconds !== undefined)?.durationSeconds;
    const durationSeconds = stated ?? Math.max(...all.map(({ endSeconds }) => endSeconds));
    const events = all
      .filter(({ startSeconds }) => startSeconds < durationSeconds)
      .map(({ startSeconds, endSeconds, text }) => ({
        startSeconds,
        endSeconds: Math.min(endSeconds, durationSeconds),
        text,
      }))
      .sort((a, b) => a.startSeconds - b.startSeconds || a.endSeconds - b.endSeconds);
    return events.length > 0 ? [{ id, durationSeconds, events }] : [];
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // another shape, or none: told by whoever asked
  }
}
