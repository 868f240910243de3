/**
 * Between Slack's connection (Socket Mode or HTTP) and Bolt: an event is acknowledged once it is kept, or after two
 * seconds, whichever is first. Bolt alone acknowledges before its listeners run, and an event would be lost with a process
 * that dies in between. Slack waits three seconds, then delivers again, which does no harm (listeners/events/once.ts).
 * An event that could not be kept in time is not acknowledged; Slack delivers it again.
 */
import type { App, Receiver, ReceiverEvent } from "@slack/bolt";

const ACKNOWLEDGE_WITHIN_MS = 2000;

export class KeptThenAcknowledged implements Receiver {
  readonly #connection: Receiver;
  readonly #underway = new Set<Promise<void>>();

  constructor(connection: Receiver) {
    this.#connection = connection;
  }

  init(app: App): void {
    // The connection calls `processEvent` alone; see the init of SocketModeReceiver and HTTPReceiver.
    const between = { processEvent: (event: ReceiverEvent) => this.#process(app, event) };
    this.#connection.init(between as App);
  }

  start(...args: unknown[]): Promise<unknown> {
    return this.#connection.start(...args);
  }

  /** No event comes in any more; those that did are with the desk. */
  async stop(): Promise<void> {
    await this.#connection.stop();
    await Promise.allSettled(this.#underway);
  }

  async #process(app: App, event: ReceiverEvent): Promise<void> {
    const work = event.body["type"] === "event_callback" ? this.#processKept(app, event) : app.processEvent(event);
    this.#underway.add(work);
    try {
      await work;
    } finally {
      this.#underway.delete(work);
    }
  }

  async #processKept(app: App, event: ReceiverEvent): Promise<void> {
    let acknowledged: Promise<void> | undefined;
    const acknowledge = () => (acknowledged ??= event.ack());
    const timer = setTimeout(() => void acknowledge().catch(() => {}), ACKNOWLEDGE_WITHIN_MS);
    try {
      await app.processEvent({ ...event, ack: async () => {} });
      await acknowledge();
    } finally {
      clearTimeout(timer);
    }
  }
}
