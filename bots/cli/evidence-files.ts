/** `--frames FOLDER`: what each span of an answer looks like, as JPEG files. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type ClipId, DomainError, type MomentSpan, showEvidence } from "../../core/index.ts";
import type { Services } from "./services.ts";

export interface EvidenceFiles {
  /** One a span, in the same order; null where nothing was on screen. */
  readonly frames: readonly (string | null)[];
  /** All of them side by side, when there are several. */
  readonly strip?: string;
}

export interface EvidenceTarget {
  readonly folder: string;
  readonly clipId: ClipId;
  /** 1, 2, ... of this run: part of the files' names. */
  readonly answerNumber: number;
  readonly spans: readonly MomentSpan[];
  readonly signal: AbortSignal;
}

/** @throws DomainError `usage` when the folder cannot be written to; as showEvidence */
export async function writeEvidence(services: Services, target: EvidenceTarget): Promise<EvidenceFiles> {
  const { clipId, spans, signal } = target;
  const { frames: store } = await services.stores();
  const request = { tenantId: services.tenantId, clipId, spans, signal };
  const { frames, strip } = await showEvidence({ frames: store, strips: services.strips }, request);
  try {
    const folder = resolve(target.folder);
    await mkdir(folder, { recursive: true });
    const write = async (name: string, jpeg: Uint8Array) => {
      const path = join(folder, `${target.answerNumber}-${name}.jpg`);
      await writeFile(path, jpeg);
      return path;
    };
    const paths = await Promise.all(
      frames.map((frame, index) => (frame ? write(`${index + 1}-at-${frame.atSeconds}s`, frame.jpeg) : null)),
    );
    return { frames: paths, ...(strip && { strip: await write("strip", strip) }) };
  } catch (cause) {
    const problem = `cannot write to ${target.folder}`;
    throw new DomainError("usage", problem, { cause, details: { problem } });
  }
}
