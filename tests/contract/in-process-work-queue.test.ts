import { onTestFinished } from "vitest";
import { InProcessWorkQueue } from "../../workers/in-process-work-queue.ts";
import { describeWorkQueue } from "./work-queue.suite.ts";

describeWorkQueue("InProcessWorkQueue", async (deps, slices) => {
  // Retries at once: the shortest waits that the policy knows.
  const queue = new InProcessWorkQueue(deps, { watchesPerTenant: 3, backoffMs: () => 1, ...slices });
  onTestFinished(() => queue.close());
  return { queue, elsewhere: queue };
});
