/**
 * Between Slack's connection (Socket Mode or HTTP) and Bolt: an event is acknowledged once it is kept, which takes
 * milliseconds. Bolt alone acknowledges before its listeners run, and an event would be lost with a process that dies in
 * between. Slack waits three seconds, then delivers again; a delivery of an event that is still being kept joins the first
 * one, and one that comes later is left out (listeners/events/once.ts). An event that could not be kept is not acknowledged.
 */
import type { App, Receiver, ReceiverEvent } from "@slack/bolt";

export class KeptThenAcknowledged implements Receiver {
  readonly #connection: Receiver;
  readonly #underway = new Set<Promise<void>>();
  /** By event id. */
  readonly #keeping = new Map<string, Promise<void>>();

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
    const eventId = event.body["type"] === "event_callback" ? event.body["event_id"] : undefined;
    const work = typeof eventId === "string" ? this.#keep(app, event, eventId) : app.processEvent(event);
    this.#underway.add(work);
    try {
      await work;
    } finally {
      this.#underway.delete(work);
    }
  }

  async #keep(app: App, event: ReceiverEvent, eventId: string): Promise<void> {
    const first = this.#keeping.get(eventId);
    // Bolt's own acknowledgement, before the work, is taken and not passed on.
    const work = first ?? app.processEvent({ ...event, ack: async () => {} });
    if (!first) this.#keeping.set(eventId, work);
    try {
      await work;
    } finally {
      if (!first) this.#keeping.delete(eventId);
    }
    await event.ack();
  }
}
