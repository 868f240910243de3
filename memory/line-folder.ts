/** Timed lines as plain files, one a track (keys.ts draws the folder). */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ClipId, LineStore, LineTrack, TenantId } from "../core/index.ts";
import { decodeJson, encodeJson } from "./checked-json.ts";
import { isAbsent, isDraft, namesIn, onDisk, PRIVATE_FOLDER, removeFolder, replaceFile } from "./durable-file.ts";
import { clipFolder, trackFile } from "./keys.ts";

export class LineFolder implements LineStore {
  readonly #root: string;

  /** @param root  the folder of all lines; made when first needed */
  constructor(root: string) {
    this.#root = root;
  }

  put(tenantId: TenantId, clipId: ClipId, track: LineTrack): Promise<void> {
    return onDisk(this.#root, async () => {
      const folder = clipFolder(this.#root, tenantId, clipId);
      const path = join(folder, trackFile(track.id));
      if (track.lines.length === 0) return rm(path, { force: true });
      await mkdir(folder, PRIVATE_FOLDER);
      await replaceFile(path, encodeJson(track));
    });
  }

  read(tenantId: TenantId, clipId: ClipId): Promise<readonly LineTrack[]> {
    return onDisk(this.#root, async () => {
      const folder = clipFolder(this.#root, tenantId, clipId);
      const tracks: LineTrack[] = [];
      for (const name of await namesIn(folder)) {
        const bytes = isDraft(name) ? undefined : await readFile(join(folder, name)).catch(absentAsUndefined);
        const track = decodeJson<LineTrack>(bytes);
        if (track) tracks.push(track);
      }
      return tracks.sort((a, b) => (a.id < b.id ? -1 : 1));
    });
  }

  delete(tenantId: TenantId, clipId: ClipId): Promise<boolean> {
    return onDisk(this.#root, () => removeFolder(clipFolder(this.#root, tenantId, clipId)));
  }
}

function absentAsUndefined(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}
