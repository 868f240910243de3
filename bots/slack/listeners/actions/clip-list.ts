/** The buttons beside remembered clips, in the App Home and in what `/clip forget` and `/clip moments` show. */
import type { App, BlockAction } from "@slack/bolt";
import type { ShareRecord } from "../../../../core/index.ts";
import { ACTIONS, anyOf } from "../../action-ids.ts";
import type { SlackContext } from "../../slack-context.ts";
import { showHome } from "../events/app-home-opened.ts";
import { pressed, readPress } from "./press.ts";

export function register(app: App, context: SlackContext): void {
  const { desk } = context;
  app.action<BlockAction>(anyOf(ACTIONS.forgetShare), async ({ ack, body }) => {
    await ack();
    const press = readPress(body);
    await desk.forget({ ...pressed(context, press), shareId: press.value });
    if (body.view?.type === "home") await showHome(context, press.by);
  });
  app.action<BlockAction>(ACTIONS.forgetAll, async ({ ack, body }) => {
    await ack();
    const press = readPress(body);
    await desk.forgetAll(pressed(context, press));
    await showHome(context, press.by);
  });
  app.action<BlockAction>(anyOf(ACTIONS.showMoments), async ({ ack, body }) => {
    await ack();
    const press = readPress(body);
    const shares = await context.ledger.find(context.tenantId, { platform: "slack", type: "share" });
    const thread = (shares.find(({ id }) => id === press.value) as ShareRecord | undefined)?.thread;
    if (thread) await desk.showMoments({ ...pressed(context, press), thread });
  });
}
