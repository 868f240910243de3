/** What `damo doctor` says about the Redis that bots and workers meet in. */
import { unavailable } from "./queue-link.ts";
import type { RedisClient } from "./queue-scripts.ts";

export interface RedisFacts {
  readonly version: string;
  readonly usedBytes: number;
  /** 0 = as much as the machine has. */
  readonly maxBytes: number;
  readonly evictionPolicy: string;
  readonly aof: boolean;
}

/**
 * From `INFO`, which hosted services answer too where they refuse `CONFIG`. Ends the connection.
 *
 * @throws DomainError `queue.unavailable`
 */
export async function redisFacts(client: RedisClient): Promise<RedisFacts> {
  try {
    const info = await client.info();
    const field = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
    return {
      version: field("redis_version"),
      usedBytes: Number(field("used_memory")),
      maxBytes: Number(field("maxmemory")),
      evictionPolicy: field("maxmemory_policy"),
      aof: field("aof_enabled") === "1",
    };
  } catch (error) {
    throw unavailable(error);
  } finally {
    client.disconnect();
  }
}
