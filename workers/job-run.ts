/**
 * One attempt at one job that was taken from Redis: tells its events, hears when it is to be stopped, and notices when the
 * job is not ours any more (our lock ran out while Redis was away, and another worker has it).
 */
import { type AnswerJobEvent, DomainError, type JobEvent, type TenantId } from "../core/index.ts";
import { MOST_EVENTS_KEPT } from "./event-log.ts";
import { ENDED_TTL_MS, kindOfJob, UNDER_WAY_TTL_MS } from "./queue-keys.ts";
import type { QueueLink } from "./queue-link.ts";
import { runScript } from "./queue-scripts.ts";

export interface JobRunParts {
  readonly link: QueueLink;
  readonly jobId: string;
  /** BullMQ's, of the lock. */
  readonly token: string;
  readonly tenantId: TenantId;
  readonly threadId?: string;
}

/** Why a run is cut short. */
type Cut = "stopped" | "lost";

export class JobRun {
  readonly #parts: JobRunParts;
  readonly #abort = new AbortController();
  #cut: Cut | undefined;
  #told: Promise<void> = Promise.resolve();
  /** Text that waits for the one before to be told: many words become one event when Redis is slow. */
  #text = "";

  constructor(parts: JobRunParts) {
    this.#parts = parts;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** `undefined` while it goes on. */
  get cut(): Cut | undefined {
    return this.#cut;
  }

  stop(): void {
    this.#cutShort("stopped");
  }

  /** The lock is gone: nothing that we say counts any more. */
  lose(): void {
    this.#cutShort("lost");
  }

  /** @returns how often it has been begun since it last came forward, and how it ended when it has */
  async begin(turn: number): Promise<{ readonly starts: number; readonly last: JobEvent | undefined }> {
    const { link, jobId } = this.#parts;
    const { keys } = link;
    const scriptKeys = [keys.turns(kindOfJob(jobId)), keys.starts(jobId), keys.cancel(jobId), keys.events(jobId)];
    const reply = await link.use((client) => runScript(client, "BEGIN", scriptKeys, [turn, UNDER_WAY_TTL_MS]));
    const [starts, cancelled, last] = reply as [number, number, string];
    if (cancelled) this.stop();
    return { starts, last: last === "" ? undefined : (JSON.parse(last) as JobEvent) };
  }

  /**
   * In order. Words of an answer are not waited for; what comes while they are on their way goes with the next.
   *
   * @throws DomainError `queue.unavailable`
   */
  async tell(event: JobEvent): Promise<void> {
    if (event.type !== "text") {
      await this.#flush();
      await this.#send(event);
      return;
    }
    const idle = this.#text === "";
    this.#text += event.text;
    if (idle) this.#told = this.#told.then(() => this.#sendText());
    this.#told.catch(() => {}); // thrown by whoever flushes
  }

  /** The last event. By then the job is off its thread's list, and another may have its turn. */
  async end(event: JobEvent): Promise<void> {
    await this.#flush();
    const { link, jobId, token, tenantId, threadId } = this.#parts;
    const { keys } = link;
    const scriptKeys = [keys.events(jobId), keys.lock(jobId), keys.starts(jobId), keys.cancel(jobId)];
    scriptKeys.push(keys.pending(kindOfJob(jobId), tenantId));
    if (threadId !== undefined) scriptKeys.push(keys.thread(tenantId, threadId));
    const args = [token, JSON.stringify(event), jobId, ENDED_TTL_MS];
    if ((await link.use((client) => runScript(client, "END", scriptKeys, args))) === -1) this.lose();
  }

  /** @throws DomainError `queue.unavailable` when another worker has the job, or soon may */
  async checkOurs(): Promise<void> {
    const { link, jobId, token } = this.#parts;
    const holder = await link.use((client) => client.get(link.keys.lock(jobId)));
    if (holder === token && this.#cut !== "lost") return;
    this.lose();
    throw notOurs();
  }

  /** This attempt ended by itself, so it was no crash. */
  async noCrash(): Promise<void> {
    const { link, jobId } = this.#parts;
    await link.use((client) => client.del(link.keys.starts(jobId)));
  }

  async #sendText(): Promise<void> {
    const text = this.#text;
    this.#text = "";
    if (text !== "") await this.#send({ type: "text", text } satisfies AnswerJobEvent);
  }

  async #flush(): Promise<void> {
    await this.#told;
    await this.#sendText();
  }

  async #send(event: JobEvent): Promise<void> {
    if (this.#cut === "lost") throw notOurs();
    const { link, jobId, token } = this.#parts;
    const { keys } = link;
    const scriptKeys = [keys.events(jobId), keys.lock(jobId), keys.starts(jobId), keys.cancel(jobId)];
    const args = [token, JSON.stringify(event), MOST_EVENTS_KEPT, UNDER_WAY_TTL_MS];
    const reply = await link.use((client) => runScript(client, "TELL", scriptKeys, args));
    if (reply === 1) this.stop();
    if (reply === -1) {
      this.lose();
      throw notOurs();
    }
  }

  #cutShort(cut: Cut): void {
    if (this.#cut === "lost") return;
    this.#cut = cut;
    this.#abort.abort();
  }
}

const notOurs = () => new DomainError("queue.unavailable", "another worker has this job now");
