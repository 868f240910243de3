/**
 * Keeps the process from ending in the middle of a native call. onnxruntime-node 1.30 aborts (SIGABRT, exit code 134)
 * when its thread is torn down while a session loads or runs, whatever exit code was asked for. So the thread says
 * when it is inside one, and an exiting process lets it finish, a window at most, and start no other.
 */

/** Shared between the caller's thread and one session thread: `[calls under way, 1 = exiting]`. */
export type ExitGate = Int32Array<SharedArrayBuffer>;

const UNDER_WAY = 0;
const EXITING = 1;

/** Far longer than a window takes; a call that hangs must not keep the process for ever. */
const LONGEST_WAIT_MS = 10_000;

export const createExitGate = (): ExitGate => new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));

/** In the session thread, around every native call. Once the process is exiting it starts none and never returns. */
export async function throughGate<Result>(gate: ExitGate, call: () => Promise<Result>): Promise<Result> {
  Atomics.add(gate, UNDER_WAY, 1);
  if (Atomics.load(gate, EXITING) === 1) {
    leave(gate);
    return new Promise(() => {});
  }
  try {
    return await call();
  } finally {
    leave(gate);
  }
}

/** In the caller's thread, from `process.on("exit")`. Blocks until the session thread is outside native code. */
export function closeGate(gate: ExitGate): void {
  Atomics.store(gate, EXITING, 1);
  const deadline = performance.now() + LONGEST_WAIT_MS;
  while (performance.now() < deadline) {
    const underWay = Atomics.load(gate, UNDER_WAY);
    if (underWay === 0) return;
    Atomics.wait(gate, UNDER_WAY, underWay, deadline - performance.now());
  }
}

function leave(gate: ExitGate): void {
  Atomics.sub(gate, UNDER_WAY, 1);
  Atomics.notify(gate, UNDER_WAY);
}
