/**
 * What the stores cost: appending a window, what a question reads, reading all. Beside each the same bytes by plain
 * ioredis SET and GET, in as many round trips, so that what is ours of the cost can be seen.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClipMemoryHeader, ClipMemoryStore, MemoryCost, RedisSettings, WatchedWindow } from "../core/index.ts";
import { asClipId, asTenantId, MEMORY_SCHEMA_VERSION, Secret } from "../core/index.ts";
import { windowBlobBytes } from "./codec.ts";
import { EmbeddedClipMemoryStore } from "./embedded-clip-memory-store.ts";
import { indexRecordBytes } from "./index-record.ts";
import { RedisKeys } from "./keys.ts";
import { RedisClipMemoryStore } from "./redis-clip-memory-store.ts";
import { createRedis, type RedisClient, RedisConnection } from "./redis-connection.ts";

/** As damo-mini makes them. */
const AXES = { Q: 16, D: 256, E: 128 };
const WINDOW_SECONDS = 8;
/** What a question reads whole. */
const RECALLED = 8;
const CLIP_MINUTES = [1, 10, 120] as const;

export interface MemoryBenchOptions {
  /** Absent: a redis-server of its own, if there is one on the PATH. */
  readonly redis?: RedisSettings | undefined;
  readonly signal?: AbortSignal;
  /** Repetitions of the quick operations. */
  readonly rounds?: number;
  readonly clipMinutes?: readonly number[];
}

/** Yields a cost as soon as it is known. What it writes is gone afterwards. */
export async function* benchMemory({
  redis,
  signal,
  rounds = 100,
  clipMinutes: lengths = CLIP_MINUTES,
}: MemoryBenchOptions): AsyncGenerator<MemoryCost> {
  const folder = await mkdtemp(join(tmpdir(), "damo-bench-"));
  const own = redis ? undefined : await startOwnRedis(folder);
  const settings = redis ?? own?.settings;
  const namespace = `${settings?.namespace ?? "damo"}-bench-${randomUUID().slice(0, 8)}`;
  const deps = settings && { connection: new RedisConnection(settings), keys: new RedisKeys(namespace) };
  const client = settings && createRedis(settings);
  try {
    for (const clipMinutes of lengths) {
      const raw = client && new RawCosts(client, namespace);
      const stores = [
        ...(deps
          ? [{ store: "redis" as const, open: () => new RedisClipMemoryStore(deps, { ttlMs: 3_600_000 }) }]
          : []),
        { store: "embedded" as const, open: () => new EmbeddedClipMemoryStore(join(folder, "memories")) },
      ];
      for (const { store, open } of stores) {
        if (clipMinutes === lengths[0]) for await (const _ of costsOf(open, clipMinutes, raw, WARM_UP_ROUNDS));
        for await (const cost of costsOf(open, clipMinutes, raw, rounds)) {
          if (signal?.aborted) return;
          yield { store, clipMinutes, ...cost };
        }
      }
      await raw?.remove();
    }
  } finally {
    client?.disconnect();
    await deps?.connection.close();
    await own?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function* costsOf(
  open: () => ClipMemoryStore,
  clipMinutes: number,
  raw: RawCosts | undefined,
  rounds: number,
): AsyncGenerator<Omit<MemoryCost, "store" | "clipMinutes">> {
  const header = aHeader(clipMinutes);
  const { key } = header;
  const windows = Array.from({ length: (clipMinutes * 60) / WINDOW_SECONDS }, (_, index) => aWindow(index));
  const blobBytes = windowBlobBytes(AXES);
  const recordBytes = indexRecordBytes(AXES.E);
  const store = open();
  try {
    await store.begin(header);
    const append = await medians(
      windows.length,
      (round) => store.appendWindow(key, windows[round] as WatchedWindow),
      raw && {
        prepare: () => raw.set("w", blobBytes + recordBytes),
        work: () => raw.set("w", blobBytes + recordBytes),
      },
    );
    yield { operation: "append", bytes: blobBytes + recordBytes, ...append };
    await store.complete(key, { info: header.info, warnings: [] });

    const chosen = (round: number) =>
      Array.from({ length: Math.min(RECALLED, windows.length) }, (_, at) => (round * 131 + at * 7) % windows.length);
    const recall = async (from: ClipMemoryStore, round: number) => {
      await from.readIndex(key);
      await from.readWindows(key, chosen(round));
    };
    const windowsBytes = chosen(0).length * blobBytes;
    yield {
      operation: "recall",
      bytes: FACTS_BYTES + windowsBytes,
      ...(await medians(
        rounds,
        (round) => recall(store, round),
        raw && {
          prepare: async () => {
            await raw.set("f", FACTS_BYTES);
            await raw.setMany("b", chosen(0).length, blobBytes);
          },
          work: async () => {
            await raw.get("f");
            await raw.getMany("b", chosen(0).length);
          },
        },
      )),
    };
    yield {
      operation: "first recall",
      bytes: FACTS_BYTES + windows.length * recordBytes + windowsBytes,
      ...(await medians(
        rounds,
        (round) => recall(open(), round),
        raw && {
          prepare: () => raw.set("i", FACTS_BYTES + windows.length * recordBytes),
          work: async () => {
            await raw.get("i");
            await raw.getMany("b", chosen(0).length);
          },
        },
      )),
    };
    yield {
      operation: "read",
      bytes: FACTS_BYTES + windows.length * blobBytes,
      ...(await medians(
        Math.min(rounds, 20),
        () => store.read(key),
        raw && {
          prepare: () => raw.setMany("a", windows.length, blobBytes),
          work: () => raw.getMany("a", windows.length),
        },
      )),
    };
  } finally {
    await store.delete(key.tenantId, key.clipId);
  }
}

/** Not counted: until the code is compiled and the connection stands. */
const WARM_UP_ROUNDS = 20;

/** Header and outcome, about. */
const FACTS_BYTES = 1_000;

/** Ours and raw in turn, so that a busy machine is as busy for both. */
async function medians(
  rounds: number,
  ours: (round: number) => Promise<unknown>,
  raw: { prepare(): Promise<unknown>; work(): Promise<unknown> } | undefined,
): Promise<{ ms: number; rawMs?: number }> {
  await raw?.prepare();
  const oursMs: number[] = [];
  const rawMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    oursMs.push(await timed(() => ours(round)));
    if (raw) rawMs.push(await timed(raw.work));
  }
  return { ms: median(oursMs), ...(raw && { rawMs: median(rawMs) }) };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** Plain commands on values of a given size. */
class RawCosts {
  readonly #client: RedisClient;
  readonly #prefix: string;
  readonly #names = new Set<string>();

  constructor(client: RedisClient, namespace: string) {
    this.#client = client;
    this.#prefix = `${namespace}:{raw}:`;
  }

  set(name: string, bytes: number): Promise<unknown> {
    return this.#client.set(this.#key(name), someBytes(bytes));
  }

  async setMany(name: string, count: number, bytes: number): Promise<void> {
    for (let index = 0; index < count; index++) await this.set(`${name}${index}`, bytes);
  }

  get(name: string): Promise<unknown> {
    return this.#client.getBuffer(this.#key(name));
  }

  getMany(name: string, count: number): Promise<unknown> {
    return this.#client.mgetBuffer(Array.from({ length: count }, (_, index) => this.#key(`${name}${index}`)));
  }

  async remove(): Promise<void> {
    if (this.#names.size) await this.#client.unlink([...this.#names]);
  }

  #key(name: string): string {
    const key = `${this.#prefix}${name}`;
    this.#names.add(key);
    return key;
  }
}

const patterns = new Map<number, Buffer>();
function someBytes(count: number): Buffer {
  const known = patterns.get(count) ?? Buffer.from(Uint8Array.from({ length: count }, (_, at) => at * 37));
  patterns.set(count, known);
  return known;
}

function aHeader(clipMinutes: number): ClipMemoryHeader {
  const bundle = { name: "bench", version: "0", fingerprint: "b".repeat(64) };
  return {
    key: {
      tenantId: asTenantId("damo-bench"),
      clipId: asClipId(String(clipMinutes).padStart(64, "0")),
      bundleFingerprint: bundle.fingerprint,
      schemaVersion: MEMORY_SCHEMA_VERSION,
    },
    bundle,
    axes: AXES,
    title: "bench.mp4",
    info: { durationSeconds: clipMinutes * 60, container: "mp4" },
    createdAtMs: 0,
  };
}

const aWindow = (index: number): WatchedWindow => ({
  index,
  startSeconds: index * WINDOW_SECONDS,
  endSeconds: (index + 1) * WINDOW_SECONDS,
  queries: Float32Array.from({ length: AXES.Q * AXES.D }, (_, at) => Math.sin(index + at)),
  embedding: Float32Array.from({ length: AXES.E }, (_, at) => Math.cos(index * at) / Math.sqrt(AXES.E)),
});

/** A redis-server that keeps nothing on disk. `undefined` when there is none on the PATH. */
async function startOwnRedis(folder: string): Promise<{ settings: RedisSettings; stop(): Promise<void> } | undefined> {
  const probe = createServer();
  const port = await new Promise<number>((resolve) => {
    probe.listen(0, "127.0.0.1", () => resolve((probe.address() as { port: number }).port));
  });
  await new Promise((resolve) => probe.close(resolve));
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"];
  const child = spawn("redis-server", args, { stdio: "ignore" });
  const ended = new Promise<"ended">((resolve) => {
    for (const event of ["error", "exit"]) child.once(event, () => resolve("ended"));
  });
  const settings: RedisSettings = {
    place: { kind: "single", url: new Secret(`redis://127.0.0.1:${port}`) },
    tls: false,
    namespace: "damo",
    timeoutMs: 10_000,
  };
  const client = createRedis(settings);
  try {
    const started = await Promise.race([client.ping().catch(() => "ended"), ended]);
    if (started === "ended") return undefined;
  } finally {
    client.disconnect();
  }
  return {
    settings,
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
