/**
 * Where everything lies under the home folder, and nowhere else is a name built.
 *
 *     memories/TENANT/CLIP/BUNDLE/header.json     what is watched, once at the start          (~ 600 bytes)
 *                                /000000.window   one blob a window, see codec.ts             (~ 10 KB a window)
 *                                /outcome.json    once at the end: the memory is complete     (~ 300 bytes)
 *     threads/TENANT/THREAD/000000.turn           one question with its answer                (~ 1 KB a turn)
 *     media/TENANT/CLIP/media.json                where the clip can be played from           (~ 200 bytes)
 *                      /copy.EXT                  our own copy, when one was asked for        (the clip's size)
 *     chat/TENANT/RECORD.record                   one share or question on Slack or Discord   (~ 600 bytes)
 *                /settings.json                   channel and workspace settings              (~ 200 bytes)
 *     frames/TENANT/CLIP/000012500.jpg            what is on screen at 12.5 s                 (~ 8 KB a second)
 *
 * Nothing expires by itself: it stays until it is forgotten. TENANT, CLIP, THREAD and BUNDLE are hashes of the ids: ids
 * come from outside and may hold anything (slashes, `..`, letters that differ only in case), and a folder's name says
 * nothing about people. Forgetting a clip is therefore removing one folder here and its turns there.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ClipId, ClipMemoryKey, TenantId } from "../core/index.ts";

export const HEADER_FILE = "header.json";
export const OUTCOME_FILE = "outcome.json";
export const MEDIA_FILE = "media.json";

export const tenantFolder = (root: string, tenantId: TenantId): string => join(root, hashed(tenantId));

export const clipFolder = (root: string, tenantId: TenantId, clipId: ClipId): string =>
  join(tenantFolder(root, tenantId), hashed(clipId));

/** Bundle and schema version together: another one of either is another memory. */
export const memoryFolder = (root: string, key: ClipMemoryKey): string =>
  join(clipFolder(root, key.tenantId, key.clipId), hashed(`${key.bundleFingerprint}/${key.schemaVersion}`));

export const threadFolder = (root: string, tenantId: TenantId, threadId: string): string =>
  join(tenantFolder(root, tenantId), hashed(threadId));

export const windowFile = (index: number): string => `${numbered(index)}.window`;

export const turnFile = (index: number): string => `${numbered(index)}.turn`;

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

const numbered = (index: number): string => String(index).padStart(6, "0");

/** 128 bits: two ids never meet by chance, and the paths stay short. */
const hashed = (id: string): string => createHash("sha256").update(id).digest("hex").slice(0, 32);
