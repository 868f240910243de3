/** Discord as the desk sees it (bots/chat/chat-platform.ts). Waiting out 429 is done by discord.js' request queue. */
import {
  type APIThreadChannel,
  type Client,
  type REST,
  RESTJSONErrorCodes,
  type RESTPostAPIChannelMessagesThreadsJSONBody,
  Routes,
  ThreadAutoArchiveDuration,
} from "discord.js";
import { type ChatPlace, type ClipSource, isDomainError, type MessageRef, type TenantId } from "../../core/index.ts";
import type { AnsweringMessage, ChatMessage } from "../chat/chat-message.ts";
import type { AnswerStream, ChatPlatform } from "../chat/chat-platform.ts";
import { canSee } from "./can-see.ts";
import type { ClipAddresses } from "./clip-addresses.ts";
import { asking, hasCode, withoutRequest } from "./discord-errors.ts";
import { type DownloadDeps, downloadClip } from "./download-clip.ts";
import { growingMessage } from "./growing-message.ts";
import type { Log } from "./log.ts";
import { channelOf, type Places } from "./places.ts";
import { PostOnce } from "./post-once.ts";
import { whoIs } from "./tenant.ts";
import { cut, LIMITS } from "./views/limits.ts";
import { messageView } from "./views/message-view.ts";
import type { View } from "./views/view.ts";

export interface DiscordPlatformDeps extends Omit<DownloadDeps, "addresses"> {
  readonly client: Client;
  readonly rest: REST;
  readonly places: Places;
  readonly addresses: ClipAddresses;
  readonly me: () => string;
  readonly readsEverything: () => boolean;
  /** Wall time, ms. */
  readonly now: () => number;
  readonly log: Log;
}

const MARKS = { seen: "👀", ready: "✅", failed: "❌" } as const;

export class DiscordPlatform implements ChatPlatform {
  readonly name = "discord";
  /** Discord lets a channel's messages be edited about five times in five seconds; half of that leaves room for others. */
  readonly editEveryMs = 2_000;

  readonly #deps: DiscordPlatformDeps;
  readonly #posts: PostOnce;
  /** Addresses that Discord does not take in link buttons are refused once, then written as text. */
  #links: "buttons" | "text" = "buttons";

  constructor(deps: DiscordPlatformDeps) {
    this.#deps = deps;
    this.#posts = new PostOnce(deps);
  }

  async mark(message: MessageRef, mark: keyof typeof MARKS): Promise<void> {
    const { rest, log } = this.#deps;
    const route = (emoji: string) =>
      Routes.channelMessageOwnReaction(channelOf(message), message.messageId, encodeURIComponent(emoji));
    try {
      await rest.put(route(MARKS[mark]));
      if (mark !== "seen") await rest.delete(route(MARKS.seen));
    } catch (error) {
      log.debug({ err: withoutRequest(error), messageId: message.messageId }, "no reaction was left");
    }
  }

  async openThread(tenantId: TenantId, message: MessageRef, title: string): Promise<ChatPlace> {
    const { messageId, ...place } = message;
    if (place.threadId !== undefined || "userId" in whoIs(tenantId)) return place;
    const body: RESTPostAPIChannelMessagesThreadsJSONBody = {
      name: cut(title.trim() || "clip", LIMITS.threadName),
      auto_archive_duration: ThreadAutoArchiveDuration.OneWeek,
    };
    try {
      const thread = (await asking(() =>
        this.#deps.rest.post(Routes.threads(place.channelId, messageId), { body }),
      )) as APIThreadChannel;
      const opened = this.#deps.places.learn(thread);
      this.#posts.isNew(opened);
      return opened;
    } catch (error) {
      // A thread that starts at a message has that message's id.
      if (hasCode(error, RESTJSONErrorCodes.ThreadAlreadyCreatedForMessage)) {
        return { channelId: place.channelId, threadId: messageId };
      }
      if (hasCode(error, ...NO_THREADS_HERE)) return place;
      throw error;
    }
  }

  async post(_tenantId: TenantId, place: ChatPlace, message: ChatMessage, key: string): Promise<MessageRef> {
    return this.#drawn(message, (view) => this.#inOpenThread(place, () => this.#posts.post(place, view, key)));
  }

  async edit(_tenantId: TenantId, ref: MessageRef, message: ChatMessage): Promise<void> {
    await this.#drawn(message, (view) => this.#inOpenThread(ref, () => this.#posts.edit(ref, view)));
  }

  async remove(_tenantId: TenantId, ref: MessageRef): Promise<void> {
    this.#posts.forget(ref);
    try {
      await asking(() => this.#deps.rest.delete(Routes.channelMessage(channelOf(ref), ref.messageId)));
    } catch (error) {
      if (!isDomainError(error) || error.code !== "source.gone") throw error;
    }
  }

  async answer(
    tenantId: TenantId,
    place: ChatPlace,
    _askedBy: string,
    message: AnsweringMessage,
    key: string,
  ): Promise<AnswerStream> {
    const ref = await this.post(tenantId, place, message, key);
    // Shown for ten seconds; a sign of life until the first words, and no reason to fail.
    this.#deps.rest.post(Routes.channelTyping(channelOf(place))).catch((error) => {
      this.#deps.log.debug({ err: withoutRequest(error) }, "typing was not shown");
    });
    return growingMessage(ref, {
      edit: (next) => this.edit(tenantId, ref, next),
      editEveryMs: this.editEveryMs,
      now: this.#deps.now,
      onMissed: (error) => this.#deps.log.warn({ err: error, messageId: ref.messageId }, "an edit did not arrive"),
    });
  }

  download(
    _tenantId: TenantId,
    source: ClipSource,
    toPath: string,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<void> {
    return downloadClip(this.#deps, source, toPath, options);
  }

  canSee(tenantId: TenantId, source: ClipSource, userId?: string): Promise<"yes" | "no" | "gone"> {
    return canSee(this.#deps, tenantId, source, userId);
  }

  /** Draws and sends; where Discord refuses an address or a file, once more without. */
  async #drawn<T>(message: ChatMessage, send: (view: View) => Promise<T>): Promise<T> {
    const draw = () => messageView(message, { readsEverything: this.#deps.readsEverything(), links: this.#links });
    const view = draw();
    try {
      return await send(view);
    } catch (error) {
      if (isRefusedAddress(error) && this.#links === "buttons") {
        this.#links = "text";
        this.#deps.log.warn("Discord takes no such address in a link button; links are written as text from now on");
        return send(draw());
      }
      if (
        hasCode(error, RESTJSONErrorCodes.RequestEntityTooLarge) &&
        view.files.length > 0 &&
        message.kind === "answer"
      ) {
        const { frame: _frame, clipCut: _clipCut, ...words } = message;
        return send(messageView(words, { readsEverything: this.#deps.readsEverything(), links: this.#links }));
      }
      throw error;
    }
  }

  /** Posting opens an archived thread again, editing does not, and a locked one stays shut. */
  async #inOpenThread<T>(place: ChatPlace, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      if (
        !hasCode(error, RESTJSONErrorCodes.InvalidActionOnArchivedThread, RESTJSONErrorCodes.ThreadLocked) ||
        !place.threadId
      )
        throw error;
      await asking(() =>
        this.#deps.rest.patch(Routes.channel(place.threadId as string), { body: { archived: false } }),
      );
      return send();
    }
  }
}

/** Voice channels' chats have no threads; elsewhere the right may be missing: then the clip is talked about where it is. */
const NO_THREADS_HERE = [
  RESTJSONErrorCodes.CannotExecuteActionOnThisChannelType,
  RESTJSONErrorCodes.MissingPermissions,
  RESTJSONErrorCodes.MaximumActiveThreads,
];

const isRefusedAddress = (error: unknown): boolean =>
  hasCode(error, RESTJSONErrorCodes.InvalidFormBodyOrContentType) &&
  /\burl\b/i.test(JSON.stringify((error as { rawError?: unknown }).rawError ?? ""));
