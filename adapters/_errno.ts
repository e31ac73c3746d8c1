/** Errors of Linux, as our calls of C answer them: with a minus. */
export const EINTR = -4;
export const EAGAIN = -11;
export const EADDRINUSE = -98;

/** Of a connection that is broken, as the runtime will find out too. */
const BROKEN: ReadonlySet<number> = new Set([
  -32, // EPIPE
  -103, // ECONNABORTED
  -104, // ECONNRESET
  -107, // ENOTCONN
  -108, // ESHUTDOWN
  -110, // ETIMEDOUT
  -113, // EHOSTUNREACH
]);

/** Whether a call failed because the connection is no more. */
export function isBroken(answer: number): boolean {
  return BROKEN.has(answer);
}
