/** A TCP port of this machine that nobody listens on at this moment. */
import { createServer } from "node:net";

/**
 * Below those that systems hand out by themselves (Linux: from 32,768), so that no connection takes the port of a server that
 * a test has killed and starts again; low enough for the bus of a Redis Cluster, 10,000 above.
 */
const [LOWEST_PORT, HIGHEST_PORT] = [10_240, 22_000];

export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT));
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
