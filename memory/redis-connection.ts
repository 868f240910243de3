/**
 * One connection to Redis, in whatever form it is run: a single server, a Cluster, or a server behind Sentinels.
 * Connects on first use, reconnects by itself, and gives a command up after `timeoutMs`.
 */
import { Cluster, Redis, type RedisOptions } from "ioredis";
import type { RedisSettings } from "../core/index.ts";
import { redisProblem } from "./redis-problem.ts";

export type RedisClient = Redis | Cluster;

/** Reconnecting: at once, then at growing distance, a second at most: a restarted Redis is found quickly. */
const retryDelayMs = (attempt: number): number => Math.min(25 * 2 ** Math.min(attempt, 6), 1_000);

/** How long a failover may take before a command to a Cluster is given up: 16 x 200 ms. */
const CLUSTER_RETRIES = 16;
const CLUSTER_RETRY_DELAY_MS = 200;

/**
 * A client of its own; whoever asks for one disconnects it. Queues need connections apart from the stores', with
 * `overrides` such as `{ maxRetriesPerRequest: null }`.
 */
export function createRedis(settings: RedisSettings, overrides: RedisOptions = {}): RedisClient {
  const { place, username, password, timeoutMs } = settings;
  const tls = settings.tls ? { tls: {} } : {};
  const common = {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    // The command's own time limit decides, not a count of reconnections.
    maxRetriesPerRequest: null,
    // A server that became a replica: connect anew, which finds the new master by DNS or Sentinel. The command itself
    // fails, and whoever sent it tries again.
    reconnectOnError: (error: Error) => error.message.includes("READONLY"),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: password.reveal() }),
    ...overrides,
    replyMapping: "legacy",
  } as const satisfies RedisOptions;

  const client = clientOf();
  // ioredis prints errors that nobody listens to, with the arguments of the command. Each command reports its own.
  client.on("error", () => {});
  return client;

  function clientOf(): RedisClient {
    switch (place.kind) {
      case "single":
        return new Redis(place.url.reveal(), { ...common, retryStrategy: retryDelayMs });
      case "sentinel":
        return new Redis({
          ...common,
          ...tls,
          ...(settings.tls ? { enableTLSForSentinelMode: true } : {}),
          sentinels: place.sentinels.map((node) => ({ ...node })),
          name: place.name,
          retryStrategy: retryDelayMs,
          sentinelRetryStrategy: retryDelayMs,
          // Hears of a failover from the Sentinels, also while the old master still holds the connection open.
          failoverDetector: true,
        });
      case "cluster":
        return new Cluster(
          place.nodes.map((node) => ({ ...node })),
          {
            lazyConnect: true,
            redisOptions: { ...common, ...tls },
            clusterRetryStrategy: retryDelayMs,
            maxRedirections: CLUSTER_RETRIES,
            retryDelayOnFailover: CLUSTER_RETRY_DELAY_MS,
            retryDelayOnClusterDown: CLUSTER_RETRY_DELAY_MS,
            retryDelayOnTryAgain: CLUSTER_RETRY_DELAY_MS,
          },
        );
    }
  }
}

/** What the stores share: one client, and one way to say what is wrong with it. */
export class RedisConnection {
  readonly client: RedisClient;
  readonly #where: string;
  readonly #timeoutMs: number;

  constructor(settings: RedisSettings) {
    this.client = createRedis(settings);
    this.#where = placeName(settings);
    this.#timeoutMs = settings.timeoutMs;
  }

  /**
   * Does work with Redis.
   *
   * @throws DomainError `memory.unavailable` for everything that Redis or the way to it objects to; what `work` throws
   *   of its own, unchanged
   */
  async use<T>(work: (client: RedisClient) => Promise<T>): Promise<T> {
    try {
      return await (this.client instanceof Cluster ? this.#inTime(work(this.client)) : work(this.client));
    } catch (error) {
      throw redisProblem(error, { where: this.#where, status: this.client.status });
    }
  }

  /** Every store that shares it may call this. */
  async close(): Promise<void> {
    this.client.disconnect();
  }

  /** A Cluster that cannot find a node retries without an end of its own. */
  async #inTime<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("Command timed out")), this.#timeoutMs + GRACE_MS);
    });
    try {
      return await Promise.race([work, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Lets the client's own, better informed time limit come first. */
const GRACE_MS = 250;

/** e.g. `127.0.0.1:6379`, without user and password. */
function placeName({ place }: RedisSettings): string {
  const listed = (nodes: readonly { host: string; port: number }[]) =>
    nodes.map(({ host, port }) => `${host}:${port}`).join(",");
  switch (place.kind) {
    case "single":
      return new URL(place.url.reveal()).host;
    case "cluster":
      return listed(place.nodes);
    case "sentinel":
      return `${place.name} of ${listed(place.sentinels)}`;
  }
}
