/**
 * What must happen at once in Redis, as Lua. Every script is safe to repeat: a client whose connection broke does not
 * know whether the last one ran, and sends it again. The first write of each is one that a full Redis refuses (`OOM`),
 * so that a script is refused as a whole or not at all. Keys of one script lie on one node of a Cluster (keys.ts).
 */
import type { RedisClient } from "./redis-connection.ts";

/** PEXPIRE with 0 would delete: 0 means that nothing expires. */
const EXPIRE_ALL = `
local function expireAll(ttlMs)
  if ttlMs == '0' then return end
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ttlMs) end
end
`;

const SCRIPTS = {
  /**
   * KEYS memory, index, clip. ARGV ttlMs, bundle, header, what the header was when it was found absent ("") or damaged.
   * Starts the memory afresh, unless somebody else has done so meanwhile.
   */
  damoBegin: {
    numberOfKeys: 3,
    lua: `${EXPIRE_ALL}
if (redis.call('HGET', KEYS[1], 'h') or '') == ARGV[4] then
  redis.call('HSET', KEYS[1], 'h', ARGV[3])
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if field ~= 'h' then redis.call('HDEL', KEYS[1], field) end
  end
  redis.call('DEL', KEYS[2])
  redis.call('SADD', KEYS[3], ARGV[2])
end
expireAll(ARGV[1])
return 'done'`,
  },
  /** KEYS memory, index, clip. ARGV ttlMs, window index, blob, index record, where the record goes, index before or "". */
  damoAppend: {
    numberOfKeys: 3,
    lua: `${EXPIRE_ALL}
local function has(field) return redis.call('HEXISTS', KEYS[1], field) == 1 end
if not has('h') then return 'not_watched' end
if not has(ARGV[2]) then
  if has('o') or (ARGV[6] ~= '' and not has(ARGV[6])) then return 'out_of_order' end
  redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
  redis.call('SETRANGE', KEYS[2], ARGV[5], ARGV[4])
end
expireAll(ARGV[1])
return 'done'`,
  },
  /** KEYS memory, index, clip. ARGV ttlMs, outcome, how many windows the outcome says there are. */
  damoComplete: {
    numberOfKeys: 3,
    lua: `${EXPIRE_ALL}
if redis.call('HEXISTS', KEYS[1], 'h') == 0 then return 'not_watched' end
if redis.call('HEXISTS', KEYS[1], 'o') == 0 then
  if redis.call('HLEN', KEYS[1]) - 1 ~= tonumber(ARGV[3]) then return 'changed' end
  redis.call('HSET', KEYS[1], 'o', ARGV[2])
end
expireAll(ARGV[1])
return 'done'`,
  },
  /** KEYS memory, index, clip. ARGV ttlMs, header, index. Puts back an index that was damaged. */
  damoMendIndex: {
    numberOfKeys: 3,
    lua: `${EXPIRE_ALL}
if redis.call('HGET', KEYS[1], 'h') == ARGV[2] and redis.call('STRLEN', KEYS[2]) <= #ARGV[3] then
  redis.call('SET', KEYS[2], ARGV[3])
end
expireAll(ARGV[1])
return 'done'`,
  },
  /** KEYS clip, then memory and index of each of its bundles. Returns how many there were, or -1 when there are others. */
  damoDelete: {
    lua: `
if redis.call('SCARD', KEYS[1]) ~= (#KEYS - 1) / 2 then return -1 end
return redis.call('UNLINK', unpack(KEYS))`,
  },
  /** KEYS thread, threads about the clip. ARGV ttlMs, turn, member of the set. LPOS: a turn sent again is there already. */
  damoAppendTurn: {
    numberOfKeys: 2,
    lua: `${EXPIRE_ALL}
if not redis.call('LPOS', KEYS[1], ARGV[2], 'RANK', -1, 'MAXLEN', 64) then
  redis.call('RPUSH', KEYS[1], ARGV[2])
  redis.call('SADD', KEYS[2], ARGV[3])
end
expireAll(ARGV[1])
return 'done'`,
  },
  /**
   * KEYS thread, threads about the clip. ARGV member of the set, how many turns were found, the last of them, then those
   * to remove. Returns -1 when the thread has changed since.
   */
  damoForgetTurns: {
    numberOfKeys: 2,
    lua: `
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[2]) then return -1 end
if (redis.call('LINDEX', KEYS[1], -1) or '') ~= ARGV[3] then return -1 end
for i = 4, #ARGV do redis.call('LREM', KEYS[1], 0, ARGV[i]) end
redis.call('SREM', KEYS[2], ARGV[1])
return #ARGV - 3`,
  },
  /**
   * KEYS records, then the sets that the record is in from now on, then those it leaves. ARGV id, the record as it was
   * read ("": none), the record as it shall be ("": none), how many sets it is in.
   */
  damoChatWrite: {
    lua: `
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 'changed' end
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
for i = 2, #KEYS do
  if i - 1 <= tonumber(ARGV[4]) then redis.call('SADD', KEYS[i], ARGV[1]) else redis.call('SREM', KEYS[i], ARGV[1]) end
end
return 'done'`,
  },
} as const;

type Argument = string | number | Uint8Array;
type Script<Reply> = (...keysAndArguments: readonly Argument[]) => Promise<Reply>;

export interface RedisScripts {
  readonly begin: Script<"done">;
  readonly append: Script<"done" | "not_watched" | "out_of_order">;
  readonly complete: Script<"done" | "not_watched" | "changed">;
  readonly mendIndex: Script<"done">;
  /** The number of keys first. */
  readonly delete: Script<number>;
  readonly appendTurn: Script<"done">;
  readonly forgetTurns: Script<number>;
  /** The number of keys first. */
  readonly chatWrite: Script<"done" | "changed">;
}

/** A client is taught once, however many stores use it. */
const taught = new WeakMap<RedisClient, RedisScripts>();

/** Teaches the client the scripts; sent by their hash, and whole where a server does not know them yet. */
export function redisScripts(client: RedisClient): RedisScripts {
  const known = taught.get(client);
  if (known) return known;
  for (const [name, script] of Object.entries(SCRIPTS)) client.defineCommand(name, { ...script });
  const commands = client as unknown as Record<keyof typeof SCRIPTS, Script<never>>;
  const script = (name: keyof typeof SCRIPTS): Script<never> => {
    return (...all) => commands[name](...all.map(asBuffer));
  };
  const scripts: RedisScripts = {
    begin: script("damoBegin"),
    append: script("damoAppend"),
    complete: script("damoComplete"),
    mendIndex: script("damoMendIndex"),
    delete: script("damoDelete"),
    appendTurn: script("damoAppendTurn"),
    forgetTurns: script("damoForgetTurns"),
    chatWrite: script("damoChatWrite"),
  };
  taught.set(client, scripts);
  return scripts;
}

/** ioredis takes only Buffers for bytes; this one shares the memory. */
const asBuffer = (argument: Argument): string | number | Buffer =>
  argument instanceof Uint8Array && !Buffer.isBuffer(argument)
    ? Buffer.from(argument.buffer, argument.byteOffset, argument.byteLength)
    : (argument as string | number | Buffer);
