/**
 * People who ask about one clip do not pay for another that is being watched: time to the first word while the only worker
 * watches a clip of two hours, beside the same worker idle. With the shipped bundle. script/bench-workers asks more often.
 */
import { describe, expect, it, onTestFinished } from "vitest";
import { percentile } from "../support/compare-times.ts";
import { firstTokenBench } from "../support/first-token.ts";
import { redisMissing } from "../support/redis-server.ts";

const BUNDLE = new URL("../../model/bundles/damo-mini", import.meta.url).pathname;
const QUESTIONS = 20;
const MOST_BLOCKS = 3;
/** Of the issue: p95 "within 1.5 times of the idle p95". */
const BOUND = 1.5;

const missing = redisMissing();

describe.skipIf(missing)(`the first word of an answer${missing ?? ""}`, () => {
  it("comes as soon while the worker watches a clip of two hours", { timeout: 600_000 }, async () => {
    const bench = await firstTokenBench({ bundleFolder: BUNDLE, longSeconds: 7200 });
    onTestFinished(() => bench.close());
    // Other work on the machine only ever adds time: the better block of each side counts, and there are up to three.
    const p95: { idle: number; watching: number } = {
      idle: Number.POSITIVE_INFINITY,
      watching: Number.POSITIVE_INFINITY,
    };
    let ratio = Number.POSITIVE_INFINITY;
    for (let blocks = 0; blocks < MOST_BLOCKS && !(ratio <= BOUND); blocks++) {
      const block = await bench.block(QUESTIONS);
      expect(block.watchedSeconds).toBeGreaterThan(0);
      p95.idle = Math.min(p95.idle, percentile(block.idle, 95));
      p95.watching = Math.min(p95.watching, percentile(block.watching, 95));
      ratio = p95.watching / p95.idle;
      console.info(
        `first word, p95: idle ${p95.idle.toFixed(0)} ms, while watching ${p95.watching.toFixed(0)} ms: ${ratio.toFixed(2)} times`,
      );
    }
    expect(ratio).toBeLessThanOrEqual(BOUND);
  });
});
