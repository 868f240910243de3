/**
 * The fake model at the test's pace: a window is watched when the test lets it go, and what was watched is written down.
 * The word "flaky" fails once, in a way that another attempt mends.
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { asClipId, asTenantId, type ClipId, type ClipModel, DomainError, type TenantId } from "../../core/index.ts";
import type { JobDeps } from "../../workers/run-jobs.ts";
import { createFakeClipModel } from "./fake-clip-model.ts";
import { InMemoryClipMemoryStore } from "./in-memory-clip-memory-store.ts";
import { InMemoryThreadStore } from "./in-memory-thread-store.ts";

export class Pace {
  #free = 0;
  #answersHeld = false;
  #waiting: (() => void)[] = [];
  /** Words of the windows that were computed, in order. */
  readonly windows: string[] = [];
  /** Clips that are open. */
  watching = 0;
  readonly flaky = new Set<string>();

  /** So many more windows; all when left out. */
  letGo(windows = Number.POSITIVE_INFINITY): void {
    this.#free += windows;
    this.#wake();
  }

  /** Answers stop after their first piece of text until they are cancelled. */
  holdAnswers(): void {
    this.#answersHeld = true;
  }

  get answersHeld(): boolean {
    return this.#answersHeld;
  }

  async window(signal: AbortSignal | undefined): Promise<void> {
    const wake = () => this.#wake();
    signal?.addEventListener("abort", wake);
    while (this.#free <= 0 && !signal?.aborted) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    signal?.removeEventListener("abort", wake);
    if (signal?.aborted) throw new DomainError("cancelled", "stopped");
    this.#free--;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

export function pacedModel(pace: Pace): ClipModel {
  const fake = createFakeClipModel();
  return {
    ...fake,
    async *watch(request) {
      pace.watching++;
      try {
        for await (const event of fake.watch(request)) {
          if (event.type === "window") {
            const word = String.fromCharCode(...event.window.queries.filter((code) => code > 0));
            if (word === "flaky" && !pace.flaky.has(request.path)) {
              pace.flaky.add(request.path);
              throw new DomainError("model.runtime", "flaky");
            }
            await pace.window(request.signal);
            pace.windows.push(word);
          }
          yield event;
        }
      } finally {
        pace.watching--;
      }
    },
    async *answer(request) {
      for await (const event of fake.answer(request)) {
        yield event;
        if (!pace.answersHeld) continue;
        await new Promise<void>((_, reject) => {
          const stop = () => reject(new DomainError("cancelled", "stopped"));
          if (request.signal?.aborted) stop();
          request.signal?.addEventListener("abort", stop, { once: true });
        });
      }
    },
  };
}

export interface PacedWorld {
  readonly pace: Pace;
  readonly deps: JobDeps;
  /** A clip of these words, one a window of 8 s. */
  addClip(words: string, clipId?: ClipId, tenantId?: TenantId): Promise<ClipId>;
  removeClip(clipId: ClipId): void;
}

export function pacedDeps(): PacedWorld {
  const pace = new Pace();
  const paths = new Map<string, string>();
  const folder = mkdtemp(join(tmpdir(), "damo-paced-"));
  onTestFinished(async () => {
    pace.letGo();
    await rm(await folder, { recursive: true, force: true });
  });
  return {
    pace,
    deps: {
      model: pacedModel(pace),
      memories: new InMemoryClipMemoryStore(),
      threads: new InMemoryThreadStore(),
      media: {
        async find(_, clipId) {
          const path = paths.get(clipId);
          return path === undefined ? undefined : { path, copied: true };
        },
      },
    },
    async addClip(words, clipId, tenantId = asTenantId("local")) {
      const id = clipId ?? asClipId(createHash("sha256").update(`${tenantId}/${words}`).digest("hex"));
      const path = join(await folder, id);
      writeFileSync(path, words);
      paths.set(id, path);
      return id;
    },
    removeClip: (clipId) => void paths.delete(clipId),
  };
}
