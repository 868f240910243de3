/** Everything of memory/ that a composition root may use. */
import { join } from "node:path";
import { EmbeddedChatLedger } from "./embedded-chat-ledger.ts";
import { EmbeddedClipMemoryStore } from "./embedded-clip-memory-store.ts";
import { EmbeddedThreadStore } from "./embedded-thread-store.ts";
import { FrameFolder } from "./frame-folder.ts";
import { MediaFolder } from "./media-folder.ts";

export { EmbeddedChatLedger, EmbeddedClipMemoryStore, EmbeddedThreadStore, FrameFolder, MediaFolder };

/** The stores side by side in one home folder. Nothing is read or made until it is needed. */
export const embeddedStores = (home: string) => ({
  memories: new EmbeddedClipMemoryStore(join(home, "memories")),
  threads: new EmbeddedThreadStore(join(home, "threads")),
  media: new MediaFolder(join(home, "media")),
  ledger: new EmbeddedChatLedger(join(home, "chat")),
  frames: new FrameFolder(join(home, "frames")),
});
