/**
 * All settings, from the environment, checked once at start. Only the composition roots call `loadConfig`; everything
 * else is handed the slice it needs (`config.decode`). `.env.example` lists the same keys; a test compares both.
 */
import { availableParallelism, homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { z } from "zod";
import { DomainError } from "./errors.ts";

/** A value that prints as `[secret]` wherever it ends up by mistake. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return "[secret]";
  }
  toJSON(): string {
    return "[secret]";
  }
  [inspect.custom](): string {
    return "[secret]";
  }
}

export interface SlackConfig {
  readonly botToken: Secret;
  /** How events come in. Socket Mode needs no public address, and is taken where both are configured. */
  readonly events:
    | { readonly via: "socket"; readonly appToken: Secret }
    | { readonly via: "http"; readonly signingSecret: Secret; readonly port: number; readonly path: string };
  /** Where the Web API is, with a slash at its end; for tests and emulators. Absent: Slack's own. */
  readonly apiUrl?: string;
}

interface SlackEnvironment {
  readonly SLACK_BOT_TOKEN?: string | undefined;
  readonly SLACK_APP_TOKEN?: string | undefined;
  readonly SLACK_SIGNING_SECRET?: string | undefined;
  readonly SLACK_PORT: number;
  readonly SLACK_PATH: string;
  readonly SLACK_API_URL?: string | undefined;
}

/** `undefined`: this bot does not talk to Slack. */
function slackOf(env: SlackEnvironment): SlackConfig | undefined {
  const { SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken, SLACK_SIGNING_SECRET: signingSecret } = env;
  if (botToken === undefined) return undefined;
  const apiUrl = env.SLACK_API_URL?.replace(/\/*$/, "/");
  return {
    botToken: new Secret(botToken),
    events: appToken
      ? { via: "socket", appToken: new Secret(appToken) }
      : { via: "http", signingSecret: new Secret(signingSecret ?? ""), port: env.SLACK_PORT, path: env.SLACK_PATH },
    ...(apiUrl && { apiUrl }),
  };
}

const SHIPPED_BUNDLE = fileURLToPath(new URL("../model/bundles/damo-mini", import.meta.url));

/** Graphs of this size gain little from more threads, and watching shares the cores with ffmpeg. */
const DEFAULT_THREADS = Math.min(4, availableParallelism());

const yesOrNo = z
  .enum(["yes", "no", "true", "false", "1", "0"])
  .transform((text) => ["yes", "true", "1"].includes(text));
const folder = z.string().transform((path) => resolve(path));
const wholeNumber = (least: number, most: number) =>
  z.string().regex(/^\d+$/, "expected a whole number").transform(Number).pipe(z.int().min(least).max(most));
/** `0,1,2` */
const wholeNumbers = z
  .string()
  .regex(/^\d+( *, *\d+)*$/, "expected whole numbers with commas between them")
  .transform((text) => text.split(",").map(Number));

/** `host:port,host:port`, as `redis-cli` and most charts write nodes. An IPv6 host stands in brackets. */
const nodes = z
  .string()
  .transform((text) => text.split(",").map((node) => node.trim()))
  .pipe(
    z
      .array(z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/@[\]]+):\d{1,5}$/, "expected host:port, host:port, ..."))
      .min(1),
  )
  .transform((list) =>
    list.map((node) => {
      const colon = node.lastIndexOf(":");
      return { host: node.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(node.slice(colon + 1)) };
    }),
  );
const REDIS_URL = /^rediss?:\/\/\S+$/;

/** The prefix says what kind of token it is; the two are easily mixed up. */
const slackToken = (prefix: string) => z.string().startsWith(prefix, `expected a token that starts with ${prefix}`);

/** The environment as people write it, flat; what comes out is nested and typed. */
export const configSchema = z
  .object({
    DAMO_BUNDLE: folder.default(SHIPPED_BUNDLE),
    DAMO_HOME: folder.optional(),
    XDG_DATA_HOME: folder.optional(),
    DAMO_TENANT: z.string().max(200).default("local"),

    FFMPEG_BIN: z.string().optional(),
    DAMO_MAX_CLIP_SECONDS: wholeNumber(1, 7 * 24 * 3600).default(4 * 3600),
    /** 4 GiB: four times what Slack lets people upload. */
    DAMO_MAX_CLIP_BYTES: wholeNumber(1, Number.MAX_SAFE_INTEGER).default(4 * 1024 ** 3),
    /** 8K UHD, the largest picture that cameras make today. */
    DAMO_MAX_CLIP_PIXELS: wholeNumber(1, 2 ** 31).default(7680 * 4320),
    DAMO_DECODE_STALL_MS: wholeNumber(100, 3_600_000).default(20_000),

    DAMO_WATCH_THREADS: wholeNumber(1, 256).default(DEFAULT_THREADS),
    DAMO_ANSWER_THREADS: wholeNumber(1, 256).default(DEFAULT_THREADS),

    /** May hold a password. */
    DAMO_REDIS_URL: z.string().regex(REDIS_URL, "expected redis://host:port or rediss://host:port").optional(),
    DAMO_REDIS_CLUSTER: nodes.optional(),
    DAMO_REDIS_SENTINELS: nodes.optional(),
    DAMO_REDIS_SENTINEL_NAME: z.string().default("mymaster"),
    DAMO_REDIS_USERNAME: z.string().optional(),
    DAMO_REDIS_PASSWORD: z.string().optional(),
    DAMO_REDIS_TLS: yesOrNo.default(false),
    /** Stands in every key, so it must not disturb their parts: no `:`, no `{`. */
    DAMO_REDIS_NAMESPACE: z
      .string()
      .regex(/^[\w.-]{1,64}$/, "expected letters, digits, . _ -")
      .default("damo"),
    DAMO_REDIS_TIMEOUT_MS: wholeNumber(100, 600_000).default(5_000),
    /** 0 = until it is forgotten. */
    DAMO_MEMORY_TTL_HOURS: wholeNumber(0, 10 * 365 * 24).default(30 * 24),

    /** Best first; one that is not there is passed over only because another is listed after it. */
    DAMO_PROVIDER: z
      .string()
      .default("cpu")
      .transform((text) => text.split(",").map((name) => name.trim().toLowerCase()))
      .pipe(z.array(z.enum(["cuda", "coreml", "dml", "webgpu", "cpu"])).min(1)),
    DAMO_DEVICE_ID: wholeNumber(0, 255).default(0),

    DAMO_ANSWER_CONCURRENCY: wholeNumber(1, 64).default(4),
    DAMO_TENANT_MAX_WATCHES: wholeNumber(1, 1_000_000).default(200),
    DAMO_TENANT_MAX_QUESTIONS: wholeNumber(1, 1_000_000).default(500),
    /** Where a worker and the bots say how they are: health and metrics, not for the public. 0 = any free port. */
    DAMO_OPS_HOST: z.string().default("127.0.0.1"),
    DAMO_WORKER_PORT: wholeNumber(0, 65_535).default(7718),
    DAMO_BOTS_PORT: wholeNumber(0, 65_535).default(7719),
    DAMO_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),

    DAMO_WEB_HOST: z.string().default("127.0.0.1"),
    /** 0 = any free port. */
    DAMO_WEB_PORT: wholeNumber(0, 65_535).default(7717),
    /** Without the slash at the end, so that a path can follow. */
    DAMO_PUBLIC_URL: z
      .url({ protocol: /^https?$/, error: "expected an http or https address" })
      .transform((url) => url.replace(/\/+$/, ""))
      .optional(),
    /** 16 characters: 96 bits in base64url, beyond guessing at the rate that the sign-in page allows. */
    DAMO_ADMIN_TOKEN: z.string().min(16, "expected 16 characters or more").optional(),
    /** Several, comma separated: the first signs, the others still open. 32 characters: near the 256 bits of HMAC-SHA256. */
    DAMO_LINK_SECRET: z
      .string()
      .transform((keys) => keys.split(",").map((key) => key.trim()))
      .refine((keys) => keys.every((key) => key.length >= 32), "expected 32 characters or more")
      .optional(),
    DAMO_LINK_TTL_HOURS: wholeNumber(1, 10 * 365 * 24).default(30 * 24),

    /** 0 = never. */
    DAMO_SWEEP_HOURS: wholeNumber(0, 24 * 365).default(24),

    SLACK_BOT_TOKEN: slackToken("xoxb-").optional(),
    SLACK_APP_TOKEN: slackToken("xapp-").optional(),
    SLACK_SIGNING_SECRET: z.string().optional(),
    /** 0 = any free port. */
    SLACK_PORT: wholeNumber(0, 65_535).default(3000),
    SLACK_PATH: z
      .string()
      .regex(/^\/\S*$/, "expected a path that starts with /")
      .default("/slack/events"),
    SLACK_API_URL: z.url({ protocol: /^https?$/, error: "expected an http address" }).optional(),

    DAMO_COMPOSER_URL: z
      .url({ protocol: /^https?$/, error: "expected an http or https address" })
      .transform((url) => url.replace(/\/+$/, ""))
      .optional(),
    DAMO_COMPOSER_MODEL: z.string().max(200).optional(),
    DAMO_COMPOSER_KEY: z.string().optional(),
    DAMO_COMPOSER_TIMEOUT_MS: wholeNumber(1000, 600_000).default(30_000),

    DISCORD_BOT_TOKEN: z.string().optional(),
    /** `auto`: as the developer portal has it. */
    DISCORD_MESSAGE_CONTENT: z.enum(["auto", "on", "off"]).default("auto"),
    /** `auto`: as many as Discord recommends. */
    DISCORD_SHARDS: z.literal("auto").or(wholeNumber(1, 16_384)).default("auto"),
    /** Which of them this process runs. */
    DISCORD_SHARD_IDS: wholeNumbers.optional(),
    /** An hour: a restart or an outage of that length loses no question. */
    DISCORD_CATCH_UP_MINUTES: wholeNumber(0, 24 * 60).default(60),
    DISCORD_API_URL: z.url().default("https://discord.com/api"),
  })
  .superRefine((env, context) => {
    if (env.SLACK_BOT_TOKEN === undefined || env.SLACK_APP_TOKEN || env.SLACK_SIGNING_SECRET) return;
    const message = "needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (signed HTTP) beside it";
    context.addIssue({ code: "custom", path: ["SLACK_BOT_TOKEN"], message });
  })
  .superRefine((env, context) => {
    const [first, second] = ["DAMO_COMPOSER_URL", "DAMO_COMPOSER_MODEL"] as const;
    if ((env[first] === undefined) === (env[second] === undefined)) return;
    const [given, missing] = env[first] === undefined ? [second, first] : [first, second];
    context.addIssue({ code: "custom", path: [given], message: `needs ${missing} beside it` });
  })
  .superRefine((env, context) => {
    if (env.DISCORD_SHARD_IDS === undefined) return;
    const problem =
      env.DISCORD_SHARDS === "auto"
        ? "needs DISCORD_SHARDS to be a number"
        : Math.max(...env.DISCORD_SHARD_IDS) >= env.DISCORD_SHARDS
          ? `shards are counted from 0 to ${env.DISCORD_SHARDS - 1}`
          : undefined;
    if (problem) context.addIssue({ code: "custom", path: ["DISCORD_SHARD_IDS"], message: problem });
  })
  .superRefine((env, context) => {
    const ways = (["DAMO_REDIS_URL", "DAMO_REDIS_CLUSTER", "DAMO_REDIS_SENTINELS"] as const).filter((key) => env[key]);
    for (const key of ways.slice(1)) {
      context.addIssue({ code: "custom", path: [key], message: `set this or ${ways[0]}, not both` });
    }
  })
  .transform((env) => ({
    home: env.DAMO_HOME ?? (env.XDG_DATA_HOME ? join(env.XDG_DATA_HOME, "damo") : join(homedir(), ".damo")),
    tenantId: env.DAMO_TENANT,
    decode: {
      ffmpegBin: env.FFMPEG_BIN,
      maxClipSeconds: env.DAMO_MAX_CLIP_SECONDS,
      maxClipBytes: env.DAMO_MAX_CLIP_BYTES,
      maxClipPixels: env.DAMO_MAX_CLIP_PIXELS,
      stallMs: env.DAMO_DECODE_STALL_MS,
    },
    model: {
      bundleFolder: env.DAMO_BUNDLE,
      watchThreads: env.DAMO_WATCH_THREADS,
      answerThreads: env.DAMO_ANSWER_THREADS,
      provider: { providers: env.DAMO_PROVIDER, deviceId: env.DAMO_DEVICE_ID },
    },
    work: {
      answerConcurrency: env.DAMO_ANSWER_CONCURRENCY,
      watchesPerTenant: env.DAMO_TENANT_MAX_WATCHES,
      questionsPerTenant: env.DAMO_TENANT_MAX_QUESTIONS,
    },
    ops: { host: env.DAMO_OPS_HOST, workerPort: env.DAMO_WORKER_PORT, botsPort: env.DAMO_BOTS_PORT },
    logLevel: env.DAMO_LOG_LEVEL,
    /** Absent: everything is kept in `home`, by this machine alone. */
    redis: redisSettings(env),
    chat: { sweepHours: env.DAMO_SWEEP_HOURS },
    web: {
      host: env.DAMO_WEB_HOST,
      port: env.DAMO_WEB_PORT,
      publicUrl: env.DAMO_PUBLIC_URL,
      adminToken: env.DAMO_ADMIN_TOKEN === undefined ? undefined : new Secret(env.DAMO_ADMIN_TOKEN),
    },
    links: {
      secret: env.DAMO_LINK_SECRET?.[0] === undefined ? undefined : new Secret(env.DAMO_LINK_SECRET[0]),
      oldSecrets: (env.DAMO_LINK_SECRET ?? []).slice(1).map((key) => new Secret(key)),
      ttlHours: env.DAMO_LINK_TTL_HOURS,
    },
    /** Absent: answers are the bundle's own words, and no question leaves this machine. */
    composer:
      env.DAMO_COMPOSER_URL === undefined || env.DAMO_COMPOSER_MODEL === undefined
        ? undefined
        : {
            url: env.DAMO_COMPOSER_URL,
            model: env.DAMO_COMPOSER_MODEL,
            key: env.DAMO_COMPOSER_KEY === undefined ? undefined : new Secret(env.DAMO_COMPOSER_KEY),
            timeoutMs: env.DAMO_COMPOSER_TIMEOUT_MS,
          },
    slack: slackOf(env),
    /** Absent: the bot is not on Discord. */
    discord:
      env.DISCORD_BOT_TOKEN === undefined
        ? undefined
        : {
            token: new Secret(env.DISCORD_BOT_TOKEN),
            messageContent: env.DISCORD_MESSAGE_CONTENT,
            shards: env.DISCORD_SHARDS,
            shardIds: env.DISCORD_SHARD_IDS,
            catchUpMinutes: env.DISCORD_CATCH_UP_MINUTES,
            apiUrl: env.DISCORD_API_URL,
          },
  }));

export type Config = z.output<typeof configSchema>;
export type DiscordConfig = NonNullable<Config["discord"]>;

/** Where Redis is. Hosts are named in errors, `username` and what is `Secret` never. */
export type RedisPlace =
  | { readonly kind: "single"; readonly url: Secret }
  | { readonly kind: "cluster"; readonly nodes: readonly RedisNode[] }
  | { readonly kind: "sentinel"; readonly sentinels: readonly RedisNode[]; readonly name: string };

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

export interface RedisSettings {
  readonly place: RedisPlace;
  /** For cluster nodes, and for the server behind sentinels; a URL carries its own. */
  readonly username?: string;
  readonly password?: Secret;
  /** For cluster nodes and sentinels; a `rediss://` URL says it itself. */
  readonly tls: boolean;
  /** The first part of every key: several bots can share one Redis. */
  readonly namespace: string;
  /** A command that takes longer is given up, reconnecting included. */
  readonly timeoutMs: number;
  /** What nobody has used for so long goes. Absent: it stays until it is forgotten. */
  readonly memoryTtlMs?: number;
}

function redisSettings(env: {
  readonly DAMO_REDIS_URL?: string | undefined;
  readonly DAMO_REDIS_CLUSTER?: readonly RedisNode[] | undefined;
  readonly DAMO_REDIS_SENTINELS?: readonly RedisNode[] | undefined;
  readonly DAMO_REDIS_SENTINEL_NAME: string;
  readonly DAMO_REDIS_USERNAME?: string | undefined;
  readonly DAMO_REDIS_PASSWORD?: string | undefined;
  readonly DAMO_REDIS_TLS: boolean;
  readonly DAMO_REDIS_NAMESPACE: string;
  readonly DAMO_REDIS_TIMEOUT_MS: number;
  readonly DAMO_MEMORY_TTL_HOURS: number;
}): RedisSettings | undefined {
  const place: RedisPlace | undefined = env.DAMO_REDIS_URL
    ? { kind: "single", url: new Secret(env.DAMO_REDIS_URL) }
    : env.DAMO_REDIS_CLUSTER
      ? { kind: "cluster", nodes: env.DAMO_REDIS_CLUSTER }
      : env.DAMO_REDIS_SENTINELS
        ? { kind: "sentinel", sentinels: env.DAMO_REDIS_SENTINELS, name: env.DAMO_REDIS_SENTINEL_NAME }
        : undefined;
  if (!place) return undefined;
  return {
    place,
    ...(env.DAMO_REDIS_USERNAME && { username: env.DAMO_REDIS_USERNAME }),
    ...(env.DAMO_REDIS_PASSWORD && { password: new Secret(env.DAMO_REDIS_PASSWORD) }),
    tls: env.DAMO_REDIS_TLS,
    namespace: env.DAMO_REDIS_NAMESPACE,
    timeoutMs: env.DAMO_REDIS_TIMEOUT_MS,
    ...(env.DAMO_MEMORY_TTL_HOURS > 0 && { memoryTtlMs: env.DAMO_MEMORY_TTL_HOURS * 3_600_000 }),
  };
}

/**
 * @param env  e.g. `process.env`; a key that is empty counts as absent
 * @throws DomainError `config.invalid` that names every bad key at once, and no value
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
  const result = configSchema.safeParse(present);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new DomainError("config.invalid", problems.join("; "), { details: { problems } });
}
