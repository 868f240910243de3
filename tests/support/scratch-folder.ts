/** A folder that is gone after the test that asked for it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "damo-test-"));
  // Something that the test has stopped may still be writing its last file.
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
  return folder;
}
