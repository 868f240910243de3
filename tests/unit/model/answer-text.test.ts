import { beforeAll, describe, expect, it } from "vitest";
import { createAnswerText } from "../../../model/answer-text.ts";
import { seededRandom } from "../../../model/decoding/choose-token.ts";
import type { BundleTokenizer } from "../../../model/tokenizer.ts";
import { aTokenizer } from "../../support/a-tokenizer.ts";

const grid = {
  windows: [
    { startSeconds: 0, endSeconds: 8 },
    { startSeconds: 64, endSeconds: 70.2 },
  ],
  offsetSeconds: 0.5,
};
const options = { grid, durationSeconds: 70.2 };

describe("createAnswerText", () => {
  let tokenizer: BundleTokenizer;
  beforeAll(async () => {
    tokenizer = await aTokenizer();
  });

  /** Streams the tokens of `written` (verdict included) and returns every piece of text as it came. */
  function stream(ids: readonly number[]) {
    const answer = createAnswerText(tokenizer, options);
    const pieces = ids.map((token) => answer.push({ token, probability: 0.25, nearProbability: 1 }));
    const { rest, text, parts } = answer.finish();
    return { pieces: [...pieces, rest].filter((piece) => piece !== ""), text, parts };
  }
  const say = (written: string) => stream([tokenizer.special.found, ...tokenizer.encode(written)]);

  it.each([
    ["the dog appears from <w0><t8><to><w0><t14>", "The dog appears from 0:04 to 0:07."],
    ["the dog , the bell sound at <w0><t9>", "The dog, the bell sound at 0:04.5."],
    ["twice , <w0><t0><to><w0><t2> and <w1><t0><to><w1><t4>", "Twice, 0:00 to 0:01 and 1:04 to 1:06."],
    ["dog <w0><t0><to><w0><t16> ; cat <w1><t1><to><w1><t2>", "Dog 0:00 to 0:08; cat 1:04.5 to 1:05."],
    ["nothing that i know at <w0><t2>", "Nothing that I know at 0:01."],
    ["it is in <w0><t2>(<w0><t4>)", "It is in 0:01 (0:02)."],
    ["is it ?", "Is it?"],
    ["dog\u001b[31m\u0007 at\u009b2J\n", "Dog [31m at 2J."],
  ])("spells %j", (written, text) => expect(say(written).text).toBe(text));

  it("clamps an end that lies past the clip to its last tenth", () => {
    const { text, parts } = say("dog <w1><t4><to><w1><t13>");
    expect(text).toBe("Dog 1:06 to 1:10.2.");
    expect(parts.at(-1)).toMatchObject({ span: { startSeconds: 66, endSeconds: 70.2 } });
  });

  it("hands out text at word ends only, and a span only when it is whole", () => {
    expect(say("the dog , from <w0><t8><to><w0><t14> and <w1><t0> on").pieces).toEqual([
      "The",
      " dog,",
      " from",
      " 0:04 to 0:07",
      " and",
      " 1:04",
      " on.",
    ]);
  });

  it("leaves out a time that the answer was cut off in", () => {
    expect(say("dog at <w0>").text).toBe("Dog at.");
    expect(say("dog from <w0><t2><to>").text).toBe("Dog from 0:01.");
    expect(say("dog from <w0><t2><to><w0>").text).toBe("Dog from 0:01.");
  });

  it("points a single time at one offset step", () => {
    expect(say("at <w0><t3>").parts.at(-1)).toMatchObject({
      isSpan: false,
      span: { startSeconds: 1.5, endSeconds: 2 },
    });
  });

  it("tells how likely a time is: its window, and its offset to one step", () => {
    // sqrt(0.25 * 1) for each time
    expect(say("from <w0><t3><to><w0><t9>").parts.at(-1)).toMatchObject({ probability: 0.5 });
  });

  it("never shows half a character", () => {
    expect(say("un café , 日本").pieces.join("")).toBe("Un café, 日本");
    const cut = tokenizer.encode("café");
    expect(stream([tokenizer.special.found, ...cut.slice(0, -1)]).text).toBe("Caf.");
  });

  it("streams exactly the whole text, whatever the tokens", () => {
    const random = seededRandom(11);
    const { slots, offsets, to, found } = tokenizer.special;
    const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
    const choices = [
      () => tokenizer.encode(pick(["dog", "i", "café", ",", ";", "a  b", "日", "x.", "?", "i'm", "\u001b"])),
      () => tokenizer.encode(pick(["dog", "i"])).slice(1),
      () => [pick(slots.slice(0, 2)), pick(offsets)],
      () => [pick(slots.slice(0, 2)), pick(offsets), to, pick(slots.slice(0, 2)), pick(offsets)],
      () => [Math.floor(random() * 40)],
    ];
    for (let trial = 0; trial < 500; trial += 1) {
      const ids = [found, ...Array.from({ length: 12 }, () => pick(choices)()).flat()];
      const { pieces, text } = stream(ids);
      expect(pieces.join("")).toBe(text);
    }
  });
});
