import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";

/** Tests that measure time run after all others, one file at a time: beside a neighbour they would measure the neighbour. */
const MEASURED = ".measured.test.ts";
const measuredFiles = readdirSync(join(import.meta.dirname, "tests"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(MEASURED))
  .sort()
  .map((path) => `tests/${path.replaceAll("\\", "/")}`);

export default defineConfig({
  test: {
    // Processes, not threads: tests start worker threads and native sessions of their own.
    pool: "forks",
    // The smallest machine that has to pass has two cores; tests that run the model use both.
    poolOptions: { forks: { maxForks: 2 } },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // The default of a second is not enough where neighbours are busy.
    expect: { poll: { timeout: 30_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "tests",
          include: ["tests/**/*.test.ts"],
          exclude: [...configDefaults.exclude, `**/*${MEASURED}`],
        },
      },
      // Groups of projects run one after the other; within a group files run beside each other.
      ...measuredFiles.map((file, index) => ({
        extends: true as const,
        test: { name: basename(file, MEASURED), include: [file], sequence: { groupOrder: index + 1 } },
      })),
    ],
  },
});
