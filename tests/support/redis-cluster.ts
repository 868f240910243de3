/** A real Redis Cluster, and a real server with a replica and Sentinels, for tests. Whoever starts one closes it. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { type RedisServer, startRedisServer } from "./redis-server.ts";

/** Waits for something that another process does; a test fails by its own time limit. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
}

export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  close(): Promise<void>;
}

/** Three masters without replicas, every slot served. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const args = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];
  const nodes: RedisServer[] = [];
  for (let count = 0; count < 3; count++) nodes.push(await startRedisServer({ args }));
  const close = async () => {
    await Promise.all(nodes.map((node) => node.close()));
  };
  try {
    const addresses = nodes.map(({ host, port }) => `${host}:${port}`);
    execFileSync("redis-cli", ["--cluster", "create", ...addresses, "--cluster-yes"], { stdio: "pipe" });
    await until(() => nodes.every((node) => node.cli("CLUSTER", "INFO").includes("cluster_state:ok")));
    return { nodes, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export interface RedisWithSentinels {
  readonly name: string;
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly sentinels: readonly RedisServer[];
  close(): Promise<void>;
}

/** A master, a replica that is in step, and three Sentinels that take a second to give a master up. */
export async function startRedisWithSentinels(): Promise<RedisWithSentinels> {
  const name = "clips";
  const folder = await mkdtemp(join(tmpdir(), "damo-sentinel-"));
  const master = await startRedisServer();
  const replica = await startRedisServer({ args: ["--replicaof", master.host, String(master.port)] });
  const sentinels: RedisServer[] = [];
  const close = async () => {
    await Promise.all([master, replica, ...sentinels].map((server) => server.close()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until(() => replica.cli("INFO", "replication").includes("master_link_status:up"));
    for (let count = 0; count < 3; count++) {
      const port = await freePort();
      const config = join(folder, `${port}.conf`);
      await writeFile(
        config,
        [
          `sentinel monitor ${name} ${master.host} ${master.port} 2`,
          `sentinel down-after-milliseconds ${name} 1000`,
          `sentinel failover-timeout ${name} 5000`,
        ].join("\n"),
      );
      sentinels.push(await startRedisServer({ port, sentinelConfig: config }));
    }
    // Each has to know the replica and the two others before a failover can work.
    await until(() =>
      sentinels.every((sentinel) => {
        const known = sentinel.cli("SENTINEL", "MASTER", name);
        return /num-slaves\n1\n/.test(`${known}\n`) && /num-other-sentinels\n2\n/.test(`${known}\n`);
      }),
    );
    return { name, master, replica, sentinels, close };
  } catch (error) {
    await close();
    throw error;
  }
}
