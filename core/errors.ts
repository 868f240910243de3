/**
 * One family of errors. `code` is stable and namespaced; people never see `message`, they see the text that
 * bots/replies.ts keeps for the code. docs/errors.md lists every code; a test keeps the three in step.
 */

export const ERROR_CODES = {
  // The clip: exit code 3
  "clip.not_found": { retryable: false },
  "clip.empty": { retryable: false },
  "clip.not_media": { retryable: false },
  "clip.unreadable": { retryable: false },
  "clip.no_frames": { retryable: false },
  "clip.too_long": { retryable: false },
  "clip.too_large": { retryable: false },
  "clip.dimensions": { retryable: false },
  "clip.decode_timeout": { retryable: true },
  /** A warning: the header promised more than the file holds; what was there is remembered. */
  "clip.truncated": { retryable: false },
  // The question: exit code 2
  "question.empty": { retryable: false },
  "question.too_long": { retryable: false },
  "question.language": { retryable: false },
  // The bundle: exit code 4
  "model.bundle_missing": { retryable: false },
  "model.bundle_invalid": { retryable: false },
  "model.file_mismatch": { retryable: false },
  "model.shape_mismatch": { retryable: false },
  "model.runtime": { retryable: true },
  /** The execution provider that was asked for (DAMO_PROVIDER) is not there. Never replaced silently. */
  "model.provider_unavailable": { retryable: false },
  // The store: exit code 5
  "memory.unavailable": { retryable: true },
  "memory.out_of_order": { retryable: false },
  "memory.not_watched": { retryable: true },
  /** The queue that bots and workers meet in. Exit code 5 as well. */
  "queue.unavailable": { retryable: true },
  /** Too many jobs of this tenant are waiting. */
  "queue.busy": { retryable: true },
  // Where the clip comes from: a platform, a link
  "source.gone": { retryable: false },
  "source.no_access": { retryable: false },
  "source.not_media": { retryable: false },
  "source.unreachable": { retryable: true },
  "source.blocked": { retryable: false },
  // What `damo eval` measures with: exit code 2
  /** A suite that has a name (`theatre`, `real`), or its clips. */
  "suite.missing": { retryable: false },
  // This machine
  "setup.ffmpeg_missing": { retryable: false },
  "config.invalid": { retryable: false },
  usage: { retryable: false },
  cancelled: { retryable: false },
} as const satisfies Record<string, { retryable: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error about the world (a file, a bundle, a store), as opposed to a bug of ours. */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "DomainError";
    this.code = code;
    this.retryable = ERROR_CODES[code].retryable;
    this.details = options.details ?? {};
  }
}

export const isDomainError = (error: unknown): error is DomainError => error instanceof DomainError;
