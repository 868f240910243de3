/**
 * Watch a clip once. A clip whose memory is complete is not opened again; one that was left half watched is taken up
 * after its last stored window. Called by the bots; an event a step, so that a progress bar can follow.
 *
 * Two watches of one clip at one time in one process are one run: both see its progress from the start, and it goes
 * on until the last of them has gone. (In two processes both watch; appends are safe to repeat, so both end well.)
 */
import type { ClipId, ClipInfo, TenantId } from "./clip.ts";
import { type ClipMemory, memoryKeyOf } from "./clip-memory.ts";
import { DomainError, isDomainError } from "./errors.ts";
import type { ClipMemoryStore } from "./ports/clip-memory-store.ts";
import type { ClipModel } from "./ports/clip-model.ts";
import type { EvidenceFrame, FrameStore } from "./ports/frame-store.ts";
import type { LineStore } from "./ports/line-store.ts";
import { SharedRun } from "./shared-run.ts";

export interface WatchClipDeps {
  readonly model: ClipModel;
  readonly memories: ClipMemoryStore;
  /** Absent: no evidence frames are kept. */
  readonly frames?: FrameStore;
  /** Absent: subtitles are not kept. */
  readonly lines?: LineStore;
  /** Wall time, ms since the epoch. */
  readonly now?: () => number;
}

export interface WatchClipRequest {
  readonly tenantId: TenantId;
  readonly clipId: ClipId;
  /** What the user calls the clip, for messages only. */
  readonly title: string;
  /** A local file with the clip's bytes. Not touched when the memory is complete. */
  readonly path: string;
  /** Leaves the watch; the run itself ends when nobody is left. */
  readonly signal?: AbortSignal;
}

/**
 * `hit`: nothing was left to watch. `resumed`: part of it had been watched before. `miss`: watched from the start,
 * because the clip is new or its memory was damaged or made by another bundle.
 */
export type CacheOutcome = "hit" | "resumed" | "miss";

export type WatchClipEvent =
  /** The file has been opened. `windowCount` is a guess from the header's duration; `resumedAtSeconds` is 0 on a miss. */
  | {
      readonly type: "opened";
      readonly info: ClipInfo;
      readonly windowCount: number;
      readonly resumedAtSeconds: number;
    }
  /** A window has been stored: questions about media time before `watchedSeconds` can be answered. */
  | {
      readonly type: "window";
      readonly index: number;
      readonly windowCount: number;
      readonly watchedSeconds: number;
      readonly durationSeconds: number;
    }
  /** Once, last. A hit is this event alone. */
  | { readonly type: "watched"; readonly memory: ClipMemory; readonly cache: CacheOutcome };

/** Runs under way, by the store that they write to and then by what they watch. */
const runsByStore = new WeakMap<ClipMemoryStore, Map<string, SharedRun<WatchClipEvent>>>();

/**
 * @throws DomainError what the model and the store throw, unchanged (what was stored stays); `cancelled` after
 *   `signal`; `memory.not_watched` when the clip is forgotten meanwhile
 */
export async function* watchClip(deps: WatchClipDeps, request: WatchClipRequest): AsyncGenerator<WatchClipEvent> {
  const runs = runsByStore.get(deps.memories) ?? new Map<string, SharedRun<WatchClipEvent>>();
  runsByStore.set(deps.memories, runs);

  const id = runId(request.tenantId, request.clipId, deps.model.bundle.fingerprint);
  let run = runs.get(id);
  if (!run) {
    const forget = () => {
      if (runs.get(id) === started) runs.delete(id);
    };
    const started = new SharedRun((signal) => watch(deps, request, signal), forget);
    run = started;
    runs.set(id, run);
  }
  yield* run.follow(request.signal);
}

/** Ends every watch of this clip in this process, for everyone, and waits until it has let go of the file. */
export async function stopWatching(memories: ClipMemoryStore, tenantId: TenantId, clipId: ClipId): Promise<void> {
  const prefix = runId(tenantId, clipId, "");
  const runs = [...(runsByStore.get(memories) ?? [])].filter(([id]) => id.startsWith(prefix));
  await Promise.all(runs.map(([, run]) => run.abort()));
}

const runId = (tenantId: TenantId, clipId: ClipId, fingerprint: string) => [tenantId, clipId, fingerprint].join("\n");

async function* watch(
  deps: WatchClipDeps,
  request: WatchClipRequest,
  signal: AbortSignal,
): AsyncGenerator<WatchClipEvent> {
  const { model, memories, now = Date.now } = deps;
  const { title, path } = request;
  const key = memoryKeyOf(request.tenantId, request.clipId, model.bundle);

  const before = await memories.read(key);
  if (before?.complete) {
    yield { type: "watched", memory: before, cache: "hit" };
    return;
  }

  const resumeAfter = before?.windows.at(-1);
  let info: ClipInfo | undefined;
  let stored = resumeAfter ? resumeAfter.index + 1 : 0;
  const windowCount = () => Math.max(stored, Math.ceil((info?.durationSeconds ?? 0) / model.windowSeconds));

  for await (const event of model.watch({ path, signal, ...(resumeAfter && { resumeAfter }) })) {
    // A run that was stopped stores nothing more, even when the model is slow to notice.
    if (signal.aborted) throw new DomainError("cancelled", "watching was stopped", { cause: signal.reason });
    if (event.type === "opened") {
      info = event.info;
      await memories.begin({ key, bundle: model.bundle, axes: model.axes, title, info, createdAtMs: now() });
      yield { type: "opened", info, windowCount: windowCount(), resumedAtSeconds: resumeAfter?.endSeconds ?? 0 };
    } else if (event.type === "window") {
      const { index, endSeconds: watchedSeconds } = event.window;
      // Frames first: a process that is killed in between watches this window again, and puts the same frames again.
      await keepFrames(deps, request, event.frames);
      await unlessForgotten(deps, request, () => memories.appendWindow(key, event.window));
      stored = index + 1;
      const durationSeconds = Math.max(info?.durationSeconds ?? 0, watchedSeconds);
      yield { type: "window", index, windowCount: windowCount(), watchedSeconds, durationSeconds };
    } else if (event.type === "lines") {
      await deps.lines?.put(request.tenantId, request.clipId, event.track);
    } else {
      const { info, warnings } = event;
      await unlessForgotten(deps, request, () => memories.complete(key, { info, warnings }));
    }
  }

  const memory = await memories.read(key);
  if (!memory) throw new DomainError("memory.not_watched", "the memory went away while the clip was watched");
  yield { type: "watched", memory, cache: resumeAfter ? "resumed" : "miss" };
}

async function keepFrames(
  { frames }: WatchClipDeps,
  { tenantId, clipId }: WatchClipRequest,
  seen: readonly EvidenceFrame[] = [],
): Promise<void> {
  if (frames) await Promise.all(seen.map((frame) => frames.put(tenantId, clipId, frame)));
}

/** Forgotten by another process meanwhile: its frames and lines must not outlive it. */
async function unlessForgotten(
  { frames, lines }: WatchClipDeps,
  { tenantId, clipId }: WatchClipRequest,
  store: () => Promise<void>,
): Promise<void> {
  try {
    await store();
  } catch (error) {
    if (isDomainError(error) && error.code === "memory.not_watched") {
      await Promise.all([frames?.delete(tenantId, clipId), lines?.delete(tenantId, clipId)]);
    }
    throw error;
  }
}
