/** The bot of the soak, a process of its own so that it can be killed: the fake model, everything else real. */
import { type DiscordConfig, Secret } from "../../../core/index.ts";
import { createFakeClipModel } from "../fake-clip-model.ts";
import { openDiscordProduct } from "./discord-product.ts";

const given = JSON.parse(process.argv[2] as string) as { home: string; token: string; apiUrl: string };
const config: DiscordConfig = {
  token: new Secret(given.token),
  messageContent: "auto",
  shards: "auto",
  shardIds: undefined,
  catchUpMinutes: 60,
  apiUrl: given.apiUrl,
};
const problem = (facts: object, words: string) => {
  const { err } = facts as { err?: Error };
  console.error(words, err?.stack ?? err ?? JSON.stringify(facts));
};
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: problem as never };
const model = createFakeClipModel({ windowMs: 20 });
await openDiscordProduct({ config, home: given.home, model, playerUrl: "http://127.0.0.1:9", log });
console.log("up");
