import { DomainError } from "../core/errors.ts";

export interface LazyResource<Value> {
  /** @throws DomainError model.runtime after `close`, and whatever making it throws */
  get(): Promise<Value>;
  /** Ends it, when it was ever made. */
  close(): Promise<void>;
}

/**
 * Makes something dear on first use and shares it. A failure is forgotten, and so is a value that has ended by itself:
 * the next `get` makes another.
 */
export function lazyResource<Value>(parts: {
  readonly make: () => Promise<Value>;
  /** Settles when the value can no longer be used. */
  readonly ended: (value: Value) => Promise<void>;
  readonly close: (value: Value) => Promise<void>;
}): LazyResource<Value> {
  let made: Promise<Value> | undefined;
  let closed = false;
  return {
    async get() {
      if (closed) throw new DomainError("model.runtime", "the clip model is closed");
      if (made !== undefined) return made;
      const making = parts.make();
      made = making;
      const forget = (): void => {
        if (made === making) made = undefined;
      };
      making.then((value) => parts.ended(value)).then(forget, forget);
      return making;
    },
    async close() {
      closed = true;
      const value = await made?.catch(() => undefined); // a failure was thrown to whoever asked
      if (value !== undefined) await parts.close(value);
    },
  };
}
