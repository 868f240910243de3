/** The Slack bot with everything behind it, as one process runs it: desk, queue, stores. The model is the caller's. */
import { join } from "node:path";
import { ChatDesk } from "../../bots/chat/chat-desk.ts";
import { createFetchLink } from "../../bots/chat/fetch-link.ts";
import { jumpLink } from "../../bots/jump-link.ts";
import { openSlack, type SlackOptions } from "../../bots/slack/open-slack.ts";
import type { ClipModel, SlackConfig } from "../../core/index.ts";
import { embeddedStores } from "../../memory/index.ts";
import { InProcessWorkQueue } from "../../workers/index.ts";

export const LINK_SECRET = "a secret of more than 32 characters, for tests";

export interface SlackProductOptions {
  readonly config: SlackConfig;
  readonly home: string;
  readonly model: ClipModel;
  readonly playerUrl: string;
  readonly log: Parameters<typeof openSlack>[1]["log"];
  readonly bot?: SlackOptions | undefined;
}

export async function openSlackProduct({ config, home, model, playerUrl, log, bot: botOptions }: SlackProductOptions) {
  const stores = embeddedStores(home);
  const queue = new InProcessWorkQueue({ model, ...stores });
  const bot = await openSlack(config, { ledger: stores.ledger, fetchLink: createFetchLink(), log }, botOptions);
  const desk = new ChatDesk({
    ledger: stores.ledger,
    queue,
    stores,
    evidence: { frames: stores.frames },
    linksInto: async ({ tenantId, clipId, threadId }) => {
      const claims = { tenantId, clipId, threadId, issuedAtMs: Date.now(), expiresAtMs: Date.now() + 3_600_000 };
      return (span) => jumpLink({ baseUrl: playerUrl, secret: LINK_SECRET, claims }, span);
    },
    scratchFolder: join(home, "incoming"),
    limits: { maxClipBytes: 1e9, maxClipSeconds: 3600 },
    now: Date.now,
    log,
  });
  desk.attach(bot.platform);
  await desk.start();
  await bot.start(desk);
  return {
    stores,
    bot,
    desk,
    close: async () => {
      await bot.close();
      await desk.close();
      await queue.close();
    },
  };
}
