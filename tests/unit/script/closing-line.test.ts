import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const script = fileURLToPath(new URL("../../../script/closing-line.mjs", import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "closing-line-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type FileResult = { name: string; status: string; assertionResults: { status: string }[] };

const file = (name: string, ...states: string[]): FileResult => ({
  name,
  status: states.includes("failed") ? "failed" : "passed",
  assertionResults: states.map((status) => ({ status })),
});

async function run(
  testResults: FileResult[] | undefined,
  exits: { lint?: number; types?: number; vitest?: number } = {},
) {
  const report = join(folder, "report.json");
  await writeFile(report, testResults === undefined ? "" : JSON.stringify({ testResults }));
  const { lint = 0, types = 0, vitest = 0 } = exits;
  return new Promise<{ last: string; code: number }>((resolve) => {
    const args = [script, report, `lint=${lint}`, `types=${types}`, `vitest=${vitest}`];
    execFile(process.execPath, args, (error, stdout) => {
      resolve({ last: stdout.trimEnd().split("\n").at(-1) ?? "", code: error ? Number(error.code) : 0 });
    });
  });
}

describe("the closing line of script/test", () => {
  it("counts lint and types as one test each", async () => {
    expect(await run([file("a", "passed", "passed")])).toEqual({ last: "4 passed, 0 failed", code: 0 });
    expect(await run([file("a", "passed")], { lint: 1, types: 2 })).toEqual({ last: "1 passed, 2 failed", code: 1 });
  });

  it("tells skipped tests apart", async () => {
    const { last, code } = await run([file("a", "passed", "pending", "todo", "skipped")]);
    expect({ last, code }).toEqual({ last: "3 passed, 0 failed, 3 skipped", code: 0 });
  });

  it("fails with a failed test", async () => {
    expect(await run([file("a", "passed", "failed")], { vitest: 1 })).toEqual({ last: "3 passed, 1 failed", code: 1 });
  });

  it("counts a test file that cannot be loaded as one failure", async () => {
    const broken = { name: "b", status: "failed", assertionResults: [] };
    expect(await run([file("a", "passed"), broken], { vitest: 1 })).toEqual({ last: "3 passed, 1 failed", code: 1 });
  });

  it("fails when no test ran, when there is no report, and when vitest ended badly after its last test", async () => {
    expect(await run([])).toEqual({ last: "2 passed, 1 failed", code: 1 });
    expect(await run([file("a", "pending")])).toEqual({ last: "2 passed, 1 failed, 1 skipped", code: 1 });
    expect(await run(undefined, { vitest: 137 })).toEqual({ last: "2 passed, 1 failed", code: 1 });
    expect(await run([file("a", "passed")], { vitest: 1 })).toEqual({ last: "3 passed, 1 failed", code: 1 });
  });
});
