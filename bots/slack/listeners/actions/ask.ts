/** A suggested question: asked in the thread of its button, by whoever pressed it. */
import type { App, BlockAction } from "@slack/bolt";
import { ACTIONS, anyOf } from "../../action-ids.ts";
import type { SlackContext } from "../../slack-context.ts";
import { readPress } from "./press.ts";

/** Two presses so close are one press of an unsteady finger, or two people with one idea: one answer serves both. */
const ONE_PRESS_MS = 10_000;

export function register(app: App, context: SlackContext): void {
  app.action<BlockAction>(anyOf(ACTIONS.ask), async ({ ack, body }) => {
    await ack();
    const { thread, messageTs, value: question, by: askedBy, actionTs } = readPress(body);
    if (!thread || question === "") return;
    const { tenantId, ledger, desk } = context;
    if (!(await ledger.claim(tenantId, `slack-press/${messageTs}/${question}`, ONE_PRESS_MS))) return;
    const questionId = `${messageTs}/press/${actionTs}`;
    await desk.questionAsked({ tenantId, platform: "slack", thread, questionId, askedBy, question, mentioned: true });
  });
}
