/** Commands, buttons and forms on Discord, from the click to what the desk is told and the person sees. */
import { ComponentType, InteractionResponseType, MessageFlags } from "discord-api-types/v10";
import { generateSnowflake } from "discord-digital-twin";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { COMMAND_DEFINITIONS } from "../../bots/discord/command-definitions.ts";
import { tenantOfGuild } from "../../bots/discord/tenant.ts";
import { WORDS } from "../../bots/discord/words.ts";
import { asClipId, type ShareRecord } from "../../core/index.ts";
import { aReady } from "../support/chat-messages.ts";
import {
  CHANNEL_ID,
  connectDiscordPeer,
  type DiscordPeer,
  GUILD_ID,
  PEOPLE,
  useOnMessage,
} from "../support/discord/discord-peer.ts";
import { eventually } from "../support/discord/eventually.ts";
import { flatten } from "../support/discord/read-message.ts";

const CLIP = { name: "meadow.mp4", bytes: new Uint8Array(2000).fill(7), mimeType: "video/mp4" };
const tenantId = tenantOfGuild(GUILD_ID);

let peer: DiscordPeer;
beforeEach(async () => {
  peer = await connectDiscordPeer();
});
afterEach(() => peer.close());

/** What an interaction was answered with at once. */
async function answerTo({ id }: { readonly id: string }) {
  const request = await eventually(
    async () => peer.fake.requests.find(({ path }) => path.startsWith(`/interactions/${id}/`)),
    (found) => found !== undefined,
  );
  return request?.body as { type: number; data?: { flags?: number; components?: Parameters<typeof flatten>[0] } };
}
const wordsOf = (components: Parameters<typeof flatten>[0] = []) =>
  flatten(components)
    .flatMap(({ content }) => content ?? [])
    .join("\n");
/** What stands in the end where an interaction was put off. */
const endOf = async () => {
  const edited = await eventually(
    async () => peer.fake.requests.findLast(({ path, method }) => method === "PATCH" && path.startsWith("/webhooks/")),
    (found) => found !== undefined,
  );
  return wordsOf(edited?.body.components);
};
const inThread = async () => {
  const message = await peer.shareClip(CLIP);
  const thread = await peer.platform.openThread(tenantId, message, "meadow.mp4");
  return { message, thread, alice: peer.fake.twin.channel(thread.threadId as string).user(PEOPLE.alice) };
};
const inChannel = () => peer.fake.twin.channel(CHANNEL_ID).user(PEOPLE.alice);

describe("the commands on Discord", () => {
  it("are registered when the bot starts", async () => {
    const registered = peer.fake.requests.find(({ method, path }) => method === "PUT" && /\/commands$/.test(path));
    expect(registered?.status).toBe(200);
    expect(registered?.body).toEqual(JSON.parse(JSON.stringify(COMMAND_DEFINITIONS)));
  });

  it("'Ask about this clip' asks for the question in a form, and hands it in with the clip", async () => {
    const message = await peer.shareClip(CLIP);
    await peer.desk.heard("clipShared");
    const command = await useOnMessage(peer.fake, WORDS.askAboutThisClip, message, PEOPLE.bob);
    const form = await answerTo(command);
    expect(form.type).toBe(InteractionResponseType.Modal);
    const { custom_id: customId } = form.data as unknown as { custom_id: string };
    const submitted = await inChannel().submitModal({
      customId,
      fields: [{ customId: "question", value: " when does the dog bark? " }],
    });
    const shared = await peer.desk.heard("clipShared", ({ question }) => question !== undefined);
    expect(shared).toMatchObject({
      askedTo: true,
      sharedBy: PEOPLE.alice,
      question: "when does the dog bark?",
      asked: { questionId: submitted.id, askedBy: PEOPLE.alice },
      source: { type: "file", message: { channelId: CHANNEL_ID, messageId: message.messageId } },
    });
    expect((await answerTo(submitted)).data?.flags).toBe(MessageFlags.IsComponentsV2 | MessageFlags.Ephemeral);
  });

  it("'Ask about this clip' on a message without one says so to the person alone", async () => {
    const answer = await answerTo(
      await useOnMessage(peer.fake, WORDS.askAboutThisClip, await peer.say({ text: "hello" })),
    );
    expect(wordsOf(answer.data?.components)).toBe(WORDS.noClipThere);
    expect((answer.data?.flags ?? 0) & MessageFlags.Ephemeral).not.toBe(0);
  });

  it("/ask in a clip's thread is a question like any other", async () => {
    const { thread, alice } = await inThread();
    const command = await alice.runSlashCommand({
      name: "ask",
      options: [{ name: "question", type: 3, value: "when?" }],
    });
    expect(await peer.desk.heard("questionAsked")).toMatchObject({
      thread,
      question: "when?",
      questionId: command.id,
      askedBy: PEOPLE.alice,
      mentioned: true,
    });
  });

  it("/ask elsewhere says where to ask", async () => {
    const command = await inChannel().runSlashCommand({
      name: "ask",
      options: [{ name: "question", type: 3, value: "when?" }],
    });
    expect(wordsOf((await answerTo(command)).data?.components)).toContain("Ask in the thread of a clip");
    expect(peer.desk.calls.questionAsked).toEqual([]);
  });

  it("/ask with a clip posts it where everybody sees it, and asks about it there", async () => {
    const attachment = peer.fake.cdn.upload({ filename: "mine.mp4", bytes: CLIP.bytes, content_type: "video/mp4" });
    const command = await peer.fake.twin.simulateInteraction({
      type: 2,
      channelId: CHANNEL_ID,
      userId: PEOPLE.bob,
      data: {
        id: generateSnowflake(),
        name: "ask",
        type: 1,
        options: [
          { name: "question", type: 3, value: "who wins?" },
          { name: "clip", type: 11, value: attachment.id },
        ],
        resolved: { attachments: { [attachment.id]: attachment } },
      },
    });
    expect((await answerTo(command)).type).toBe(InteractionResponseType.DeferredChannelMessageWithSource);
    const shared = await peer.desk.heard("clipShared");
    expect(shared).toMatchObject({
      title: "mine.mp4",
      sharedBy: PEOPLE.bob,
      question: "who wins?",
      asked: { questionId: command.id, askedBy: PEOPLE.bob },
    });
    // The file of the command is gone with it; the posted one is fetched by its message.
    peer.fake.cdn.remove(attachment.id);
    expect(await peer.platform.canSee(tenantId, shared.source, PEOPLE.alice)).toBe("yes");
  });

  it("/ask with a file that is no clip, or larger than a bot may post, says so", async () => {
    const asked = async (fields: { filename: string; content_type: string; size?: number }) => {
      const attachment = {
        ...peer.fake.cdn.upload({ ...fields, bytes: CLIP.bytes }),
        ...(fields.size && { size: fields.size }),
      };
      const options = [
        { name: "question", type: 3, value: "?" },
        { name: "clip", type: 11, value: attachment.id },
      ];
      const data = {
        id: "1",
        name: "ask",
        type: 1,
        options,
        resolved: { attachments: { [attachment.id]: attachment } },
      };
      const command = await peer.fake.twin.simulateInteraction({
        type: 2,
        channelId: CHANNEL_ID,
        userId: PEOPLE.bob,
        data,
      });
      return wordsOf((await answerTo(command)).data?.components);
    };
    expect(await asked({ filename: "a.pdf", content_type: "application/pdf" })).toBe(WORDS.notAClip);
    expect(await asked({ filename: "a.mp4", content_type: "video/mp4", size: 1e9 })).toContain(
      "larger than I may post here",
    );
  });

  it("/moments asks the desk for them, in a thread alone", async () => {
    const { thread, alice } = await inThread();
    await alice.runSlashCommand({ name: "moments" });
    expect(await peer.desk.heard("showMoments")).toMatchObject({ thread, by: PEOPLE.alice });
    expect(wordsOf((await answerTo(await inChannel().runSlashCommand({ name: "moments" }))).data?.components)).toBe(
      WORDS.momentsWhere,
    );
  });

  it("/forget in a thread forgets its clips and says how many", async () => {
    const { thread, alice } = await inThread();
    peer.desk.receipts = [{} as (typeof peer.desk.receipts)[number]];
    const answer = await answerTo(await alice.runSlashCommand({ name: "forget" }));
    expect(answer).toMatchObject({
      type: InteractionResponseType.DeferredChannelMessageWithSource,
      data: { flags: MessageFlags.Ephemeral },
    });
    expect(await peer.desk.heard("forget")).toMatchObject({ thread, by: PEOPLE.alice });
    expect(await endOf()).toBe(WORDS.forgotten(1));
  });

  it("/forget elsewhere lists what the person may see, to choose from", async () => {
    const share = { id: "share-1", title: "meadow.mp4", createdAtMs: 0, clipId: asClipId("a") } as ShareRecord;
    peer.desk.clips = [{ share, durationSeconds: 61, sizeBytes: 9000 }];
    await inChannel().runSlashCommand({ name: "forget" });
    expect(await endOf()).toContain(WORDS.remembered(1));
    const listed = peer.fake.requests.findLast(
      ({ method, path }) => method === "PATCH" && path.startsWith("/webhooks/"),
    );
    const menu = flatten(listed?.body.components).find(({ type }) => type === ComponentType.StringSelect);
    expect(menu).toMatchObject({ options: [{ label: "meadow.mp4", value: "share-1" }] });
    const { messageId } = await peer.say({ text: "the list" });
    await inChannel().selectMenu({ messageId, customId: "damo|forget", values: ["share-1"] });
    expect(await peer.desk.heard("forget")).toMatchObject({ shareId: "share-1", by: PEOPLE.alice });
    await inChannel().clickButton({ messageId, customId: "damo|forget-all" });
    expect(await peer.desk.heard("forgetAll")).toMatchObject({ by: PEOPLE.alice });
  });

  const settings = (options: { name: string; type: number; value: string | boolean }[]) =>
    inChannel().runSlashCommand({ name: "clip", options: [{ name: "settings", type: 1, options }] });

  it("/clip settings shows what holds and how much the bot reads", async () => {
    await settings([]);
    const shown = await endOf();
    expect(shown).toContain("Watch: every clip");
    expect(shown).toContain(WORDS.modeFull);
  });

  it("/clip settings changes a channel or the server", async () => {
    await settings([{ name: "watch", type: 3, value: "mention" }]);
    expect(await endOf()).toContain(WORDS.watch.mention);
    await settings([
      { name: "ask-participants", type: 5, value: false },
      { name: "where", type: 3, value: "server" },
    ]);
    await eventually(
      () => peer.desk.readSettings(tenantId, "discord"),
      ({ askParticipants }) => !askParticipants,
    );
    expect(await peer.desk.readSettings(tenantId, "discord", CHANNEL_ID)).toMatchObject({ watch: "mention" });
    expect(await peer.desk.readSettings(tenantId, "discord")).toMatchObject({ watch: "always" });
  });

  it("/clip settings is for those who manage the channel", async () => {
    await peer.fake.twin.prisma.guildMember.update({
      where: { guildId_userId: { guildId: GUILD_ID, userId: PEOPLE.alice } },
      data: { permissions: "1024" },
    });
    const answer = await answerTo(await settings([{ name: "watch", type: 3, value: "off" }]));
    expect(wordsOf(answer.data?.components)).toBe(WORDS.settingsWho);
    expect(await peer.desk.readSettings(tenantId, "discord", CHANNEL_ID)).toMatchObject({ watch: "always" });
  });

  it("/clip help tells every command", async () => {
    const command = await inChannel().runSlashCommand({ name: "clip", options: [{ name: "help", type: 1 }] });
    const help = wordsOf((await answerTo(command)).data?.components);
    for (const { name } of COMMAND_DEFINITIONS) expect(help).toContain(name);
  });

  it("a button of an earlier version says that it is outdated", async () => {
    const { messageId } = await peer.say({ text: "x" });
    const click = await inChannel().clickButton({ messageId, customId: "damo|jump|1" });
    expect(wordsOf((await answerTo(click)).data?.components)).toBe(WORDS.outdated);
  });
});

describe("an interaction on Discord", () => {
  // The desk is held: an answer that waited for it would never come. Three seconds are Discord's rule.
  it("is answered within three seconds while the desk takes its time", { retry: 2 }, async () => {
    const { alice } = await inThread();
    let release = () => {};
    const released = new Promise<void>((go) => (release = go));
    peer.desk.before = () => released;
    const command = await alice.runSlashCommand({ name: "forget" });
    const startedAt = Date.now();
    await answerTo(command);
    expect(Date.now() - startedAt).toBeLessThan(3000);
    release();
    expect(await endOf()).toBe(WORDS.nothingForgotten);
  });

  it("that comes back after 15 minutes is not answered by its token, and the work is done all the same", async () => {
    const { alice, thread } = await inThread();
    // Made before the desk asks for it: the answer to the command may come first.
    let release = () => {};
    const released = new Promise<void>((go) => (release = go));
    peer.desk.before = () => released;
    const command = await alice.runSlashCommand({ name: "forget" });
    await answerTo(command);
    peer.fake.now = () => Date.now() + 16 * 60_000;
    release();
    await peer.desk.heard("forget");
    const refused = await eventually(
      async () => peer.fake.requests.filter(({ path }) => path.startsWith("/webhooks/")),
      (all) => all.length > 0,
    );
    expect(refused.map(({ status }) => status)).toEqual([401]);
    // The thread, where long work is told of, takes messages as before.
    await peer.platform.post(tenantId, thread, aReady(), "after");
  });

  it("is handed in again when the store is away for a moment", async () => {
    const { thread } = await inThread();
    const ready = await peer.platform.post(tenantId, thread, aReady(), "ready");
    let failures = 1;
    peer.desk.before = async () => {
      const { DomainError } = await import("../../core/index.ts");
      if (failures-- > 0) throw new DomainError("memory.unavailable", "away");
    };
    await peer.press(ready, "When does the dog bark?");
    expect((await peer.desk.heard("questionAsked")).question).toBe("When does the dog bark?");
    expect(peer.fake.requests.filter(({ path }) => path.endsWith("/callback")).length).toBe(1);
  });
});
