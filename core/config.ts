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

const SHIPPED_BUNDLE = fileURLToPath(new URL("../model/bundles/damo-mini", import.meta.url));

/** Graphs of this size gain little from more threads, and watching shares the cores with ffmpeg. */
const DEFAULT_THREADS = Math.min(4, availableParallelism());

const folder = z.string().transform((path) => resolve(path));
const wholeNumber = (least: number, most: number) =>
  z.string().regex(/^\d+$/, "expected a whole number").transform(Number).pipe(z.int().min(least).max(most));

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

    DAMO_WEB_HOST: z.string().default("127.0.0.1"),
    /** 0 = any free port. */
    DAMO_WEB_PORT: wholeNumber(0, 65_535).default(7717),
    /** 32 characters: the 256 bits of HMAC-SHA256 when written in base64url or hex, or near it. */
    DAMO_LINK_SECRET: z.string().min(32, "expected 32 characters or more").optional(),
    DAMO_LINK_TTL_HOURS: wholeNumber(1, 10 * 365 * 24).default(30 * 24),
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
    },
    web: { host: env.DAMO_WEB_HOST, port: env.DAMO_WEB_PORT },
    links: {
      secret: env.DAMO_LINK_SECRET === undefined ? undefined : new Secret(env.DAMO_LINK_SECRET),
      ttlHours: env.DAMO_LINK_TTL_HOURS,
    },
  }));

export type Config = z.output<typeof configSchema>;

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
