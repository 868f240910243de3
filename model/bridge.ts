import { createHash } from "node:crypto";
import type { BundleManifest } from "../core/bundle.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { outputOf } from "./onnx/graph-tensor.ts";
import type { GraphThread } from "./onnx/graph-thread.ts";

export interface BridgedWindow {
  /** [Q, H] */
  readonly embeddings: FloatTensor;
  /** Names the content: equal FUSION queries have equal keys. */
  readonly key: string;
}

export interface Bridge {
  /**
   * Project windows' FUSION queries into the decoder's embedding space. A window that was asked about before is not
   * computed again.
   *
   * Implements  DaMO, Q-Former bridge (row 8 of PAPER.md).
   * @param queries  one [Q, D] float32 a window
   * @returns        in the same order
   * @throws DomainError model.shape_mismatch, model.runtime
   */
  project(queries: readonly Float32Array[]): Promise<readonly BridgedWindow[]>;
}

/** @param maxBytes  the least recently used windows are forgotten above this */
export function createBridge(thread: GraphThread, { axes: { Q, D, H } }: BundleManifest, maxBytes: number): Bridge {
  const kept = new Map<string, BridgedWindow>();
  const maxWindows = Math.max(1, Math.floor(maxBytes / (Q * H * Float32Array.BYTES_PER_ELEMENT)));

  const keep = (window: BridgedWindow): void => {
    kept.delete(window.key);
    kept.set(window.key, window);
    if (kept.size > maxWindows) kept.delete(kept.keys().next().value as string);
  };

  return {
    async project(queries) {
      const keys = queries.map(contentKey);
      const known = new Map(keys.flatMap((key) => (kept.has(key) ? [[key, kept.get(key) as BridgedWindow]] : [])));
      const missing = new Map(
        keys.flatMap((key, index) => (known.has(key) ? [] : [[key, queries[index] as Float32Array]])),
      );
      if (missing.size > 0) {
        const stacked = new Float32Array(missing.size * Q * D);
        for (const [row, values] of [...missing.values()].entries()) stacked.set(values, row * Q * D);
        const outputs = await thread.run(
          "bridge",
          { queries: { data: stacked, dims: [missing.size, Q, D] } },
          { give: true },
        );
        const { data } = outputOf(outputs, "embeddings");
        for (const [row, key] of [...missing.keys()].entries()) {
          const embeddings = { data: data.slice(row * Q * H, (row + 1) * Q * H), dims: [Q, H] };
          known.set(key, { embeddings, key });
        }
      }
      const windows = keys.map((key) => known.get(key) as BridgedWindow);
      for (const window of windows) keep(window);
      return windows;
    },
  };
}

const contentKey = (values: Float32Array): string =>
  createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("base64");
