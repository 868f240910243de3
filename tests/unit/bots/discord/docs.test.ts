/** docs/discord.md says what the code does: permissions, the invite link, commands with their options, settings, texts. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ApplicationCommandOptionType } from "discord.js";
import { describe, expect, it } from "vitest";
import { COMMAND_DEFINITIONS } from "../../../../bots/discord/command-definitions.ts";
import { intentMissing } from "../../../../bots/discord/message-content.ts";
import { inviteLink, PERMISSIONS } from "../../../../bots/discord/permissions.ts";
import { WORDS } from "../../../../bots/discord/words.ts";
import { sizeText } from "../../../../bots/time-text.ts";

const page = readFileSync(fileURLToPath(new URL("../../../../docs/discord.md", import.meta.url)), "utf8");
const example = readFileSync(fileURLToPath(new URL("../../../../.env.example", import.meta.url)), "utf8");

describe("docs/discord.md", () => {
  it("invites the bot with the permissions that it lists, each with its reason", () => {
    expect(page).toContain(inviteLink("APPLICATION_ID"));
    const section = page.split("## Permissions")[1]?.split("\n## ")[0] ?? "";
    const listed = [...section.matchAll(/^\| `(\w+)` \| (.+) \|$/gm)].map(([, name, why]) => [name, why]);
    expect(Object.fromEntries(listed)).toEqual(PERMISSIONS);
  });

  it("lists every command with every option", () => {
    for (const { name, ...command } of COMMAND_DEFINITIONS) {
      const options = "options" in command ? (command.options ?? []) : [];
      const subcommands = options.filter(({ type }) => type === ApplicationCommandOptionType.Subcommand);
      const forms = subcommands.length > 0 ? subcommands : [{ name: "", options }];
      for (const form of forms) {
        const said = name.includes(" ") ? `**${name}**` : `/${[name, form.name].filter(Boolean).join(" ")}`;
        const line = page.split("\n").find((row) => row.startsWith("| ") && row.includes(said));
        expect(line, said).toBeDefined();
        const named = "options" in form ? (form.options ?? []) : [];
        for (const option of named) expect(line).toContain(`${option.name}:`);
      }
    }
  });

  it("has every key of the process", () => {
    const keys = [...example.matchAll(/^#(DISCORD_\w+)=/gm)].map(([, key]) => key as string);
    expect(keys.length).toBeGreaterThan(3);
    for (const key of keys) expect(page).toContain(`| \`${key}\` |`);
  });

  it("quotes what people read when something is wrong", () => {
    const texts = [
      WORDS.noClipThere,
      WORDS.askWhere,
      WORDS.momentsWhere,
      WORDS.notAClip,
      WORDS.clipTooLargeToPost(sizeText(10 * 1024 ** 2)),
      WORDS.settingsWho,
      WORDS.settingsWhere,
      WORDS.nothingRemembered,
      WORDS.nothingForgotten,
      WORDS.outdated,
    ];
    for (const text of texts) expect(page).toContain(`| ${text} |`);
    const [problem = ""] = String(intentMissing().details["problem"]).split(";");
    expect(page).toContain(problem);
  });
});
