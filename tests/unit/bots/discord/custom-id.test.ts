import { describe, expect, it } from "vitest";
import { customId, MAX_CUSTOM_ID_LENGTH, readCustomId } from "../../../../bots/discord/custom-id.ts";

describe("what a button carries", () => {
  it("is read as it was written, also when the id has separators of its own", () => {
    expect(readCustomId(customId("stop", "share-1"))).toEqual({ press: "stop", about: ["share-1"] });
    const { about } = readCustomId(customId("choice", "agree:a|b")) ?? {};
    expect(about?.join("|")).toBe("agree:a|b");
  });

  it("is not read from buttons of others, or of another version", () => {
    for (const id of ["", "damo", "damo|jump|1", "other|stop|1"]) expect(readCustomId(id)).toBeUndefined();
  });

  it("fits, with the longest ids of Discord in it", () => {
    expect(customId("question", "9".repeat(20)).length).toBeLessThanOrEqual(MAX_CUSTOM_ID_LENGTH);
    expect(() => customId("stop", "x".repeat(100))).toThrow("at most 100");
  });
});
