/**
 * A clip is shared on a Discord server, watched, asked about, and the link under the answer opens it: everything real but
 * Discord itself, which is discord-digital-twin (not ours). The tiny bundle knows nothing, so its answers are not judged
 * here; discord-heartbeats.measured.test.ts asks the shipped one about the demo clip.
 */
import { afterEach, describe, expect, it } from "vitest";
import { tenantOfGuild } from "../../bots/discord/tenant.ts";
import { GUILD_ID, messagesIn, press } from "../support/discord/discord-peer.ts";
import {
  alice,
  answersIn,
  isAnswer,
  opens,
  PATIENCE_MS,
  productWorld,
  shareMeadow,
} from "../support/discord/discord-world-with-model.ts";
import { eventually } from "../support/discord/eventually.ts";
import { lacksTinyBundle, tinyBundleFolder } from "../support/tiny-bundle.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
const aWorld = (bundleFolder: string) => productWorld(bundleFolder, open);

describe("on Discord, from the clip to the second", { timeout: 2 * PATIENCE_MS }, () => {
  it.skipIf(lacksTinyBundle())("with the tiny bundle: watch, ask, follow up, press, delete", async () => {
    const world = await aWorld(tinyBundleFolder);
    const thread = await shareMeadow(world);
    const ready = await eventually(
      async () => (await messagesIn(world.fake, thread)).find(({ text }) => text.includes("I have watched meadow.mp4")),
      (found) => found !== undefined,
      PATIENCE_MS,
    );
    expect((await messagesIn(world.fake, thread)).length).toBe(1);

    await alice(world, thread.threadId).sendMessage({ content: "when does the dog bark?" });
    const [first] = await eventually(
      () => answersIn(world, thread),
      (answers) => answers.length === 1,
      PATIENCE_MS,
    );
    await alice(world, thread.threadId).sendMessage({ content: "and what happens after that?" });
    const answers = await eventually(
      () => answersIn(world, thread),
      (all) => all.length === 2,
      PATIENCE_MS,
    );
    for (const { url } of answers.flatMap(({ buttons }) => buttons)) if (url) await opens(url);

    await press(world.fake, first!.ref, "👍 Helpful");
    const suggestion = ready?.buttons[0]?.label;
    if (suggestion) {
      await press(world.fake, ready.ref, suggestion);
      const all = await eventually(
        () => answersIn(world, thread),
        (found) => found.length === 3,
        PATIENCE_MS,
      );
      expect(all.at(-1)?.text).toContain(suggestion);
    }

    const tenantId = tenantOfGuild(GUILD_ID);
    expect((await world.stores().memories.list(tenantId)).length).toBe(1);
    await alice(world).deleteMessage({ messageId: thread.threadId });
    await eventually(
      () => world.stores().memories.list(tenantId),
      (left) => left.length === 0,
    );
  });

  it.skipIf(lacksTinyBundle())("a restart in the middle loses nothing and says nothing twice", async () => {
    const world = await aWorld(tinyBundleFolder);
    const thread = await shareMeadow(world, `<@${world.fake.twin.botUserId}> when?`);
    await world.restart();
    await alice(world, thread.threadId).sendMessage({ content: "and then?" });
    world.fake.gateway.drop({ resumable: false });
    await eventually(
      () => messagesIn(world.fake, thread),
      (all) => all.filter(isAnswer).length === 2 && all.some(({ text }) => text.includes("I have watched")),
      PATIENCE_MS,
    );
    await world.restart();
    await world.desk().idle();
    const all = await messagesIn(world.fake, thread);
    expect(all.filter(({ byBot }) => byBot).length).toBe(3);
  });
});
