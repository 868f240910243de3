/**
 * Asks for the next item while the consumer works on this one; never more than one ahead, so memory stays flat.
 *
 * Leaving early ends `source` too.
 *
 * @param giveUp  called when the consumer leaves, before `source` is ended: stops the item that is under way
 */
export async function* readAhead<Item>(source: AsyncIterable<Item>, giveUp: () => void): AsyncGenerator<Item> {
  const iterator = source[Symbol.asyncIterator]();
  const ask = (): Promise<IteratorResult<Item>> => {
    const next = iterator.next();
    // An error is thrown where it is awaited; until then it must not count as unhandled.
    next.catch(() => {});
    return next;
  };
  let next = ask();
  try {
    while (true) {
      const step = await next;
      if (step.done === true) return;
      next = ask();
      yield step.value;
    }
  } finally {
    giveUp();
    await iterator.return?.();
  }
}
