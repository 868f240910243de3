/**
 * Finds the ffmpeg to decode with: the configured one, else the one of the optional npm package `ffmpeg-static`, else
 * the first on the search path. A configured one that does not work is an error, never a silent fallback.
 */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { DomainError } from "../../core/errors.ts";

export interface FfmpegBinary {
  readonly path: string;
  /** As it prints itself, e.g. `5.1.9-0+deb12u1`. */
  readonly version: string;
  readonly source: "configured" | "ffmpeg-static" | "path";
}

export interface FfmpegSearch {
  /** The value of `FFMPEG_BIN`, when it is set. */
  readonly configured?: string | undefined;
  /** The value of `PATH`. */
  readonly searchPath: string | undefined;
  /** Where `ffmpeg-static` says its binary lies; replaced in tests. */
  readonly staticPath?: () => Promise<string | undefined>;
}

/** 5.1 brought `-fps_mode`; every other option and filter in use is older. Tested with 5.1, 7.0 and 9.0. */
const OLDEST_VERSION = { major: 5, minor: 1 };

const VERSION_TIMEOUT_MS = 10_000;

const HOW_TO_INSTALL =
  "Install ffmpeg 5.1 or newer: `sudo apt-get install ffmpeg` (Debian, Ubuntu) or `brew install ffmpeg` (macOS); " +
  "or set FFMPEG_BIN to where it is.";

/** @throws DomainError setup.ffmpeg_missing, whose message says what was tried and what to install */
export async function resolveFfmpeg(search: FfmpegSearch): Promise<FfmpegBinary> {
  if (search.configured) {
    const found = await inspect(search.configured);
    if ("version" in found) return { path: search.configured, version: found.version, source: "configured" };
    throw missing(`FFMPEG_BIN is ${search.configured}, but ${found.problem}.`, [found.problem]);
  }

  const problems: string[] = [];
  for await (const { path, source } of candidates(search)) {
    const found = await inspect(path);
    if ("version" in found) return { path, version: found.version, source };
    problems.push(`${path}: ${found.problem}`);
  }
  throw missing(problems.length > 0 ? `No usable ffmpeg (${problems.join("; ")}).` : "ffmpeg was not found.", problems);
}

/** @returns [major, minor], or undefined for builds from a git snapshot (`N-118000-g1234567`), which carry no number */
export function parseFfmpegVersion(version: string): readonly [number, number] | undefined {
  const match = /^n?(\d+)\.(\d+)/.exec(version);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

async function* candidates(search: FfmpegSearch): AsyncGenerator<Pick<FfmpegBinary, "path" | "source">> {
  // The package can be there without its binary: its install script fetches it from outside npm.
  const staticPath = await (search.staticPath ?? ffmpegStaticPath)();
  if (staticPath && (await isExecutable(staticPath))) yield { path: staticPath, source: "ffmpeg-static" };

  for (const folder of (search.searchPath ?? "").split(delimiter)) {
    const path = join(folder, "ffmpeg");
    // An empty entry means the working folder to a shell; nobody should run an ffmpeg that lies about there.
    if (folder && (await isExecutable(path))) yield { path, source: "path" };
  }
}

async function ffmpegStaticPath(): Promise<string | undefined> {
  // A variable keeps the compiler from asking for a package that is optional.
  const name = "ffmpeg-static";
  const module = await import(name).catch(() => undefined); // not installed: the next candidate is tried
  return typeof module?.default === "string" ? module.default : undefined;
}

const isExecutable = (path: string) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

async function inspect(path: string): Promise<{ version: string } | { problem: string }> {
  const { error, stdout } = await new Promise<{ error: Error | null; stdout: string }>((resolve) => {
    execFile(path, ["-hide_banner", "-version"], { env: {}, timeout: VERSION_TIMEOUT_MS }, (error, stdout) =>
      resolve({ error, stdout }),
    );
  });
  if (error) return { problem: `it does not run (${error.message.trim()})` };
  const version = /^ffmpeg version (\S+)/.exec(stdout)?.[1];
  if (!version) return { problem: "it is not ffmpeg" };
  const numbers = parseFfmpegVersion(version);
  if (numbers) {
    const [major, minor] = numbers;
    const tooOld = major < OLDEST_VERSION.major || (major === OLDEST_VERSION.major && minor < OLDEST_VERSION.minor);
    if (tooOld) return { problem: `it is version ${version}, too old` };
  }
  return { version };
}

const missing = (problem: string, tried: readonly string[]) =>
  new DomainError("setup.ffmpeg_missing", `${problem} ${HOW_TO_INSTALL}`, { details: { tried } });
