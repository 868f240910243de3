/**
 * emulate (Vercel, Apache-2.0), a second Slack that we did not write: it knows which scope every method needs, and sends
 * `file_deleted`. Its published package has no way to say where events go, so the dispatcher is caught as its plugin is
 * registered (PLATFORM 3b).
 */
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createEmulator } from "emulate";
import { SIGNING_SECRET } from "./local-slack.ts";

export interface EmulatedSlack {
  readonly apiUrl: string;
  close(): Promise<void>;
}

interface Dispatcher {
  register(hook: { url: string; events: readonly string[]; active: boolean; owner: string }): unknown;
}

interface Plugin {
  register(app: unknown, store: unknown, webhooks: Dispatcher, ...rest: readonly unknown[]): void;
}

/** @param requestUrl  where events are sent; @param tokens  token -> its scopes; the first is the bot's */
export async function startEmulatedSlack(
  port: number,
  requestUrl: string,
  tokens: Readonly<Record<string, readonly string[]>>,
): Promise<EmulatedSlack> {
  const plugin = await slackPlugin();
  let dispatcher: Dispatcher | undefined;
  const register = plugin.register;
  plugin.register = function (this: Plugin, app, store, webhooks, ...rest) {
    dispatcher = webhooks;
    register.call(this, app, store, webhooks, ...rest);
  };
  const bot = { type: "bot", user: "admin", bot_id: "B000000001", bot_user_id: "U000000001" };
  const emulator = await createEmulator({
    service: "slack",
    port,
    seed: {
      slack: {
        signing_secret: SIGNING_SECRET,
        strict_scopes: true,
        users: [{ name: "alice" }],
        tokens: [
          ...Object.entries(tokens).map(([token, scopes]) => ({ token, ...bot, scopes })),
          { token: "xoxp-alice", type: "user", user: "alice", scopes: PERSON },
        ],
      },
    },
  } as never);
  plugin.register = register;
  dispatcher?.register({ url: requestUrl, events: ["*"], active: true, owner: "slack" });
  return { apiUrl: `${emulator.url}/api/`, close: () => emulator.close() };
}

/** What a person may do. */
const PERSON = [
  ...["chat:write", "files:read", "files:write", "channels:read", "channels:history", "channels:write", "users:read"],
  ...["channels:join", "channels:manage", "groups:read", "groups:history", "im:history", "mpim:history"],
];

async function slackPlugin(): Promise<Plugin> {
  const folder = resolve(import.meta.dirname, "../../node_modules/emulate/dist");
  for (const name of await readdir(folder)) {
    if (!/^dist-.*\.js$/.test(name)) continue;
    const code = await readFile(join(folder, name), "utf8");
    if (!code.includes("var slackPlugin =")) continue;
    const module = (await import(pathToFileURL(join(folder, name)).href)) as { slackPlugin: Plugin };
    return module.slackPlugin;
  }
  throw new Error("emulate has no Slack plugin where it was");
}
