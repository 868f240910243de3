/** Heartbeats of the Discord gateway keep their time while the model works, in the same process: no answer, no watching holds them up. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterEach, describe, expect, it } from "vitest";
import { messagesIn } from "../support/discord/discord-peer.ts";
import {
  answersIn,
  HEARTBEAT_MS,
  opens,
  PATIENCE_MS,
  productWorld,
  SHIPPED,
  shareMeadow,
} from "../support/discord/discord-world-with-model.ts";
import { eventually } from "../support/discord/eventually.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

describe("on Discord, from the clip to the second", { timeout: 2 * PATIENCE_MS }, () => {
  // Another process can hold up a beat, and not only ours: measured again before it counts.
  it("with the shipped bundle: a question that comes with the clip; heartbeats keep their time", {
    retry: 2,
  }, async () => {
    const world = await productWorld(SHIPPED, open);
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    const startedAt = Date.now();
    const thread = await shareMeadow(world, `<@${world.fake.twin.botUserId}> When does the dog bark?`);
    const [answer] = await eventually(
      () => answersIn(world, thread),
      (answers) => answers.length > 0,
      PATIENCE_MS,
    );
    await eventually(
      () => messagesIn(world.fake, thread),
      (all) => all.some(({ text }) => text.includes("I have watched meadow.mp4")),
      PATIENCE_MS,
    );
    const beatsSoFar = async () => world.fake.gateway.heartbeats.filter((at) => at >= startedAt);
    // A quick machine has answered after three beats; the next ones end the gaps that the model's work lay in.
    const beats = await eventually(beatsSoFar, (all) => all.length > 4, PATIENCE_MS);
    delay.disable();
    const gaps = beats.slice(1).map((at, index) => at - (beats[index] as number));
    console.log(
      `answered: ${answer?.text.replaceAll("\n", " | ")}; ${beats.length} heartbeats of ${HEARTBEAT_MS} ms while the model ` +
        `worked, the latest ${Math.max(...gaps) - HEARTBEAT_MS} ms late; event loop delay p99 ` +
        `${(delay.percentile(99) / 1e6).toFixed(0)} ms, max ${(delay.max / 1e6).toFixed(0)} ms`,
    );
    expect(gaps.length).toBeGreaterThan(3);
    // Discord gives up after a whole interval without one; its own is 41 s, ours here is one.
    expect(Math.max(...gaps)).toBeLessThan(2 * HEARTBEAT_MS);

    const urls = answer?.buttons.flatMap(({ url }) => url ?? []) ?? [];
    expect(urls[0]).toMatch(/\?t=[\d.]+#t=[\d.]+,[\d.]+$/);
    for (const url of urls) await opens(url);
    expect(world.fake.twin.getTypingEvents({ channelId: thread.threadId }).length).toBeGreaterThan(0);
  });
});
