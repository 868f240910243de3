import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  EmbeddedChatLedger,
  EmbeddedClipMemoryStore,
  EmbeddedThreadStore,
  FrameFolder,
  LineFolder,
  MediaFolder,
} from "../../memory/index.ts";
import { memoryFolder, windowFile } from "../../memory/keys.ts";
import { scratchFolder } from "../support/scratch-folder.ts";
import { describeChatLedger } from "./chat-ledger.suite.ts";
import { describeClipMemoryStore } from "./clip-memory-store.suite.ts";
import { describeFrameStore } from "./frame-store.suite.ts";
import { describeLineStore } from "./line-store.suite.ts";
import { describeMediaStore } from "./media-store.suite.ts";
import { describeThreadStore } from "./thread-store.suite.ts";

describeClipMemoryStore("EmbeddedClipMemoryStore", async () => {
  const root = await scratchFolder();
  return {
    store: new EmbeddedClipMemoryStore(root),
    async damageWindow(key, index) {
      const path = join(memoryFolder(root, key), windowFile(index));
      const bytes = await readFile(path);
      bytes[40] = (bytes[40] as number) ^ 1;
      await writeFile(path, bytes);
    },
  };
});

describeThreadStore("EmbeddedThreadStore", async () => new EmbeddedThreadStore(await scratchFolder()));

describeMediaStore("MediaFolder", async () => new MediaFolder(await scratchFolder()));

describeChatLedger("EmbeddedChatLedger", async () => {
  const root = await scratchFolder();
  let nowMs = 0;
  return {
    ledger: new EmbeddedChatLedger(root, () => nowMs),
    reopen: async () => new EmbeddedChatLedger(root, () => nowMs),
    advance: async (ms) => {
      nowMs += ms;
    },
  };
});
describeFrameStore("FrameFolder", async () => new FrameFolder(await scratchFolder()));

describeLineStore("LineFolder", async () => new LineFolder(await scratchFolder()));
