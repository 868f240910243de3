/** Logs of the services: JSON lines on stderr, for stdout is for results. Ids, codes and times; never texts of people. */
import { type Logger, pino } from "pino";
import { isDomainError } from "../core/index.ts";
import type { WorkObserver } from "./work-observer.ts";

export type ServiceLog = Logger;

/** @param part  e.g. "worker", stands in every line */
export const createServiceLog = (level: string, part: string): ServiceLog =>
  pino(
    {
      level,
      base: { part, pid: process.pid },
      // An error is its code and its message for logs; what hangs on it (commands, questions) stays out.
      serializers: {
        err: (error: unknown) => (isDomainError(error) ? errorFacts(error) : pino.stdSerializers.err(error as Error)),
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );

const errorFacts = ({ code, message, stack }: Error & { code: string }) => ({ code, message, stack });

/** What is worth a line of what a worker tells. */
export const loggingObserver = (log: ServiceLog): WorkObserver => ({
  windowWatched: ({ startSeconds, endSeconds }, wallMs) =>
    log.debug({ startSeconds, endSeconds, wallMs: Math.round(wallMs) }, "window watched"),
  firstToken: (ms) => log.debug({ ms: Math.round(ms) }, "first token"),
  jobBegan: (job) => log.info(job, "job began"),
  jobSteppedBack: (job) => log.info(job, "job made room"),
  attemptFailed: (job, err) => log.warn({ ...job, err }, "attempt failed"),
  jobEnded: (job, how, ms) => log.info({ ...job, how, ms: Math.round(ms) }, "job ended"),
  queueTrouble: (err) => log.warn({ err }, "queue trouble"),
});

/** Tells several. */
export const observers = (...all: readonly WorkObserver[]): WorkObserver => ({
  windowWatched: (...args) => all.forEach((one) => void one.windowWatched(...args)),
  firstToken: (...args) => all.forEach((one) => void one.firstToken(...args)),
  jobBegan: (...args) => all.forEach((one) => void one.jobBegan(...args)),
  jobSteppedBack: (...args) => all.forEach((one) => void one.jobSteppedBack(...args)),
  attemptFailed: (...args) => all.forEach((one) => void one.attemptFailed(...args)),
  jobEnded: (...args) => all.forEach((one) => void one.jobEnded(...args)),
  queueTrouble: (...args) => all.forEach((one) => void one.queueTrouble(...args)),
});
