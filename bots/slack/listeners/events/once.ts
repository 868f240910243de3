/**
 * Slack delivers an event again when it saw no acknowledgement in 3 s: at once, after a minute, after five. The desk takes
 * an event twice without harm, but not one about a clip that was forgotten in between; and a retry must not be dropped for
 * being one, since the first delivery may have died with the process. So an event is claimed once it is done, and a retry
 * is left out only when that claim is there.
 */
import { CLAIM_MS, type SlackContext } from "../../slack-context.ts";

export interface Delivery {
  readonly eventId: string;
  /** Absent the first time. */
  readonly retryNum?: number | undefined;
}

export async function once(
  context: SlackContext,
  { eventId, retryNum }: Delivery,
  handle: () => Promise<void>,
): Promise<void> {
  const { ledger, tenantId } = context;
  const claim = () => ledger.claim(tenantId, `slack-event/${eventId}`, CLAIM_MS);
  const isRetry = retryNum !== undefined && retryNum > 0;
  if (isRetry && !(await claim())) return;
  await handle();
  if (!isRetry) await claim();
}
