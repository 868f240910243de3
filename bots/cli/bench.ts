/** `damo bench memory`: what a window, a question and a whole memory cost in the stores, beside plain Redis. */
import type { MemoryCost } from "../../core/index.ts";
import type { CommandContext } from "./context.ts";

const COLUMNS = ["clip", "store", "operation", "bytes", "ms", "plain Redis", "times"] as const;
const WIDTHS = [8, 9, 13, 10, 9, 12, 6] as const;

export async function benchMemory({ terminal, signal, services }: CommandContext): Promise<void> {
  const made = await services();
  terminal.result(`${row(COLUMNS)}\n`);
  let isWithRedis = false;
  for await (const cost of await made.benchMemory(signal)) {
    const times = timesOf(cost);
    isWithRedis ||= cost.store === "redis";
    terminal.result(
      `${row([
        `${cost.clipMinutes} min`,
        cost.store,
        cost.operation,
        cost.bytes.toLocaleString("en"),
        cost.ms.toFixed(3),
        cost.rawMs?.toFixed(3) ?? "",
        times?.toFixed(2) ?? "",
      ])}\n`,
    );
    terminal.line({ type: "memory_cost", ...cost, ...(times !== undefined && { times }) });
  }
  if (!isWithRedis) terminal.note("No Redis: set DAMO_REDIS_URL, or install redis-server, to compare with it.");
}

const timesOf = ({ ms, rawMs }: MemoryCost): number | undefined =>
  rawMs === undefined ? undefined : Math.round((ms / rawMs) * 100) / 100;

const row = (cells: readonly string[]): string =>
  cells
    .map((cell, at) => (at < 3 ? cell.padEnd(WIDTHS[at] ?? 0) : cell.padStart(WIDTHS[at] ?? 0)))
    .join(" ")
    .trimEnd();
