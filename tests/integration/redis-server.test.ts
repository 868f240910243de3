/** The helper that every test with a Redis stands on. */
import { describe, expect, it, onTestFinished } from "vitest";
import { type RedisServerOptions, redisMissing, startRedisServer } from "../support/redis-server.ts";

const missing = redisMissing();

const aServer = async (options?: RedisServerOptions) => {
  const server = await startRedisServer(options);
  onTestFinished(() => server.close());
  return server;
};

describe.skipIf(missing)(`a redis-server of a test${missing ?? ""}`, () => {
  it("keeps what it confirmed over a SIGKILL when it has an append-only file, and nothing without", async () => {
    for (const aof of [true, false]) {
      const server = await aServer({ aof });
      expect(server.cli("SET", "key", "value")).toBe("OK");
      const { pid, port } = server;
      await server.kill();
      expect(() => process.kill(pid as number, 0)).toThrow();
      await server.start();
      expect(server.port).toBe(port);
      expect(server.cli("GET", "key")).toBe(aof ? "value" : "");
    }
  });

  it("refuses what does not fit when it has a limit", async () => {
    const server = await aServer({ maxmemory: "2mb" });
    expect(server.cli("SET", "key", "x".repeat(100_000), "EX", "10")).toBe("OK");
    server.cli("CONFIG", "SET", "maxmemory", "1");
    expect(server.cli("SET", "key", "value")).toContain("OOM");
  });

  it("leaves no process behind", async () => {
    const server = await startRedisServer();
    const pid = server.pid as number;
    await server.close();
    expect(() => process.kill(pid, 0)).toThrow();
  });
});
