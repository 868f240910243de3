/**
 * A running ffmpeg: its outputs as streams, its messages line by line, and one way to end it that leaves no orphan.
 */
import { spawn } from "node:child_process";
import { constants as osConstants, setPriority } from "node:os";
import type { Readable } from "node:stream";
import { DomainError } from "../../core/errors.ts";

export interface FfmpegProcess {
  /** Pipes 1, 3 and 4. The caller reads those that it named in the arguments, or ffmpeg waits. */
  readonly outputs: readonly [Readable, Readable, Readable];
  /** How it ended. Rejects with setup.ffmpeg_missing when it could not be started. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Ends it if it still runs, and waits until it is gone. Safe to call again. */
  stop(): Promise<void>;
}

/** A file can hold metadata of megabytes in one line; what we look for is short. */
const MAX_LINE_CHARACTERS = 4096;

/**
 * @param onLine  called with each line of its messages, cut to 4096 characters
 * @param input   what it reads on stdin, pictures of our own; absent: it has none
 */
export function startFfmpeg(
  path: string,
  args: readonly string[],
  onLine: (line: string) => void,
  input?: Uint8Array,
): FfmpegProcess {
  // An empty environment: hostile files are parsed in there, and our tokens are none of its business.
  const child = spawn(path, args, { stdio: [input ? "pipe" : "ignore", "pipe", "pipe", "pipe", "pipe"], env: {} });
  lowerPriority(child.pid);
  child.stdin?.on("error", () => {}); // it ended before it had read everything; its exit tells why
  child.stdin?.end(input);
  const [, first, messages, second, third] = child.stdio as unknown as readonly [
    null,
    Readable,
    Readable,
    Readable,
    Readable,
  ];

  let rest = "";
  messages.setEncoding("utf8");
  messages.on("data", (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop()!.slice(0, MAX_LINE_CHARACTERS);
    for (const line of lines) onLine(line.slice(0, MAX_LINE_CHARACTERS));
  });

  const messagesEnded = new Promise<void>((resolve) => messages.once("close", resolve));
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once("error", (cause) => {
      reject(new DomainError("setup.ffmpeg_missing", `ffmpeg could not be started: ${path}`, { cause }));
    });
    // Its last lines are still on their way when it exits.
    child.once("exit", (code, signal) => messagesEnded.then(() => resolve({ code, signal })));
  });
  exited.catch(() => {}); // whoever waits for it gets the error; nobody waiting is no crash

  return {
    outputs: [first, second, third],
    exited,
    async stop() {
      // Nothing that it writes is kept, so there is nothing to end gracefully.
      child.kill("SIGKILL");
      for (const stream of [first, messages, second, third]) stream.destroy();
      await exited.catch(() => {});
    },
  };
}

/** Decoding is never urgent, and a question that comes meanwhile is: it gets the processor first. */
function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, osConstants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or the system does not let us: then it runs as it is.
  }
}
