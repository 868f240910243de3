import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { lacksTinyBundle, tinyBundleFolder } from "../support/tiny-bundle.ts";

const script = fileURLToPath(new URL("../support/exit-during-a-pass.ts", import.meta.url));

async function exitCodeOf(...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, ["--import", "tsx", script, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stderr })));
}

// onnxruntime-node aborts (exit code 134, "terminate called after throwing an instance of 'Napi::Error'") when it is
// torn down inside a native call: `damo` would break its promise about exit codes whenever it stops while watching.
describe.skipIf(lacksTinyBundle())("a process that exits while a session thread is busy", () => {
  it("keeps its exit code in the middle of a pass", async () => {
    expect(await exitCodeOf(tinyBundleFolder, "running")).toEqual({ code: 7, stderr: "" });
  });

  it.each(["250", "500"])("keeps its exit code %s ms after a thread was started", async (afterMs) => {
    expect(await exitCodeOf(tinyBundleFolder, afterMs)).toEqual({ code: 7, stderr: "" });
  });
});
