/** A pass of a model graph holds up nothing else in the process: timers come on time while one runs. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadBundle, type ModelBundle } from "../../model/bundle.ts";
import { type GraphThread, startGraphThread } from "../../model/onnx/graph-thread.ts";
import { lacksTinyBundle, tinyBundleFolder } from "../support/tiny-bundle.ts";

describe.skipIf(lacksTinyBundle())("a session thread", () => {
  let bundle: ModelBundle;
  let thread: GraphThread;

  beforeAll(async () => {
    bundle = await loadBundle(tinyBundleFolder);
    thread = await startGraphThread({ graphs: [bundle.graph("vision")], intraOpThreads: 1 });
  });
  afterAll(() => thread?.close());

  const frames = (count: number) => {
    const { frameSize } = bundle.manifest.preprocess;
    return {
      frames: { data: new Float32Array(count * 3 * frameSize ** 2).fill(0.5), dims: [count, 3, frameSize, frameSize] },
    };
  };

  it("leaves the caller's event loop free while a graph runs", { retry: 3 }, async () => {
    // Enough frames for a pass of a third of a second, which on this thread would hold up every timer for as long.
    await thread.run("vision", frames(64)); // warm
    const warm = performance.now();
    await thread.run("vision", frames(64));
    const count = Math.ceil((64 * 350) / (performance.now() - warm));
    const pass = { inputs: frames(count), startedAt: performance.now() };
    const running = thread.run("vision", pass.inputs, { give: true });
    const gaps: number[] = [];
    let last = performance.now();
    const timer = setInterval(() => {
      gaps.push(performance.now() - last);
      last = performance.now();
    }, 1);
    await running;
    clearInterval(timer);
    const passMs = performance.now() - pass.startedAt;
    gaps.sort((a, b) => a - b);
    const p99 = gaps[Math.floor(gaps.length * 0.99)] as number;
    console.info(`a pass of ${passMs.toFixed(0)} ms: timers of 1 ms came after ${p99.toFixed(1)} ms at p99`);
    // Quiet: 1 to 3 ms. Relative to the pass, because other work on the machine delays timers as well.
    expect(p99).toBeLessThan(passMs / 3);
    expect(gaps.length).toBeGreaterThan(10);
  });
});
