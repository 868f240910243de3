/** A message that has only just been written may not show its files yet, nor serve them: seen once in 200 clips of a soak. */

const YOUNG_MS = 30_000;

/** When a message was written: the upper bits of its id (discord.com/developers, "Snowflakes"). */
const writtenAtMs = (id: string): number => (/^\d+$/.test(id) ? Number((BigInt(id) >> 22n) + 1_420_070_400_000n) : 0);

/** What is missing in it is not believed to be deleted; a real deletion comes as an event of its own. */
export const isYoung = (messageId: string, nowMs: number): boolean => nowMs - writtenAtMs(messageId) <= YOUNG_MS;
