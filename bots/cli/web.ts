/** `damo web`: serves the player on this machine until Ctrl-C. */
import type { ClipMemorySummary } from "../../core/index.ts";
import { clockTime } from "../time-text.ts";
import { baseUrlOf, servePlayer, whoListens } from "../web/serve-player.ts";
import type { CommandContext } from "./context.ts";
import { linksTo } from "./jump-links.ts";
import { playerParts } from "./player-parts.ts";

/** How many clips are listed with a link: enough to find the last ones, few enough to be read. */
const LISTED_CLIPS = 5;

export async function web(context: CommandContext): Promise<void> {
  const { terminal, signal, now } = context;
  const services = await context.services();
  const { config, tenantId } = services;
  const wantedUrl = baseUrlOf(config.web);
  if (config.web.port !== 0 && (await whoListens(wantedUrl)) === "player") {
    terminal.result(`The player is already running at ${wantedUrl}.\n`);
    terminal.line({ type: "player", url: wantedUrl });
    return;
  }

  const { memories } = await services.stores();
  const parts = await playerParts(services, now);
  const server = await servePlayer({ ...parts.deps, ops: await services.ops() }, config.web);
  const { baseUrl } = server;
  terminal.result(`The player is open at ${terminal.paint.accent(baseUrl)}; Ctrl-C closes it.\n`);
  terminal.line({ type: "player", url: baseUrl });
  if (config.web.port === 0) terminal.note("`damo ask` prints links to a fixed port only: set DAMO_WEB_PORT.");

  for (const { clipId, title, durationSeconds } of lastClips(await memories.list(tenantId))) {
    const claims = { tenantId, clipId, issuedAtMs: now(), expiresAtMs: now() + config.links.ttlHours * 3_600_000 };
    const linkTo = linksTo({ baseUrl, secret: parts.deps.linkSecret, claims });
    const link = linkTo({ startSeconds: 0, endSeconds: durationSeconds });
    terminal.result(`  ${title} (${clockTime(durationSeconds)})  ${terminal.paint.accent(link)}\n`);
    terminal.line({ type: "clip", clipId, title, jumpLink: link });
  }

  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await server.close();
  await parts.close();
  terminal.note("The player is closed.");
}

/** Newest first, each clip once. */
const lastClips = (memories: readonly ClipMemorySummary[]) =>
  [...new Map(memories.map(({ key, title, info }) => [key.clipId, { title, durationSeconds: info.durationSeconds }]))]
    .map(([clipId, rest]) => ({ clipId, ...rest }))
    .reverse()
    .slice(0, LISTED_CLIPS);
