/** Where clips can be played from: the user's own file in place, or a copy of ours (keys.ts draws the folder). */
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { type ClipId, DomainError, type MediaStore, type PlayableMedia, type TenantId } from "../core/index.ts";
import { decodeJson, encodeJson } from "./checked-json.ts";
import { isAbsent, onDisk, PRIVATE_FOLDER, removeFolder, replaceFile } from "./durable-file.ts";
import { clipFolder, MEDIA_FILE, mediaCopyFile, PLAYABLE_FILE } from "./keys.ts";

interface MediaRecord extends PlayableMedia {
  readonly originUrl?: string;
  /** As they were when the clip was remembered: a file that has changed since is another clip. */
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export class MediaFolder implements MediaStore {
  readonly #root: string;

  /** @param root  the folder of all media; made when first needed */
  constructor(root: string) {
    this.#root = root;
  }

  /** @throws DomainError `clip.not_found`; `memory.unavailable` */
  async remember(
    tenantId: TenantId,
    clipId: ClipId,
    media: { path: string; copy?: boolean; originUrl?: string },
  ): Promise<void> {
    const original = resolve(media.path);
    const facts = await factsOf(original);
    if (!facts) throw new DomainError("clip.not_found", `no file ${original}`, { details: { path: original } });
    await onDisk(this.#root, async () => {
      const before = await this.#record(tenantId, clipId);
      const known = before && (await isUnchanged(before)) ? before : undefined;
      const originUrl = media.originUrl ?? before?.originUrl;
      const folder = clipFolder(this.#root, tenantId, clipId);
      const write = async (record: MediaRecord) => {
        await mkdir(folder, PRIVATE_FOLDER);
        await replaceFile(join(folder, MEDIA_FILE), encodeJson({ ...record, ...(originUrl && { originUrl }) }));
      };
      if (known?.copied || (known?.path === original && !media.copy)) {
        if (originUrl !== before?.originUrl) await write(known);
        return;
      }
      await mkdir(folder, PRIVATE_FOLDER);
      const path = media.copy ? await copyInto(folder, original) : original;
      await write({ path, copied: media.copy ?? false, ...((await factsOf(path)) ?? facts) });
    });
  }

  find(tenantId: TenantId, clipId: ClipId): Promise<PlayableMedia | undefined> {
    return onDisk(this.#root, () => this.#find(tenantId, clipId));
  }

  delete(tenantId: TenantId, clipId: ClipId): Promise<boolean> {
    return onDisk(this.#root, () => removeFolder(clipFolder(this.#root, tenantId, clipId)));
  }

  originUrl(tenantId: TenantId, clipId: ClipId): Promise<string | undefined> {
    return onDisk(this.#root, async () => (await this.#record(tenantId, clipId))?.originUrl);
  }

  findPlayable(tenantId: TenantId, clipId: ClipId): Promise<string | undefined> {
    const path = join(clipFolder(this.#root, tenantId, clipId), PLAYABLE_FILE);
    return onDisk(this.#root, async () => ((await factsOf(path)) ? path : undefined));
  }

  makePlayable(tenantId: TenantId, clipId: ClipId, make: (path: string) => Promise<void>): Promise<string> {
    return onDisk(this.#root, async () => {
      if (!(await this.#record(tenantId, clipId))) throw forgotten();
      const folder = clipFolder(this.#root, tenantId, clipId);
      const path = join(folder, PLAYABLE_FILE);
      const draft = join(folder, `${randomUUID()}.mp4`);
      try {
        await make(draft);
        // Fails when the folder has gone meanwhile: what was made goes with it.
        await rename(draft, path);
      } catch (error) {
        throw isAbsent(error) ? forgotten() : error;
      } finally {
        await rm(draft, { force: true });
      }
      return path;
    });
  }

  async #find(tenantId: TenantId, clipId: ClipId): Promise<PlayableMedia | undefined> {
    const record = await this.#record(tenantId, clipId);
    return record && (await isUnchanged(record)) ? { path: record.path, copied: record.copied } : undefined;
  }

  async #record(tenantId: TenantId, clipId: ClipId): Promise<MediaRecord | undefined> {
    const bytes = await readFile(join(clipFolder(this.#root, tenantId, clipId), MEDIA_FILE)).catch(absentAsUndefined);
    return decodeJson<MediaRecord>(bytes);
  }
}

const forgotten = () => new DomainError("memory.not_watched", "the clip is not known, or was forgotten meanwhile");

async function isUnchanged(record: MediaRecord): Promise<boolean> {
  const facts = await factsOf(record.path);
  return facts?.sizeBytes === record.sizeBytes && facts.modifiedMs === record.modifiedMs;
}

/** A copy that takes no space where the file system can share blocks. */
async function copyInto(folder: string, original: string): Promise<string> {
  const path = join(folder, mediaCopyFile(extname(original)));
  const draft = `${path}.draft`;
  try {
    await copyFile(original, draft, constants.COPYFILE_FICLONE);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  return path;
}

async function factsOf(path: string): Promise<Pick<MediaRecord, "sizeBytes" | "modifiedMs"> | undefined> {
  const facts = await stat(path).catch(absentAsUndefined);
  return facts && { sizeBytes: facts.size, modifiedMs: facts.mtimeMs };
}

function absentAsUndefined(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}
