import { describe, expect, it } from "vitest";
import {
  type DecoderPass,
  type GeneratedToken,
  type GenerateRequest,
  type GenerateSummary,
  generateAnswer,
} from "../../../../model/decoding/generate-answer.ts";
import { KeyValueCaches } from "../../../../model/decoding/key-value-cache.ts";

const [PAD, EOS, FOUND, ABSENT, TO, SLOT, OFFSET, WORD] = [0, 1, 2, 3, 4, 5, 6, 7];
const VOCABULARY = 12;
const shape = { width: 2, positionFloats: 1 };

/**
 * A decoder whose keys are the tokens themselves (a soft row adds the sum of its values) and which says the words
 * after `says`, one a pass, then `<eos>`. It fails when `past` is not what the passes before have returned.
 */
function aDecoder(says: number[], absentLogit = -5) {
  const passes: { tokens: number[]; past: number[] }[] = [];
  const pass: DecoderPass = async ({ tokens, soft, softMask, past }) => {
    const present = Float32Array.from(
      tokens,
      (token, row) =>
        Number(token) + (softMask[row] as number) * ((soft[row * 2] as number) + (soft[row * 2 + 1] as number)),
    );
    passes.push({ tokens: [...present], past: [...past.past] });
    const logits = new Float32Array(VOCABULARY);
    const written = [...past.past, ...present];
    const asked = written.lastIndexOf(9);
    const next = says[written.length - 1 - asked] ?? EOS;
    logits[next] = 10;
    logits[ABSENT] = absentLogit;
    return { logits, present };
  };
  return { pass, passes };
}

const request = (over: Partial<GenerateRequest> = {}): GenerateRequest => ({
  prompt: [
    { tokens: [8] },
    { embeddings: Float32Array.of(0.25, 0.5, 1, 2), key: "w", token: SLOT },
    { tokens: [10, 9] },
  ],
  grammar: {
    found: FOUND,
    absent: ABSENT,
    to: TO,
    end: EOS,
    slots: [SLOT],
    offsets: [OFFSET],
    specials: [PAD, EOS, FOUND, ABSENT, TO, SLOT, OFFSET],
    windows: [{ startSeconds: 0, lengthSeconds: 8 }],
    offsetSeconds: 0.5,
  },
  maxTokens: 8,
  absentThreshold: 0.5,
  temperature: 0,
  seed: 0,
  ...over,
});

async function all(tokens: AsyncGenerator<GeneratedToken, GenerateSummary | undefined>) {
  const made: GeneratedToken[] = [];
  while (true) {
    const step = await tokens.next();
    if (step.done) return { made, ids: made.map(({ token }) => token), summary: step.value };
    made.push(step.value);
  }
}

describe("generateAnswer", () => {
  it("reads the prompt in one pass, then one token a pass, and keeps the cache in step", async () => {
    const { pass, passes } = aDecoder([FOUND, WORD, 11, WORD]);
    const { ids, summary } = await all(generateAnswer(pass, shape, new KeyValueCaches(0), request()));
    expect(ids).toEqual([FOUND, WORD, 11, WORD]);
    expect(summary).toEqual({ promptPositions: 5, reusedPositions: 0 });
    const prompt = [8, SLOT + 0.75, SLOT + 3, 10, 9];
    expect(passes.map(({ tokens }) => tokens)).toEqual([prompt, [FOUND], [WORD], [11], [WORD]]);
    expect(passes.at(-1)?.past).toEqual([...prompt, FOUND, WORD, 11]);
  });

  it("reads only what is new in a follow-up of the same thread, and answers the same", async () => {
    const says = [FOUND, WORD, 11];
    const caches = new KeyValueCaches(1000);
    const first = aDecoder(says);
    await all(generateAnswer(first.pass, shape, caches, request({ threadId: "t" })));
    const followUp = request({
      threadId: "t",
      prompt: [...request().prompt.slice(0, 2), { tokens: [10, 9, FOUND, WORD, 11, EOS, 10, 9] }],
    });
    const again = aDecoder(says);
    const reused = await all(generateAnswer(again.pass, shape, caches, followUp));
    expect(reused.summary).toEqual({ promptPositions: 11, reusedPositions: 8 });
    expect(again.passes[0]?.tokens).toEqual([EOS, 10, 9]);
    const fresh = await all(generateAnswer(aDecoder(says).pass, shape, new KeyValueCaches(0), followUp));
    expect(reused.made).toEqual(fresh.made);
  });

  it("keeps nothing for another thread, nor without a thread", async () => {
    const caches = new KeyValueCaches(1000);
    await all(generateAnswer(aDecoder([FOUND, WORD]).pass, shape, caches, request({ threadId: "a" })));
    const other = await all(generateAnswer(aDecoder([FOUND, WORD]).pass, shape, caches, request({ threadId: "b" })));
    const none = await all(generateAnswer(aDecoder([FOUND, WORD]).pass, shape, caches, request()));
    expect(other.summary?.reusedPositions).toBe(0);
    expect(none.summary?.reusedPositions).toBe(0);
  });

  it("says absent as soon as its probability reaches the threshold, though found is likelier", async () => {
    // Logits 10 and 9: P(absent) = 0.27.
    const verdict = async (absentThreshold: number) =>
      (
        await all(
          generateAnswer(aDecoder([FOUND, WORD], 9).pass, shape, new KeyValueCaches(0), request({ absentThreshold })),
        )
      ).made[0];
    expect((await verdict(0.25))?.token).toBe(ABSENT);
    expect((await verdict(0.25))?.probability).toBeCloseTo(0.269, 3);
    expect((await verdict(0.3))?.token).toBe(FOUND);
  });

  it("stops at the limit", async () => {
    const { ids } = await all(
      generateAnswer(aDecoder([FOUND, ...Array(50).fill(WORD)]).pass, shape, new KeyValueCaches(0), request()),
    );
    expect(ids).toHaveLength(8);
  });

  it("makes no pass after its consumer has left, and keeps what was read for the thread", async () => {
    const { pass, passes } = aDecoder([FOUND, WORD, 11, WORD]);
    const caches = new KeyValueCaches(1000);
    for await (const { token } of generateAnswer(pass, shape, caches, request({ threadId: "t" }))) {
      if (token === WORD) break;
    }
    expect(passes).toHaveLength(2);
    expect(caches.take("t")?.length).toBe(6);
  });
});
