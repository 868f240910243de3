/**
 * A real redis-server for tests: a free port, a folder of its own, gone afterwards.
 *
 *     const missing = redisMissing();                                  // a reason to print, or undefined
 *     describe.skipIf(missing)(`what needs Redis${missing ?? ""}`, () => {
 *       let redis: RedisServer;
 *       beforeAll(async () => { redis = await startRedisServer({ aof: true }); });
 *       afterAll(() => redis.close());
 *       it("...", async () => { await redis.kill(); await redis.start(); });   // same port, same folder
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

export interface RedisServerOptions {
  /** Keeps every write in an append-only file: what was confirmed is there again after `kill` and `start`. */
  readonly aof?: boolean;
  /** e.g. "8mb"; what does not fit is refused with `OOM` (noeviction). */
  readonly maxmemory?: string;
  /** More arguments for redis-server, e.g. `["--cluster-enabled", "yes"]`. They come last, so they win. */
  readonly args?: readonly string[];
  /** Default: any free one. */
  readonly port?: number;
  /** `redis-sentinel` runs from a configuration file that it rewrites. Default: redis-server without one. */
  readonly sentinelConfig?: string;
}

export interface RedisServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** `redis://127.0.0.1:PORT` */
  readonly url: string;
  /** Where it keeps its files, if it keeps any. */
  readonly folder: string;
  readonly pid: number | undefined;
  /** Starts it again after `kill` or `stop`, on the same port and folder; resolves when it takes connections. */
  start(): Promise<void>;
  /** SIGKILL, as a crash; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM, as an operator does. */
  stop(): Promise<void>;
  /** Stands still (SIGSTOP) until `resume`: connections stay open and nobody answers. */
  pause(): void;
  resume(): void;
  /** What redis-cli prints for a command, without the last line break. */
  cli(...command: readonly string[]): string;
  /** Kills it and removes its folder. */
  close(): Promise<void>;
}

/** Why there can be no Redis here, as a suffix for a suite's name; `undefined` when there can. */
export function redisMissing(binary = "redis-server"): string | undefined {
  try {
    execFileSync(binary, ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return ` (skipped: ${binary} is not on the PATH; script/setup redis, or apt-get install redis)`;
  }
}

const STARTED_WITHIN_MS = 20_000;

/** Whoever calls this closes it. If the test process ends before, the server ends with it. */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), "damo-redis-"));
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const server = redisServerAt(port, folder, options);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.kill();
      // Somebody took the port meanwhile.
      if (options.port === undefined && attempt < 5) continue;
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

function redisServerAt(port: number, folder: string, options: RedisServerOptions): RedisServer {
  const args = [
    ...(options.sentinelConfig === undefined ? [] : [options.sentinelConfig]),
    ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder],
    ...(options.sentinelConfig === undefined ? ["--save", ""] : []),
    ...(options.aof ? ["--appendonly", "yes"] : []),
    ...(options.maxmemory === undefined ? [] : ["--maxmemory", options.maxmemory, "--maxmemory-policy", "noeviction"]),
    ...(options.args ?? []),
  ];
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals) => {
    const ended = child;
    if (!ended || ended.exitCode !== null || ended.signalCode !== null) return;
    const gone = once(ended, "exit");
    ended.kill(signal);
    if (signal !== "SIGKILL") ended.kill("SIGCONT");
    await gone;
  };
  const killWithUs = () => void child?.kill("SIGKILL");
  process.on("exit", killWithUs);

  return {
    host: "127.0.0.1",
    port,
    url: `redis://127.0.0.1:${port}`,
    folder,
    get pid() {
      return child?.pid;
    },
    async start() {
      const binary = options.sentinelConfig === undefined ? "redis-server" : "redis-sentinel";
      const started = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
      child = started;
      let log = "";
      for (const stream of [started.stdout, started.stderr]) {
        stream.on("data", (chunk) => {
          log = `${log}${chunk}`.slice(-4000);
        });
      }
      const failed = new Promise<never>((_, reject) => {
        started.once("error", reject);
        started.once("exit", (code) => reject(new Error(`${binary} ended with ${code}:\n${log}`)));
      });
      failed.catch(() => {});
      await Promise.race([answering(port), failed]);
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    cli: (...command) => execFileSync("redis-cli", ["-p", String(port), ...command], { encoding: "utf8" }).trimEnd(),
    async close() {
      await end("SIGKILL");
      process.off("exit", killWithUs);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves once PING is answered, and not with -LOADING. */
async function answering(port: number): Promise<void> {
  const until = Date.now() + STARTED_WITHIN_MS;
  for (;;) {
    // -NOAUTH: it has a password, and has loaded its data.
    if (/^(\+PONG|-NOAUTH)/.test(await ping(port))) return;
    if (Date.now() > until) throw new Error(`no Redis answers at port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function ping(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    const done = (reply: string) => {
      socket.destroy();
      resolve(reply);
    };
    socket.once("data", (data) => done(String(data)));
    socket.once("error", () => done(""));
    socket.once("close", () => done(""));
  });
}
