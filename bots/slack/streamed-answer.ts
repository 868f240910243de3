/**
 * An answer that grows by chat.startStream, appendStream and stopStream. A stream dies about five minutes after its start
 * even while it is fed (slackapi/node-slack-sdk #2702), can be stopped by people, and only ever grows. So it is left after
 * four minutes, at the first refusal, and when the text starts over: the same message then goes on by edits. The end is an
 * edit in any case, which puts links and buttons where the stream had a stop button.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { AnyChunk } from "@slack/types";
import type { MessageRef } from "../../core/index.ts";
import type { AnsweringMessage, ChatMessage } from "../chat/chat-message.ts";
import type { AnswerStream } from "../chat/chat-platform.ts";
import { EditedAnswer, type EditedAnswerDeps } from "./edited-answer.ts";
import type { SlackCalls } from "./slack-calls.ts";
import { escaped } from "./views/blocks.ts";

/** chat.appendStream is Tier 4, 100 a minute and workspace: several answers may stream at a time. */
const APPEND_EVERY_MS = 1200;
const LEAVE_AFTER_MS = 4 * 60_000;
/** Slack takes 12,000 characters a call; the whole is bounded too (`msg_too_long`), so we leave well before. */
const MOST_STREAMED = 10_000;

export interface StreamedAnswerOptions {
  readonly leaveAfterMs?: number;
  readonly appendEveryMs?: number;
  /** The task that shows that the clip is being looked through, with the words that say so; complete once others come. */
  readonly task: { readonly id: string; readonly title: string };
}

export class StreamedAnswer implements AnswerStream {
  readonly message: MessageRef;
  readonly #calls: SlackCalls;
  readonly #deps: EditedAnswerDeps;
  readonly #options: StreamedAnswerOptions;
  readonly #leaveAtMs: number;
  #sent = "";
  #latest: AnsweringMessage | undefined;
  #running: Promise<void> | undefined;
  /** Set once the stream has been left. */
  #edited: EditedAnswer | undefined;

  constructor(calls: SlackCalls, deps: EditedAnswerDeps, message: MessageRef, options: StreamedAnswerOptions) {
    this.#calls = calls;
    this.#deps = deps;
    this.message = message;
    this.#options = options;
    this.#leaveAtMs = Date.now() + (options.leaveAfterMs ?? LEAVE_AFTER_MS);
  }

  show(message: AnsweringMessage): void {
    if (this.#edited) {
      this.#edited.show(message);
      return;
    }
    this.#latest = message;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async finish(message: ChatMessage): Promise<void> {
    this.#latest = undefined;
    await this.#running;
    await (await this.#leave()).finish(message);
  }

  async #run(): Promise<void> {
    for (;;) {
      const message = this.#latest;
      if (!message || this.#edited) return;
      this.#latest = undefined;
      await this.#append(message);
      await sleep(this.#options.appendEveryMs ?? APPEND_EVERY_MS);
    }
  }

  async #append(message: AnsweringMessage): Promise<void> {
    const { text } = message;
    if (this.#sent === "" && text === this.#options.task.title) return;
    const grows = text.startsWith(this.#sent);
    if (!grows || text.length > MOST_STREAMED || Date.now() >= this.#leaveAtMs) {
      return (await this.#leave()).show(message);
    }
    const more = text.slice(this.#sent.length);
    if (more === "") return;
    const { id, title } = this.#options.task;
    const chunks: AnyChunk[] = [{ type: "markdown_text", text: escaped(more) }];
    if (this.#sent === "") chunks.unshift({ type: "task_update", id, title, status: "complete" });
    const { channelId: channel, messageId: ts } = this.message;
    try {
      await this.#calls.run("chat.appendStream", (client) => client.chat.appendStream({ channel, ts, chunks }), "once");
      this.#sent = text;
    } catch {
      // Dead, stopped by people, or unknown: edits say the same, and say why if they fail as well.
      (await this.#leave()).show(message);
    }
  }

  async #leave(): Promise<EditedAnswer> {
    if (this.#edited) return this.#edited;
    this.#edited = new EditedAnswer(this.#deps, this.message);
    const { channelId: channel, messageId: ts } = this.message;
    // A stream that has died needs no stop.
    await this.#calls
      .run("chat.stopStream", (client) => client.chat.stopStream({ channel, ts }), "once")
      .catch(() => {});
    return this.#edited;
  }
}
