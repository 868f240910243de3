/** Starts and stops the player's HTTP server, and finds out whether one is already there. */
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { DomainError } from "../../core/index.ts";
import { createPlayerApp, HEALTH_TEXT, type PlayerDeps } from "./player-app.ts";

export interface ListenAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

export interface PlayerServer {
  readonly baseUrl: string;
  /** Ends open downloads as well. Called by `damo web` on Ctrl-C. */
  close(): Promise<void>;
}

/** @throws DomainError `config.invalid` when the address is taken or not ours to use */
export function servePlayer(deps: PlayerDeps, address: ListenAddress): Promise<PlayerServer> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: createPlayerApp(deps).fetch, hostname: address.host, port: address.port });
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const problem = LISTEN_PROBLEMS[cause.code ?? ""] ?? "cannot be used";
      const where = `${address.host}:${address.port}`;
      reject(
        new DomainError("config.invalid", `cannot listen on ${where}`, {
          cause,
          details: { problem: `${where} ${problem}; set DAMO_WEB_HOST and DAMO_WEB_PORT` },
        }),
      );
    });
    server.once("listening", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        baseUrl: baseUrlOf({ host: address.host, port }),
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            if ("closeAllConnections" in server) server.closeAllConnections();
          }),
      });
    });
  });
}

const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: "is in use by another program",
  EADDRNOTAVAIL: "is not an address of this machine",
  EACCES: "needs rights that this program does not have",
  ENOTFOUND: "is not a known host",
};

/** Where people open it: `0.0.0.0` is an address to listen on, not one to open. */
export function baseUrlOf({ host, port }: ListenAddress): string {
  const opened = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${opened.includes(":") ? `[${opened}]` : opened}:${port}`;
}

/** Whether our player, another program or nothing answers there. */
export async function whoListens(baseUrl: string): Promise<"player" | "other" | "nobody"> {
  try {
    const answer = await fetch(`${baseUrl}/healthz`, { signal: AbortSignal.timeout(500) });
    return answer.ok && (await answer.text()) === HEALTH_TEXT ? "player" : "other";
  } catch (error) {
    return (error as Error).name === "TimeoutError" ? "other" : "nobody";
  }
}
