import { beforeAll, describe, expect, it } from "vitest";
import { type BundleTokenizer, normaliseWords } from "../../../model/tokenizer.ts";
import { aTokenizer, CONTROL_TOKENS, tokenizerJson } from "../../support/a-tokenizer.ts";

describe("the bundle's tokenizer", () => {
  let tokenizer: BundleTokenizer;
  beforeAll(async () => {
    tokenizer = await aTokenizer();
  });

  it("gives words a leading space", () => {
    expect(tokenizer.decode(tokenizer.encode("dog at"))).toBe(" dog at");
    expect(tokenizer.encode("dog")).toEqual(tokenizer.encode(" dog "));
    expect(tokenizer.encode("dog")).toHaveLength(1);
  });

  it("puts no space before a time token, and one after it", () => {
    const { slots, offsets, to } = tokenizer.special;
    const at = tokenizer.encode("at")[0];
    const dog = tokenizer.encode("dog")[0];
    expect(tokenizer.encode("at <w1><t8> dog")).toEqual([at, slots[1], offsets[8], dog]);
    expect(tokenizer.encode("<w0><t1><to><w0><t2>")).not.toContain(undefined);
    expect(tokenizer.encode("<w0><t1><to><w0><t2>").slice(-3)).toEqual([to, slots[0], offsets[2]]);
  });

  it("gives back any text byte for byte", () => {
    for (const text of [" naïve café", " 日本語 🐕", " it's , fine ;  two  spaces"]) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text.trimEnd());
    }
  });

  it("knows all special tokens", () => {
    expect(tokenizer.special.slots).toHaveLength(16);
    expect(tokenizer.special.offsets).toHaveLength(17);
    expect(tokenizer.special.all).toHaveLength(CONTROL_TOKENS.length + 33);
  });

  it("refuses a vocabulary that lacks a special token, naming it", async () => {
    await expect(aTokenizer(tokenizerJson(CONTROL_TOKENS.filter((token) => token !== "<to>")))).rejects.toMatchObject({
      code: "model.bundle_invalid",
      details: { expected: "special token <to>" },
    });
  });

  it("refuses a file that is no tokenizer", async () => {
    await expect(aTokenizer({ hello: 1 })).rejects.toMatchObject({ code: "model.bundle_invalid" });
  });
});

describe("normaliseWords", () => {
  it("keeps a-z, 0-9 and the apostrophe, in lower case", () => {
    expect(normaliseWords("When's the DOG, there?! <w0>")).toBe("when's the dog there w0 ");
  });
});
