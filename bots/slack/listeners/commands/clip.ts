/** `/clip help | settings | moments | forget` */
import type { App, RespondFn, SlashCommand } from "@slack/bolt";
import { helpText, NO_CLIPS_KNOWN, NOTHING_REMEMBERED } from "../../../chat/command-texts.ts";
import { COMMAND } from "../../action-ids.ts";
import type { SlackContext } from "../../slack-context.ts";
import { type ClipListPurpose, clipListBlocks } from "../../views/clip-list.ts";
import { settingsView } from "../../views/settings.ts";
import { tellPrivately } from "../tell-privately.ts";

export function register(app: App, context: SlackContext): void {
  app.command(COMMAND, async ({ ack, command, respond }) => {
    await ack();
    const word = command.text.trim().toLowerCase();
    if (word === "settings") await openSettings(context, command);
    else if (word === "moments" || word === "forget") await listClips(context, command, respond, word);
    else await tellPrivately(context, respond, helpText({ mention: `<@${context.botUserId}>`, command: COMMAND }));
  });
}

async function openSettings(context: SlackContext, { channel_id: channelId, trigger_id }: SlashCommand): Promise<void> {
  const { tenantId, desk, calls } = context;
  const view = settingsView(await desk.readSettings(tenantId, "slack", channelId), channelId);
  await calls.run("views.open", (client) => client.views.open({ trigger_id, view }), "once");
}

async function listClips(
  context: SlackContext,
  { channel_id: channelId, user_id: by }: SlashCommand,
  respond: RespondFn,
  purpose: ClipListPurpose,
): Promise<void> {
  const remembered = await context.desk.remembered({ tenantId: context.tenantId, platform: "slack", by });
  const here = remembered.filter(({ share }) => share.source.message.channelId === channelId);
  if (here.length === 0) {
    await tellPrivately(context, respond, purpose === "forget" ? NOTHING_REMEMBERED : NO_CLIPS_KNOWN);
  } else await tellPrivately(context, respond, "The clips of this channel", clipListBlocks(here, purpose));
}
