/**
 * How a process is, for those who run it: `/healthz` (it is alive), `/readyz` (it can do its work), `/metrics`. A small port
 * of its own, by default on this machine only.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import { DomainError, isDomainError } from "../core/index.ts";

export interface OpsServerDeps {
  readonly registry: Registry;
  /** Rejects when the process cannot do its work right now. */
  readonly ready: () => Promise<void>;
}

export interface OpsAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Which setting names the port, for the message when it is taken. */
  readonly setting: string;
}

export interface OpsServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface OpsReply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** `undefined` for any other path. Also mounted by the player's server. */
export async function opsReply({ registry, ready }: OpsServerDeps, path: string): Promise<OpsReply | undefined> {
  switch (path) {
    case "/healthz":
      return { status: 200, type: "text/plain", body: "ok\n" };
    case "/readyz":
      try {
        await ready();
        return { status: 200, type: "text/plain", body: "ready\n" };
      } catch (error) {
        const why = isDomainError(error) ? error.code : "bug";
        return { status: 503, type: "text/plain", body: `${why}\n` };
      }
    case "/metrics":
      return { status: 200, type: registry.contentType, body: await registry.metrics() };
    default:
      return undefined;
  }
}

/** @throws DomainError `config.invalid` when the address is taken */
export async function serveOps(deps: OpsServerDeps, { host, port, setting }: OpsAddress): Promise<OpsServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?")[0] as string;
    opsReply(deps, path)
      .then((reply) => {
        const { status, type, body } = reply ?? { status: 404, type: "text/plain", body: "not here\n" };
        response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" }).end(body);
      })
      .catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        new DomainError("config.invalid", `cannot listen on ${host}:${port}`, {
          cause,
          details: { problem: `${host}:${port} cannot be used (${cause.code}); set ${setting}, 0 = any free port` },
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  const shown = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return {
    url: `http://${shown.includes(":") ? `[${shown}]` : shown}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
