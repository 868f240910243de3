/** Every event, action, command and form that the bot listens to. docs/slack.md lists the same; a test compares. */
import type { App } from "@slack/bolt";
import type { SlackContext } from "../slack-context.ts";
import { register as ask } from "./actions/ask.ts";
import { register as choose } from "./actions/choose.ts";
import { register as clipList } from "./actions/clip-list.ts";
import { register as feedback } from "./actions/feedback.ts";
import { register as openLink } from "./actions/open-link.ts";
import { register as stop } from "./actions/stop.ts";
import { register as clipCommand } from "./commands/clip.ts";
import { register as appHomeOpened } from "./events/app-home-opened.ts";
import { register as appMention } from "./events/app-mention.ts";
import { register as appRemoved } from "./events/app-removed.ts";
import { register as channelLeft } from "./events/channel-left.ts";
import { register as fileRemoved } from "./events/file-removed.ts";
import { register as fileShared } from "./events/file-shared.ts";
import { register as message } from "./events/message.ts";
import { register as sessionStopped } from "./events/session-stopped.ts";
import { register as askAboutClip } from "./shortcuts/ask-about-clip.ts";
import { register as settingsSubmitted } from "./views/settings-submitted.ts";

const LISTENERS = [
  ...[message, appMention, fileShared, fileRemoved, channelLeft, appRemoved, sessionStopped, appHomeOpened],
  ...[ask, stop, choose, feedback, openLink, clipList],
  ...[clipCommand, askAboutClip, settingsSubmitted],
];

export function registerAll(app: App, context: SlackContext): void {
  for (const register of LISTENERS) register(app, context);
}
