/**
 * What a language model may make of annotations. It writes questions and answers; times it can only repeat: every span has
 * to be an event's, every time in a text has to belong to a span that the turn names. Turns that do not hold are dropped.
 */
import { z } from "zod";
import { findLines, refusalOf, type Span } from "../../../core/index.ts";
import type { AnnotatedVideo } from "./read-annotations.ts";

export const FAMILIES = [
  "when",
  "what_at",
  "before_after",
  "order",
  "duration",
  "count",
  "first_last",
  "absent",
] as const;

export const writtenTurnsSchema = z.object({
  turns: z
    .array(
      z.object({
        question: z.string().trim().min(5).max(300),
        answer: z.string().trim().min(1).max(400),
        family: z.enum(FAMILIES),
        /** `[start, end]` in seconds, copied from the events. */
        spans: z.array(z.tuple([z.number(), z.number()])).max(12),
      }),
    )
    .max(24),
});
export type WrittenTurn = z.infer<typeof writtenTurnsSchema>["turns"][number];

/** One line of a suite has these: `damo eval` and training/ read the same. */
export interface AugmentedTurn extends WrittenTurn {
  readonly absent: boolean;
}

export interface RejectedTurn {
  readonly question: string;
  readonly why: string;
}

/** Models round; a source has two digits. */
const TOLERANCE_SECONDS = 0.11;

export function verifyTurns(
  turns: readonly WrittenTurn[],
  video: AnnotatedVideo,
): { readonly kept: readonly AugmentedTurn[]; readonly rejected: readonly RejectedTurn[] } {
  const kept: AugmentedTurn[] = [];
  const rejected: RejectedTurn[] = [];
  for (const turn of turns) {
    const spans = turn.spans.map((span) => sourceSpan(span, video));
    const why = kept.some(({ question }) => question.toLowerCase() === turn.question.toLowerCase())
      ? "asked twice"
      : refusal(turn, spans, video);
    if (why !== undefined) rejected.push({ question: turn.question, why });
    else {
      const exact = spans.flatMap((span): [number, number][] => (span ? [[span.startSeconds, span.endSeconds]] : []));
      kept.push({ ...turn, spans: exact, absent: turn.family === "absent" });
    }
  }
  return { kept, rejected };
}

function refusal(turn: WrittenTurn, spans: readonly (Span | undefined)[], video: AnnotatedVideo): string | undefined {
  const unknown = spans.indexOf(undefined);
  if (unknown >= 0) return `span ${turn.spans[unknown]?.join(" to ")} is no event of the source`;
  if (turn.family === "absent") {
    if (spans.length > 0) return "absent, and yet it points somewhere";
    // Nearly all of its words stand in the source: then it is probably there.
    const lines = video.events.map((event) => ({ ...event }));
    if ((findLines(lines, subjectOf(turn.question))[0]?.score ?? 0) >= 0.8)
      return "said to be absent, but the source has it";
  } else if (spans.length === 0) {
    return "it points nowhere";
  }
  const allowed = { spans: spans.filter((span) => span !== undefined), limitSeconds: video.durationSeconds };
  const inQuestion = refusalOf(turn.question, { ...allowed, question: "" });
  if (inQuestion !== undefined) return `question: ${inQuestion}`;
  const inAnswer = refusalOf(turn.answer, { ...allowed, question: "" });
  return inAnswer === undefined ? undefined : `answer: ${inAnswer}`;
}

/** The event with these times: the model's copy may be rounded, ours is not. */
function sourceSpan([start, end]: readonly [number, number], { events }: AnnotatedVideo): Span | undefined {
  const near = (a: number, b: number) => Math.abs(a - b) <= TOLERANCE_SECONDS;
  const found = events.find(({ startSeconds, endSeconds }) => near(startSeconds, start) && near(endSeconds, end));
  return found && { startSeconds: found.startSeconds, endSeconds: found.endSeconds };
}

/** "When does a dog appear?" is about "a dog": the asking words are in no caption. */
const subjectOf = (question: string): string =>
  question.replace(
    /\b(?:when|where|does|do|did|is|are|there|appear|appears|happen|happens|seen|heard|shown|in|the|clip|video|any|someone|somebody|person)\b/gi,
    " ",
  );
