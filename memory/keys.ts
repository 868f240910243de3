/**
 * Where everything lies, under the home folder and in Redis, and nowhere else is a name built.
 *
 * Under the home folder:
 *
 *     memories/TENANT/CLIP/BUNDLE/header.json     what is watched, once at the start          (~ 600 bytes)
 *                                /000000.window   one blob a window, see codec.ts             (~ 9 KB a window)
                                /index           times and embeddings, see index-record.ts   (~ 0.5 KB a window)
 *                                /outcome.json    once at the end: the memory is complete     (~ 300 bytes)
 *     threads/TENANT/THREAD/000000.turn           one question with its answer                (~ 1 KB a turn)
 *     media/TENANT/CLIP/media.json                where the clip can be played from           (~ 200 bytes)
 *                      /copy.EXT                  our own copy, when one was asked for        (the clip's size)
 *                      /playable.mp4              a version that browsers play, when needed   (about the clip's size)
 *     chat/TENANT/RECORD.record                   one share or question on Slack or Discord   (~ 600 bytes)
 *                /settings.json                   channel and workspace settings              (~ 200 bytes)
 *     lines/TENANT/CLIP/TRACK.json                what is said, one track of subtitles        (~ 100 bytes a line)
 *     frames/TENANT/CLIP/000012500.jpg            what is on screen at 12.5 s                 (~ 8 KB a second)
 *
 * Nothing expires by itself there: it stays until it is forgotten.
 *
 * In Redis, after the namespace (DAMO_REDIS_NAMESPACE, "damo"):
 *
 *     damo:{TENANT:CLIP}:BUNDLE        hash    the memory: `h` header, `o` outcome, `0` `1` ... windows  ~ 9 KB a window
 *     damo:{TENANT:CLIP}:BUNDLE:index  string  the windows' times and embeddings, fixed length each       0.5 KB a window
 *     damo:{TENANT:CLIP}               set     the BUNDLEs above: what to remove when the clip is forgotten  32 bytes each
 *     damo:{TENANT}:clips              zset    CLIP:BUNDLE by the time it was begun: what `list` goes through  75 bytes each
 *     damo:{TENANT}:t:THREAD           list    the turns of a conversation, oldest first                  ~ 1 KB a turn
 *     damo:{TENANT}:c:CLIP             set     the THREADs that have turns about a clip                   32 bytes each
 *     damo:{TENANT}:r                  hash    shares and questions on Slack and Discord, by id           ~ 600 bytes each
 *     damo:{TENANT}:r:FACET:VALUE      set     the ids of the above with one message, file, clip, thread  30 bytes each
 *     damo:{TENANT}:s                  hash    channel and workspace settings                             ~ 100 bytes each
 *     damo:{TENANT}:k:WHAT             string  an event of a platform that has been seen; minutes         ~ 60 bytes
 *     damo:tenants                     set     tenants that have any of the last four
 *
 * Memories and turns expire DAMO_MEMORY_TTL_HOURS after their last use, reading included; chats when they are forgotten. The braces are the Cluster's: keys with the
 * same text in them lie on one node, so that one script can change them together. A clip's keys lie together, clips
 * spread over the nodes; a tenant's conversations, which are small, lie together.
 *
 * TENANT, CLIP, THREAD, TRACK and BUNDLE are hashes of the ids: ids come from outside and may hold anything (slashes, `..`,
 * braces, letters that differ only in case), and a name says nothing about people. Forgetting a clip is therefore
 * removing one folder, or the keys of one set, and its turns.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ClipId, ClipMemoryKey, TenantId } from "../core/index.ts";
import { RecentMap } from "./recent-map.ts";

export const HEADER_FILE = "header.json";
export const OUTCOME_FILE = "outcome.json";
export const INDEX_FILE = "index";
export const MEDIA_FILE = "media.json";
export const PLAYABLE_FILE = "playable.mp4";

export const tenantFolder = (root: string, tenantId: TenantId): string => join(root, hashed(tenantId));

export const clipFolder = (root: string, tenantId: TenantId, clipId: ClipId): string =>
  join(tenantFolder(root, tenantId), hashed(clipId));

export const memoryFolder = (root: string, key: ClipMemoryKey): string =>
  join(clipFolder(root, key.tenantId, key.clipId), bundleName(key));

export const threadFolder = (root: string, tenantId: TenantId, threadId: string): string =>
  join(tenantFolder(root, tenantId), hashed(threadId));

export const windowFile = (index: number): string => `${numbered(index)}.window`;

export const isWindowFile = (file: string): boolean => /^\d{6,}\.window$/.test(file);

export const turnFile = (index: number): string => `${numbered(index)}.turn`;

export const trackFile = (trackId: string): string => `${hashed(trackId)}.json`;

/** @param atSeconds  to the millisecond */
export const frameFile = (atSeconds: number): string => `${String(Math.round(atSeconds * 1000)).padStart(9, "0")}.jpg`;

/** The seconds in a frame's file name; `undefined` for any other file. */
export const frameSecondsOf = (file: string): number | undefined => {
  const digits = /^(\d{9,})\.jpg$/.exec(file)?.[1];
  return digits === undefined ? undefined : Number(digits) / 1000;
};

/** The number in a turn's file name; `undefined` for any other file. */
export const turnIndexOf = (file: string): number | undefined => {
  const digits = /^(\d{6,})\.turn$/.exec(file)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** Keeps the extension when it is a plain one: players go by it. */
export const mediaCopyFile = (extension: string): string => {
  const plain = extension.toLowerCase();
  return /^\.[a-z0-9]{1,8}$/.test(plain) ? `copy${plain}` : "copy";
};

export const CHAT_SETTINGS_FILE = "settings.json";
const CHAT_RECORD = ".record";
export const chatRecordFile = (id: string): string => `${hashed(id)}${CHAT_RECORD}`;
export const isChatRecordFile = (name: string): boolean => name.endsWith(CHAT_RECORD);

/** Field names of a memory's hash in Redis; windows are named by their index. */
export const HEADER_FIELD = "h";
export const OUTCOME_FIELD = "o";

/** The keys of one bot's Redis. */
export class RedisKeys {
  readonly #namespace: string;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** The set of a clip's memories, and the start of their keys. */
  clip(tenantId: TenantId, clipId: ClipId): string {
    return `${this.#namespace}:{${hashed(tenantId)}:${hashed(clipId)}}`;
  }

  memory(key: ClipMemoryKey): string {
    return this.memoryOf(this.clip(key.tenantId, key.clipId), bundleName(key));
  }

  memoryOf(clip: string, bundle: string): string {
    return `${clip}:${bundle}`;
  }

  /** @param memory  a key that `memory` built */
  indexOf(memory: string): string {
    return `${memory}:index`;
  }

  clips(tenantId: TenantId): string {
    return `${this.#namespace}:{${hashed(tenantId)}}:clips`;
  }

  /** A member of `clips`. */
  clipsMember(key: ClipMemoryKey): string {
    return this.clipsMemberOf(key.clipId, bundleName(key));
  }

  clipsMemberOf(clipId: ClipId, bundle: string): string {
    return `${hashed(clipId)}:${bundle}`;
  }

  /** The memory that a member of `clips` names. */
  memoryOfMember(tenantId: TenantId, member: string): string {
    const [clip = "", bundle = ""] = member.split(":");
    return this.memoryOf(`${this.#namespace}:{${hashed(tenantId)}:${clip}}`, bundle);
  }

  chatRecords(tenantId: TenantId): string {
    return `${this.#namespace}:{${hashed(tenantId)}}:r`;
  }

  chatSet(tenantId: TenantId, facet: string, value: string): string {
    return `${this.chatRecords(tenantId)}:${facet}:${hashed(value)}`;
  }

  chatSettings(tenantId: TenantId): string {
    return `${this.#namespace}:{${hashed(tenantId)}}:s`;
  }

  chatClaim(tenantId: TenantId, what: string): string {
    return `${this.#namespace}:{${hashed(tenantId)}}:k:${hashed(what)}`;
  }

  chatTenants(): string {
    return `${this.#namespace}:tenants`;
  }

  thread(tenantId: TenantId, threadId: string): string {
    return this.threadOf(tenantId, hashed(threadId));
  }

  /** @param thread  a member of `threadsAbout` */
  threadOf(tenantId: TenantId, thread: string): string {
    return `${this.#namespace}:{${hashed(tenantId)}}:t:${thread}`;
  }

  threadsAbout(tenantId: TenantId, clipId: ClipId): string {
    return `${this.#namespace}:{${hashed(tenantId)}}:c:${hashed(clipId)}`;
  }

  /** A member of `threadsAbout`. */
  threadsMember(threadId: string): string {
    return hashed(threadId);
  }
}

/** Bundle and schema version together: another one of either is another memory. */
export const bundleName = (key: ClipMemoryKey): string => hashed(`${key.bundleFingerprint}/${key.schemaVersion}`);

const numbered = (index: number): string => String(index).padStart(6, "0");

/** 128 bits: two ids never meet by chance, and the paths stay short. Kept: a store asks for the same few all the time. */
function hashed(id: string): string {
  const known = hashes.get(id);
  if (known !== undefined) return known;
  const hash = createHash("sha256").update(id).digest("hex").slice(0, 32);
  hashes.set(id, hash);
  return hash;
}

const hashes = new RecentMap<string, string>(2_000);
