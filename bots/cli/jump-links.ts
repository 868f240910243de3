/** Jump links for the clip at hand, and the note that says whether anybody would open them. */
import type { ClipId, Span } from "../../core/index.ts";
import { jumpLink } from "../jump-link.ts";
import { baseUrlOf, whoListens } from "../web/serve-player.ts";
import type { CommandContext } from "./context.ts";
import type { Services } from "./services.ts";

export type LinkTo = (span: Span) => string;

/** `undefined` when DAMO_WEB_PORT is 0: nobody knows yet where the player will listen. */
export async function jumpLinksFor(
  context: CommandContext,
  services: Services,
  target: { readonly clipId: ClipId; readonly threadId?: string },
): Promise<LinkTo | undefined> {
  const { web, links } = services.config;
  return web.port === 0 && web.publicUrl === undefined
    ? undefined
    : linksTo({
        baseUrl: web.publicUrl ?? baseUrlOf(web),
        secret: await services.linkSecret(),
        claims: {
          tenantId: services.tenantId,
          ...target,
          issuedAtMs: context.now(),
          expiresAtMs: context.now() + links.ttlHours * 3_600_000,
        },
      });
}

export const linksTo =
  (options: Parameters<typeof jumpLink>[0]): LinkTo =>
  (span) =>
    jumpLink(options, span);

/** Says on stderr what is missing for the links to open; nothing when a player is there. */
export async function noteWhetherLinksOpen({ terminal }: CommandContext, { config }: Services): Promise<void> {
  // Who runs it at a public address knows whether it is there.
  if (terminal.json || config.web.publicUrl !== undefined) return;
  if (config.web.port === 0) {
    terminal.note("No links: DAMO_WEB_PORT=0 lets the player choose its port, so set one to get them.");
    return;
  }
  const baseUrl = baseUrlOf(config.web);
  const listening = await whoListens(baseUrl);
  if (listening === "nobody") terminal.note("Run `damo web` to open the links.");
  if (listening === "other") {
    terminal.note(`The links will not open: another program uses ${baseUrl}. Set DAMO_WEB_PORT to a free port.`);
  }
}
