/** How alike things and windows are, in the space where stage 1 aligned phrases and windows. */
import { type Alignment, listedPresence } from "../core/answering/alignment.ts";
import type { WindowEntry } from "../core/clip-memory.ts";
import type { Thing } from "../core/question/question.ts";
import { similarity } from "./recall.ts";

/** Phrases that people ask about are few; this many are kept. */
const MOST_EMBEDDINGS = 4096;

export type ThingLikeness = (
  things: readonly Thing[],
  windows: readonly WindowEntry[],
) => Promise<readonly Float32Array[]>;

/**
 * @param embed  the text encoder: words to a unit vector [E]
 * @returns      cosines `[things][windows]`
 */
export function createThingLikeness(embed: (phrase: string) => Promise<Float32Array>): ThingLikeness {
  const embeddings = new Map<string, Promise<Float32Array>>();
  const embeddingOf = (phrase: string): Promise<Float32Array> => {
    const known = embeddings.get(phrase);
    if (known) return known;
    if (embeddings.size >= MOST_EMBEDDINGS) embeddings.clear();
    const made = embed(phrase);
    embeddings.set(phrase, made);
    // What failed may work the next time.
    made.catch(() => embeddings.delete(phrase));
    return made;
  };
  return async (things, windows) => {
    const vectors = await Promise.all(things.map((thing) => embeddingOf(phraseOf(thing))));
    return vectors.map((vector) => Float32Array.from(windows, (window) => similarity(window, vector)));
  };
}

/** The phrases that stage 1 was taught: "dog", "dog bark sound", "speech". */
const phraseOf = ({ name, sense }: Thing): string => (sense === "heard" && name !== "speech" ? `${name} sound` : name);

export interface LikelyThing {
  readonly thing: Thing;
  /** 0..1 */
  readonly presence: number;
}

/** A window with more is cut short: nobody would read them all, and each costs a pass of the language model. */
const MOST_IN_A_WINDOW = 4;
/** A thing is listed from this probability on, and marked with its confidence: of all that is, about a third is right. */
const LISTED_FROM = 0.2;
/** The likeliest of a window is named sooner: to say that there is nothing would be wrong more often. */
const LIKELIEST_FROM = 0.08;

/** The things that one window probably holds, likeliest first. @param cosines  [things][1] */
export function chooseLikely(
  things: readonly Thing[],
  cosines: readonly Float32Array[],
  alignment: Alignment,
): readonly LikelyThing[] {
  return things
    .map((thing, index) => ({ thing, presence: listedPresence(alignment, cosines[index]?.[0] ?? -1) }))
    .sort((a, b) => b.presence - a.presence)
    .filter(({ presence }, place) => presence >= (place === 0 ? LIKELIEST_FROM : LISTED_FROM))
    .slice(0, MOST_IN_A_WINDOW);
}
