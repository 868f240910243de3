/**
 * A process that appends windows to a memory, for tests of what happens when several do, or when one is killed.
 *
 *     node --import tsx tests/support/watch-into-store.ts ROOT WINDOWS   prints the index of each window it has stored
 *
 * With WATCH_REDIS_URL and WATCH_REDIS_NAMESPACE the memory is in Redis.
 */
import { DomainError, Secret } from "../../core/index.ts";
import { EmbeddedClipMemoryStore, redisStores } from "../../memory/index.ts";
import { aClipInfo, aHeader, aKey, aWindow } from "./memory-builders.ts";

const [root = "", windows = "0", D = "5"] = process.argv.slice(2);
const axes = { Q: 3, D: Number(D), E: 4 };
const { WATCH_REDIS_URL: url, WATCH_REDIS_NAMESPACE: namespace = "" } = process.env;
const place = { kind: "single", url: new Secret(url ?? "") } as const;
const store = url
  ? redisStores({ place, tls: false, namespace, timeoutMs: 10_000 }, "").memories
  : new EmbeddedClipMemoryStore(root);
try {
  await store.begin(aHeader({ axes }));
  const watched = (await store.read(aKey()))?.windows.length ?? 0;
  for (let index = watched; index < Number(windows); index++) {
    await store.appendWindow(aKey(), aWindow(index, axes));
    process.stdout.write(`${index}\n`);
  }
  await store.complete(aKey(), { info: aClipInfo(), warnings: [] });
} catch (error) {
  process.stdout.write(error instanceof DomainError ? `${error.code} ${error.details["code"]}\n` : `${error}\n`);
  process.exitCode = 1;
}
await store.close();
