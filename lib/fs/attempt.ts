/** Runs `act` at once; what it throws becomes a rejection. */
export function attempt<T>(act: () => T): Promise<T> {
  return new Promise((resolve) => resolve(act()));
}
