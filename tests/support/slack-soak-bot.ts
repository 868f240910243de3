/** The bot of the soak, a process of its own so that it can be killed: the fake model, everything else real. */
import { Secret } from "../../core/index.ts";
import { createFakeClipModel } from "./fake-clip-model.ts";
import { BOT_TOKEN, SIGNING_SECRET } from "./local-slack.ts";
import { openSlackProduct } from "./slack-product.ts";

const { home, apiUrl, port } = JSON.parse(process.argv[2] as string) as { home: string; apiUrl: string; port: number };
const problem = (facts: object, words: string) => {
  const { err } = facts as { err?: Error };
  console.error(words, err?.stack ?? err ?? JSON.stringify(facts));
};
await openSlackProduct({
  config: {
    botToken: new Secret(BOT_TOKEN),
    events: { via: "http", signingSecret: new Secret(SIGNING_SECRET), port, path: "/slack/events" },
    apiUrl,
  },
  home,
  model: createFakeClipModel({ windowMs: 20 }),
  playerUrl: "http://127.0.0.1:9",
  log: { info: () => {}, warn: () => {}, error: problem as never },
  bot: { editEveryMs: 300, fileWaitMs: 300, downloadWaitMs: 50, stream: { appendEveryMs: 100 } },
});
console.log("up");
