/** The logger of Bolt and the Web API client: their warnings and errors go to our log, what is below may hold people's words. */
import { LogLevel, type Logger as SlackLogger } from "@slack/web-api";
import type { Logger } from "pino";

export function quietLogger(log: Pick<Logger, "warn" | "error">): SlackLogger {
  const words = (parts: readonly unknown[]) => parts.map(String).join(" ");
  return {
    debug: () => {},
    info: () => {},
    warn: (...parts) => log.warn({ from: "slack" }, words(parts)),
    error: (...parts) => log.error({ from: "slack" }, words(parts)),
    setLevel: () => {},
    getLevel: () => LogLevel.WARN,
    setName: () => {},
  };
}
