/** `damo moments CLIP`: the clip's table of contents, each line with its jump link. */
import { listMoments } from "../../core/index.ts";
import { clockSpan } from "../time-text.ts";
import type { CommandContext } from "./context.ts";
import { jumpLinksFor, noteWhetherLinksOpen } from "./jump-links.ts";
import { takeUpClip } from "./take-up-clip.ts";

export async function moments(context: CommandContext, clipName: string): Promise<void> {
  const { terminal, signal } = context;
  const services = await context.services();
  const { clipId } = (await takeUpClip(context, services, clipName)).clip;
  const model = await services.model();
  const { memories } = await services.stores();
  const linkTo = await jumpLinksFor(context, services, { clipId });
  const listed = await listMoments({ model, memories }, { tenantId: services.tenantId, clipId, signal });

  const labelWidth = Math.max(0, ...listed.moments.map(({ label }) => label.length));
  const timeWidth = Math.max(0, ...listed.moments.map((moment) => clockSpan(moment).length));
  for (const moment of listed.moments) {
    const { startSeconds, endSeconds, label, confidence } = moment;
    const jumpLink = linkTo?.(moment);
    const link = jumpLink === undefined ? "" : `  ${terminal.paint.accent(jumpLink)}`;
    terminal.result(`${clockSpan(moment).padEnd(timeWidth)}  ${label.padEnd(labelWidth)}${link}`.trimEnd());
    terminal.result("\n");
    terminal.line({
      type: "moment",
      clipId,
      startSeconds,
      endSeconds,
      label,
      confidence,
      ...(jumpLink && { jumpLink }),
    });
  }
  if (listed.moments.length === 0) terminal.note("Nothing in this clip stood out to the model.");
  else await noteWhetherLinksOpen(context, services);
}
