/**
 * Prometheus metrics of a process (https://prometheus.io/docs/practices/naming): what a worker does, how long it takes, how
 * much waits. One registry a process.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { isDomainError, type QueueCounts } from "../core/index.ts";
import type { WorkObserver } from "./work-observer.ts";

export interface WorkMetricsDeps {
  /** Asked at every scrape. */
  readonly counts?: () => Promise<QueueCounts>;
  /** What is remembered, all tenants. Asked at most once a minute: it reads every header. */
  readonly memories?: () => Promise<{ readonly clips: number; readonly bytes: number }>;
  /** Wall time, ms since the epoch. */
  readonly now?: () => number;
}

const MEMORIES_EVERY_MS = 60_000;

export interface WorkMetrics {
  readonly registry: Registry;
  readonly observer: WorkObserver;
}

export function createWorkMetrics({ counts, memories, now = Date.now }: WorkMetricsDeps = {}): WorkMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const windowSeconds = new Histogram({
    name: "damo_window_seconds",
    help: "Wall time of watching one window of a clip",
    buckets: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
    registers,
  });
  const watched = new Counter({
    name: "damo_watched_media_seconds_total",
    help: "Media time that was watched; its rate is the watch speed, in times real time",
    registers,
  });
  const firstToken = new Histogram({
    name: "damo_first_token_seconds",
    help: "Wall time from the start of an answer to its first text",
    buckets: [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers,
  });
  const ended = new Counter({
    name: "damo_jobs_ended_total",
    help: "Jobs that ended here, by kind and by how: watched, answered, failed, stopped",
    labelNames: ["kind", "how"],
    registers,
  });
  const failedAttempts = new Counter({
    name: "damo_failed_attempts_total",
    help: "Attempts that failed here, by kind and error code (docs/errors.md)",
    labelNames: ["kind", "code"],
    registers,
  });
  const trouble = new Counter({
    name: "damo_queue_trouble_total",
    help: "Times that Redis was away, or that a job's lock was lost",
    registers,
  });
  if (counts) {
    new Gauge({
      name: "damo_jobs",
      help: "Jobs in the queue, of all processes: waiting, running, failed",
      labelNames: ["kind", "state"],
      registers,
      async collect() {
        // Redis being away must not hide the rest of the metrics.
        const found = await counts().catch(() => undefined);
        this.reset();
        for (const [kind, states] of Object.entries(found ?? {})) {
          for (const [state, count] of Object.entries(states as QueueCounts["watch"])) this.set({ kind, state }, count);
        }
      },
    });
  }
  if (memories) {
    let askedAtMs = Number.NEGATIVE_INFINITY;
    let known: Promise<{ clips: number; bytes: number } | undefined> = Promise.resolve(undefined);
    const ask = () => {
      if (now() - askedAtMs >= MEMORIES_EVERY_MS) {
        askedAtMs = now();
        known = memories().catch(() => undefined);
      }
      return known;
    };
    for (const [name, help, what] of [
      ["damo_memory_clips", "Clips that are remembered", "clips"],
      ["damo_memory_bytes", "Size of their memories", "bytes"],
    ] as const) {
      new Gauge({
        name,
        help,
        registers,
        async collect() {
          const found = await ask();
          if (found) this.set(found[what]);
        },
      });
    }
  }

  return {
    registry,
    observer: {
      windowWatched({ startSeconds, endSeconds }, wallMs) {
        windowSeconds.observe(wallMs / 1000);
        watched.inc(endSeconds - startSeconds);
      },
      firstToken: (ms) => firstToken.observe(ms / 1000),
      jobBegan() {},
      jobSteppedBack() {},
      attemptFailed: ({ kind }, error) => failedAttempts.inc({ kind, code: isDomainError(error) ? error.code : "bug" }),
      jobEnded: ({ kind }, how) => ended.inc({ kind, how }),
      queueTrouble: () => trouble.inc(),
    },
  };
}
