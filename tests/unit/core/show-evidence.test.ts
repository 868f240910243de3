import { describe, expect, it } from "vitest";
import { showEvidence } from "../../../core/index.ts";
import { InMemoryFrameStore } from "../../support/in-memory-frame-store.ts";
import { aJpeg, CLIP, TENANT } from "../../support/memory-builders.ts";

const span = (startSeconds: number, endSeconds: number, evidenceSeconds?: number) => ({
  startSeconds,
  endSeconds,
  confidence: 0.9,
  ...(evidenceSeconds !== undefined && { evidenceSeconds }),
});

async function framesAt(...times: number[]) {
  const frames = new InMemoryFrameStore();
  for (const atSeconds of times) await frames.put(TENANT, CLIP, { atSeconds, jpeg: aJpeg(`${atSeconds}`) });
  return frames;
}
const asked = (...spans: ReturnType<typeof span>[]) => ({ tenantId: TENANT, clipId: CLIP, spans });
const strips = { makeStrip: async (frames: readonly Uint8Array[]) => Buffer.concat(frames) };

describe("showEvidence", () => {
  it("shows a span at its strongest second, or at its middle", async () => {
    const frames = await framesAt(0.5, 3.5, 6.5);
    const shown = await showEvidence({ frames }, asked(span(0, 7), span(0, 7, 0.2)));
    expect(shown.frames.map((frame) => frame?.atSeconds)).toEqual([3.5, 0.5]);
  });

  it("shows nothing where the pictures had ended long before", async () => {
    const frames = await framesAt(0.5, 1.5);
    const shown = await showEvidence({ frames, strips }, asked(span(2, 4), span(60, 62)));
    expect(shown).toEqual({ frames: [{ atSeconds: 1.5, jpeg: aJpeg("1.5") }, undefined] });
  });

  it("joins two frames or more, each once, in the order of the spans", async () => {
    const frames = await framesAt(1, 5, 9);
    const { strip } = await showEvidence({ frames, strips }, asked(span(8, 10), span(0, 2), span(0, 2)));
    expect(strip).toEqual(Buffer.concat([aJpeg("9"), aJpeg("1")]));
    expect(await showEvidence({ frames, strips }, asked(span(0, 2), span(0, 2)))).not.toHaveProperty("strip");
  });

  it("has nothing to show of a sound", async () => {
    expect(await showEvidence({ frames: await framesAt(), strips }, asked(span(0, 2)))).toEqual({
      frames: [undefined],
    });
  });
});
