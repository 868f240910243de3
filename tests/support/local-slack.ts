/**
 * local-slack, a Slack workspace that we did not write (parvalabs, MIT; a prebuilt binary for Linux x64), on a free port:
 * one channel, Alice and the bot in it, Bob outside. PLATFORM 3a says what it can and what it lacks.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "./free-port.ts";

const BINARY = resolve(import.meta.dirname, "../../node_modules/local-slack-linux-x64/bin/local-slack");

export const TEAM = "T01TEST";
export const BOT = "U0BOT";
export const ALICE = "U01ALICE";
export const BOB = "U02BOB";
export const CHANNEL = "C01GEN";
export const BOT_TOKEN = "xoxb-test-token";
export const APP_TOKEN = "xapp-test-token";
export const SIGNING_SECRET = "s3cr3t";

/** For `describe.skipIf`; says once what is left out. */
export function lacksLocalSlack(): boolean {
  const lacks = !existsSync(BINARY);
  if (lacks)
    console.log("skipped: local-slack has no binary for this machine (optional package local-slack-linux-x64)");
  return lacks;
}

export interface LocalSlack {
  /** e.g. `http://127.0.0.1:4623`. */
  readonly origin: string;
  /** POSTs to its control API: what people do. */
  control(path: string, body: Record<string, unknown> | FormData): Promise<Record<string, unknown>>;
  /** GETs from its control API: what there is. */
  look(path: string): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** @param requestUrl  where events are sent as signed HTTP requests; absent: Socket Mode */
export async function startLocalSlack({ requestUrl }: { readonly requestUrl?: string } = {}): Promise<LocalSlack> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "damo-local-slack-"));
  const config = {
    workspace: { name: "T", domain: "t", teamId: TEAM },
    app: {
      appId: "A01APP",
      botUserId: BOT,
      botName: "damo",
      botToken: BOT_TOKEN,
      appToken: APP_TOKEN,
      signingSecret: SIGNING_SECRET,
      mode: requestUrl ? "events" : "socket",
      requestUrl: requestUrl ?? "http://127.0.0.1:9/unused",
    },
    users: [
      { id: ALICE, name: "alice", real_name: "Alice", email: "a@example.com" },
      { id: BOB, name: "bob", real_name: "Bob", email: "b@example.com" },
    ],
    channels: [{ id: CHANNEL, name: "general", members: [ALICE, BOT] }],
  };
  await writeFile(join(folder, "slack.json"), JSON.stringify(config));
  const options = ["--config", join(folder, "slack.json"), "--port", String(port), "--base-host", "127.0.0.1"];
  const child = spawn(BINARY, [...options, "--files-dir", folder], { stdio: ["ignore", "pipe", "inherit"] });
  const origin = `http://127.0.0.1:${port}`;
  await untilUp(child, origin);
  const read = async (response: Response) => {
    const text = await response.text();
    if (!response.ok) throw new Error(`local-slack answers ${response.status}: ${text}`);
    return JSON.parse(text) as Record<string, unknown>;
  };
  return {
    origin,
    control: async (path, body) => {
      const json = body instanceof FormData ? undefined : { "content-type": "application/json" };
      const sent = body instanceof FormData ? body : JSON.stringify(body);
      return read(
        await fetch(`${origin}/_control/${path}`, { method: "POST", body: sent, ...(json && { headers: json }) }),
      );
    },
    look: async (path) => read(await fetch(`${origin}/_control/${path}`)),
    close: async () => {
      if (child.exitCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilUp(child: ChildProcess, origin: string): Promise<void> {
  const until = Date.now() + 20_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`local-slack ended with ${child.exitCode}`);
    const up = await fetch(`${origin}/_control/state`)
      .then((response) => response.ok)
      .catch(() => false);
    if (up) return;
    if (Date.now() > until) throw new Error("local-slack does not answer");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
