import { type APIAttachment, type APIMessage, AttachmentFlags } from "discord-api-types/v10";
import { describe, expect, it } from "vitest";
import { asClip, clipsIn, mentions, withoutMention } from "../../../../bots/discord/clip-sources.ts";
import { askedWith, readMessage } from "../../../../bots/discord/incoming-message.ts";
import { asTenantId } from "../../../../core/index.ts";

const attachment = (changes: Partial<APIAttachment> = {}): APIAttachment => ({
  id: "11",
  filename: "meadow.mp4",
  content_type: "video/mp4",
  size: 300,
  url: "https://cdn.discordapp.com/attachments/1/11/meadow.mp4?ex=1&is=2&hm=3",
  proxy_url: "",
  ...changes,
});
const user = (id: string, bot = false) => ({
  id,
  bot,
  username: id,
  discriminator: "0",
  global_name: null,
  avatar: null,
});
const message = (changes: Partial<APIMessage> = {}): APIMessage =>
  ({
    id: "5",
    channel_id: "3",
    author: user("1"),
    content: "",
    attachments: [],
    mentions: [],
    ...changes,
  }) as APIMessage;
const READ = { tenantId: asTenantId("discord-2"), ref: { channelId: "3", messageId: "5" }, me: "9", askedTo: false };

describe("the clips of a message", () => {
  it.each([
    ["video/quicktime", "a.MOV", true],
    ["audio/ogg", "voice.ogg", true],
    ["image/png", "a.png", false],
    ["application/pdf", "a.mp4.pdf", false],
    // Discord names no type for what it does not know.
    [undefined, "old.mkv", true],
    [undefined, "notes.txt", false],
  ])("type %s, name %s: %s", (content_type, filename, isOne) => {
    const { content_type: _type, ...untyped } = attachment({ filename });
    expect(asClip(content_type === undefined ? untyped : { ...untyped, content_type }) !== undefined).toBe(isOne);
  });

  it("are all of its attachments, and those of a message that it forwards", () => {
    const forwarded = { message: { attachments: [attachment({ id: "13" })], content: "" } };
    const found = clipsIn(
      message({
        attachments: [attachment(), attachment({ id: "12", content_type: "image/png" })],
        message_snapshots: [forwarded] as unknown as NonNullable<APIMessage["message_snapshots"]>,
      }),
    );
    expect(found.map(({ attachmentId }) => attachmentId)).toEqual(["11", "13"]);
  });

  it("of Go Live name the people in them, apart from bots and whoever shares it", () => {
    const clip = attachment({
      flags: AttachmentFlags.IsClip,
      clip_participants: [user("1"), user("2"), user("7", true)],
      duration_secs: 31,
    });
    const [event] = readMessage(message({ attachments: [clip] }), READ).shared;
    expect(event).toMatchObject({ participants: ["2"], durationSeconds: 31, sizeBytes: 300 });
  });

  it("never carry an address of Discord's in what is kept", () => {
    const content = `https://cdn.discordapp.com/attachments/1/2/a.mp4?ex=1 and https://media.example/b.mp4`;
    const { shared } = readMessage(message({ content, attachments: [attachment()] }), READ);
    expect(shared.map(({ source }) => (source.type === "link" ? source.url : source.fileId))).toEqual([
      "11",
      "https://media.example/b.mp4",
    ]);
    expect(JSON.stringify(shared)).not.toContain("cdn.discordapp.com");
  });

  it("are no sounds unless somebody asks", () => {
    const voice = message({ attachments: [attachment({ content_type: "audio/ogg", filename: "voice.ogg" })] });
    expect(readMessage(voice, READ).shared).toEqual([]);
    expect(readMessage(voice, { ...READ, askedTo: true }).shared.length).toBe(1);
  });

  it("are asked about once, when the last of them is known", () => {
    const two = message({ attachments: [attachment(), attachment({ id: "12" })], content: "<@9> who wins?" });
    const { shared, words } = readMessage(two, { ...READ, askedTo: true });
    expect(askedWith(shared, words).map(({ question }) => question)).toEqual([undefined, "who wins?"]);
  });
});

describe("a mention", () => {
  it("is by name, in both spellings, or by a reply with its bell on", () => {
    expect(mentions({ content: "hi <@9>", mentions: [] }, "9")).toBe(true);
    expect(mentions({ content: "hi <@!9>", mentions: [] }, "9")).toBe(true);
    expect(mentions({ content: "hi", mentions: [user("9")] }, "9")).toBe(true);
    expect(mentions({ content: "hi <@99> <@&9>", mentions: [user("99")] }, "9")).toBe(false);
  });

  it("is no part of the question", () => {
    expect(withoutMention("<@9>  when does <@!9>\nit bark? <@5>", "9")).toBe("when does it bark? <@5>");
  });
});
