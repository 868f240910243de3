/** What this folder logs to; pino's. Ids and codes, never what people wrote. */
import type { Logger } from "pino";

export type Log = Pick<Logger, "debug" | "info" | "warn" | "error">;
