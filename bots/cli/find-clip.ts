/**
 * Which clip a person means: a file, or one watched before by the start of its id or by its name.
 * A remembered clip is found without its file, which may be long gone.
 */
import { realpath } from "node:fs/promises";
import { basename } from "node:path";
import { type ClipId, type ClipMemorySummary, clipIdOfFile, DomainError, type TenantId } from "../../core/index.ts";
import type { Stores } from "./services.ts";

export interface FoundClip {
  readonly clipId: ClipId;
  readonly title: string;
  /** Where the file lies. Absent: it is gone, only the memory is left. */
  readonly path?: string;
}

export interface FindClipDeps {
  readonly stores: Pick<Stores, "memories" | "media">;
  readonly tenantId: TenantId;
  readonly maxClipBytes: number;
  readonly signal: AbortSignal;
}

/** Fewer characters of an id are more likely a name. 4 = 1 in 65,536 for two clips to share them. */
const SHORTEST_ID_PREFIX = 4;

/** @throws DomainError `clip.not_found`, `usage` when several clips could be meant, and as clipIdOfFile */
export async function findClip(deps: FindClipDeps, name: string): Promise<FoundClip> {
  const { stores, tenantId } = deps;
  const remembered = await stores.memories.list(tenantId);
  const path = await realpath(name).catch(() => undefined);
  if (path !== undefined) {
    const title = basename(path);
    const known = await clipKnownAt(deps, remembered, path);
    const clipId = known ?? (await clipIdOfFile(path, { maxBytes: deps.maxClipBytes, signal: deps.signal }));
    return { clipId, title, path };
  }

  const meant = rememberedAs(remembered, name);
  const [first, ...others] = meant;
  if (!first) throw new DomainError("clip.not_found", `no clip ${name}`, { details: { path: name } });
  if (others.length > 0) {
    const ids = meant.map((memory) => memory.key.clipId.slice(0, 12)).join(", ");
    throw new DomainError("usage", `${name} is ambiguous`, {
      details: { problem: `several clips are called ${name}; use the start of an id: ${ids}` },
    });
  }
  const { clipId } = first.key;
  const media = await stores.media.find(tenantId, clipId);
  return { clipId, title: first.title, ...(media && { path: media.path }) };
}

/** The id of a file that was watched and has not changed since: saves reading all of it to hash it. */
async function clipKnownAt(
  { stores, tenantId }: FindClipDeps,
  remembered: readonly ClipMemorySummary[],
  path: string,
): Promise<ClipId | undefined> {
  for (const memory of remembered) {
    if (memory.title !== basename(path)) continue;
    const media = await stores.media.find(tenantId, memory.key.clipId);
    if (media?.path === path) return memory.key.clipId;
  }
  return undefined;
}

/** One memory a clip, the newest; several bundles may have watched it. */
function rememberedAs(remembered: readonly ClipMemorySummary[], name: string): readonly ClipMemorySummary[] {
  const lower = name.toLowerCase();
  const looksLikeId = /^[0-9a-f]+$/.test(lower) && lower.length >= SHORTEST_ID_PREFIX;
  const byClip = new Map(
    remembered
      .filter(({ key, title }) => (looksLikeId && key.clipId.startsWith(lower)) || title === basename(name))
      .map((memory) => [memory.key.clipId, memory]),
  );
  return [...byClip.values()];
}
