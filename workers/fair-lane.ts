/**
 * Jobs that wait for one kind of worker in this process. Tenants take turns, one job each; within a tenant it is first
 * come, first served. Background jobs go only when nobody else's can.
 */

export interface LaneJob {
  readonly tenantId: string;
  /** Jobs with one key run one after the other, in order: the questions of a thread. */
  readonly orderKey?: string;
  readonly background: boolean;
  /** False while it has to wait for something besides its turn. */
  ready(): boolean;
}

export class FairLane<Job extends LaneJob> {
  readonly #concurrency: number;
  readonly #run: (job: Job) => Promise<void>;
  /** By tenant, in the order of their turns. */
  readonly #waiting = new Map<string, Job[]>();
  readonly #running = new Set<Job>();

  /** @param run  must not reject */
  constructor(concurrency: number, run: (job: Job) => Promise<void>) {
    this.#concurrency = concurrency;
    this.#run = run;
  }

  /** @param first  before the tenant's other jobs: it was taken out a moment ago and has to go on waiting */
  add(job: Job, first = false): void {
    const line = this.#waiting.get(job.tenantId);
    if (!line) this.#waiting.set(job.tenantId, [job]);
    else if (first) line.unshift(job);
    else line.push(job);
    this.startSome();
  }

  /** Takes out a job that has not begun; says whether it was there. */
  remove(job: Job): boolean {
    const line = this.#waiting.get(job.tenantId) ?? [];
    const at = line.indexOf(job);
    if (at >= 0) line.splice(at, 1);
    return at >= 0;
  }

  waitingOf(tenantId: string): number {
    return this.#waiting.get(tenantId)?.length ?? 0;
  }

  /** Whether there is one that could start and that people wait for. */
  get someoneWaits(): boolean {
    return [...this.#waiting.values()].some((line) => line.some((job) => !job.background && job.ready()));
  }

  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, line) => sum + line.length, 0);
  }

  get running(): number {
    return this.#running.size;
  }

  /** Starts what may start. Called by itself when a job comes or ends; by others when a job has become ready. */
  startSome(): void {
    while (this.#running.size < this.#concurrency) {
      const job = this.#next(false) ?? this.#next(true);
      if (!job) return;
      this.#running.add(job);
      void this.#run(job).finally(() => {
        this.#running.delete(job);
        this.startSome();
      });
    }
  }

  #next(background: boolean): Job | undefined {
    for (const [tenantId, line] of this.#waiting) {
      const job = this.#firstOf(line, background);
      if (!job) continue;
      line.splice(line.indexOf(job), 1);
      // To the end of the turns, or out of them.
      this.#waiting.delete(tenantId);
      if (line.length > 0) this.#waiting.set(tenantId, line);
      return job;
    }
    return undefined;
  }

  #firstOf(line: readonly Job[], background: boolean): Job | undefined {
    const held = new Set([...this.#running].map(({ orderKey }) => orderKey));
    for (const job of line) {
      if (job.background !== background) continue;
      if ((job.orderKey === undefined || !held.has(job.orderKey)) && job.ready()) return job;
      held.add(job.orderKey);
    }
    return undefined;
  }
}
