/** The pages that people read name files of this repository; they must be there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pages = [
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map((file) => join(root, file)),
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join(root, "docs", file)),
];

/** `[text](target)`, without links to other sites and places in the page itself. */
const linksOf = (page: string) =>
  [...page.matchAll(/\]\((?!https?:|#)([^)\s#]+)[^)]*\)/g)].map((match) => match[1] as string);

/** Paths as they stand in code spans and in the boxes of diagrams: a top folder of ours, then more. */
const pathsOf = (page: string) =>
  [...page.matchAll(/(?<![\w./-])(?:bots|core|docs|memory|model|script|tests|training|workers)\/[\w./*-]*[\w/*]/g)].map(
    (match) => match[0],
  );

describe("the pages that people read", () => {
  const texts = pages.map((page) => ({ page, text: readFileSync(page, "utf8") }));
  const lost = (page: string, targets: readonly string[], folder: string) =>
    targets.filter((target) => !existsSync(join(folder, target))).map((target) => `${relative(root, page)}: ${target}`);

  it("link to files that exist", () => {
    expect(texts.flatMap(({ page, text }) => lost(page, linksOf(text), dirname(page)))).toEqual([]);
  });

  it("name files that exist", () => {
    const named = (text: string) => pathsOf(text).filter((path) => !path.includes("*"));
    expect(texts.flatMap(({ page, text }) => lost(page, named(text), root))).toEqual([]);
  });
});
