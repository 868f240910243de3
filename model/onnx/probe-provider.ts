/** For `damo doctor` and a worker that starts: whether the graphs run where they are wanted to, before anybody waits for them. */
import type { ModelBundle } from "../bundle.ts";
import type { ProviderChoice, ProviderName } from "./execution-provider.ts";
import { startGraphThread } from "./graph-thread.ts";

/**
 * Loads one small graph and lets it go again.
 *
 * @returns what runs it
 * @throws DomainError model.provider_unavailable; model.bundle_invalid
 */
export async function probeProvider(bundle: ModelBundle, provider: ProviderChoice): Promise<ProviderName> {
  const thread = await startGraphThread({ graphs: [bundle.graph("text")], intraOpThreads: 1, provider });
  await thread.close();
  return thread.provider;
}
