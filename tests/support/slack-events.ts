/** What Slack sends over HTTP, signed as Slack signs it: events that local-slack lacks, retries, shortcuts, forms. */
import { createHmac } from "node:crypto";
import { ALICE, CHANNEL, SIGNING_SECRET, TEAM } from "./local-slack.ts";

let count = 0;

export interface SentOptions {
  readonly retryNum?: number;
  readonly eventId?: string;
  /** To break the signature. */
  readonly secret?: string;
  /** Unix seconds. */
  readonly at?: number;
}

/** The body of an Events API request around an event. https://docs.slack.dev/apis/events-api#receiving-events */
export const envelope = (event: object, eventId = `Ev${++count}`) => ({
  token: "legacy",
  team_id: TEAM,
  api_app_id: "A01APP",
  type: "event_callback",
  event_id: eventId,
  event_time: Math.floor(Date.now() / 1000),
  event,
});

/** Resolves with the status of the answer. */
export async function send(port: number, body: object | URLSearchParams, options: SentOptions = {}): Promise<number> {
  const isForm = body instanceof URLSearchParams;
  const text = isForm ? body.toString() : JSON.stringify(body);
  const timestamp = String(options.at ?? Math.floor(Date.now() / 1000));
  const hmac = createHmac("sha256", options.secret ?? SIGNING_SECRET)
    .update(`v0:${timestamp}:${text}`)
    .digest("hex");
  const response = await fetch(`http://127.0.0.1:${port}/slack/events`, {
    method: "POST",
    headers: {
      "content-type": isForm ? "application/x-www-form-urlencoded" : "application/json",
      "x-slack-request-timestamp": timestamp,
      "x-slack-signature": `v0=${hmac}`,
      ...(options.retryNum && {
        "x-slack-retry-num": String(options.retryNum),
        "x-slack-retry-reason": "http_timeout",
      }),
    },
    body: text,
  });
  await response.arrayBuffer();
  return response.status;
}

export const sendEvent = (port: number, event: object, options: SentOptions = {}) =>
  send(port, envelope(event, options.eventId), options);

/** Shortcuts, actions and forms come as JSON inside a form. */
export const sendInteraction = (port: number, payload: object) =>
  send(
    port,
    new URLSearchParams({
      payload: JSON.stringify({
        team: { id: TEAM, domain: "t" },
        user: { id: ALICE, name: "alice", team_id: TEAM },
        ...payload,
      }),
    }),
  );

export const sendCommand = (port: number, text: string, responseUrl: string) =>
  send(
    port,
    new URLSearchParams({
      command: "/clip",
      text,
      team_id: TEAM,
      team_domain: "t",
      channel_id: CHANNEL,
      channel_name: "general",
      user_id: ALICE,
      user_name: "alice",
      response_url: responseUrl,
      trigger_id: "1.2.3",
      api_app_id: "A01APP",
    }),
  );
