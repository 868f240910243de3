/** The Slack platform in three workspaces: Socket Mode without streaming, signed HTTP, and one that has streaming. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe } from "vitest";
import { lacksLocalSlack } from "../support/local-slack.ts";
import { slackPeer } from "../support/slack-peer.ts";
import { describeChatPlatform } from "./chat-platform.suite.ts";

describe.skipIf(lacksLocalSlack())("slack", async () => {
  const folder = await mkdtemp(join(tmpdir(), "damo-slack-"));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  describeChatPlatform("Slack by Socket Mode", () => slackPeer({ folder: join(folder, "socket") }));
  describeChatPlatform("Slack by signed HTTP", () => slackPeer({ via: "http", folder: join(folder, "http") }));
  describeChatPlatform("Slack with streaming", () =>
    slackPeer({ streaming: true, folder: join(folder, "streaming"), bot: { stream: { appendEveryMs: 10 } } }),
  );
});
