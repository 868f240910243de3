/** `damo doctor`: does this machine have what it takes? One line a check, each problem with what to do about it. */
import { access, constants, mkdir, statfs } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { type Config, DomainError, isDomainError } from "../../core/index.ts";
import { replyForError } from "../replies.ts";
import { clockTime, sizeText } from "../time-text.ts";
import { baseUrlOf, whoListens } from "../web/serve-player.ts";
import type { CommandContext } from "./context.ts";
import { EXIT_DONE, exitCodeOf } from "./exit-code.ts";
import type { CheckLine } from "./json-lines.ts";
import type { Services } from "./services.ts";

/** As package.json's `engines`; a test keeps the two in step. */
export const LEAST_NODE = "20.19.0";

type Check = (services: Services) => Promise<string>;

/** @returns the exit code of the first problem, or 0 */
export async function doctor(context: CommandContext): Promise<number> {
  const { terminal } = context;
  const lines: CheckLine[] = [];
  const report = async (name: string, check: () => Promise<string> | string) => {
    const line = await run(name, check);
    lines.push(line);
    terminal.line(line);
    const mark = line.ok ? terminal.paint.accent("ok     ") : terminal.paint.alarm("problem");
    terminal.result(`${mark} ${name.padEnd(8)} ${line.says}\n`);
    if (line.advice !== undefined) terminal.result(`                 ${line.advice}\n`);
  };

  await report("node", () => nodeVersion(process.versions.node));
  await report("cpu", () => `${availableParallelism()} cores, ${process.platform} ${process.arch}`);
  let services: Services | undefined;
  await report("config", async () => {
    services = await context.services();
    return configText(services.config);
  });
  // Without a configuration nobody knows what to check.
  for (const [name, check] of Object.entries(services ? CHECKS : {})) {
    await report(name, () => check(services as Services));
  }

  const problems = lines.filter((line) => !line.ok);
  terminal.note(
    problems.length === 0 ? "All is well." : `${problems.length} of ${lines.length} checks found a problem.`,
  );
  const first = problems[0]?.code;
  return first === undefined ? EXIT_DONE : exitCodeOf(first);
}

const CHECKS: Readonly<Record<string, Check>> = {
  ffmpeg: async (services) => {
    const { path, version, source } = await services.findFfmpeg();
    return `${version}, ${path} (${source})`;
  },
  bundle: async (services) => {
    const folder = services.config.model.bundleFolder;
    const { name, version, fingerprint } = await services.verifyBundle(folder);
    return `${name} ${version}, ${fingerprint.slice(0, 16)}, every file verified`;
  },
  provider: async (services) => {
    const { providers, deviceId } = services.config.model.provider;
    const used = await services.checkProvider();
    const asked = providers.length > 1 ? ` of ${providers.join(", ")}` : "";
    return `${used}${used === "cuda" || used === "dml" ? `, device ${deviceId}` : ""}${asked}`;
  },
  disk: async ({ config }) => {
    await mkdir(config.home, { recursive: true }).catch(() => {}); // the next check tells what is wrong with it
    const { bavail, bsize } = await statfs(config.home).catch(() => ({ bavail: 0, bsize: 0 }));
    const freeBytes = bavail * bsize;
    if (freeBytes < config.decode.maxClipBytes) {
      throw new DomainError("memory.unavailable", "the disk is nearly full", {
        details: { path: config.home, freeBytes, problem: "less is free than one clip may be large" },
      });
    }
    return `${sizeText(freeBytes)} free in ${config.home}`;
  },
  redis: async (services) => {
    const facts = await services.checkRedis();
    if (!facts) return "not configured: everything is kept on this machine";
    const { version, usedBytes, maxBytes, evictionPolicy, aof } = facts;
    if (evictionPolicy !== "" && evictionPolicy !== "noeviction") {
      throw new DomainError("config.invalid", `Redis evicts: ${evictionPolicy}`, {
        details: { problem: `Redis drops jobs and memories when it is full; set its maxmemory-policy to noeviction` },
      });
    }
    const kept = aof ? "AOF on" : "AOF off: after a crash of Redis, clips are watched again";
    return `${version}, ${sizeText(usedBytes)} used${maxBytes > 0 ? ` of ${sizeText(maxBytes)}` : ""}, ${kept}`;
  },
  bots: async ({ config }) => {
    const names = [config.slack && "Slack", config.discord && "Discord"].filter(Boolean);
    return names.length > 0
      ? `tokens for ${names.join(" and ")}`
      : "no platform has a token (docs/slack.md, docs/discord.md)";
  },
  store: async (services) => {
    const { home } = services.config;
    try {
      await mkdir(home, { recursive: true });
      await access(home, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (cause) {
      throw new DomainError("memory.unavailable", `cannot write to ${home}`, { cause, details: { path: home } });
    }
    const { memories } = await services.stores();
    const clips = await memories.list(services.tenantId);
    const sizeBytes = clips.reduce((sum, clip) => sum + clip.sizeBytes, 0);
    return `${home} can be written to; ${clips.length === 1 ? "1 clip" : `${clips.length} clips`}, ${sizeText(sizeBytes)}`;
  },
  player: async (services) => {
    const { web } = services.config;
    if (web.port === 0) return "any free port (DAMO_WEB_PORT=0); answers carry no links";
    const baseUrl = baseUrlOf(web);
    const listening = await whoListens(baseUrl);
    if (listening === "other") {
      throw new DomainError("config.invalid", `${baseUrl} is taken`, {
        details: { problem: `another program uses ${baseUrl}; set DAMO_WEB_PORT` },
      });
    }
    return listening === "player" ? `running at ${baseUrl}` : `not running; \`damo web\` starts it at ${baseUrl}`;
  },
  discord: async ({ config: { discord } }) => {
    if (!discord) return "not set up (DISCORD_BOT_TOKEN)";
    const { checkDiscord } = await import("../discord/check-discord.ts");
    return checkDiscord(discord);
  },
};

async function run(name: string, check: () => Promise<string> | string): Promise<CheckLine> {
  try {
    return { type: "check", name, ok: true, says: await check() };
  } catch (error) {
    if (!isDomainError(error)) throw error;
    return { type: "check", name, ok: false, ...replyForError(error), code: error.code };
  }
}

/** @throws DomainError `config.invalid` when it is older than LEAST_NODE */
export function nodeVersion(version: string): string {
  if (version.localeCompare(LEAST_NODE, "en", { numeric: true }) < 0) {
    throw new DomainError("config.invalid", "node is too old", {
      details: { problem: `this is node ${version}; install ${LEAST_NODE} or newer` },
    });
  }
  return version;
}

/** The settings that explain most surprises; a secret is only "set" or "made here". */
const configText = ({ home, tenantId, model, decode, links }: Config): string =>
  [
    `home ${home}`,
    `tenant ${tenantId}`,
    `${model.watchThreads} threads to watch, ${model.answerThreads} to answer`,
    `clips up to ${clockTime(decode.maxClipSeconds)} and ${sizeText(decode.maxClipBytes)}`,
    `links for ${links.ttlHours} h, secret ${links.secret ? "set" : "made here"}`,
  ].join(", ");
