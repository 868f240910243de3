/** Slack as the desk sees it (bots/chat/chat-platform.ts): threads, messages under a key, answers that grow, files, rights. */
import type { AnyChunk } from "@slack/types";
import { type ChatPlace, type ClipSource, isDomainError, type MessageRef, type TenantId } from "../../core/index.ts";
import type { AnsweringMessage, ChatMessage } from "../chat/chat-message.ts";
import type { AnswerStream, ChatPlatform } from "../chat/chat-platform.ts";
import type { FetchLink } from "../chat/fetch-link.ts";
import { ChannelMembers } from "./channel-members.ts";
import { EditedAnswer, type EditedAnswerDeps } from "./edited-answer.ts";
import { PacedEdits } from "./paced-edits.ts";
import { markerOf, metadataOf, PostedMessages, withMarker } from "./posted-messages.ts";
import type { SlackCalls } from "./slack-calls.ts";
import { slackErrorOf } from "./slack-errors.ts";
import { channelsOf, type SlackFiles } from "./slack-files.ts";
import { StreamedAnswer, type StreamedAnswerOptions } from "./streamed-answer.ts";
import { stopButton } from "./views/answering.ts";
import { cut } from "./views/blocks.ts";
import { drawMessage } from "./views/message.ts";
import { quoteBlocks } from "./views/quote.ts";

/** One edit a message in three seconds: chat.update is Tier 3, 50 a minute and workspace. */
const EDIT_EVERY_MS = 3000;

/** chat.startStream is Tier 2, 20 a minute and workspace; beyond this many, answers grow by edits and nobody waits. */
const STREAMS_A_MINUTE = 15;

/** A workspace that has no streaming is asked again after so long: it may have got it. */
const NO_STREAMS_MS = 3_600_000;

const REACTIONS = { seen: "eyes", ready: "white_check_mark", failed: "warning" } as const;

export interface SlackPlatformDeps {
  readonly calls: SlackCalls;
  readonly files: SlackFiles;
  readonly fetchLink: FetchLink;
  readonly bot: { readonly userId: string; readonly teamId: string; readonly startedAtTs: number };
}

export interface SlackPlatformOptions {
  readonly editEveryMs?: number;
  /** For tests: see StreamedAnswer. */
  readonly stream?: Omit<StreamedAnswerOptions, "task">;
}

export class SlackPlatform implements ChatPlatform {
  readonly name = "slack";
  readonly editEveryMs: number;
  readonly #calls: SlackCalls;
  readonly #files: SlackFiles;
  readonly #fetchLink: FetchLink;
  readonly #bot: SlackPlatformDeps["bot"];
  readonly #options: SlackPlatformOptions;
  readonly #posted: PostedMessages;
  readonly members: ChannelMembers;
  /** Messages whose progress is being shown. */
  readonly #edits = new Map<string, PacedEdits<ChatMessage>>();
  readonly #streamStartsMs: number[] = [];
  #streamsAgainAtMs = 0;
  /** Messages that are streamed now -> what their stop button says. */
  readonly streaming = new Map<string, string>();

  constructor(deps: SlackPlatformDeps, options: SlackPlatformOptions = {}) {
    this.#calls = deps.calls;
    this.#files = deps.files;
    this.#fetchLink = deps.fetchLink;
    this.#bot = deps.bot;
    this.#options = options;
    this.editEveryMs = options.editEveryMs ?? EDIT_EVERY_MS;
    this.#posted = new PostedMessages(deps.calls, deps.bot);
    this.members = new ChannelMembers(deps.calls);
  }

  async mark({ channelId: channel, messageId: timestamp }: MessageRef, mark: keyof typeof REACTIONS): Promise<void> {
    const react = (method: "add" | "remove", name: string) =>
      this.#calls
        .run(`reactions.${method}`, (client) => client.reactions[method]({ channel, timestamp, name }))
        // A reaction is a courtesy: it may be there already, or not be allowed, or the message is gone.
        .catch(() => {});
    await react("add", REACTIONS[mark]);
    if (mark !== "seen") await react("remove", REACTIONS.seen);
  }

  async openThread(_tenantId: TenantId, { channelId, threadId, messageId }: MessageRef): Promise<ChatPlace> {
    return { channelId, threadId: threadId ?? messageId };
  }

  async post(_tenantId: TenantId, place: ChatPlace, message: ChatMessage, key: string): Promise<MessageRef> {
    for (let tries = 1; ; tries++) {
      const there = await this.#posted.find(place, key);
      if (there) return there;
      try {
        return await this.#postNew(place, message, key);
      } catch (error) {
        // It may have come through all the same: the thread knows.
        const unknown = isDomainError(error) && error.code === "source.unreachable";
        if (!unknown || tries === 3) throw error;
        this.#posted.forgetThread(place);
      }
    }
  }

  async edit(_tenantId: TenantId, ref: MessageRef, message: ChatMessage): Promise<void> {
    const name = `${ref.channelId}/${ref.messageId}`;
    let edits = this.#edits.get(name);
    if (!edits) {
      edits = new PacedEdits((state) => this.#update(ref, state), this.editEveryMs);
      this.#edits.set(name, edits);
    }
    if (message.kind === "progress") return edits.edit(message);
    this.#edits.delete(name);
    await edits.editNow(message);
  }

  /** With the pictures that belong to it. */
  async remove(_tenantId: TenantId, ref: MessageRef): Promise<void> {
    for (const file of await this.#posted.filesOf(ref)) {
      // One that somebody else has deleted is gone all the same.
      await this.#calls.run("files.delete", (client) => client.files.delete({ file })).catch(() => {});
    }
    const { channelId: channel, messageId: ts } = ref;
    await this.#calls.run("chat.delete", (client) => client.chat.delete({ channel, ts }));
  }

  async answer(
    _tenantId: TenantId,
    place: ChatPlace,
    askedBy: string,
    message: AnsweringMessage,
    key: string,
  ): Promise<AnswerStream> {
    const there = await this.#takeUp(place, key);
    if (there) return there;
    const streamed = await this.#startStream(place, askedBy, message, key);
    if (streamed) return streamed;
    // A stream that was begun although we never heard of it.
    const begun = await this.#takeUp(place, key);
    return begun ?? new EditedAnswer(this.#answerDeps(key), await this.post(_tenantId, place, message, key));
  }

  async download(
    _tenantId: TenantId,
    source: ClipSource,
    toPath: string,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<void> {
    if (source.type === "link") await this.#fetchLink(source.url, toPath, options);
    else await this.#files.download(source.fileId, toPath, options);
  }

  async subtitles(_tenantId: TenantId, source: ClipSource): Promise<string | undefined> {
    return source.type === "file" ? this.#files.subtitles(source.fileId) : undefined;
  }

  async canSee(_tenantId: TenantId, source: ClipSource, userId?: string): Promise<"yes" | "no" | "gone"> {
    const { channelId } = source.message;
    try {
      const there =
        source.type === "file" ? await this.#hasFile(source.fileId, channelId) : await this.#hasLink(source);
      if (!there) return "gone";
      if (userId === undefined || (await this.members.has(channelId, userId))) return "yes";
      return "no";
    } catch (error) {
      if (!isDomainError(error)) throw error;
      if (error.code === "source.gone") return "gone";
      // The bot was put out of the channel. A missing scope or a bad token says nothing about the clip: it stays.
      if (error.details["slackError"] === "not_in_channel") return userId === undefined ? "gone" : "no";
      throw error;
    }
  }

  async #postNew(place: ChatPlace, message: ChatMessage, key: string): Promise<MessageRef> {
    const { text, blocks } = drawMessage(message);
    const post = await this.#calls.run(
      "chat.postMessage",
      (client) =>
        client.chat.postMessage({
          channel: place.channelId,
          ...(place.threadId !== undefined && { thread_ts: place.threadId }),
          text,
          blocks: withMarker(blocks, key),
          metadata: metadataOf(key),
          unfurl_links: false,
          unfurl_media: false,
        }),
      "once",
    );
    const ref = { ...place, messageId: post.ts as string };
    await this.#posted.note(ref, key);
    return ref;
  }

  async #update(ref: MessageRef, message: ChatMessage): Promise<void> {
    const key = this.#posted.keyOf(ref);
    const { text, blocks } = drawMessage(message);
    await this.#calls.run("chat.update", (client) =>
      client.chat.update({
        channel: ref.channelId,
        ts: ref.messageId,
        text,
        blocks: withMarker(blocks, key),
        ...(key !== undefined && { metadata: metadataOf(key) }),
      }),
    );
  }

  // ---- answers

  #answerDeps(key: string): EditedAnswerDeps {
    return {
      editEveryMs: this.editEveryMs,
      edit: (ref, message) => this.#update(ref, message),
      finished: async (ref, message) => {
        this.streaming.delete(ref.messageId);
        if (message.kind !== "answer") return;
        const { frame, clipCut } = message;
        if (frame) await this.#upload(ref, key, { name: "jpg", bytes: frame.jpeg, title: frame.altText });
        if (clipCut) await this.#upload(ref, key, { name: "mp4", bytes: clipCut.mp4, title: clipCut.name });
      },
    };
  }

  /** The message that holds this answer already. */
  async #takeUp(place: ChatPlace, key: string): Promise<AnswerStream | undefined> {
    const there = await this.#posted.find(place, key);
    if (!there) return undefined;
    await this.#endLeftStream(there);
    return new EditedAnswer(this.#answerDeps(key), there);
  }

  /** `undefined` where there is no streaming, or there are too many streams already. */
  async #startStream(
    place: ChatPlace,
    askedBy: string,
    message: AnsweringMessage,
    key: string,
  ): Promise<AnswerStream | undefined> {
    const now = Date.now();
    while ((this.#streamStartsMs[0] ?? now) < now - 60_000) this.#streamStartsMs.shift();
    const { channelId, threadId } = place;
    if (threadId === undefined || now < this.#streamsAgainAtMs || this.#streamStartsMs.length >= STREAMS_A_MINUTE) {
      return undefined;
    }
    this.#streamStartsMs.push(now);
    const task = { id: markerOf(key), title: cut(message.text, 200) };
    const chunks: AnyChunk[] = [
      { type: "blocks", blocks: withMarker([...quoteBlocks(message.quote), stopButton(message.stopId)], key) },
      { type: "task_update", ...task, status: "in_progress" },
    ];
    try {
      const started = await this.#calls.run(
        "chat.startStream",
        (client) =>
          client.chat.startStream({
            channel: channelId,
            thread_ts: threadId,
            recipient_user_id: askedBy,
            recipient_team_id: this.#bot.teamId,
            task_display_mode: "timeline",
            chunks,
          }),
        "once",
      );
      const ref = { ...place, messageId: started.ts as string };
      await this.#posted.note(ref, key);
      this.streaming.set(ref.messageId, message.stopId);
      return new StreamedAnswer(this.#calls, this.#answerDeps(key), ref, { ...this.#options.stream, task });
    } catch (error) {
      if (isDomainError(error) && error.code === "source.unreachable") this.#posted.forgetThread(place);
      else if (!isDomainError(error) || error.code !== "source.gone")
        this.#streamsAgainAtMs = Date.now() + NO_STREAMS_MS;
      return undefined;
    }
  }

  /** A former process may have left the message streaming; as long as it does, it cannot be edited. */
  async #endLeftStream({ channelId: channel, messageId: ts }: MessageRef): Promise<void> {
    if (Date.now() < this.#streamsAgainAtMs) return;
    await this.#calls
      .run("chat.stopStream", (client) => client.chat.stopStream({ channel, ts }), "once")
      .catch((error) => {
        const slackError = slackErrorOf((error as { cause?: unknown }).cause ?? error);
        if (slackError === "unknown_method") this.#streamsAgainAtMs = Date.now() + NO_STREAMS_MS;
      });
  }

  /** A file in the thread: unlike a picture inside the message, everybody who sees the thread sees it. Once a key. */
  async #upload(
    ref: MessageRef,
    key: string,
    { name, bytes, title }: { readonly name: string; readonly bytes: Uint8Array; readonly title: string },
  ): Promise<void> {
    const filename = `${markerOf(key)}.${name}`;
    if (!(await this.#posted.claimFile(ref, filename))) return;
    const file = { file: Buffer.from(bytes), filename, title, alt_text: title };
    const where = ref.threadId === undefined ? {} : { thread_ts: ref.threadId };
    try {
      const uploaded = await this.#calls.run(
        "files.uploadV2",
        (client) => client.filesUploadV2({ channel_id: ref.channelId, ...where, ...file } as never),
        "once",
      );
      const [{ files = [] } = {}] = uploaded.files as readonly { files?: readonly { id?: string }[] }[];
      await this.#posted.noteFile(ref, filename, files[0]?.id ?? "");
    } catch (error) {
      // The answer stands without it. Whoever tries the answer again may try the picture again.
      await this.#posted.noteFile(ref, filename, undefined);
      if (!isDomainError(error)) throw error;
    }
  }

  // ---- sources

  async #hasFile(fileId: string, channelId: string): Promise<boolean> {
    const file = await this.#files.find(fileId);
    if (!file) return false;
    const channels = channelsOf(file);
    // A fresh file may list no channel at all; one that lists others was unshared from this one.
    return channels.size === 0 || channels.has(channelId);
  }

  async #hasLink({ url, message }: Extract<ClipSource, { type: "link" }>): Promise<boolean> {
    const { channelId: channel, threadId, messageId: ts } = message;
    const only = { channel, oldest: ts, latest: ts, inclusive: true, limit: 2 };
    const { messages = [] } = await (threadId === undefined
      ? this.#calls.run("conversations.history", (client) => client.conversations.history(only))
      : this.#calls.run("conversations.replies", (client) => client.conversations.replies({ ...only, ts: threadId })));
    const found = (messages as { ts?: string; text?: string }[]).find((one) => one.ts === ts);
    return found?.text !== undefined && unescaped(found.text).includes(url);
  }
}

const unescaped = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
