/** Exit codes of `damo` (ARCHITECTURE section 4; docs/errors.md lists them by error). */
import type { ErrorCode } from "../../core/index.ts";

export const EXIT_DONE = 0;
/** Our own bug; never a documented outcome. */
export const EXIT_BUG = 1;
export const EXIT_BAD_USE = 2;
export const EXIT_CLIP = 3;
export const EXIT_BUNDLE = 4;
export const EXIT_STORE = 5;
/** As shells count a process that ends on SIGINT: 128 + 2. */
export const EXIT_CANCELLED = 130;

export function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case "usage":
    case "config.invalid":
      return EXIT_BAD_USE;
    // Without ffmpeg no clip can be read.
    case "setup.ffmpeg_missing":
      return EXIT_CLIP;
    case "cancelled":
      return EXIT_CANCELLED;
    default:
      return EXIT_CODES_BY_PREFIX[code.split(".")[0] as string] ?? EXIT_BUG;
  }
}

const EXIT_CODES_BY_PREFIX: Readonly<Record<string, number>> = {
  clip: EXIT_CLIP,
  question: EXIT_BAD_USE,
  model: EXIT_BUNDLE,
  memory: EXIT_STORE,
  queue: EXIT_STORE,
  source: EXIT_CLIP,
  suite: EXIT_BAD_USE,
};
