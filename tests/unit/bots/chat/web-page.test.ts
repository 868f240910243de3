import { describe, expect, it } from "vitest";
import { looksLikeWebPage } from "../../../../bots/chat/web-page.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("looksLikeWebPage", () => {
  it.each([
    "<!DOCTYPE html><html>",
    "\n\n  <html lang=en>",
    "\ufeff<!doctype html>",
    "<!-- saved from url -->\n<!-- x --><head>",
    "<BODY>",
  ])("knows %j", (text) => expect(looksLikeWebPage(bytes(text))).toBe(true));

  it.each(["\0\0\0\x20ftypisom", "<svg>", "ID3", "", "RIFF<html>"])("lets %j pass", (text) =>
    expect(looksLikeWebPage(bytes(text))).toBe(false),
  );
});
