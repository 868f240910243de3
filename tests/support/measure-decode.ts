/**
 * Decodes a clip in a process of its own and prints, as JSON, the most memory that this process and its ffmpeg held.
 * Garbage is collected before each look: on a busy machine it lies about for longer, and hides what is really held.
 * Called by tests/integration/media-memory.test.ts: node --expose-gc --import tsx measure-decode.ts FFMPEG CLIP
 */
import { readdirSync, readFileSync } from "node:fs";
import { decodeClip } from "../../model/media/index.ts";
import { TEST_LIMITS, TEST_SAMPLING } from "./media-table.ts";

const [ffmpeg, path] = process.argv.slice(2);
if (!ffmpeg || !path) throw new Error("usage: measure-decode FFMPEG CLIP");

/** Most memory that any child of ours has held so far, bytes; 0 when there is none. Linux only. */
function childrenPeakBytes(): number {
  const children = readdirSync("/proc/self/task").flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, "utf8").split(" ").filter(Boolean),
  );
  const peaks = children.map((pid) => {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  });
  return Math.max(0, ...peaks);
}

let windows = 0;
let ffmpegBytes = 0;
let nodeBytes = 0;
// Frames as large as damo-mini's.
const sampling = { ...TEST_SAMPLING, frameSize: 128 };
for await (const event of decodeClip({ path, ffmpeg: { path: ffmpeg }, limits: TEST_LIMITS, ...sampling })) {
  if (event.type !== "window") continue;
  windows++;
  globalThis.gc?.();
  ffmpegBytes = Math.max(ffmpegBytes, childrenPeakBytes());
  nodeBytes = Math.max(nodeBytes, process.memoryUsage.rss());
}
console.log(JSON.stringify({ windows, nodeBytes, ffmpegBytes }));
