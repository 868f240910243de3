/** A short soak; `script/soak-chat discord` runs the long one: 200 clips, 1,000 questions. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { soakDiscord } from "../support/discord/discord-soak.ts";

describe("a bot on Discord that is killed and dropped again and again", () => {
  it("says each thing once: a status a clip, an answer a question", async () => {
    const home = await mkdtemp(join(tmpdir(), "damo-discord-soak-"));
    onTestFinished(() => rm(home, { recursive: true, force: true }));
    const report = await soakDiscord({ home, clips: 8, questions: 30, kills: 1, seed: 7, log: () => {} });
    expect(report.wrong).toEqual([]);
    expect(report.answered).toBeGreaterThanOrEqual(30);
  }, 600_000);
});
