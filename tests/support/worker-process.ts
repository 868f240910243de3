/** A real `damo worker`, as a shell would start it, and what it said. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../../script/damo", import.meta.url));

export interface WatchedWindowLine {
  readonly startSeconds: number;
  readonly pid: number;
}

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #stdout = "";
  #stderr = "";
  #heard: (() => void)[] = [];

  /** @param env  added to a bare one: nobody's own settings leak in. Logs at debug. */
  constructor(env: Readonly<Record<string, string>>) {
    this.#child = spawn(SCRIPT, ["worker", "--json"], {
      env: { PATH: process.env["PATH"], DAMO_LOG_LEVEL: "debug", DAMO_WORKER_PORT: "0", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#ended = once(this.#child, "close");
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#wake();
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#wake();
    });
    void this.#ended.then(() => this.#wake());
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  get log(): string {
    return this.#stderr;
  }

  /** Lines of its log, parsed. */
  get lines(): readonly Record<string, unknown>[] {
    return this.#stderr
      .split("\n")
      .filter((line) => line.startsWith("{") && line.endsWith("}"))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Windows that it computed, in order. */
  get windows(): readonly number[] {
    return this.lines.filter(({ msg }) => msg === "window watched").map(({ startSeconds }) => Number(startSeconds));
  }

  /** Resolves once jobs can be taken; where it answers /metrics. */
  async started(): Promise<string> {
    await this.until(() => this.#stdout.includes('"service"'));
    const line = this.#stdout.split("\n").find((text) => text.includes('"service"')) as string;
    return (JSON.parse(line) as { url: string }).url;
  }

  /** Rejects when it ends before. */
  async until(condition: (worker: this) => boolean): Promise<void> {
    while (!condition(this)) {
      if (!this.alive) throw new Error(`the worker ended with ${this.exitCode}:\n${this.#stderr.slice(-4000)}`);
      await new Promise<void>((resolve) => this.#heard.push(resolve));
    }
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.alive) this.#child.kill(signal);
    await this.#ended;
  }

  #wake(): void {
    const heard = this.#heard;
    this.#heard = [];
    for (const wake of heard) wake();
  }
}
