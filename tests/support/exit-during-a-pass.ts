/** Ends with exit code 7 in the middle of a pass. Arguments: bundle folder, and how many ms after the start to exit. */
import { loadBundle } from "../../model/bundle.ts";
import { startGraphThread } from "../../model/onnx/graph-thread.ts";

const [, , folder, afterMs] = process.argv;
const bundle = await loadBundle(folder as string);
const starting = startGraphThread({ graphs: [bundle.graph("vision")], intraOpThreads: 1 });
if (afterMs === "running") {
  const thread = await starting;
  const { frameSize } = bundle.manifest.preprocess;
  const count = 512;
  const frames = { data: new Float32Array(count * 3 * frameSize ** 2), dims: [count, 3, frameSize, frameSize] };
  thread.run("vision", { frames }, { give: true }).catch(() => {});
  setTimeout(() => process.exit(7), 50);
} else {
  setTimeout(() => process.exit(7), Number(afterMs));
}
