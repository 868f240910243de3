/**
 * Posts a message once under a key, in three ways that cover each other: what this process has posted it remembers; what
 * was posted in the last minutes Discord finds by the nonce; what an earlier process posted is found again among the
 * thread's newest messages by a mark that people do not see, the `id` of the message's frame (docs.discord.com: every
 * component may carry a whole number of 32 bits).
 */
import { createHash } from "node:crypto";
import {
  type APIMessage,
  type APIMessageTopLevelComponent,
  ComponentType,
  MessageFlags,
  type REST,
  type RESTPatchAPIChannelMessageJSONBody,
  type RESTPostAPIChannelMessageJSONBody,
  Routes,
} from "discord.js";
import type { ChatPlace, MessageRef } from "../../core/index.ts";
import { asking } from "./discord-errors.ts";
import { channelOf } from "./places.ts";
import type { View } from "./views/view.ts";

/** Newest messages of a thread that are searched after a restart: one request. */
const SEARCHED = 100;

/** Threads and messages remembered; the oldest are forgotten, and looked up again when needed. */
const MAX_THREADS = 5_000;
const MAX_MESSAGES = 20_000;

export class PostOnce {
  readonly #rest: REST;
  readonly #me: () => string;
  /** Channel id -> mark -> message id. */
  readonly #posted = new Map<string, Map<number, string>>();
  readonly #marks = new Map<string, number>();
  /** Channel id -> the posts before, so that two posts under one key never race. */
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(deps: { readonly rest: REST; readonly me: () => string }) {
    this.#rest = deps.rest;
    this.#me = deps.me;
  }

  /** A thread that was just opened holds nothing to search for. */
  isNew(place: ChatPlace): void {
    if (!this.#posted.has(channelOf(place))) this.#remember(channelOf(place), new Map());
  }

  /** @throws DomainError `source.*` */
  async post(place: ChatPlace, view: View, key: string): Promise<MessageRef> {
    const channelId = channelOf(place);
    const turn = (this.#queues.get(channelId) ?? Promise.resolve())
      .catch(() => undefined)
      .then(async () => {
        const mark = markOf(key);
        const posted = this.#posted.get(channelId) ?? (await this.#search(channelId));
        const known = posted.get(mark);
        if (known !== undefined) return known;
        const body: RESTPostAPIChannelMessageJSONBody = {
          flags: MessageFlags.IsComponentsV2,
          components: marked(view.components, mark),
          attachments: attachmentsOf(view),
          allowed_mentions: { parse: [], users: [...(view.notify ?? [])] },
          nonce: nonceOf(key),
          enforce_nonce: true,
        };
        const message = (await asking(() =>
          this.#rest.post(Routes.channelMessages(channelId), { body, files: filesOf(view) }),
        )) as APIMessage;
        posted.set(mark, message.id);
        this.#keepMark(message.id, mark);
        return message.id;
      });
    this.#queues.set(channelId, turn);
    const release = () => this.#queues.get(channelId) === turn && this.#queues.delete(channelId);
    turn.then(release, release);
    return { ...place, messageId: await turn };
  }

  /** The mark stays. @throws DomainError `source.*` */
  async edit(ref: MessageRef, view: View): Promise<void> {
    const channelId = channelOf(ref);
    const mark = this.#marks.get(ref.messageId) ?? (await this.#readMark(channelId, ref.messageId));
    const body: RESTPatchAPIChannelMessageJSONBody = {
      flags: MessageFlags.IsComponentsV2,
      components: mark === undefined ? view.components : marked(view.components, mark),
      // Without this the files of the state before would stay.
      attachments: attachmentsOf(view),
      allowed_mentions: { parse: [] },
    };
    await asking(() =>
      this.#rest.patch(Routes.channelMessage(channelId, ref.messageId), { body, files: filesOf(view) }),
    );
  }

  /** A message that was removed may be posted again. */
  forget(ref: MessageRef): void {
    const mark = this.#marks.get(ref.messageId);
    this.#marks.delete(ref.messageId);
    if (mark !== undefined) this.#posted.get(channelOf(ref))?.delete(mark);
  }

  async #search(channelId: string): Promise<Map<number, string>> {
    const query = new URLSearchParams({ limit: String(SEARCHED) });
    const messages = (await asking(() =>
      this.#rest.get(Routes.channelMessages(channelId), { query }),
    )) as readonly APIMessage[];
    const found = new Map<number, string>();
    for (const message of messages.filter((one) => one.author.id === this.#me())) {
      const mark = markIn(message);
      if (mark === undefined) continue;
      found.set(mark, message.id);
      this.#keepMark(message.id, mark);
    }
    this.#remember(channelId, found);
    return found;
  }

  async #readMark(channelId: string, messageId: string): Promise<number | undefined> {
    const message = await asking(() => this.#rest.get(Routes.channelMessage(channelId, messageId)));
    const mark = markIn(message as APIMessage);
    if (mark !== undefined) this.#keepMark(messageId, mark);
    return mark;
  }

  #keepMark(messageId: string, mark: number): void {
    if (this.#marks.size >= MAX_MESSAGES) this.#marks.delete(this.#marks.keys().next().value as string);
    this.#marks.set(messageId, mark);
  }

  #remember(channelId: string, posted: Map<number, string>): void {
    if (this.#posted.size >= MAX_THREADS) this.#posted.delete(this.#posted.keys().next().value as string);
    this.#posted.set(channelId, posted);
  }
}

/** Discord numbers components without an `id` from 1 upwards; a mark is never among these. */
const LEAST_MARK = 2 ** 16;

/** 31 bits of sha256: among 100 messages of a thread, two that meet once in 400,000 threads. */
export const markOf = (key: string): number =>
  LEAST_MARK + (createHash("sha256").update(key).digest().readUInt32BE(0) % (2 ** 31 - LEAST_MARK));

/** At most 25 characters; 24 of base64url hold 144 bits. */
const nonceOf = (key: string): string => createHash("sha256").update(key).digest("base64url").slice(0, 24);

const marked = ([first, ...others]: View["components"], mark: number): APIMessageTopLevelComponent[] =>
  first ? [{ ...first, id: mark }, ...others] : [];

const markIn = (message: APIMessage): number | undefined => {
  const frame = message.components?.find((component) => component.type === ComponentType.Container);
  return frame?.id !== undefined && frame.id >= LEAST_MARK ? frame.id : undefined;
};

const attachmentsOf = (view: View) =>
  view.files.map(({ name, description }, id) => ({ id: String(id), filename: name, description }));

const filesOf = (view: View) =>
  view.files.map(({ name, data, contentType }) => ({ name, data: Buffer.from(data), contentType }));
