/**
 * Which message was posted under which key, so that nothing is said twice. Within this process that is remembered; what a
 * former process posted is found in the thread itself, where every message of ours carries its key: as `metadata`, and as
 * a `block_id`, since a message that is being streamed cannot have metadata yet.
 */
import { createHash } from "node:crypto";
import type { KnownBlock, MessageMetadata } from "@slack/types";
import type { ChatPlace, MessageRef } from "../../core/index.ts";
import type { SlackCalls } from "./slack-calls.ts";

const EVENT_TYPE = "damo_message";

/** Pages of 200 messages, newest threads have one. 2,000 messages in a thread are more than people read. */
const PAGE_SIZE = 200;
const MOST_PAGES = 10;

/** Threads whose keys are kept; an older one is read again. */
const MOST_THREADS = 2000;

/** Names a key in a message: 96 bits of its sha256, as Slack bounds a `block_id` to 255 characters. */
export const markerOf = (key: string): string => `damo-${createHash("sha256").update(key).digest("hex").slice(0, 24)}`;

export const metadataOf = (key: string): MessageMetadata => ({ event_type: EVENT_TYPE, event_payload: { key } });

/** The blocks with the key's marker on the first of them. */
export const withMarker = (blocks: readonly KnownBlock[], key: string | undefined): KnownBlock[] =>
  blocks.map((block, i) => (i === 0 && key !== undefined ? { ...block, block_id: markerOf(key) } : block));

/** What we read of a message; Slack's own type leaves everything optional and metadata out. */
interface ReadMessage {
  readonly ts?: string;
  readonly user?: string;
  readonly bot_id?: string;
  readonly metadata?: { readonly event_type?: string; readonly event_payload?: { readonly key?: unknown } };
  readonly blocks?: readonly { readonly block_id?: string; readonly task_id?: string }[];
  readonly files?: readonly { readonly id?: string; readonly name?: string | null }[];
}

interface KnownThread {
  /** Marker -> ts. */
  readonly posted: Map<string, string>;
  /** Name -> file id; empty while it is being uploaded. */
  readonly files: Map<string, string>;
}

export class PostedMessages {
  readonly #calls: SlackCalls;
  readonly #botUserId: string;
  /** Threads begun after this hold nothing of a former process. Slack's clock, in seconds; our own may be off. */
  readonly #startedAtTs: number;
  readonly #threads = new Map<string, Promise<KnownThread>>();
  readonly #keys = new Map<string, string>();

  constructor(calls: SlackCalls, bot: { readonly userId: string; readonly startedAtTs: number }) {
    this.#calls = calls;
    this.#botUserId = bot.userId;
    this.#startedAtTs = bot.startedAtTs;
  }

  /** The message that was posted under this key. */
  async find(place: ChatPlace, key: string): Promise<MessageRef | undefined> {
    const ts = (await this.#thread(place)).posted.get(markerOf(key));
    if (ts === undefined) return undefined;
    this.#remember(ts, key);
    return { ...place, messageId: ts };
  }

  async note(ref: MessageRef, key: string): Promise<void> {
    (await this.#thread(ref)).posted.set(markerOf(key), ref.messageId);
    this.#remember(ref.messageId, key);
  }

  /** The key of a message that this process posted or found. */
  keyOf(ref: MessageRef): string | undefined {
    return this.#keys.get(ref.messageId);
  }

  /** True for the first caller of this name in this thread, also across restarts once the file is there. */
  async claimFile(place: ChatPlace, name: string): Promise<boolean> {
    const { files } = await this.#thread(place);
    if (files.has(name)) return false;
    files.set(name, "");
    return true;
  }

  /** `undefined`: it was not uploaded after all. */
  async noteFile(place: ChatPlace, name: string, fileId: string | undefined): Promise<void> {
    const { files } = await this.#thread(place);
    if (fileId === undefined) files.delete(name);
    else files.set(name, fileId);
  }

  /** Files that belong to a message: their names begin with its marker. */
  async filesOf(ref: MessageRef): Promise<readonly string[]> {
    const { posted, files } = await this.#thread(ref);
    const markers = [...posted].filter(([, ts]) => ts === ref.messageId).map(([marker]) => marker);
    const own = [...files].filter(([name, id]) => id !== "" && markers.some((marker) => name.startsWith(marker)));
    return own.map(([, id]) => id);
  }

  /** After a post whose outcome is unknown: the thread is read again. */
  forgetThread(place: ChatPlace): void {
    this.#keep(threadName(place), this.#read(place));
  }

  #remember(ts: string, key: string): void {
    this.#keys.set(ts, key);
    dropOldest(this.#keys, 10 * MOST_THREADS);
  }

  #thread(place: ChatPlace): Promise<KnownThread> {
    const name = threadName(place);
    const isNew = place.threadId !== undefined && Number(place.threadId) > this.#startedAtTs;
    return (
      this.#threads.get(name) ??
      this.#keep(name, isNew ? Promise.resolve({ posted: new Map(), files: new Map() }) : this.#read(place))
    );
  }

  #keep(name: string, thread: Promise<KnownThread>): Promise<KnownThread> {
    this.#threads.set(name, thread);
    dropOldest(this.#threads, MOST_THREADS);
    // A thread that could not be read is read again.
    thread.catch(() => this.#threads.get(name) === thread && this.#threads.delete(name));
    return thread;
  }

  async #read(place: ChatPlace): Promise<KnownThread> {
    const known: KnownThread = { posted: new Map(), files: new Map() };
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer = await this.#page(place, cursor);
      for (const message of answer.messages) this.#take(message, known);
      cursor = answer.cursor;
      if (!cursor) break;
    }
    return known;
  }

  async #page({ channelId: channel, threadId }: ChatPlace, cursor: string | undefined) {
    const common = { channel, limit: PAGE_SIZE, include_all_metadata: true, ...(cursor && { cursor }) };
    const answer =
      threadId === undefined
        ? await this.#calls.run("conversations.history", (client) => client.conversations.history(common))
        : await this.#calls.run("conversations.replies", (client) =>
            client.conversations.replies({ ...common, ts: threadId }),
          );
    return {
      messages: (answer.messages ?? []) as readonly ReadMessage[],
      cursor: answer.response_metadata?.next_cursor,
    };
  }

  #take({ ts, user, bot_id, metadata, blocks = [], files = [] }: ReadMessage, known: KnownThread): void {
    if (ts === undefined || (user !== this.#botUserId && bot_id === undefined)) return;
    const key = metadata?.event_type === EVENT_TYPE ? metadata.event_payload?.key : undefined;
    if (typeof key === "string") known.posted.set(markerOf(key), ts);
    for (const { block_id, task_id } of blocks) {
      for (const id of [block_id, task_id]) if (id?.startsWith("damo-")) known.posted.set(id, ts);
    }
    for (const { id = "", name } of files) if (name) known.files.set(name, id);
  }
}

const threadName = ({ channelId, threadId }: ChatPlace): string => `${channelId}/${threadId ?? ""}`;

function dropOldest(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
