/** Runs the `damo` command and hands back what came out: the real one as a process, or one with the fake model in here. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runCli } from "../../bots/cli/run-cli.ts";
import { createFakeServices } from "./fake-services.ts";

export interface DamoRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON lines. */
  lines(): readonly Record<string, unknown>[];
}

type Env = Readonly<Record<string, string>>;

/** script/damo as a shell would run it. `env` is added to a bare one: nobody's own settings leak in. */
export function runDamo(args: readonly string[], env: Env): Promise<DamoRun> {
  const script = fileURLToPath(new URL("../../script/damo", import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(script, args, {
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
      });
    }
    child.on("error", reject);
    child.on("close", (exitCode) => resolve(outcome(exitCode, output)));
  });
}

export interface FakeDamoOptions {
  /** Both outputs are a terminal. */
  readonly terminal?: boolean;
  /** Called with every piece of stdout. */
  readonly onOutput?: (text: string, pressCtrlC: () => void) => void;
}

/** The same command with the fake model. Every call opens the stores anew: what it finds was on disk. */
export async function runFakeDamo(args: readonly string[], env: Env, options: FakeDamoOptions = {}): Promise<DamoRun> {
  const cancelled = new AbortController();
  const output = { stdout: "", stderr: "" };
  const isTTY = options.terminal ?? false;
  const stdout = (text: string) => {
    output.stdout += text;
    options.onOutput?.(text, () => cancelled.abort());
  };
  const stderr = (text: string) => {
    output.stderr += text;
  };
  const exitCode = await runCli(args, {
    stdout: { write: stdout, isTTY },
    stderr: { write: stderr, isTTY },
    env,
    version: "0.0.0-test",
    signal: cancelled.signal,
    now: Date.now,
    createServices: () => createFakeServices(env),
  });
  return outcome(exitCode, output);
}

const outcome = (exitCode: number | null, output: { stdout: string; stderr: string }): DamoRun => ({
  exitCode,
  ...output,
  lines: () =>
    output.stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
});
