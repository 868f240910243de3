import { describe, expect, it } from "vitest";
import { readMessage } from "../../../../bots/slack/read-message.ts";

const read = (message: Parameters<typeof readMessage>[0]) =>
  readMessage({ ts: "2.0", user: "U1", ...message }, "C1", "UBOT");
const video = { id: "F1", name: "dog.mp4", mimetype: "video/mp4", size: 10, duration_ms: 2500, mode: "hosted" };

describe("readMessage", () => {
  it.each([
    ["<@UBOT> when does it bark?", "when does it bark?", true],
    ["<@UBOT|damo>: when?", ": when?", true],
    ["ask <@U2|bob> in <#C2|general> &amp; &lt;here&gt;", "ask bob in general & <here>", false],
    ["<!channel> see <https://a.example/x|the page>", "@channel see the page", false],
    ["<!subteam^S1|@team> <https://a.example/?a=1&amp;b=2>", "@team https://a.example/?a=1&b=2", false],
    ["two\n\nlines", "two lines", false],
  ])("reads %j as people do", (markup, text, mentioned) =>
    expect(read({ text: markup })).toMatchObject({ text, mentioned }),
  );

  it("finds clips among files, with what Slack knows of them", () => {
    const files = [
      video,
      { id: "F2", name: "a.pdf", mimetype: "application/pdf" },
      { ...video, id: "F3", mode: "tombstone" },
    ];
    expect(read({ files, thread_ts: "1.0" })?.clips).toEqual([
      {
        source: { type: "file", fileId: "F1", message: { channelId: "C1", messageId: "2.0", threadId: "1.0" } },
        title: "dog.mp4",
        durationSeconds: 2.5,
        sizeBytes: 10,
      },
    ]);
  });

  it("finds direct links, and does not take them for words", () => {
    const message = read({ text: "<https://a.example/dog.mp4?x=1&amp;y=2|dog> when?", thread_ts: "2.0" });
    expect(message).toMatchObject({
      text: "when?",
      ref: { channelId: "C1", messageId: "2.0" },
      clips: [{ source: { type: "link", url: "https://a.example/dog.mp4?x=1&y=2" }, title: "dog.mp4" }],
    });
  });

  it("goes by the name where Slack does not know the type yet", () => {
    const fresh = (mimetype: string | undefined, name: string) =>
      read({ files: [{ id: "F1", mimetype, name }] })?.clips.length;
    expect(fresh(undefined, "dog.mkv")).toBe(1);
    expect(fresh("application/octet-stream", "dog.MP4")).toBe(1);
    expect(fresh("application/octet-stream", "dog.zip")).toBe(0);
    expect(fresh("text/plain", "dog.mp4")).toBe(0);
  });

  it("hears sound as well as it sees pictures", () => {
    expect(read({ files: [{ ...video, mimetype: "audio/mpeg" }] })?.clips.length).toBe(1);
  });
});
