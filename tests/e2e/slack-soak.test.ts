/** A short soak; `script/soak-chat slack` runs the long one: 200 clips, 1,000 questions. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { lacksLocalSlack } from "../support/local-slack.ts";
import { soakSlack } from "../support/slack-soak.ts";

describe.skipIf(lacksLocalSlack())("a bot on Slack that is killed again and again", () => {
  it("says each thing once: a status a clip, an answer a question", async () => {
    const home = await mkdtemp(join(tmpdir(), "damo-slack-soak-"));
    onTestFinished(() => rm(home, { recursive: true, force: true }));
    const report = await soakSlack({ home, clips: 8, questions: 30, kills: 2, seed: 7, log: () => {} });
    expect(report.wrong).toEqual([]);
    expect(report.answered).toBeGreaterThanOrEqual(30);
  }, 600_000);
});
