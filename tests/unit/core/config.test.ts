import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { configSchema, DomainError, loadConfig } from "../../../core/index.ts";

/** `KEY=value` lines of .env.example, all of them commented out. */
const exampleLines = (await readFile(new URL("../../../.env.example", import.meta.url), "utf8"))
  .split("\n")
  .map((line) => /^#([A-Z_]+)=(.*)$/.exec(line))
  .filter((match) => match !== null)
  .map(([, key = "", value = ""]) => [key, value] as const);

function problemsOf(env: Record<string, string>): unknown {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof DomainError && error.code === "config.invalid") return error.details["problems"];
    throw error;
  }
  return [];
}

describe("loadConfig", () => {
  it("needs nothing to be set", () => {
    const config = loadConfig({});
    expect(config.home).toBe(join(homedir(), ".damo"));
    expect(config.model.bundleFolder).toBe(resolve(import.meta.dirname, "../../../model/bundles/damo-mini"));
    expect(config).toMatchObject({ tenantId: "local", web: { host: "127.0.0.1" }, links: { secret: undefined } });
  });

  it("keeps its data where the desktop wants data, unless told otherwise", () => {
    expect(loadConfig({ XDG_DATA_HOME: "/data" }).home).toBe(resolve("/data/damo"));
    expect(loadConfig({ XDG_DATA_HOME: "/data", DAMO_HOME: "here" }).home).toBe(resolve("here"));
  });

  it("takes an empty key for an absent one", () => {
    expect(loadConfig({ DAMO_WEB_PORT: "", DAMO_TENANT: " ", DAMO_LINK_SECRET: "" })).toEqual(loadConfig({}));
  });

  it("hands out typed values", () => {
    const config = loadConfig({ DAMO_WEB_PORT: "0", DAMO_MAX_CLIP_SECONDS: "60", FFMPEG_BIN: "/opt/ffmpeg" });
    expect(config).toMatchObject({ web: { port: 0 }, decode: { maxClipSeconds: 60, ffmpegBin: "/opt/ffmpeg" } });
  });

  it("names every problem at once, by its key", () => {
    const problems = problemsOf({
      DAMO_WEB_PORT: "70000",
      DAMO_MAX_CLIP_SECONDS: "an hour",
      DAMO_LINK_TTL_HOURS: "1.5",
      DAMO_LINK_SECRET: "short",
    });
    expect(problems).toEqual([
      "DAMO_MAX_CLIP_SECONDS: expected a whole number",
      expect.stringMatching(/^DAMO_WEB_PORT: .*65535/),
      "DAMO_LINK_SECRET: expected 32 characters or more",
      "DAMO_LINK_TTL_HOURS: expected a whole number",
    ]);
  });

  it("takes several link keys: the first signs, the others still open", () => {
    const [fresh, old, older] = ["f", "o", "p"].map((letter) => letter.repeat(32));
    const { links } = loadConfig({ DAMO_LINK_SECRET: `${fresh}, ${old},${older}` });
    expect(links.secret?.reveal()).toBe(fresh);
    expect(links.oldSecrets.map((key) => key.reveal())).toEqual([old, older]);
    expect(problemsOf({ DAMO_LINK_SECRET: `${fresh},short` })).toEqual([
      "DAMO_LINK_SECRET: expected 32 characters or more",
    ]);
  });

  it("wants a public address that links can begin with", () => {
    expect(loadConfig({ DAMO_PUBLIC_URL: "https://damo.example.com/clips/" }).web.publicUrl).toBe(
      "https://damo.example.com/clips",
    );
    for (const bad of ["damo.example.com", "ftp://damo.example.com"]) {
      expect(problemsOf({ DAMO_PUBLIC_URL: bad })).toEqual(["DAMO_PUBLIC_URL: expected an http or https address"]);
    }
  });

  it("talks to Slack by Socket Mode, or by signed HTTP, or not at all", () => {
    expect(loadConfig({ SLACK_APP_TOKEN: "xapp-1" }).slack).toBeUndefined();
    const socket = loadConfig({
      SLACK_BOT_TOKEN: "xoxb-1",
      SLACK_APP_TOKEN: "xapp-1",
      SLACK_SIGNING_SECRET: "s",
    }).slack;
    expect(socket?.events.via).toBe("socket");
    expect(inspect(socket)).not.toMatch(/xoxb|xapp/);
    const http = loadConfig({
      SLACK_BOT_TOKEN: "xoxb-1",
      SLACK_SIGNING_SECRET: "s",
      SLACK_API_URL: "http://[::1]:1/api",
    });
    expect(http.slack).toMatchObject({ events: { via: "http", port: 3000 }, apiUrl: "http://[::1]:1/api/" });
  });

  it("says which Slack token is missing or mixed up", () => {
    expect(problemsOf({ SLACK_BOT_TOKEN: "xoxb-1" })).toEqual([
      expect.stringContaining("SLACK_APP_TOKEN (Socket Mode) or"),
    ]);
    const mixedUp = problemsOf({ SLACK_BOT_TOKEN: "xapp-horse", SLACK_APP_TOKEN: "xoxb-horse" });
    expect(mixedUp).toEqual([expect.stringContaining("xoxb-"), expect.stringContaining("xapp-")]);
    expect(inspect(mixedUp)).not.toContain("horse");
  });

  it("never prints a secret, good or bad", () => {
    const secret = "correct horse battery staple and twice over";
    const config = loadConfig({ DAMO_LINK_SECRET: secret });
    expect(config.links.secret?.reveal()).toBe(secret);
    for (const printed of [inspect(config), JSON.stringify(config), `${config.links.secret}`]) {
      expect(printed).toContain("[secret]");
      expect(printed).not.toContain("horse");
    }
    expect(inspect(problemsOf({ DAMO_LINK_SECRET: "too-short-horse" }))).not.toContain("horse");
  });
});

describe("the Redis settings", () => {
  it("are absent unless one of the three places is named", () => {
    expect(loadConfig({ DAMO_REDIS_NAMESPACE: "two", DAMO_REDIS_PASSWORD: "p" }).redis).toBeUndefined();
  });

  it("take a URL, nodes of a Cluster, or Sentinels", () => {
    const { redis } = loadConfig({ DAMO_REDIS_URL: "rediss://bot:horse@db:6380/2", DAMO_MEMORY_TTL_HOURS: "2" });
    expect(redis).toMatchObject({ place: { kind: "single" }, namespace: "damo", memoryTtlMs: 7_200_000 });
    expect(redis?.place.kind === "single" && redis.place.url.reveal()).toBe("rediss://bot:horse@db:6380/2");
    expect(inspect(redis, { depth: 9 })).not.toContain("horse");
    expect(loadConfig({ DAMO_REDIS_CLUSTER: "a:1, [::1]:7002", DAMO_MEMORY_TTL_HOURS: "0" }).redis).toEqual({
      place: {
        kind: "cluster",
        nodes: [
          { host: "a", port: 1 },
          { host: "::1", port: 7002 },
        ],
      },
      tls: false,
      namespace: "damo",
      timeoutMs: 5_000,
    });
    expect(loadConfig({ DAMO_REDIS_SENTINELS: "s:26379", DAMO_REDIS_SENTINEL_NAME: "clips" }).redis?.place).toEqual({
      kind: "sentinel",
      sentinels: [{ host: "s", port: 26379 }],
      name: "clips",
    });
  });

  it("are refused when two places are named, or one is not a place", () => {
    expect(problemsOf({ DAMO_REDIS_URL: "redis://a", DAMO_REDIS_CLUSTER: "a:1" })).toEqual([
      "DAMO_REDIS_CLUSTER: set this or DAMO_REDIS_URL, not both",
    ]);
    expect(
      problemsOf({ DAMO_REDIS_URL: "http://horse", DAMO_REDIS_SENTINELS: "a", DAMO_REDIS_NAMESPACE: "a:b" }),
    ).toEqual([
      "DAMO_REDIS_URL: expected redis://host:port or rediss://host:port",
      "DAMO_REDIS_SENTINELS.0: expected host:port, host:port, ...",
      "DAMO_REDIS_NAMESPACE: expected letters, digits, . _ -",
      "DAMO_REDIS_SENTINELS: set this or DAMO_REDIS_URL, not both",
    ]);
  });
});

describe(".env.example", () => {
  it("lists every key of the schema, once, and no other", () => {
    // The desktop's key, not ours.
    const ours = Object.keys(configSchema.in.shape).filter((key) => key !== "XDG_DATA_HOME");
    expect(exampleLines.map(([key]) => key).sort()).toEqual(ours.sort());
  });

  it("shows the true defaults", () => {
    expect(exampleLines.filter(([, value]) => value !== "").length).toBeGreaterThan(5);
    expect(loadConfig(Object.fromEntries(exampleLines))).toEqual(loadConfig({}));
  });
});
