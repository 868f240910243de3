/**
 * The tiny bundle with random weights that training/ exports beside its golden tensors (tests/golden/README.md).
 * `DAMO_TEST_GOLDEN` points the tests at another export of the same form.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const goldenFolder = process.env["DAMO_TEST_GOLDEN"] ?? fileURLToPath(new URL("../golden", import.meta.url));
export const tinyBundleFolder = join(goldenFolder, "tiny-bundle");

/** For `describe.skipIf`; says what is missing. */
export function lacksTinyBundle(): boolean {
  const missing = [join(tinyBundleFolder, "damo.json"), join(goldenFolder, "parity.json")].filter(
    (file) => !existsSync(file),
  );
  for (const file of missing)
    console.warn(`skipped: ${file} is not there (exported by training/, see tests/golden/README.md)`);
  return missing.length > 0;
}
