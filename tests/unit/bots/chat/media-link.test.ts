import { describe, expect, it } from "vitest";
import { mediaLinksAmong, urlsIn } from "../../../../bots/chat/media-link.ts";

describe("mediaLinksAmong", () => {
  it.each([
    ["https://a.example/b/dog.mp4", "dog.mp4"],
    ["https://a.example/b/dog%20park.MOV?sig=1#t=3", "dog park.MOV"],
    ["https://a.example/%ff.webm", "%ff.webm"],
    ["https://a.example/talk.mp3", "talk.mp3"],
  ])("takes %s as %s", (url, title) => expect(mediaLinksAmong([url])).toEqual([{ url, title }]));

  it.each([
    "http://a.example/dog.mp4",
    "https://a.example/dog.mp4.html",
    "https://a.example/watch?v=dog.mp4",
    "ftp://a.example/dog.mp4",
    "javascript:alert(1).mp4",
    "not an address",
  ])("leaves %s", (url) => expect(mediaLinksAmong([url])).toEqual([]));

  it("names each address once, in order", () => {
    const [a, b] = ["https://a.example/1.mp4", "https://a.example/2.mp4"] as const;
    expect(mediaLinksAmong([b, a, b]).map(({ url }) => url)).toEqual([b, a]);
  });
});

describe("urlsIn", () => {
  it("ends an address where the sentence goes on", () => {
    const text = 'See https://a.example/1.mp4, (https://a.example/2.mp4) or "https://a.example/3.mp4".';
    expect(urlsIn(text)).toEqual(["https://a.example/1.mp4", "https://a.example/2.mp4", "https://a.example/3.mp4"]);
  });
});
