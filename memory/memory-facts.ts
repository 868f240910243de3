/** What both adapters keep of a memory besides its windows, and how a memory is put together again. */
import type { ClipMemory, ClipMemoryHeader, ClipMemoryKey } from "../core/index.ts";

/** Stored once, at the end. The count vouches for windows that are not there any more. */
export type Outcome = Pick<ClipMemory, "info" | "warnings"> & { readonly windowCount: number };

/** @param windows  whole ones, or entries of the index */
export function memoryOf<Window>(
  header: ClipMemoryHeader,
  outcome: Outcome | undefined,
  windows: readonly Window[],
): ClipMemoryHeader & Pick<ClipMemory, "warnings" | "complete"> & { readonly windows: readonly Window[] } {
  const { info, warnings } = outcome ?? { info: header.info, warnings: [] };
  return { ...header, info, warnings, windows, complete: outcome !== undefined };
}

/** A memory that lies in another's place (a copied folder, a renamed key) is not that memory. */
export const isMemoryOf = ({ key: found }: ClipMemoryHeader, key: ClipMemoryKey): boolean =>
  found.tenantId === key.tenantId &&
  found.clipId === key.clipId &&
  found.bundleFingerprint === key.bundleFingerprint &&
  found.schemaVersion === key.schemaVersion;
