/** Cuts a clip into chapters where something new begins. */
import type { Span } from "../clip.ts";
import type { Moment } from "../ports/clip-model.ts";

export interface Chapter {
  readonly span: Span;
  /** What begins in it, or goes on when nothing begins; never empty. */
  readonly moments: readonly Moment[];
}

/** At most this many, however long the clip. */
const MOST_CHAPTERS = 8;
/** No chapter is shorter, unless the clip is. */
const SHORTEST_SECONDS = 4;

/**
 * Chapters touch and cover the clip from 0 to its end.
 *
 * @param moments  in order of start, at least one
 */
export function chaptersOf(moments: readonly Moment[], durationSeconds: number): readonly Chapter[] {
  const least = Math.max(SHORTEST_SECONDS, durationSeconds / MOST_CHAPTERS);
  const starts = [0];
  for (const { startSeconds } of moments) {
    const far = startSeconds - (starts.at(-1) as number) >= least;
    if (far && durationSeconds - startSeconds >= Math.min(SHORTEST_SECONDS, least)) starts.push(startSeconds);
  }
  return starts.flatMap((startSeconds, index) => {
    const span = { startSeconds, endSeconds: starts[index + 1] ?? durationSeconds };
    const begun = moments.filter(
      (moment) => moment.startSeconds >= span.startSeconds && moment.startSeconds < span.endSeconds,
    );
    return begun.length > 0 && span.startSeconds < span.endSeconds ? [{ span, moments: distinct(begun) }] : [];
  });
}

const distinct = (moments: readonly Moment[]): readonly Moment[] =>
  moments.filter((moment, index) => moments.findIndex(({ label }) => label === moment.label) === index);
