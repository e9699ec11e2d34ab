/** Time as origins wait for it. Tests hand in a clock that they turn. */
export interface Time {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** Calls the function once after this many ms; the returned function cancels that. */
  after(ms: number, call: () => void): () => void;
}

export const systemTime: Time = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after this many ms; rejects with the signal's reason. */
export function pause(time: Time, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      callOff();
      reject(signal?.reason);
    };
    const callOff = time.after(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
