/** Every message of the desk becomes one that Discord takes, whatever is in it. The rules are Discord's and its builders'. */
import { type APIMessageTopLevelComponent, MessageFlags } from "discord-api-types/v10";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatMessage } from "../../../../bots/chat/chat-message.ts";
import { LIMITS, plain, plainCut } from "../../../../bots/discord/views/limits.ts";
import { messageView, type ViewOptions } from "../../../../bots/discord/views/message-view.ts";
import { rememberedView } from "../../../../bots/discord/views/remembered-view.ts";
import type { View } from "../../../../bots/discord/views/view.ts";
import { asTenantId, type ShareRecord } from "../../../../core/index.ts";
import {
  aMoments,
  aNotice,
  anAnswer,
  anAnswering,
  aProgress,
  aReady,
  aSpan,
  GREY_JPEG,
} from "../../../support/chat-messages.ts";
import { problemIn } from "../../../support/discord/message-rules.ts";
import { flatten } from "../../../support/discord/read-message.ts";

const OPTIONS: ViewOptions = { readsEverything: true, links: "buttons" };

const sent = (view: View) => ({
  flags: MessageFlags.IsComponentsV2,
  components: view.components,
  attachments: view.files.map(({ name }) => ({ filename: name })),
});
const textOf = (components: readonly APIMessageTopLevelComponent[]) =>
  flatten(components as Parameters<typeof flatten>[0])
    .flatMap(({ content }) => content ?? [])
    .join("\n");
const buttonsOf = (view: View) =>
  flatten(view.components as Parameters<typeof flatten>[0]).filter(({ type }) => type === 2);

/** Any text, among it all that Markdown means something by. */
const anyText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 6000 }),
  fc
    .array(
      fc.constantFrom("*", "_", "`", "[x](https://e.x)", "<@1>", "\\", "||", "# ", "\n", "a", "https://a.b/c_d "),
      {
        maxLength: 3000,
      },
    )
    .map((parts) => parts.join("")),
);
const anySpan = fc
  .record({ start: fc.nat(9000), length: fc.nat(100), label: anyText, tail: fc.nat(600), linked: fc.boolean() })
  .map(({ start, length, label, tail, linked }) => {
    const { url: _url, ...span } = aSpan(start, start + length, label || "0:00");
    return linked ? { ...span, url: `https://player.example/c/${"x".repeat(tail)}?t=${start}` } : span;
  });
const anyMessage: fc.Arbitrary<ChatMessage> = fc.oneof(
  fc
    .record({ text: anyText, watchedSeconds: fc.nat(9000), durationSeconds: fc.nat(9000) })
    .map((changes) => aProgress(changes)),
  fc
    .record({ text: anyText, suggestions: fc.uniqueArray(anyText, { maxLength: 3 }), warnings: fc.array(anyText) })
    .map((changes) => aReady(changes)),
  fc.tuple(anyText, fc.option(anyText)).map(([text, quote]) => anAnswering(text, quote === null ? {} : { quote })),
  fc
    .record({
      text: anyText,
      footnote: anyText,
      verdict: fc.constantFrom("found", "unsure", "absent"),
      spans: fc.array(anySpan, { maxLength: 10 }),
      frame: fc.option(
        anyText.map((altText) => ({ atSeconds: 1, jpeg: GREY_JPEG, altText })),
        { nil: undefined },
      ),
      quote: fc.option(anyText, { nil: undefined }),
    })
    .map(({ frame, quote, ...changes }) => anAnswer({ ...changes, ...(frame && { frame }), ...(quote && { quote }) })),
  fc
    .record({ text: anyText, moments: fc.array(fc.tuple(anySpan, anyText), { maxLength: 60 }) })
    .map(({ text, moments }) => aMoments({ text, moments: moments.map(([span, what]) => ({ ...span, what })) })),
  fc
    .record({ text: anyText, to: fc.array(fc.bigInt(10n ** 17n, 10n ** 19n).map(String), { maxLength: 40 }) })
    .map((changes) => aNotice(changes)),
);

describe("a message on Discord", () => {
  it("is one that Discord takes, whatever is in it", () => {
    fc.assert(
      fc.property(
        anyMessage,
        fc.boolean(),
        fc.constantFrom("buttons" as const, "text" as const),
        (message, all, links) => {
          expect(problemIn(sent(messageView(message, { readsEverything: all, links })))).toBeUndefined();
        },
      ),
      { numRuns: 400 },
    );
  });

  it("opens each moment by a button, the first ones in its order", () => {
    const view = messageView(anAnswer(), OPTIONS);
    expect(buttonsOf(view).flatMap(({ url }) => url ?? [])).toEqual(anAnswer().spans.map(({ url }) => url));
    expect(buttonsOf(view)[0]?.label).toBe(`▶ ${anAnswer().spans[0]?.label}`);
  });

  it("writes an address that is too long for a button, or that Discord refuses in one, into the text", () => {
    const long = `https://player.example/c/${"x".repeat(490)}`;
    const message = anAnswer({ spans: [{ ...aSpan(4, 6), url: long }] });
    expect(long.length).toBeGreaterThan(LIMITS.buttonUrl);
    const view = messageView(message, OPTIONS);
    expect(textOf(view.components)).toContain(long);
    expect(buttonsOf(view).some(({ url }) => url)).toBe(false);
    const asText = messageView(anAnswer(), { ...OPTIONS, links: "text" });
    expect(textOf(asText.components)).toContain(anAnswer().spans[0]?.url as string);
  });

  it("shows the frame as an attachment, with words for those who cannot see it", () => {
    const frame = { atSeconds: 4, jpeg: GREY_JPEG, altText: "The clip at 0:04" };
    const view = messageView(anAnswer({ frame }), OPTIONS);
    expect(view.files).toEqual([expect.objectContaining({ data: GREY_JPEG, description: "The clip at 0:04" })]);
    expect(JSON.stringify(view.components)).toContain("attachment://evidence.jpg");
    const tooLarge = { ...frame, jpeg: new Uint8Array(LIMITS.uploadBytes + 1) };
    expect(messageView(anAnswer({ frame: tooLarge }), OPTIONS).files).toEqual([]);
  });

  it("asks suggestions whole or not at all", () => {
    const long = `When does ${"the dog and ".repeat(10)} bark?`;
    const view = messageView(aReady({ suggestions: ["When?", long] }), OPTIONS);
    expect(buttonsOf(view).map(({ label }) => label)).toEqual(["When?"]);
  });

  it("says how to be heard when it reads mentions only", () => {
    expect(textOf(messageView(aReady(), { ...OPTIONS, readsEverything: false }).components)).toContain("Mention me");
    expect(textOf(messageView(aReady(), OPTIONS).components)).not.toContain("Mention me");
  });

  it("mentions whom a notice is for, and notifies nobody else", () => {
    const view = messageView(aNotice({ text: "<@5> agree?", to: ["7", "8"] }), OPTIONS);
    expect(textOf(view.components)).toBe("<@7> <@8> \\<@5\\> agree?");
    expect(view.notify).toEqual(["7", "8"]);
    expect(messageView(anAnswer({ text: "@everyone" }), OPTIONS).notify ?? []).toEqual([]);
  });

  it("shows the question of a button above its answer", () => {
    const text = textOf(messageView(anAnswer({ quote: "When does\nthe dog bark?" }), OPTIONS).components);
    expect(text).toMatch(/^> When does the dog bark\?\n/);
  });

  it("draws a bar that is full at the end and never fuller", () => {
    const bar = (watchedSeconds: number) =>
      textOf(messageView(aProgress({ watchedSeconds, durationSeconds: 60 }), OPTIONS).components)
        .split("\n")
        .at(-1);
    expect(bar(0)).toBe(`-# ${"▱".repeat(20)} 0 %`);
    expect(bar(30)).toBe(`-# ${"▰".repeat(10)}${"▱".repeat(10)} 50 %`);
    expect(bar(90)).toBe(`-# ${"▰".repeat(20)} 100 %`);
  });
});

describe("text that is not ours", () => {
  it.each([
    [
      "**bold** _it_ ~~no~~ `code` ||spoiler||",
      "\\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~ \\`code\\` \\|\\|spoiler\\|\\|",
    ],
    ["[click](https://evil.example)", "\\[click\\](https://evil.example)"],
    ["<@123> <#4> <t:1:R>", "\\<@123\\> \\<#4\\> \\<t:1:R\\>"],
    ["# big\n-# small\n- list\n1. one", "\\# big\n\\-# small\n\\- list\n1\\. one"],
    ["meadow_1_.mp4", "meadow\\_1\\_.mp4"],
    ["see https://x.example/a_b_c_d now", "see https://x.example/a_b_c_d now"],
    ["back\\slash", "back\\\\slash"],
  ])("%j is shown as it is", (text, escaped) => {
    expect(plain(text)).toBe(escaped);
  });

  it("is cut to fit, escapes and all, and never inside an escape or a character", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 500 }), (text, length) => {
        const shown = plainCut(text, length);
        expect(shown.length).toBeLessThanOrEqual(length);
        expect(shown).not.toMatch(/[\uD800-\uDBFF]$/);
        expect(/\\*$/.exec(shown)?.[0].length).toSatisfy((slashes: number) => slashes % 2 === 0);
      }),
    );
    expect(plainCut("short", 10)).toBe("short");
    expect(plainCut("a".repeat(50), 10)).toBe(`${"a".repeat(9)}…`);
  });
});

describe("the list of what is remembered", () => {
  const clip = (index: number) => ({
    share: { id: `share-${index}`, title: "x".repeat(300), createdAtMs: 0, tenantId: asTenantId("t") } as ShareRecord,
    durationSeconds: 61,
    sizeBytes: 9000,
  });

  it.each([0, 1, 25, 200])("of %i clips is one that Discord takes", (count) => {
    const view = rememberedView(Array.from({ length: count }, (_, index) => clip(index)));
    expect(problemIn(sent(view))).toBeUndefined();
    expect(textOf(view.components)).toContain(count === 0 ? "no clip" : count === 1 ? "one clip" : `${count} clips`);
  });
});
