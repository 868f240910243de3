import { describe, expect, it } from "vitest";
import { asTenantId, DomainError, type WatchClipJob } from "../../../core/index.ts";
import { rebuildOldMemories } from "../../../workers/rebuild-old-memories.ts";
import { FAKE_BUNDLE } from "../../support/fake-clip-model.ts";
import { InMemoryClipMemoryStore } from "../../support/in-memory-clip-memory-store.ts";
import { aHeader, aKey, CLIP, OTHER_CLIP, TENANT } from "../../support/memory-builders.ts";

const NEW_BUNDLE = { ...FAKE_BUNDLE, fingerprint: "a".repeat(64) };

async function aWorld(kept: readonly string[] = [CLIP, OTHER_CLIP]) {
  const memories = new InMemoryClipMemoryStore();
  await memories.begin(aHeader());
  await memories.begin(aHeader({ key: aKey({ clipId: OTHER_CLIP }), title: "cat.mp4" }));
  const jobs: WatchClipJob[] = [];
  const media = {
    find: async (_: unknown, clipId: string) => (kept.includes(clipId) ? { path: "x", copied: true } : undefined),
  };
  const queue = {
    watch: async (job: WatchClipJob) => {
      jobs.push(job);
      return "job";
    },
  };
  return { jobs, memories, media, queue };
}

describe("rebuildOldMemories", () => {
  const signal = new AbortController().signal;

  it("hands in, as background work, what an older bundle has watched and whose bytes are kept", async () => {
    const world = await aWorld([OTHER_CLIP]);
    expect(await rebuildOldMemories({ ...world, bundle: NEW_BUNDLE }, [TENANT, asTenantId("nobody")], signal)).toBe(1);
    expect(world.jobs).toEqual([{ tenantId: TENANT, clipId: OTHER_CLIP, title: "cat.mp4", background: true }]);
  });

  it("leaves alone what the bundle in use has watched, also beside an older memory", async () => {
    const world = await aWorld();
    expect(await rebuildOldMemories({ ...world, bundle: FAKE_BUNDLE }, [TENANT], signal)).toBe(0);
    await world.memories.begin(aHeader({ key: aKey({ bundleFingerprint: NEW_BUNDLE.fingerprint }) }));
    await rebuildOldMemories({ ...world, bundle: NEW_BUNDLE }, [TENANT], signal);
    expect(world.jobs.map(({ clipId }) => clipId)).toEqual([OTHER_CLIP]);
  });

  it("stops at a full queue without an error", async () => {
    const world = await aWorld();
    const queue = {
      watch: async () => {
        throw new DomainError("queue.busy", "full");
      },
    };
    expect(await rebuildOldMemories({ ...world, queue, bundle: NEW_BUNDLE }, [TENANT], signal)).toBe(0);
  });
});
