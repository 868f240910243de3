import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DomainError, forgetClip } from "../../../core/index.ts";
import { embeddedStores } from "../../../memory/index.ts";
import { aHeader, aJpeg, aKey, aTurn, aWindow, CLIP, OTHER_CLIP, TENANT } from "../../support/memory-builders.ts";
import { scratchFolder } from "../../support/scratch-folder.ts";

describe("forgetClip", () => {
  it("removes memory, turns and copy, and gives a receipt", async () => {
    const stores = embeddedStores(await scratchFolder());
    const path = join(await scratchFolder(), "dog.mp4");
    await writeFile(path, "bytes");
    await stores.memories.begin(aHeader());
    await stores.memories.appendWindow(aKey(), aWindow(0));
    await stores.media.remember(TENANT, CLIP, { path, copy: true });
    await stores.frames.put(TENANT, CLIP, { atSeconds: 0.5, jpeg: aJpeg("dog") });
    await stores.lines.put(TENANT, CLIP, { id: "slack", lines: [{ startSeconds: 1, endSeconds: 2, text: "hello" }] });
    for (const clipId of [CLIP, OTHER_CLIP, CLIP]) await stores.threads.appendTurn(TENANT, "t", aTurn("q", { clipId }));

    const deps = { ...stores, now: () => 123 };
    const receipt = {
      clipId: CLIP,
      memoryRemoved: true,
      turnsRemoved: 2,
      mediaRemoved: true,
      framesRemoved: true,
      linesRemoved: true,
      forgottenAtMs: 123,
    };
    expect(await forgetClip(deps, { tenantId: TENANT, clipId: CLIP })).toEqual(receipt);
    const nothing = {
      clipId: CLIP,
      memoryRemoved: false,
      turnsRemoved: 0,
      mediaRemoved: false,
      framesRemoved: false,
      linesRemoved: false,
      forgottenAtMs: 123,
    };
    expect(await forgetClip(deps, { tenantId: TENANT, clipId: CLIP })).toEqual(nothing);
  });

  it("gives no receipt when a part could not be removed, and ends the work when repeated", async () => {
    const stores = embeddedStores(await scratchFolder());
    await stores.memories.begin(aHeader());
    await stores.threads.appendTurn(TENANT, "t", aTurn("q"));
    const down = new DomainError("memory.unavailable", "down");
    const broken = { close: async () => {}, forgetClip: () => Promise.reject(down) };
    const threads = Object.assign(Object.create(stores.threads), broken);
    await expect(forgetClip({ ...stores, threads }, { tenantId: TENANT, clipId: CLIP })).rejects.toBe(down);
    const receipt = await forgetClip(stores, { tenantId: TENANT, clipId: CLIP });
    expect(receipt).toMatchObject({ memoryRemoved: false, turnsRemoved: 1 });
  });
});
