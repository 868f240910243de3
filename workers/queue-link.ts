/**
 * This process's way to the queue in Redis: one connection for commands, one that hears when there is more. Both reconnect
 * by themselves; what fails meanwhile is `queue.unavailable`.
 */
import type { RedisOptions } from "ioredis";
import { DomainError, isDomainError } from "../core/index.ts";
import { QueueKeys } from "./queue-keys.ts";
import type { RedisClient } from "./queue-scripts.ts";

export interface QueueLinkOptions {
  /** Makes a client of its own, e.g. memory's `createRedis(config.redis, overrides)`. */
  readonly connect: (overrides?: RedisOptions) => RedisClient;
  /** `DAMO_REDIS_NAMESPACE` */
  readonly namespace: string;
  /** `DAMO_REDIS_TIMEOUT_MS`: a call that takes longer is given up. */
  readonly timeoutMs: number;
}

export class QueueLink {
  readonly keys: QueueKeys;
  readonly client: RedisClient;
  readonly connect: QueueLinkOptions["connect"];
  readonly #timeoutMs: number;
  #subscriber: RedisClient | undefined;
  readonly #listeners = new Map<string, Set<(message: string) => void>>();

  constructor({ connect, namespace, timeoutMs }: QueueLinkOptions) {
    this.keys = new QueueKeys(namespace);
    this.connect = connect;
    this.client = connect();
    this.#timeoutMs = timeoutMs;
  }

  /** @throws DomainError `queue.unavailable` for everything that Redis, or the way to it, objects to */
  async use<T>(work: (client: RedisClient) => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${this.#timeoutMs} ms`)), this.#timeoutMs);
    });
    try {
      return await Promise.race([work(this.client), tooLate]);
    } catch (error) {
      throw unavailable(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Calls `hear` for every message on the channel, and once when the connection is back after a break: something may have
   * been missed. A courtesy only: whoever waits also looks from time to time.
   *
   * @returns stops it
   */
  listen(channel: string, hear: (message: string) => void): () => void {
    const subscriber = this.#subscribed();
    const hearing = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, hearing);
    if (hearing.size === 0) subscriber.subscribe(channel).catch(() => {});
    hearing.add(hear);
    return () => {
      hearing.delete(hear);
      if (hearing.size > 0 || this.#listeners.get(channel) !== hearing) return;
      this.#listeners.delete(channel);
      subscriber.unsubscribe(channel).catch(() => {});
    };
  }

  async close(): Promise<void> {
    this.client.disconnect();
    this.#subscriber?.disconnect();
  }

  #subscribed(): RedisClient {
    if (this.#subscriber) return this.#subscriber;
    const subscriber = this.connect();
    subscriber.on("message", (channel: string, message: string) => {
      for (const hear of this.#listeners.get(channel) ?? []) hear(message);
    });
    subscriber.on("ready", () => {
      for (const channel of this.#listeners.keys()) subscriber.subscribe(channel).catch(() => {});
      for (const hearing of this.#listeners.values()) for (const hear of hearing) hear("");
    });
    this.#subscriber = subscriber;
    return subscriber;
  }
}

/** ioredis hangs the arguments of a command on its errors, and those may be questions: only the message goes on. */
export function unavailable(error: unknown): DomainError {
  if (isDomainError(error)) return error;
  const { name, message } = error as Error;
  return new DomainError("queue.unavailable", `the queue cannot be used: ${message}`, {
    cause: new Error(`${name}: ${message}`),
  });
}
