/**
 * What has to happen at once in Redis. Each script runs whole or not at all, and never beside another.
 *
 * Turns are start-time fair queueing: a job's priority is its start tag, one more than its tenant's last job or than the job
 * that was last begun, whichever is later. A tenant that hands in a hundred clips gets tags 1..100; another's first one gets
 * the tag after the one being watched, and so comes next.
 */
import type { Cluster, Redis } from "ioredis";

export type RedisClient = Redis | Cluster;

/** BullMQ's lowest priority, 2^21 - 1. */
export const BACKGROUND_PRIORITY = 2_097_151;
/** Above this, turns are counted from the start again; the order is then unfair once in two million jobs. */
const LAST_TURN = 2_000_000;

/**
 * KEYS pending, turns, cancel, [thread]   ARGV job, limit, tenant, ttl, turnsTtl
 * @returns the job's turn; -1: the tenant has too much waiting
 */
const HAND_IN = `
local known = redis.call("SISMEMBER", KEYS[1], ARGV[1])
if known == 0 and redis.call("SCARD", KEYS[1]) >= tonumber(ARGV[2]) then return -1 end
local own = tonumber(redis.call("HGET", KEYS[2], ARGV[3]) or "0")
if known == 1 then return math.max(own, 1) end
redis.call("SADD", KEYS[1], ARGV[1])
redis.call("PEXPIRE", KEYS[1], ARGV[4])
redis.call("DEL", KEYS[3])
if KEYS[4] then
  redis.call("RPUSH", KEYS[4], ARGV[1])
  redis.call("PEXPIRE", KEYS[4], ARGV[4])
end
local begun = tonumber(redis.call("HGET", KEYS[2], "begun") or "0")
local turn = math.max(own, begun) + 1
if turn > ${LAST_TURN} then
  redis.call("DEL", KEYS[2])
  turn = 1
end
redis.call("HSET", KEYS[2], ARGV[3], turn)
redis.call("PEXPIRE", KEYS[2], ARGV[5])
return turn`;

/**
 * A job that was begun and makes room: behind those of its tenant, and behind the next of every other.
 * KEYS turns   ARGV tenant, its turn so far, turnsTtl
 * @returns the job's turn
 */
const STEP_BACK = `
local own = tonumber(redis.call("HGET", KEYS[1], ARGV[1]) or "0")
local begun = tonumber(redis.call("HGET", KEYS[1], "begun") or "0")
local turn = math.max(own, begun, tonumber(ARGV[2])) + 1
redis.call("HSET", KEYS[1], ARGV[1], turn)
redis.call("PEXPIRE", KEYS[1], ARGV[3])
return turn`;

/**
 * KEYS turns, starts, cancel, events   ARGV turn, ttl
 * @returns [starts since it last came forward, whether it is to be stopped, its last event or ""]
 */
const BEGIN = `
local turn = tonumber(ARGV[1])
if turn < ${BACKGROUND_PRIORITY} and turn > tonumber(redis.call("HGET", KEYS[1], "begun") or "0") then
  redis.call("HSET", KEYS[1], "begun", turn)
end
local starts = redis.call("INCR", KEYS[2])
redis.call("PEXPIRE", KEYS[2], ARGV[2])
local last = redis.call("XREVRANGE", KEYS[4], "+", "-", "COUNT", 1)
return {starts, redis.call("EXISTS", KEYS[3]), last[1] and last[1][2][2] or ""}`;

/**
 * Only whoever holds the job's lock may speak for it: a worker that was thought dead and wakes up adds nothing.
 * KEYS events, lock, starts, cancel   ARGV token, event, most events, ttl
 * @returns -1: not ours any more; 1: it is to be stopped; 0
 */
const TELL = `
if redis.call("GET", KEYS[2]) ~= ARGV[1] then return -1 end
redis.call("XADD", KEYS[1], "MAXLEN", "~", ARGV[3], "*", "event", ARGV[2])
redis.call("PEXPIRE", KEYS[1], ARGV[4])
redis.call("DEL", KEYS[3])
redis.call("PUBLISH", KEYS[1], "")
return redis.call("EXISTS", KEYS[4])`;

/**
 * KEYS events, lock, starts, cancel, pending, [thread]   ARGV token or "" (nobody runs it), event, job, ttl
 * @returns 0; -1: not ours any more
 */
const END = `
if ARGV[1] ~= "" and redis.call("GET", KEYS[2]) ~= ARGV[1] then return -1 end
redis.call("XADD", KEYS[1], "*", "event", ARGV[2])
redis.call("PEXPIRE", KEYS[1], ARGV[4])
redis.call("DEL", KEYS[3], KEYS[4])
redis.call("SREM", KEYS[5], ARGV[3])
if KEYS[6] then redis.call("LREM", KEYS[6], 0, ARGV[3]) end
redis.call("PUBLISH", KEYS[1], "")
return 0`;

/**
 * Nothing stays of what was said, but how it ended. Deleted, not trimmed: a trimmed stream keeps the bytes of its entries. Ids go
 * on ascending, for those who follow.
 * KEYS events   ARGV event, ttl
 */
const WIPE = `
local last = redis.call("XREVRANGE", KEYS[1], "+", "-", "COUNT", 1)
local id = "*"
if last[1] then
  local ms, number = string.match(last[1][1], "(%d+)-(%d+)")
  id = ms .. "-" .. (tonumber(number) + 1)
end
redis.call("DEL", KEYS[1])
redis.call("XADD", KEYS[1], id, "event", ARGV[1])
redis.call("PEXPIRE", KEYS[1], ARGV[2])
redis.call("PUBLISH", KEYS[1], "")
return 0`;

const SCRIPTS = { HAND_IN, STEP_BACK, BEGIN, TELL, END, WIPE } as const;

export async function runScript(
  client: RedisClient,
  name: keyof typeof SCRIPTS,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  return client.eval(SCRIPTS[name], keys.length, ...keys, ...args);
}
