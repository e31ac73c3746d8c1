import { TransportError } from "../lib/base/errors.ts";
import type { Connection } from "../lib/spi/transport.ts";

/**
 * What `start` connects, unless the signal comes first: then it rejects with
 * `closed` at once, and a connection that is made all the same is closed.
 *
 * @param cancel stops what is under way, where the runtime can
 */
export function abortable<T extends Connection>(
  signal: AbortSignal | undefined,
  start: () => Promise<T>,
  cancel: () => void = () => {},
): Promise<T> {
  if (signal === undefined) return start();
  if (signal.aborted) return Promise.reject(aborted());
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      reject(aborted());
      cancel();
      // Rejections are dropped: nobody waits for them any more.
      pending.then((connection) => connection.close(), () => {});
    };
    const pending = start();
    signal.addEventListener("abort", onAbort, { once: true });
    pending.then(resolve, reject).finally(() =>
      signal.removeEventListener("abort", onAbort)
    );
  });
}

function aborted(): TransportError {
  return new TransportError("closed", "Cannot connect: aborted");
}
