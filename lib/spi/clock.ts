import type { Transport } from "./transport.ts";

/** Time as a value: the core never asks the runtime for it. */
export interface Clock {
  /** Milliseconds that only grow, from any start. */
  now(): number;
  /** Milliseconds since 1970, UTC. */
  wallTime(): number;
  /** Runs once after `milliseconds`; the answer cancels it. */
  after(milliseconds: number, run: () => void): () => void;
}

/** Randomness as a value. It must not be predictable: ports depend on it. */
export interface Random {
  /** A whole number from 0 up to, not including, `limit` (at most 2^32). */
  below(limit: number): number;
}

/** What a host gives the core. */
export interface Platform {
  /** Sockets. */
  readonly transport: Transport;
  /** Time. */
  readonly clock: Clock;
  /** Randomness. */
  readonly random: Random;
}
