/** What every composer of answers gets and gives. */
import type { MomentSpan, Span } from "../clip.ts";
import type { Turn, Verdict } from "../conversation.ts";
import type { Anchor, ParsedQuestion } from "../question/question.ts";
import type { ClipView } from "./clip-view.ts";
import { the } from "./wording.ts";

export interface Composed {
  readonly spans: readonly MomentSpan[];
  readonly verdict: Verdict;
  readonly confidence: number;
  /** Another model that worded it. */
  readonly writtenBy?: string;
}

/** Yields text as it becomes certain; returns the rest of the answer. */
export type Composing = AsyncGenerator<string, Composed>;

export interface AskedOf {
  readonly clip: ClipView;
  /** As the person wrote it. */
  readonly question: string;
  /** Earlier turns about this clip, oldest first. */
  readonly history: readonly Turn[];
}

export type KindOf<Kind extends ParsedQuestion["kind"]> = Extract<ParsedQuestion, { kind: Kind }>;

/** For what points nowhere and cannot be judged. */
export const POINTING_NOWHERE: Composed = { spans: [], verdict: "absent", confidence: 0 };

/** In the clip, or in what has been watched of it. */
export const inThisClip = ({ complete }: ClipView): string =>
  complete ? "in this clip" : "in what I have watched so far";

/** What an anchor turned out to be. */
export interface FoundAnchor {
  readonly spans: readonly MomentSpan[];
  readonly confidence: number;
  /** For a sentence: "the dog", "that". */
  readonly name: string;
  /** Why there are no spans, as a sentence. */
  readonly problem?: string;
}

/** "in the 4th answer back" is asked by nobody: turns before the last few do not count as "that". */
const TURNS_TO_LOOK_BACK = 6;

/** Finds what a question leans on. Spans are in order of start. */
export async function findAnchor(anchor: Anchor, { clip, history }: AskedOf): Promise<FoundAnchor> {
  if (anchor.type === "thing") {
    const { thing } = anchor;
    const name = the(thing);
    if (!thing.known) return { spans: [], confidence: 0, name, problem: unknownWord(thing.name) };
    const { spans, confidence } = await clip.ground(thing);
    if (spans.length === 0) return { spans, confidence, name, problem: `I do not find ${name} ${inThisClip(clip)}` };
    return chosen(spans, anchor.occurrence, name, confidence);
  }
  const pointing = history.slice(-TURNS_TO_LOOK_BACK).filter(({ answer }) => answer.spans.length > 0);
  const turn = pointing.at(-anchor.turnsBack);
  if (turn === undefined)
    return { spans: [], confidence: 0, name: "that", problem: "I have not pointed at anything yet" };
  return chosen(turn.answer.spans, anchor.occurrence, "that", turn.answer.confidence);
}

function chosen(
  spans: readonly MomentSpan[],
  occurrence: number | undefined,
  name: string,
  confidence: number,
): FoundAnchor {
  if (occurrence === undefined) return { spans, confidence, name };
  const span = spans.at(occurrence < 0 ? occurrence : occurrence - 1);
  if (span === undefined) {
    const times = spans.length === 1 ? "once" : `${spans.length} times`;
    return { spans: [], confidence, name, problem: `I know of ${name} only ${times}` };
  }
  return { spans: [span], confidence: span.confidence, name };
}

/** From the first start to the last end. */
export const hull = (spans: readonly Span[]): Span => ({
  startSeconds: Math.min(...spans.map(({ startSeconds }) => startSeconds)),
  endSeconds: Math.max(...spans.map(({ endSeconds }) => endSeconds)),
});

export const unknownWord = (name: string): string =>
  `I never learnt what "${name}" looks or sounds like, so I cannot tell whether it is there`;

export const meanConfidence = (values: readonly { readonly confidence: number }[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, { confidence }) => sum + confidence, 0) / values.length;
