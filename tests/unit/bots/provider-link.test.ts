import { describe, expect, it } from "vitest";
import { providerLink } from "../../../bots/provider-link.ts";

const SPAN = { startSeconds: 90.7, endSeconds: 95.2 };
const ID = "dQw4w9WgXcQ";
const LOOM = "0281766fa2d04bb788eaf19e65135184";
const UUID = "9db9f3f1-9b54-44ed-9e91-461d262d2205";

describe("providerLink", () => {
  it.each([
    [`https://www.youtube.com/watch?v=${ID}`, `https://www.youtube.com/watch?v=${ID}&t=90`],
    [`https://m.youtube.com/watch?list=PL1&v=${ID}&t=5s`, `https://www.youtube.com/watch?v=${ID}&t=90`],
    [`https://youtu.be/${ID}?si=tracking`, `https://www.youtube.com/watch?v=${ID}&t=90`],
    [`https://www.youtube.com/shorts/${ID}`, `https://www.youtube.com/watch?v=${ID}&t=90`],
    [`https://www.youtube-nocookie.com/embed/${ID}`, `https://www.youtube.com/watch?v=${ID}&t=90`],
    ["https://vimeo.com/76979871", "https://vimeo.com/76979871#t=90s"],
    ["https://vimeo.com/channels/staffpicks/76979871", "https://vimeo.com/76979871#t=90s"],
    ["https://vimeo.com/76979871/8272103f6e", "https://vimeo.com/76979871/8272103f6e#t=90s"],
    ["https://player.vimeo.com/video/76979871?h=8272103f6e", "https://vimeo.com/76979871/8272103f6e#t=90s"],
    [`https://www.loom.com/share/${LOOM}?sid=1`, `https://www.loom.com/share/${LOOM}?t=90`],
    [`https://www.loom.com/embed/${LOOM}`, `https://www.loom.com/share/${LOOM}?t=90`],
    [`https://www.loom.com/share/My-demo-${LOOM}`, `https://www.loom.com/share/${LOOM}?t=90`],
    [
      "https://drive.google.com/file/d/1AbC_dEf-GhIjK/view?usp=sharing",
      "https://drive.google.com/file/d/1AbC_dEf-GhIjK/view?t=90",
    ],
    ["https://drive.google.com/open?id=1AbC_dEf-GhIjK", "https://drive.google.com/file/d/1AbC_dEf-GhIjK/view?t=90"],
    [
      "https://drive.google.com/file/d/1AbC_dEf-GhIjK/preview?resourcekey=0-abc",
      "https://drive.google.com/file/d/1AbC_dEf-GhIjK/view?resourcekey=0-abc&t=90",
    ],
    [
      "https://framatube.org/w/kkGMgK9ZtnKfYAgnEtQxbv",
      "https://framatube.org/w/kkGMgK9ZtnKfYAgnEtQxbv?start=90s&stop=96s",
    ],
    [`https://tube.example:8443/videos/watch/${UUID}`, `https://tube.example:8443/w/${UUID}?start=90s&stop=96s`],
  ])("takes %s to its second", (origin, link) => {
    expect(providerLink(origin, SPAN)).toBe(link);
  });

  it.each([
    "https://streamable.com/moo",
    "https://example.com/clip.mp4",
    "https://www.youtube.com/@channel",
    "https://www.youtube.com/watch?v=too-short",
    "https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
    "https://notvimeo.com/76979871",
    "https://vimeo.com/about",
    "https://drive.google.com/drive/folders",
    "http://www.youtube.com/watch?v=dQw4w9WgXcQ",
    "https://someone:secret@vimeo.com/76979871",
    "javascript:alert(1)//youtu.be/dQw4w9WgXcQ",
    "not an address",
    "",
  ])("knows no time form of %j", (origin) => {
    expect(providerLink(origin, SPAN)).toBeUndefined();
  });

  it("never points before the clip, and leaves a stop out that would not come after the start", () => {
    expect(providerLink(`https://youtu.be/${ID}`, { startSeconds: -1, endSeconds: 1 })).toMatch(/&t=0$/);
    expect(providerLink(`https://tube.example/w/${UUID}`, { startSeconds: 3, endSeconds: 3 })).toMatch(/\?start=3s$/);
  });

  it("is short enough for a button of every platform", () => {
    for (const origin of [`https://youtu.be/${ID}`, "https://vimeo.com/76979871/8272103f6e"]) {
      expect(providerLink(origin, { startSeconds: 359_999, endSeconds: 360_000 })?.length).toBeLessThan(512);
    }
  });
});
