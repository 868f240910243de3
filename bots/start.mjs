// The entry of script/damo. Plain JavaScript: it teaches Node to read TypeScript, then runs main.ts. (`--import tsx` would
// look for tsx in the caller's folder, not in ours.)
import { register } from "tsx/esm/api";

register();
await import("./main.ts");
