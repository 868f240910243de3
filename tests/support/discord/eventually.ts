/** Waits for a state of the world, with patience for a busy machine; says what was seen last. */
export async function eventually<T>(
  read: () => Promise<T> | T,
  is: (value: T) => boolean,
  withinMs = 30_000,
): Promise<T> {
  const until = Date.now() + withinMs;
  for (;;) {
    const value = await read();
    if (is(value)) return value;
    if (Date.now() > until)
      throw new Error(`not in ${withinMs} ms; last seen: ${JSON.stringify(value)?.slice(0, 2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
