/**
 * What Redis says when it cannot serve, as one error of ours with what to do about it. Nothing of the command goes into
 * it: ioredis hangs the arguments on its errors, and those are titles, questions, passwords.
 */
import { ReplyError } from "ioredis";
import { DomainError } from "../core/index.ts";

/** The first word of a reply, or what happened on the way; and what an operator can do about it. */
const HELP = {
  OOM: "Redis has no memory left: raise its maxmemory, or lower DAMO_MEMORY_TTL_HOURS; what was stored is kept",
  READONLY: "this Redis is a replica: name the master, or its Sentinels in DAMO_REDIS_SENTINELS",
  LOADING: "Redis is still loading its data from disk",
  MISCONF: "Redis cannot write to its disk and so takes no writes",
  CLUSTERDOWN: "the Redis Cluster has slots that nobody serves",
  MOVED: "this Redis is part of a Cluster: name its nodes in DAMO_REDIS_CLUSTER",
  MASTERDOWN: "this replica has lost its master",
  NOAUTH: "Redis asks for a password: set it in DAMO_REDIS_URL or DAMO_REDIS_PASSWORD",
  WRONGPASS: "Redis does not take this user and password",
  NOPERM: "this Redis user may not use the commands or keys that damo needs",
  WRONGTYPE: "another program uses the same keys: choose another DAMO_REDIS_NAMESPACE",
  BUSY: "a script of another client keeps Redis busy",
  unreachable: "nothing answers there: check that Redis runs, and the address",
  timeout: "Redis did not answer in time (DAMO_REDIS_TIMEOUT_MS)",
} as const satisfies Record<string, string>;

export interface RedisCircumstances {
  /** Which Redis, as `host:port`, without user and password. */
  readonly where: string;
  /** ioredis's word for the connection, e.g. "ready", "reconnecting". */
  readonly status: string;
}

/**
 * @returns `memory.unavailable` with `details` `{ redis, reason, problem }` when the error is Redis's or the
 *   connection's; any other error unchanged
 */
export function redisProblem(error: unknown, { where, status }: RedisCircumstances): unknown {
  if (!(error instanceof Error) || error instanceof DomainError) return error;
  const reason = reasonOf(error, status);
  if (reason === undefined) return error;
  const help = (HELP as Readonly<Record<string, string>>)[reason];
  const problem = `Redis at ${where}: ${help ?? reason}`;
  return new DomainError("memory.unavailable", problem, {
    cause: new Error(withoutArguments(error)),
    details: { redis: where, reason, problem },
  });
}

/** A code of HELP, another first word of a reply, or a code such as `ECONNREFUSED`; `undefined`: not about Redis. */
function reasonOf(error: Error, status: string): string | undefined {
  const { message } = error;
  // Scripts of Redis 6 wrap the reply: "ERR Error running script ...: -OOM command not allowed".
  const wrapped = /-(OOM|READONLY|MISCONF|NOPERM|WRONGTYPE)\b/.exec(message)?.[1];
  if (error instanceof ReplyError || isReply(message))
    return wrapped ?? redirected(/^[A-Z]+/.exec(message)?.[0] ?? "ERR");
  if (message === "Command timed out") {
    // Connected and shaken hands, but not ready: the server is loading. Otherwise it was never there.
    if (status === "connect") return "LOADING";
    return status === "ready" ? "timeout" : "unreachable";
  }
  if ("code" in error && typeof error.code === "string") return NETWORK.test(error.code) ? "unreachable" : undefined;
  return GONE.test(message) || GONE.test(error.name) ? "unreachable" : undefined;
}

const redirected = (word: string): string => (["ASK", "TRYAGAIN", "CROSSSLOT"].includes(word) ? "MOVED" : word);

/** A pipeline's error may be of another copy of the class. */
const isReply = (message: string): boolean =>
  /^(OOM|READONLY|LOADING|MISCONF|CLUSTERDOWN|MOVED|ASK|TRYAGAIN|CROSSSLOT|MASTERDOWN|NOAUTH|WRONGPASS|NOPERM|BUSY|WRONGTYPE|ERR) /.test(
    message,
  );

const NETWORK = /^(E[A-Z_]+|CERT_\w+|UNABLE_\w+|DEPTH_\w+|SELF_\w+)$/;

const GONE =
  /Connection is closed|Stream isn't writeable|MaxRetriesPerRequest|AbortError|ClusterAllFailed|Too many Cluster redirections|Cluster isn't ready|sentinels are unreachable|startup nodes|Cluster is |connect ETIMEDOUT|Failed to refresh slots/i;

const withoutArguments = ({ name, message }: Error): string => `${name}: ${message}`;
