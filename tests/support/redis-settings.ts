import { loadConfig, type RedisSettings } from "../../core/index.ts";

/** What the configuration makes of `DAMO_REDIS_URL`. */
export const redisSettingsOf = (url: string, more: Readonly<Record<string, string>> = {}): RedisSettings =>
  loadConfig({ DAMO_REDIS_URL: url, ...more }).redis as RedisSettings;
