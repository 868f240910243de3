/** What a command is handed besides its own arguments. */
import type { Services } from "./services.ts";
import type { Terminal } from "./terminal.ts";

export interface CommandContext {
  readonly terminal: Terminal;
  /** Reads the configuration on first use. @throws DomainError `config.invalid` */
  services(): Promise<Services>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Wall time, ms since the epoch. */
  readonly now: () => number;
}
