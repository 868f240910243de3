/**
 * Evidence frames as plain JPEG files, named after their time (keys.ts draws the folder).
 *
 * Written aside and renamed, but not flushed one by one: watching would wait for the disk once a second of media. A
 * power cut can therefore leave a frame short; one that does not end like a JPEG is passed over.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClipId, EvidenceFrame, FrameStore, TenantId } from "../core/index.ts";
import { isAbsent, namesIn, onDisk, PRIVATE_FOLDER, removeFolder } from "./durable-file.ts";
import { clipFolder, frameFile, frameSecondsOf } from "./keys.ts";

export class FrameFolder implements FrameStore {
  readonly #root: string;

  /** @param root  the folder of all frames; made when first needed */
  constructor(root: string) {
    this.#root = root;
  }

  put(tenantId: TenantId, clipId: ClipId, { atSeconds, jpeg }: EvidenceFrame): Promise<void> {
    return onDisk(this.#root, async () => {
      const folder = clipFolder(this.#root, tenantId, clipId);
      await mkdir(folder, PRIVATE_FOLDER);
      const draft = join(folder, `${randomBytes(8).toString("hex")}.draft`);
      try {
        await writeFile(draft, jpeg, { mode: 0o600, flag: "wx" });
        await rename(draft, join(folder, frameFile(atSeconds)));
      } finally {
        await rm(draft, { force: true });
      }
    });
  }

  nearest(tenantId: TenantId, clipId: ClipId, atSeconds: number): Promise<EvidenceFrame | undefined> {
    return onDisk(this.#root, async () => {
      const folder = clipFolder(this.#root, tenantId, clipId);
      const kept = (await namesIn(folder)).map(frameSecondsOf).filter((seconds) => seconds !== undefined);
      const distance = (seconds: number) => Math.abs(seconds - atSeconds);
      for (const seconds of kept.sort((a, b) => distance(a) - distance(b) || a - b)) {
        const jpeg = await readFile(join(folder, frameFile(seconds))).catch(absentAsUndefined);
        if (jpeg && isWhole(jpeg)) return { atSeconds: seconds, jpeg: new Uint8Array(jpeg) };
      }
      return undefined;
    });
  }

  delete(tenantId: TenantId, clipId: ClipId): Promise<boolean> {
    return onDisk(this.#root, () => removeFolder(clipFolder(this.#root, tenantId, clipId)));
  }
}

/** From SOI to EOI, ITU-T T.81 table B.1. */
const isWhole = (jpeg: Buffer): boolean =>
  jpeg.indexOf("ffd8", 0, "hex") === 0 && jpeg.readUInt16BE(jpeg.length - 2) === 0xffd9;

/** Forgotten while it was looked for. */
function absentAsUndefined(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}
