/**
 * What the commands need of the rest of the house, each made on first use: `damo forget` loads no model, `damo --help`
 * nothing at all. Built in bots/main.ts; tests build it with a fake model.
 */

import type {
  AnswerComposer,
  BundleManifest,
  ClipEncoder,
  ClipMemoryStore,
  ClipModel,
  Config,
  ContactStripMaker,
  CutFinder,
  FrameStore,
  LineStore,
  MediaStore,
  MemoryCost,
  QueueCounts,
  TenantId,
  ThreadStore,
} from "../../core/index.ts";
import type { PlayerDeps } from "../web/player-app.ts";

export interface Stores {
  readonly memories: ClipMemoryStore;
  readonly threads: ThreadStore;
  readonly media: MediaStore;
  readonly frames: FrameStore;
  readonly lines: LineStore;
}

export interface FoundFfmpeg {
  readonly path: string;
  readonly version: string;
  /** Where it was found, e.g. "PATH". */
  readonly source: string;
}

/** A process that goes on until it is told to end. */
export interface RunningService {
  /** Where it can be reached, by what that is, e.g. `{ worker: "http://127.0.0.1:7718" }`. */
  readonly urls: Readonly<Record<string, string>>;
  /** Drains: finishes what is in hand, hands on or keeps the rest. */
  close(): Promise<void>;
}

/** The queue in Redis, for those who run it. */
export interface QueueDesk {
  counts(): Promise<QueueCounts>;
  failed(): Promise<readonly FailedWork[]>;
  /** Says whether there was such a failed job. */
  retry(jobId: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface FailedWork {
  readonly jobId: string;
  readonly kind: "watch" | "answer";
  readonly tenantId: string;
  readonly code: string;
  readonly attempts: number;
  /** Wall time, ms since the epoch. */
  readonly failedAtMs: number;
  readonly title?: string;
  readonly threadId?: string;
}

export interface RedisFacts {
  readonly version: string;
  readonly usedBytes: number;
  /** 0 = as much as the machine has. */
  readonly maxBytes: number;
  /** What it does when that is full; damo needs `noeviction`. */
  readonly evictionPolicy: string;
  /** Append-only file: what was confirmed survives a crash. */
  readonly aof: boolean;
}

export interface Services {
  readonly config: Config;
  readonly tenantId: TenantId;
  /** @throws DomainError `memory.unavailable` */
  stores(): Promise<Stores>;
  /** @throws DomainError `model.*` */
  model(): Promise<ClipModel>;
  /** The key that signs links. @throws DomainError `memory.unavailable` */
  linkSecret(): Promise<string>;
  /** Loads no model; finds ffmpeg when it is used. */
  clipEncoder(): Promise<ClipEncoder>;
  /** As above. */
  cutFinder(): Promise<CutFinder>;
  /** Reads every byte of the bundle. @throws DomainError `model.*` */
  verifyBundle(folder: string): Promise<BundleManifest>;
  /** What runs the graphs, e.g. "cuda". @throws DomainError `model.provider_unavailable`, `model.*` */
  checkProvider(): Promise<string>;
  /** `undefined` when it is not configured. @throws DomainError `queue.unavailable` */
  checkRedis(): Promise<RedisFacts | undefined>;
  /** @throws DomainError `setup.ffmpeg_missing` */
  findFfmpeg(): Promise<FoundFfmpeg>;
  readonly strips: ContactStripMaker;
  /** @throws DomainError `config.invalid` when it is not configured; `model.*`, `setup.*` */
  startWorker(): Promise<RunningService>;
  /** The bots alone; the work is done by workers. @throws DomainError `config.invalid` without Redis or a platform's token */
  startBots(): Promise<RunningService>;
  /** Everything in this process. @throws DomainError `config.invalid`, `model.*`, `setup.*` */
  startAll(): Promise<RunningService>;
  /** Health of the player's process. */
  ops(): Promise<NonNullable<PlayerDeps["ops"]>>;
  /** @throws DomainError `config.invalid` without Redis */
  queueDesk(): Promise<QueueDesk>;
  /** Measures the stores on memories that it makes and removes again. @throws DomainError `memory.unavailable` */
  benchMemory(signal: AbortSignal): Promise<AsyncIterable<MemoryCost>>;
  /** Undefined unless one is configured. */
  composer(): Promise<AnswerComposer | undefined>;
  /** Lets go of everything that was made. Called once, at the end of the process. */
  close(): Promise<void>;
}
