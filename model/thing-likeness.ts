/** How well things match windows and their half seconds, in the spaces where stage 1 aligned phrases and windows. */
import type { WatchedWindow, WindowEntry } from "../core/clip-memory.ts";
import type { Thing } from "../core/question/question.ts";
import { similarity } from "./recall.ts";

/** Phrases that people ask about are few; this many are kept. */
const MOST_EMBEDDINGS = 4096;

export interface ThingLikeness {
  /** Cosines `[things][windows]`. */
  similarity(things: readonly Thing[], windows: readonly WindowEntry[]): Promise<readonly Float32Array[]>;
  /** Logits `[things][windows x Q]`. */
  match(things: readonly Thing[], windows: readonly WatchedWindow[]): Promise<readonly Float32Array[]>;
}

export interface ThingLikenessGraphs {
  /** The text encoder: words to a unit vector [E]. */
  embed(phrase: string): Promise<Float32Array>;
  /** The matching head: windows [N] and phrases [K] to logits [N, K, Q]. */
  match(windows: readonly WatchedWindow[], phrases: readonly Float32Array[]): Promise<Float32Array>;
}

export function createThingLikeness(graphs: ThingLikenessGraphs): ThingLikeness {
  const embeddings = new Map<string, Promise<Float32Array>>();
  const embeddingOf = (phrase: string): Promise<Float32Array> => {
    const known = embeddings.get(phrase);
    if (known) return known;
    if (embeddings.size >= MOST_EMBEDDINGS) embeddings.clear();
    const made = graphs.embed(phrase);
    embeddings.set(phrase, made);
    // What failed may work the next time.
    made.catch(() => embeddings.delete(phrase));
    return made;
  };
  const embeddingsOf = (things: readonly Thing[]): Promise<Float32Array[]> =>
    Promise.all(things.map((thing) => embeddingOf(phraseOf(thing))));
  return {
    async similarity(things, windows) {
      const vectors = await embeddingsOf(things);
      // Plain loops: a clip of two hours has 900 windows, and every question about a thing passes here.
      return vectors.map((vector) => {
        const cosines = new Float32Array(windows.length);
        for (let at = 0; at < windows.length; at += 1) cosines[at] = similarity(windows[at] as WindowEntry, vector);
        return cosines;
      });
    },
    async match(things, windows) {
      if (things.length === 0 || windows.length === 0) return things.map(() => new Float32Array());
      const logits = await graphs.match(windows, await embeddingsOf(things));
      const pieces = logits.length / (windows.length * things.length);
      return things.map((_, thing) => {
        const ofThing = new Float32Array(windows.length * pieces);
        for (let window = 0; window < windows.length; window += 1) {
          const from = (window * things.length + thing) * pieces;
          ofThing.set(logits.subarray(from, from + pieces), window * pieces);
        }
        return ofThing;
      });
    },
  };
}

/** The phrases that stage 1 was taught: "dog", "dog bark sound", "speech". */
const phraseOf = ({ name, sense }: Thing): string => (sense === "heard" && name !== "speech" ? `${name} sound` : name);
