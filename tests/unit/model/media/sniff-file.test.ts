import { describe, expect, it } from "vitest";
import { sniffFile } from "../../../../model/media/sniff-file.ts";

const sniff = (bytes: string) => sniffFile(Buffer.from(bytes, "latin1"));

describe("sniffFile", () => {
  it.each([
    ["<!DOCTYPE html><html>", /web page/],
    ["\n  <!-- sign in --> <HTML lang=en>", /web page/],
    ["\xef\xbb\xbf<html>", /web page/],
    ["#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd", /playlist/],
    ["ffconcat version 1.0\nfile x", /playlist/],
    ['<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash">', /playlist/],
    ["v=0\r\no=- 0 0 IN IP4 127.0.0.1", /stream description/],
    ["\xff\xd8\xff\xe0\0\x10JFIF", /still picture/],
    ["RIFF\x10\0\0\0WEBPVP8 ", /still picture/],
    ["%PDF-1.7", /PDF/],
    ["PK\x03\x04....", /ZIP/],
    ['{"error":"invalid_auth"}', /JSON/],
  ])("says what %j is", (bytes, description) => {
    expect(sniff(bytes)).toEqual({ kind: "other", description: expect.stringMatching(description) });
  });

  it.each([
    ["\0\0\0\x20ftypisom", "MP4 or MOV"],
    ["\x1a\x45\xdf\xa3\x01", "Matroska or WebM"],
    ["GIF89a", "GIF"],
    ["RIFF\x10\0\0\0AVI LIST", "AVI"],
    ["FLV\x01\0", "FLV"],
    ["OggS\0", "Ogg"],
    ["fLaC\0", "FLAC"],
    [`G${"\0".repeat(187)}G`, "MPEG-TS"],
  ])("knows how a clip begins: %j", (bytes, container) => {
    expect(sniff(bytes)).toEqual({ kind: "media", container });
  });

  it("leaves what it does not know to ffmpeg", () => {
    expect(sniff("hello, this is some text")).toEqual({ kind: "unknown" });
    expect(sniff("")).toEqual({ kind: "unknown" });
  });
});
