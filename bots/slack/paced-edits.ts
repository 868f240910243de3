/**
 * One message, edited at most once in a while: the newest state is sent, what it has overtaken never is. One writer a
 * message, so that no edit arrives before the one it follows.
 */
export class PacedEdits<State> {
  readonly #send: (state: State) => Promise<void>;
  readonly #everyMs: number;
  #waiting: { state: State; readonly sent: PromiseWithResolvers<void> } | undefined;
  #running: Promise<void> | undefined;
  #hurried = false;
  /** Ends the wait for the next turn. */
  #goOn = () => {};
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(send: (state: State) => Promise<void>, everyMs: number) {
    this.#send = send;
    this.#everyMs = everyMs;
  }

  /** Resolves once people see this state, or one that has overtaken it. Rejects as `send` does. */
  edit(state: State): Promise<void> {
    this.#waiting ??= { state, sent: withResolvers() };
    this.#waiting.state = state;
    const { promise } = this.#waiting.sent;
    this.#running ??= this.#run();
    return promise;
  }

  /** As `edit`, without waiting for its turn: the last state, or one that people wait for. */
  editNow(state: State): Promise<void> {
    const sent = this.edit(state);
    this.#hurried = true;
    this.#goOn();
    return sent;
  }

  async #run(): Promise<void> {
    while (this.#waiting) {
      await this.#turn();
      const { state, sent } = this.#waiting;
      this.#waiting = undefined;
      this.#hurried = false;
      this.#lastMs = Date.now();
      await this.#send(state).then(sent.resolve, sent.reject);
    }
    this.#running = undefined;
  }

  #turn(): Promise<void> {
    const ms = this.#hurried ? 0 : this.#lastMs + this.#everyMs - Date.now();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, ms));
      this.#goOn = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Promise.withResolvers, which Node 20 lacks. A rejection that nobody listens to is no crash: `show` never waits. */
function withResolvers(): PromiseWithResolvers<void> {
  let resolve: (() => void) | undefined;
  let reject: ((reason: unknown) => void) | undefined;
  const promise = new Promise<void>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  promise.catch(() => {});
  return { promise, resolve: resolve as () => void, reject: reject as (reason: unknown) => void };
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}
