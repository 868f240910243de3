/** What we draw, against Block Kit's limits (tests/support/block-kit-check.ts, an oracle of its own). */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatMessage } from "../../../../bots/chat/chat-message.ts";
import type { RememberedClip } from "../../../../bots/chat/desk.ts";
import { cut, sections } from "../../../../bots/slack/views/blocks.ts";
import { clipListBlocks } from "../../../../bots/slack/views/clip-list.ts";
import { homeView } from "../../../../bots/slack/views/home.ts";
import { drawMessage } from "../../../../bots/slack/views/message.ts";
import { readSettingsView, settingsView } from "../../../../bots/slack/views/settings.ts";
import { blockProblems } from "../../../support/block-kit-check.ts";
import { aShare } from "../../../support/chat-builders.ts";
import { aMoments, aNotice, anAnswer, anAnswering, aProgress, aReady, aSpan } from "../../../support/chat-messages.ts";

const words = fc.string({ maxLength: 5000, unit: "grapheme" });
const list = <T>(item: fc.Arbitrary<T>, maxLength: number) => fc.array(item, { maxLength });
const span = fc
  .record({ url: fc.option(fc.webUrl({ size: "+2" }), { nil: undefined }), label: words })
  .map(({ url, label }) => ({ startSeconds: 1, endSeconds: 2, label, ...(url && { url }) }));
const message: fc.Arbitrary<ChatMessage> = fc.oneof(
  fc
    .record({ text: words, watchedSeconds: fc.double({ noNaN: true }), durationSeconds: fc.double({ noNaN: true }) })
    .map((some) => aProgress(some)),
  fc.record({ text: words, warnings: list(words, 60), suggestions: list(words, 3) }).map((some) => aReady(some)),
  fc.record({ text: words, quote: words }).map((some) => anAnswering(some.text, some)),
  fc.record({ text: words, spans: list(span, 10), footnote: words, quote: words }).map((some) => anAnswer(some)),
  fc
    .record({
      text: words,
      moments: list(
        fc.tuple(span, words).map(([one, what]) => ({ ...one, what })),
        120,
      ),
    })
    .map((some) => aMoments(some)),
  fc
    .record({ text: words, choices: list(fc.record({ id: fc.uuid(), label: words }), 25) })
    .map((some) => aNotice(some)),
);

const aClip = (title: string): RememberedClip => ({
  share: aShare("s", { title }),
  durationSeconds: 60,
  sizeBytes: 1000,
});

describe("what the bot says on Slack", () => {
  it("keeps every limit of Block Kit, whatever the words", () => {
    fc.assert(
      fc.property(message, (one) => {
        const { text, blocks } = drawMessage(one);
        expect(blockProblems(blocks)).toEqual([]);
        expect(blocks.length).toBeGreaterThan(0);
        expect(text.length).toBeGreaterThan(0);
        expect(text.length).toBeLessThanOrEqual(3000);
      }),
      { numRuns: 60 },
    );
  });

  it("puts people's words where Slack reads no mark-up", () => {
    const { text, blocks } = drawMessage(aNotice({ text: "<!channel> *hi* :tada:" }));
    expect(text).toBe("&lt;!channel&gt; *hi* :tada:");
    expect(blocks).toEqual([
      { type: "section", text: { type: "plain_text", text: "<!channel> *hi* :tada:", emoji: false } },
    ]);
  });

  it("mentions the people whom a notice is for, and nothing that is no person", () => {
    const [first, second] = drawMessage(aNotice({ text: "May I?", to: ["U1", "!channel", "W2"] })).blocks;
    expect(first).toEqual({ type: "section", text: { type: "mrkdwn", text: "<@U1> <@W2>" } });
    expect(second).toMatchObject({ text: { type: "plain_text", text: "May I?" } });
  });

  it("leaves out a link that Slack would refuse, and names its time instead", () => {
    const far = { ...aSpan(4, 6), url: `https://a.example/${"x".repeat(3000)}` };
    const { blocks } = drawMessage(anAnswer({ spans: [far] }));
    expect(JSON.stringify(blocks)).not.toContain("xxx");
    expect(JSON.stringify(blocks)).toContain(far.label);
  });

  it("shows the question of a button above its answer", () => {
    const [first] = drawMessage(anAnswer({ quote: "When does it bark?" })).blocks;
    expect(first).toMatchObject({ type: "context", elements: [{ text: "“When does it bark?”" }] });
  });

  it("draws how far it is", () => {
    const bar = (watchedSeconds: number, durationSeconds: number) =>
      JSON.stringify(drawMessage(aProgress({ watchedSeconds, durationSeconds })).blocks);
    expect(bar(24, 60)).toContain("▰▰▰▰▰▰▰▰▱▱▱▱▱▱▱▱▱▱▱▱ 40 %");
    expect(bar(70, 60)).toContain("100 %");
    expect(bar(0, 0)).not.toContain("%");
  });
});

/** A surrogate without its other half. */
const HALF = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

describe("sections", () => {
  it("lose no word up to the limit, and cut none in half", () => {
    const text = Array.from({ length: 1200 }, (_, i) => `word${i}`).join(" ");
    expect(
      sections(text)
        .map((block) => block.text?.text)
        .join(" "),
    ).toBe(text);
  });

  it("never cut through a pair of surrogates", () => {
    for (let length = 1; length < 12; length++) expect(cut("😀".repeat(8), length)).not.toMatch(HALF);
    for (const block of sections("😀".repeat(4000))) expect(block.text?.text).not.toMatch(HALF);
  });
});

describe("the App Home", () => {
  it("lists what is remembered, within the limit of a view", () => {
    const many = homeView(Array.from({ length: 300 }, (_, i) => aClip(`clip ${i} ${"x".repeat(200)}.mp4`)));
    expect(blockProblems(many.blocks, 100)).toEqual([]);
    expect(JSON.stringify(many.blocks)).toContain("more");
    expect(JSON.stringify(many.blocks)).toContain("Forget everything");
  });

  it("offers nothing to forget where there is nothing", () => {
    expect(JSON.stringify(homeView([]).blocks)).not.toContain("Forget everything");
    expect(blockProblems(homeView([]).blocks, 100)).toEqual([]);
  });
});

describe("the list of clips", () => {
  it.each(["moments", "forget"] as const)("has a button each for %s", (purpose) => {
    const blocks = clipListBlocks([aClip("a.mp4"), aClip("b.mp4")], purpose);
    expect(blockProblems(blocks)).toEqual([]);
    expect(blocks.length).toBe(2);
    expect(JSON.stringify(blocks)).toContain("a.mp4 (1:00)");
  });
});

describe("the settings", () => {
  it("show what holds, and read back what was chosen", () => {
    const view = settingsView({ watch: "mention", answer: "always", askParticipants: true }, "C1");
    expect(blockProblems(view.blocks)).toEqual([]);
    expect(view.private_metadata).toBe("C1");
    expect(JSON.stringify(view.blocks[0])).toContain('"initial_option":{"value":"mention"');
    const chosen = {
      watch: { watch: { selected_option: { value: "off" } } },
      answer: { answer: { selected_option: null } },
    };
    expect(readSettingsView(chosen)).toEqual({ watch: "off" });
    expect(readSettingsView({ watch: { watch: { selected_option: { value: "everything" } } } })).toEqual({});
  });
});
