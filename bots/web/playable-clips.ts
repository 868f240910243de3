/**
 * Versions for browsers of clips that none plays: made once, one at a time, kept beside the clip and wiped with it.
 * A request for a clip that is waiting, being made or ready is no second one.
 */
import {
  type ClipEncoder,
  type ClipId,
  type ClipInfo,
  type ErrorCode,
  isDomainError,
  type MediaStore,
  type TenantId,
} from "../../core/index.ts";
import { conversionFor } from "./playability.ts";

export interface PlayableRequest {
  readonly tenantId: TenantId;
  readonly clipId: ClipId;
  /** The clip's own file. */
  readonly path: string;
  readonly info: ClipInfo;
}

export type PlayableStatus =
  /** Not asked for. */
  | { readonly state: "none" }
  /** `before`: how many come first. */
  | { readonly state: "waiting"; readonly before: number }
  /** `share` 0..1 */
  | { readonly state: "making"; readonly share: number }
  | { readonly state: "ready" }
  | { readonly state: "failed" };

interface Job extends PlayableRequest {
  readonly abort: AbortController;
  share: number;
  /** Set while somebody waits for its end. */
  onEnd?: () => void;
}

/** Waiting clips beyond these are turned away: each may take minutes. */
const MAX_WAITING = 20;

export class PlayableClips {
  readonly #media: Pick<MediaStore, "findPlayable" | "makePlayable">;
  readonly #encoder: Pick<ClipEncoder, "makePlayable">;
  /** The first one is being made. */
  readonly #jobs: Job[] = [];
  readonly #failures = new Map<string, ErrorCode | "bug">();
  #running: Promise<void> = Promise.resolve();

  constructor(media: Pick<MediaStore, "findPlayable" | "makePlayable">, encoder: Pick<ClipEncoder, "makePlayable">) {
    this.#media = media;
    this.#encoder = encoder;
  }

  find(tenantId: TenantId, clipId: ClipId): Promise<string | undefined> {
    return this.#media.findPlayable(tenantId, clipId);
  }

  async status(tenantId: TenantId, clipId: ClipId): Promise<PlayableStatus> {
    const before = this.#jobs.findIndex((job) => idOf(job) === idOf({ tenantId, clipId }));
    if (before === 0) return { state: "making", share: this.#jobs[0]?.share ?? 0 };
    if (before > 0) return { state: "waiting", before };
    if (await this.find(tenantId, clipId)) return { state: "ready" };
    return { state: this.#failures.has(idOf({ tenantId, clipId })) ? "failed" : "none" };
  }

  /** Starts it, or lets it wait; says nothing about how it ends: `status` does. */
  request(request: PlayableRequest): void {
    if (this.#jobs.some((job) => idOf(job) === idOf(request)) || this.#jobs.length > MAX_WAITING) return;
    const job: Job = { ...request, abort: new AbortController(), share: 0 };
    this.#failures.delete(idOf(job));
    this.#jobs.push(job);
    if (this.#jobs.length === 1) this.#running = this.#work();
  }

  /** For clips that are being forgotten: resolves when nothing holds the file any more. */
  async cancel(tenantId: TenantId, clipId: ClipId): Promise<void> {
    const at = this.#jobs.findIndex((job) => idOf(job) === idOf({ tenantId, clipId }));
    this.#failures.delete(idOf({ tenantId, clipId }));
    const job = this.#jobs[at];
    job?.abort.abort();
    if (at > 0) this.#jobs.splice(at, 1);
    if (at === 0 && job) {
      await new Promise<void>((resolve) => {
        job.onEnd = resolve;
      });
    }
  }

  /** How many are waiting or being made. */
  get length(): number {
    return this.#jobs.length;
  }

  async close(): Promise<void> {
    for (const job of this.#jobs) job.abort.abort();
    await this.#running;
  }

  async #work(): Promise<void> {
    for (;;) {
      const job = this.#jobs[0];
      if (!job) return;
      try {
        if (!job.abort.signal.aborted && !(await this.#isReady(job))) await this.#make(job);
      } catch (error) {
        if (!job.abort.signal.aborted) {
          this.#failures.set(idOf(job), isDomainError(error) ? error.code : "bug");
          if (!isDomainError(error)) console.error(error);
        }
      }
      this.#jobs.shift();
      job.onEnd?.();
    }
  }

  async #isReady({ tenantId, clipId }: Job): Promise<boolean> {
    return (await this.find(tenantId, clipId)) !== undefined;
  }

  async #make(job: Job): Promise<void> {
    await this.#media.makePlayable(job.tenantId, job.clipId, (outputPath) =>
      this.#encoder.makePlayable({
        path: job.path,
        outputPath,
        mode: conversionFor(job.info),
        onProgress: (share) => {
          job.share = share;
        },
        signal: job.abort.signal,
      }),
    );
  }
}

const idOf = ({ tenantId, clipId }: { readonly tenantId: TenantId; readonly clipId: ClipId }) =>
  `${clipId} ${tenantId}`;
