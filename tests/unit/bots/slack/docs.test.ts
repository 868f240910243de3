/** docs/slack.md, the manifest and the code name the same events, scopes, commands and error texts. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { replyForCode } from "../../../../bots/replies.ts";
import { COMMAND, SHORTCUT_ASK } from "../../../../bots/slack/action-ids.ts";
import { ERROR_CODES, type ErrorCode } from "../../../../core/index.ts";

const ROOT = resolve(import.meta.dirname, "../../../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const page = read("docs/slack.md");
const manifest = read("deploy/slack-manifest.yaml");

/** The items of a YAML list under a key, at any depth. */
const listed = (key: string): readonly string[] => {
  const list = new RegExp(`^( *)${key}:\\n((?:\\1 +- .*\\n)+)`, "m").exec(manifest)?.[2] ?? "";
  return [...list.matchAll(/- (\S+)/g)].map(([, item = ""]) => item);
};
const events = [...new Set(listed("bot_events").map((name) => name.replace(/^message\..*/, "message")))].sort();

/** Names in the first column of a table, in code marks. */
const inTables = new Set(
  page
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .flatMap((line) => [...(line.split(" | ")[0] as string).matchAll(/`([^`]+)`/g)].map(([, name]) => name)),
);

describe("docs/slack.md", () => {
  it("lists the events that the code listens to, and the manifest asks for them", () => {
    const folder = "bots/slack/listeners/events";
    const code = readdirSync(join(ROOT, folder))
      .map((file) => read(join(folder, file)))
      .join("\n");
    const direct = [...code.matchAll(/app\.event\("([a-z_]+)"/g)].map(([, name]) => name);
    const left = /const LEFT = \[([^\]]+)\]/.exec(code)?.[1]?.match(/[a-z_]+/g) ?? [];
    const heard = [...direct, ...left].sort();
    expect(heard.filter((name) => name !== "agent_session_stopped")).toEqual(events);
    expect(heard.filter((name) => !inTables.has(name as string))).toEqual([]);
  });

  it("explains every scope of the manifest, and no other", () => {
    const scopes = listed("bot");
    expect(scopes.length).toBeGreaterThan(10);
    const explained = [...inTables].filter(
      (name) => /^([a-z_.]+:[a-z]+|commands)$/.test(name as string) && name !== "connections:write",
    );
    expect([...explained].sort()).toEqual([...scopes].sort());
  });

  it("names the command and the menu entry as the code and the manifest do", () => {
    expect(manifest).toContain(`command: ${COMMAND}\n`);
    expect(manifest).toContain(`callback_id: ${SHORTCUT_ASK}\n`);
    expect(page).toContain(/name: (Ask.*)\n/.exec(manifest)?.[1]);
    for (const word of ["help", "settings", "moments", "forget"]) expect(page).toContain(`${COMMAND} ${word}`);
  });

  it("shows the words of every error that people on Slack can meet", () => {
    const rows = [...page.matchAll(/^\| `([a-z]+\.[a-z_]+|cancelled)` \| (.+) \|$/gm)];
    const codes = (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) =>
      /^(clip|question|source|queue|memory|model)\./.test(code),
    );
    expect(rows.map(([, code]) => code)).toEqual(codes);
    for (const [, code, words] of rows) {
      const { says, advice } = replyForCode(code as ErrorCode);
      expect(words).toBe(`${says} ${advice}`);
    }
  });

  it("names every setting", () => {
    const keys = read(".env.example").match(/SLACK_[A-Z_]+/g) ?? [];
    expect(keys.filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
  });
});
