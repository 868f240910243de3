// The entry of a session thread. Plain JavaScript: `--import tsx` hooks the main thread only, so a worker thread has to
// hook itself before it can load TypeScript.
import { register } from "tsx/esm/api";

register();
await import("./session-thread.ts");
