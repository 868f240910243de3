import { InMemoryClipMemoryStore } from "../support/in-memory-clip-memory-store.ts";
import { InMemoryFrameStore } from "../support/in-memory-frame-store.ts";
import { InMemoryLineStore } from "../support/in-memory-line-store.ts";
import { InMemoryThreadStore } from "../support/in-memory-thread-store.ts";
import { describeClipMemoryStore } from "./clip-memory-store.suite.ts";
import { describeFrameStore } from "./frame-store.suite.ts";
import { describeLineStore } from "./line-store.suite.ts";
import { describeThreadStore } from "./thread-store.suite.ts";

describeClipMemoryStore("InMemoryClipMemoryStore", async () => {
  const store = new InMemoryClipMemoryStore();
  return {
    store,
    async damageWindow(key, index) {
      for (const { header, blobs } of store.kept.values()) {
        const blob = blobs[index];
        if (header.key.clipId === key.clipId && blob) blob[40] = (blob[40] as number) ^ 1;
      }
    },
  };
});

describeThreadStore("InMemoryThreadStore", async () => new InMemoryThreadStore());

describeFrameStore("InMemoryFrameStore", async () => new InMemoryFrameStore());

describeLineStore("InMemoryLineStore", async () => new InMemoryLineStore());
