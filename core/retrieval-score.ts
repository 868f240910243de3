/**
 * Text-to-clip retrieval over a suite whose events are known: which clip does a text mean? Pure: `damo eval` brings the
 * similarities (bots/cli/eval.ts).
 */

export interface RetrievalScore {
  readonly clips: number;
  /** All things of a clip as one description; right: its own clip is the best, or among the five best. */
  readonly byDescription: RecallScore;
  /** One thing; right: the best clip, or one of the five best, has it. */
  readonly byThing: RecallScore;
}

export interface RecallScore {
  readonly questions: number;
  readonly recallAt: { readonly "1": number; readonly "5": number };
  /** The same of a clip picked blindly. */
  readonly chanceAt1: number;
}

/**
 * @param similarity  `[things][clips]`: of a thing with a clip's best window
 * @param shows       `[things][clips]`: it is in that clip
 * @returns undefined when there is nothing to choose from: fewer than two clips with things
 */
export function scoreRetrieval(
  similarity: readonly (readonly number[])[],
  shows: readonly (readonly boolean[])[],
): RetrievalScore | undefined {
  const clips = shows[0]?.length ?? 0;
  const places = Array.from({ length: clips }, (_, clip) => clip);
  const described = places.filter((clip) => shows.some((row) => row[clip]));
  if (described.length < 2) return undefined;
  const likenessTo = (things: readonly number[]) => (clip: number) =>
    things.reduce((sum, thing) => sum + (similarity[thing]?.[clip] ?? -1), 0) / things.length;

  const descriptions = described.map((own) => {
    const things = shows.flatMap((row, thing) => (row[own] ? [thing] : []));
    const likeness = likenessTo(things);
    const rank = places.filter((other) => likeness(other) > likeness(own)).length;
    return { rank, chance: 1 / clips };
  });
  const things = shows.flatMap((row, thing) => {
    const having = places.filter((clip) => row[clip]);
    if (having.length === 0) return [];
    const likeness = likenessTo([thing]);
    const best = Math.max(...having.map(likeness));
    const rank = places.filter((other) => !row[other] && likeness(other) > best).length;
    return [{ rank, chance: having.length / clips }];
  });
  return { clips, byDescription: recallOf(descriptions), byThing: recallOf(things) };
}

function recallOf(asked: readonly { readonly rank: number; readonly chance: number }[]): RecallScore {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / asked.length;
  return {
    questions: asked.length,
    recallAt: {
      "1": mean(asked.map(({ rank }) => Number(rank < 1))),
      "5": mean(asked.map(({ rank }) => Number(rank < 5))),
    },
    chanceAt1: mean(asked.map(({ chance }) => chance)),
  };
}
