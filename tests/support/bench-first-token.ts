/**
 * What first-token.ts measures, with as many questions as one likes. With the bundle of DAMO_BUNDLE. Run by
 * script/bench-workers. Exit code 1 when the watch was not under way for every question that it is about.
 *
 *     npx tsx tests/support/bench-first-token.ts [QUESTIONS] [LONG_CLIP_SECONDS]
 */
import { loadConfig } from "../../core/index.ts";
import { percentile } from "./compare-times.ts";
import { type FirstTokenBlock, firstTokenBench } from "./first-token.ts";

const BLOCK = 20;
const questions = Number(process.argv[2] ?? 100);
const longSeconds = Number(process.argv[3] ?? 7200);
const { bundleFolder } = loadConfig(process.env).model;

const bench = await firstTokenBench({ bundleFolder, longSeconds });
try {
  const blocks: FirstTokenBlock[] = [];
  for (let left = questions; left > 0; left -= BLOCK) blocks.push(await bench.block(Math.min(BLOCK, left)));
  const last = await bench.idle(BLOCK);

  const idle = [...blocks.flatMap((block) => block.idle), ...last];
  const watching = blocks.flatMap((block) => block.watching);
  const inWords = (name: string, times: readonly number[]) =>
    `${name}: first word p50 ${percentile(times, 50).toFixed(0)} ms, p95 ${percentile(times, 95).toFixed(0)} ms (${times.length} questions)`;
  const sum = (of: (block: FirstTokenBlock) => number) => blocks.reduce((total, block) => total + of(block), 0);
  console.log(inWords("idle, before, between and after", idle));
  console.log(inWords(`while the same worker watches a clip of ${longSeconds} s`, watching));
  console.log(`p95 ratio ${(percentile(watching, 95) / percentile(idle, 95)).toFixed(2)}`);
  for (const [index, block] of blocks.entries()) {
    console.log(
      `  block ${index + 1}: p95 idle ${percentile(block.idle, 95).toFixed(0)} ms, watching ${percentile(block.watching, 95).toFixed(0)} ms; ` +
        `first window ${block.openingSeconds.toFixed(1)} s after it was handed in`,
    );
  }
  console.log(
    `watched ${sum((block) => block.watchedSeconds)} s of media in ${sum((block) => block.wallSeconds).toFixed(0)} s beside the answers; ` +
      `at the end it stood at ${bench.watchedSeconds} s of ${longSeconds} s, so the watch was under way for all of them`,
  );
  const { mean, p99 } = await bench.eventLoopDelay();
  console.log(`event loop delay of the worker: mean ${mean.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
} finally {
  await bench.close();
}
