import { describe, expect, it } from "vitest";
import type { BundleManifest } from "../../../core/bundle.ts";
import { createBridge } from "../../../model/bridge.ts";
import type { GraphThread } from "../../../model/onnx/graph-thread.ts";

const axes = { Q: 2, D: 2, H: 3 };
const manifest = { axes } as unknown as BundleManifest;

/** A bridge graph that writes, in every row, the sum of the window's queries. */
function aThread() {
  const batches: number[] = [];
  const run: GraphThread["run"] = async (graph, { queries }) => {
    expect(graph).toBe("bridge");
    const count = queries?.dims[0] as number;
    batches.push(count);
    const embeddings = new Float32Array(count * axes.Q * axes.H);
    for (let row = 0; row < count; row += 1) {
      const values = (queries!.data as Float32Array).slice(row * 4, row * 4 + 4);
      embeddings.fill(
        values.reduce((sum, value) => sum + value, 0),
        row * 6,
        row * 6 + 6,
      );
    }
    return { embeddings: { data: embeddings, dims: [count, axes.Q, axes.H] } };
  };
  return { batches, thread: { run } as GraphThread };
}

const aWindow = (value: number) => new Float32Array(4).fill(value);
const WINDOW_BYTES = 2 * 3 * 4;

describe("createBridge", () => {
  it("projects all windows it has not seen in one call, and gives them back in order", async () => {
    const { thread, batches } = aThread();
    const bridge = createBridge(thread, manifest, 1000);
    await bridge.project([aWindow(1)]);
    const windows = await bridge.project([aWindow(2), aWindow(1), aWindow(3)]);
    expect(batches).toEqual([1, 2]);
    expect(windows.map(({ embeddings }) => embeddings.data[5])).toEqual([8, 4, 12]);
    expect(windows[0]?.embeddings.dims).toEqual([2, 3]);
  });

  it("computes a window that stands twice in a call once, and keys equal content alike", async () => {
    const { thread, batches } = aThread();
    const [one, same, other] = await createBridge(thread, manifest, 1000).project([aWindow(1), aWindow(1), aWindow(2)]);
    expect(batches).toEqual([2]);
    expect(same?.key).toBe(one?.key);
    expect(other?.key).not.toBe(one?.key);
  });

  it("forgets the least recently used window above its size, and still answers calls larger than that", async () => {
    const { thread, batches } = aThread();
    const bridge = createBridge(thread, manifest, 2 * WINDOW_BYTES);
    await bridge.project([aWindow(1), aWindow(2)]);
    await bridge.project([aWindow(1)]);
    await bridge.project([aWindow(3)]); // forgets 2
    await bridge.project([aWindow(1), aWindow(3)]);
    expect(batches).toEqual([2, 1]);
    const windows = await bridge.project([aWindow(1), aWindow(2), aWindow(3), aWindow(4)]);
    expect(windows.map(({ embeddings }) => embeddings.data[0])).toEqual([4, 8, 12, 16]);
  });
});
