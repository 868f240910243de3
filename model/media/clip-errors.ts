/** Why a clip is refused or given up, one line each. The file's path is named first: these go to logs, not to people. */
import { DomainError, type ErrorCode } from "../../core/errors.ts";
import type { DecodeLimits } from "./decode-limits.ts";

export const refusal = (code: ErrorCode, path: string, why: string, details: Record<string, unknown> = {}) =>
  new DomainError(code, `${path}: ${why}`, { details: { path, ...details } });

export const tooLong = (path: string, seconds: number, { maxClipSeconds }: DecodeLimits) =>
  refusal("clip.too_long", path, `it is ${Math.round(seconds)} s long, the limit is ${maxClipSeconds} s`, {
    seconds,
    maxClipSeconds,
  });

export const tooManyPixels = (path: string, size: string, { maxClipPixels }: DecodeLimits) =>
  refusal("clip.dimensions", path, `its pictures are ${size}, the limit is ${maxClipPixels} pixels`, {
    size,
    maxClipPixels,
  });

export const stalled = (path: string, { stallMs }: DecodeLimits) =>
  refusal("clip.decode_timeout", path, `decoding made no progress for ${stallMs / 1000} s`, { stallMs });

/** It crashed, or the system took its memory away: something in the file that it cannot stand. */
export const endedBySignal = (path: string, signal: string) =>
  refusal("clip.unreadable", path, `ffmpeg was ended by ${signal} over this file`, { signal });

export const cancelled = (signal: AbortSignal) =>
  new DomainError("cancelled", "decoding was cancelled", { cause: signal.reason });
