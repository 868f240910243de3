import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // Processes, not threads: tests start worker threads and native sessions of their own.
    pool: "forks",
    // The smallest machine that has to pass has two cores; tests that run the model use both.
    poolOptions: { forks: { maxForks: 2 } },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
