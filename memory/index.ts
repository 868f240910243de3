/** Everything of memory/ that a composition root may use. */
import { join } from "node:path";
import type { RedisSettings } from "../core/index.ts";
import { benchMemory } from "./bench.ts";
import { EmbeddedChatLedger } from "./embedded-chat-ledger.ts";
import { EmbeddedClipMemoryStore } from "./embedded-clip-memory-store.ts";
import { EmbeddedThreadStore } from "./embedded-thread-store.ts";
import { FrameFolder } from "./frame-folder.ts";
import { RedisKeys } from "./keys.ts";
import { LineFolder } from "./line-folder.ts";
import { MediaFolder } from "./media-folder.ts";
import { RedisChatLedger } from "./redis-chat-ledger.ts";
import { RedisClipMemoryStore } from "./redis-clip-memory-store.ts";
import { createRedis, RedisConnection } from "./redis-connection.ts";
import { RedisThreadStore } from "./redis-thread-store.ts";

export {
  benchMemory,
  createRedis,
  EmbeddedChatLedger,
  EmbeddedClipMemoryStore,
  EmbeddedThreadStore,
  FrameFolder,
  LineFolder,
  MediaFolder,
};

/** The stores side by side in one home folder. Nothing is read or made until it is needed. */
export const embeddedStores = (home: string) => ({
  memories: new EmbeddedClipMemoryStore(join(home, "memories")),
  threads: new EmbeddedThreadStore(join(home, "threads")),
  media: new MediaFolder(join(home, "media")),
  ledger: new EmbeddedChatLedger(join(home, "chat")),
  frames: new FrameFolder(join(home, "frames")),
  lines: new LineFolder(join(home, "lines")),
});

/**
 * Memories, conversations and chats in Redis, over one connection that opens on first use and ends when either is closed.
 * Clips' files stay in the home folder, which every process that plays them must see.
 */
export function redisStores(settings: RedisSettings, home: string) {
  const deps = { connection: new RedisConnection(settings), keys: new RedisKeys(settings.namespace) };
  const options = settings.memoryTtlMs === undefined ? {} : { ttlMs: settings.memoryTtlMs };
  return {
    memories: new RedisClipMemoryStore(deps, options),
    threads: new RedisThreadStore(deps, options),
    media: new MediaFolder(join(home, "media")),
    ledger: new RedisChatLedger(deps),
    frames: new FrameFolder(join(home, "frames")),
    lines: new LineFolder(join(home, "lines")),
  };
}
