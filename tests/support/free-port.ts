/** A TCP port of this machine that nobody listens on at this moment. */
import { createServer } from "node:net";

/** Below 50,000, so that a Redis Cluster can take its bus port, 10,000 above. */
const HIGHEST_PORT = 50_000;

export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    const port = await new Promise<number>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
    });
    await new Promise((resolve) => server.close(resolve));
    if (port < HIGHEST_PORT) return port;
  }
}
