import { describe, expect, it } from "vitest";
import { type AnswerGrammarTable, createAnswerGrammar } from "../../../../model/decoding/answer-grammar.ts";
import { seededRandom } from "../../../../model/decoding/choose-token.ts";

// Vocabulary: 0 pad, 1 eos, 2 found, 3 absent, 4 to, 10.. slots, 20.. offsets, 50..59 text.
const PAD = 0;
const EOS = 1;
const FOUND = 2;
const ABSENT = 3;
const TO = 4;
const slot = (k: number) => 10 + k;
const offset = (j: number) => 20 + j;
const WORD = 50;
const VOCABULARY = 60;

/** Two windows of 8 s; the second ends after 3.2 s, as at the end of a clip of 11.2 s. */
const table: AnswerGrammarTable = {
  found: FOUND,
  absent: ABSENT,
  to: TO,
  end: EOS,
  slots: [slot(0), slot(1)],
  offsets: Array.from({ length: 17 }, (_, j) => offset(j)),
  specials: [
    PAD,
    EOS,
    FOUND,
    ABSENT,
    TO,
    slot(0),
    slot(1),
    slot(2),
    ...Array.from({ length: 17 }, (_, j) => offset(j)),
  ],
  windows: [
    { startSeconds: 0, lengthSeconds: 8 },
    { startSeconds: 8, lengthSeconds: 3.2 },
  ],
  offsetSeconds: 0.5,
};

function after(...tokens: number[]) {
  const grammar = createAnswerGrammar(table);
  for (const token of tokens) {
    expect(grammar.allows(token), `token ${token} of ${tokens}`).toBe(true);
    grammar.accept(token);
  }
  return grammar;
}

const allowed = (...tokens: number[]): number[] => {
  const grammar = after(...tokens);
  return Array.from({ length: VOCABULARY }, (_, token) => token).filter((token) => grammar.allows(token));
};

describe("answer grammar", () => {
  it("starts with a verdict and nothing else", () => {
    expect(allowed()).toEqual([FOUND, ABSENT]);
  });

  it("does not end before something is said", () => {
    expect(allowed(FOUND)).not.toContain(EOS);
    expect(allowed(FOUND, WORD)).toContain(EOS);
  });

  it("never writes control tokens, stray offsets, or windows that are not in the prompt", () => {
    const tokens = allowed(FOUND, WORD);
    for (const token of [PAD, FOUND, ABSENT, TO, slot(2), offset(0), offset(16)]) expect(tokens).not.toContain(token);
    expect(tokens).toContain(slot(1));
  });

  it("follows a window by an offset inside it", () => {
    expect(allowed(FOUND, slot(0))).toEqual(Array.from({ length: 16 }, (_, j) => offset(j)));
    // 3.2 s: offsets 0, 0.5, ... 3.0
    expect(allowed(FOUND, slot(1))).toEqual(Array.from({ length: 7 }, (_, j) => offset(j)));
  });

  it("ends a span after its start, in the same window or a later one", () => {
    expect(allowed(FOUND, slot(0), offset(4), TO)).toEqual([slot(0), slot(1)]);
    expect(allowed(FOUND, slot(0), offset(14), TO, slot(0))).toEqual([offset(15), offset(16)]);
    expect(allowed(FOUND, slot(1), offset(0), TO)).toEqual([slot(1)]);
  });

  it("ends a span at most one offset past the true end of the last window", () => {
    expect(allowed(FOUND, slot(0), offset(4), TO, slot(1))).toEqual(Array.from({ length: 7 }, (_, j) => offset(j + 1)));
  });

  it("gives a span one end only", () => {
    expect(allowed(FOUND, slot(0), offset(4), TO, slot(0), offset(6))).not.toContain(TO);
    expect(allowed(FOUND, slot(0), offset(4), WORD)).not.toContain(TO);
  });

  it("points at no span when the answer is absent", () => {
    expect(allowed(ABSENT, WORD, slot(0), offset(3))).not.toContain(TO);
    expect(allowed(FOUND, WORD, slot(0), offset(3))).toContain(TO);
  });

  it("says the same of the whole vocabulary at once", () => {
    const answers = [[], [FOUND], [FOUND, WORD], [FOUND, slot(0)], [FOUND, slot(0), offset(4)], [ABSENT, WORD]];
    for (const tokens of [...answers, [FOUND, slot(0), offset(14), TO], [FOUND, slot(0), offset(14), TO, slot(0)]]) {
      const logits = Float32Array.from({ length: VOCABULARY }, (_, token) => token / 2);
      after(...tokens).forbid(logits);
      const expected = Array.from(logits, () => Number.NEGATIVE_INFINITY);
      for (const token of allowed(...tokens)) expected[token] = token / 2;
      expect([...logits]).toEqual(expected);
    }
  });

  it("lets no random walk write a malformed or impossible time", () => {
    const random = seededRandom(1);
    for (let walk = 0; walk < 300; walk += 1) {
      const grammar = createAnswerGrammar(table);
      const tokens: number[] = [];
      while (tokens.at(-1) !== EOS && tokens.length < 40) {
        const choices = Array.from({ length: VOCABULARY }, (_, token) => token).filter((token) =>
          grammar.allows(token),
        );
        expect(choices.length).toBeGreaterThan(0);
        const token = choices[Math.floor(random() * choices.length)] as number;
        grammar.accept(token);
        tokens.push(token);
      }
      const text = tokens.map(letter).join("");
      // The walk may be cut off by its length; what is there must be a prefix of the grammar.
      expect(text).toMatch(/^v(?:w|st(?:>st)?)*(?:s|st>s?)?e?$/);
      for (const [start, end] of spansOf(tokens)) {
        expect(start).toBeLessThan(end);
        expect(end).toBeLessThan(11.2 + 0.5);
      }
    }
  });
});

const letter = (token: number): string => {
  if (token === FOUND || token === ABSENT) return "v";
  if (token === TO) return ">";
  if (token === EOS) return "e";
  if (table.offsets.includes(token)) return "t";
  return table.slots.includes(token) ? "s" : "w";
};

function spansOf(tokens: number[]): [number, number][] {
  const seconds = (at: number) => ((tokens[at] as number) - 10) * 8 + ((tokens[at + 1] as number) - 20) * 0.5;
  return tokens.flatMap((token, at): [number, number][] =>
    token === TO && tokens.length > at + 2 ? [[seconds(at - 2), seconds(at + 1)]] : [],
  );
}
