import { UsageError } from "./usage_error.ts";

/** pyftpdlib's names; all but the first are worker processes. */
export type Concurrency = "async" | "pre-fork" | "multi-thread" | "multi-proc";

const CONCURRENCIES: readonly Concurrency[] = [
  "async",
  "pre-fork",
  "multi-thread",
  "multi-proc",
];

/**
 * One of the names.
 *
 * @throws {UsageError} without the name of the option, which the caller knows
 */
export function parseConcurrency(value: string): Concurrency {
  const found = CONCURRENCIES.find((name) => name === value);
  if (found !== undefined) return found;
  throw new UsageError(
    `invalid choice: '${value}' (choose from ${CONCURRENCIES.join(", ")})`,
  );
}
