/**
 * The grammar of an answer, so that one can never carry a malformed or impossible time:
 *
 *     answer = (<found> | <absent>) (text | time) { text | time | span } <eos>      never empty
 *     span   = time <to> time                       not in an absent answer, which has nothing to point at
 *     time   = <wK> <tJ>                            K a window of the prompt
 *
 * The first (or only) time of a span lies inside its window, `[start, end)`. The second lies after the first, in
 * `(start, end]` of its window; the last window of a clip may end between two offsets, then one offset past its end
 * is allowed, because that is how its true end is written (the host clamps it to the clip).
 */

/** What the grammar must know of the vocabulary and of the prompt. Plain data: it crosses a thread border. */
export interface AnswerGrammarTable {
  readonly found: number;
  readonly absent: number;
  readonly to: number;
  readonly end: number;
  /** Ids of `<w0>`, `<w1>`, ... for the windows of the prompt only, in time order. */
  readonly slots: readonly number[];
  /** Ids of `<t0>`, `<t1>`, ... */
  readonly offsets: readonly number[];
  /** Every special id of the vocabulary; all others are text. */
  readonly specials: readonly number[];
  /** Start and length of each window of the prompt, in seconds, as `slots`. */
  readonly windows: readonly { readonly startSeconds: number; readonly lengthSeconds: number }[];
  readonly offsetSeconds: number;
}

export interface AnswerGrammar {
  /** May `token` come next? */
  allows(token: number): boolean;
  /** The same for the whole vocabulary at once. @param logits  [V]; becomes -Infinity where a token may not come */
  forbid(logits: Float32Array): void;
  /** @param token  one that `allows` said yes to */
  accept(token: number): void;
}

type State =
  | { readonly at: "verdict" }
  | { readonly at: "opening" }
  | { readonly at: "text" }
  | { readonly at: "first offset"; readonly slot: number }
  | { readonly at: "after first time"; readonly firstSeconds: number }
  | { readonly at: "second slot"; readonly firstSeconds: number }
  | { readonly at: "second offset"; readonly firstSeconds: number; readonly slot: number };

/** Float noise of window starts that are no binary fractions; far below any offset. */
const EPSILON_SECONDS = 1e-6;

export function createAnswerGrammar(table: AnswerGrammarTable): AnswerGrammar {
  const isSpecial: boolean[] = [];
  for (const id of table.specials) isSpecial[id] = true;
  const slotOf = new Map(table.slots.map((id, slot) => [id, slot]));
  const offsetOf = new Map(table.offsets.map((id, offset) => [id, offset]));
  let absent = false;
  let state: State = { at: "verdict" };

  const secondsAt = (slot: number, offset: number): number =>
    windowAt(slot).startSeconds + offset * table.offsetSeconds;

  const windowAt = (slot: number) => table.windows[slot] as AnswerGrammarTable["windows"][number];

  const inWindow = (slot: number, offset: number): boolean =>
    offset * table.offsetSeconds < windowAt(slot).lengthSeconds - EPSILON_SECONDS;

  const closesAfter = (firstSeconds: number, slot: number, offset: number): boolean =>
    offset > 0 && inWindow(slot, offset - 1) && secondsAt(slot, offset) > firstSeconds + EPSILON_SECONDS;

  const someOffsetCloses = (firstSeconds: number, slot: number): boolean =>
    table.offsets.some((_, offset) => closesAfter(firstSeconds, slot, offset));

  const someSlotCloses = (firstSeconds: number): boolean =>
    table.slots.some((_, slot) => someOffsetCloses(firstSeconds, slot));

  const allowsText = (): boolean => state.at === "opening" || state.at === "text" || state.at === "after first time";

  const grammar: AnswerGrammar = {
    allows(token) {
      if (isSpecial[token] !== true) return allowsText();
      const slot = slotOf.get(token);
      const offset = offsetOf.get(token);
      switch (state.at) {
        case "verdict":
          return token === table.found || token === table.absent;
        case "opening":
          return slot !== undefined;
        case "text":
          return slot !== undefined || token === table.end;
        case "first offset":
          return offset !== undefined && inWindow(state.slot, offset);
        case "after first time":
          if (token === table.to) return !absent && someSlotCloses(state.firstSeconds);
          return slot !== undefined || token === table.end;
        case "second slot":
          return slot !== undefined && someOffsetCloses(state.firstSeconds, slot);
        case "second offset":
          return offset !== undefined && closesAfter(state.firstSeconds, state.slot, offset);
      }
    },

    forbid(logits) {
      // Nearly all of a vocabulary is text, and asking for each of its tokens would take longer than choosing one.
      const allowed = table.specials.filter((token) => grammar.allows(token));
      const kept = allowed.map((token) => logits[token] as number);
      if (!allowsText()) logits.fill(Number.NEGATIVE_INFINITY);
      for (const token of table.specials) logits[token] = Number.NEGATIVE_INFINITY;
      for (let at = 0; at < allowed.length; at += 1) logits[allowed[at] as number] = kept[at] as number;
    },

    accept(token) {
      const slot = slotOf.get(token);
      const offset = offsetOf.get(token) ?? 0;
      switch (state.at) {
        case "verdict":
          absent = token === table.absent;
          state = { at: "opening" };
          return;
        case "first offset":
          state = { at: "after first time", firstSeconds: secondsAt(state.slot, offset) };
          return;
        case "second slot":
          state = { at: "second offset", firstSeconds: state.firstSeconds, slot: slot ?? 0 };
          return;
        case "after first time":
          if (token === table.to) state = { at: "second slot", firstSeconds: state.firstSeconds };
          else state = slot === undefined ? { at: "text" } : { at: "first offset", slot };
          return;
        case "second offset":
          state = { at: "text" };
          return;
        case "opening":
        case "text":
          state = slot === undefined ? { at: "text" } : { at: "first offset", slot };
          return;
      }
    },
  };
  return grammar;
}
