/** Where clips can be played from: the user's own file in place, or a copy of ours (keys.ts draws the folder). */
import { constants } from "node:fs";
import { copyFile, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { type ClipId, DomainError, type MediaStore, type PlayableMedia, type TenantId } from "../core/index.ts";
import { decodeJson, encodeJson } from "./checked-json.ts";
import { isAbsent, onDisk, PRIVATE_FOLDER, removeFolder, replaceFile } from "./durable-file.ts";
import { clipFolder, MEDIA_FILE, mediaCopyFile } from "./keys.ts";

interface MediaRecord extends PlayableMedia {
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
  async remember(tenantId: TenantId, clipId: ClipId, media: { path: string; copy?: boolean }): Promise<void> {
    const original = resolve(media.path);
    const facts = await factsOf(original);
    if (!facts) throw new DomainError("clip.not_found", `no file ${original}`, { details: { path: original } });
    await onDisk(this.#root, async () => {
      const known = await this.#find(tenantId, clipId);
      if (known?.copied || (known?.path === original && !media.copy)) return;
      const folder = clipFolder(this.#root, tenantId, clipId);
      await mkdir(folder, PRIVATE_FOLDER);
      const path = media.copy ? await copyInto(folder, original) : original;
      const record: MediaRecord = { path, copied: media.copy ?? false, ...((await factsOf(path)) ?? facts) };
      await replaceFile(join(folder, MEDIA_FILE), encodeJson(record));
    });
  }

  find(tenantId: TenantId, clipId: ClipId): Promise<PlayableMedia | undefined> {
    return onDisk(this.#root, () => this.#find(tenantId, clipId));
  }

  delete(tenantId: TenantId, clipId: ClipId): Promise<boolean> {
    return onDisk(this.#root, () => removeFolder(clipFolder(this.#root, tenantId, clipId)));
  }

  async #find(tenantId: TenantId, clipId: ClipId): Promise<PlayableMedia | undefined> {
    const bytes = await readFile(join(clipFolder(this.#root, tenantId, clipId), MEDIA_FILE)).catch(absentAsUndefined);
    const record = decodeJson<MediaRecord>(bytes);
    const facts = record && (await factsOf(record.path));
    const unchanged = facts && facts.sizeBytes === record.sizeBytes && facts.modifiedMs === record.modifiedMs;
    return unchanged ? { path: record.path, copied: record.copied } : undefined;
  }
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
