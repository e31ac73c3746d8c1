import { ConfigError } from "../base/errors.ts";
import type { Random } from "../spi/clock.ts";

/** Ports for passive connections: from one to another, or one by one. */
export type PortRange =
  | { readonly from: number; readonly to: number }
  | readonly number[];

const PORT_MAX = 65535;

/**
 * Where the ports lie that systems choose themselves: from IANA's dynamic
 * ports (RFC 6335 section 6) what Linux takes too.
 */
const DYNAMIC_FROM = 49152;
const DYNAMIC_TO = 60999;

/** Random ports that are tried before the system is asked. */
const DYNAMIC_ATTEMPTS = 4;

/**
 * The ports that a configured range means, each once, in the order given.
 *
 * @throws {ConfigError} there are none, or one is not from 1 to 65535
 */
export function expandPorts(range: PortRange): readonly number[] {
  if (isList(range)) {
    if (range.length === 0) {
      throw new ConfigError("Cannot use passive ports: the list is empty");
    }
    for (const port of range) checkPort(port, String(port));
    return [...new Set(range)];
  }
  const { from, to } = range;
  const shown = `${from}-${to}`;
  checkPort(from, shown);
  checkPort(to, shown);
  if (from > to) {
    throw new ConfigError(
      `Cannot use passive ports ${shown}: the first is above the last`,
    );
  }
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

/**
 * The ports of which a passive listener takes one. The order is random, so
 * that a client's next port cannot be guessed (RFC 2577 section 6).
 */
export class PortPool {
  readonly #ports: readonly number[] | null;
  readonly #random: Random;
  readonly #reserved = new Set<number>();

  /**
   * A pool of which no port is taken yet.
   *
   * @param ports `null`: any port will do
   */
  constructor(ports: readonly number[] | null, random: Random) {
    this.#ports = ports;
    this.#random = random;
  }

  /**
   * The ports to try, in random order, each once, without those that are
   * reserved by the time they come up. When any will do, some that systems
   * choose from, then 0, which lets the system choose.
   */
  *candidates(): Generator<number, void, undefined> {
    if (this.#ports === null) yield* this.#dynamicCandidates();
    else yield* this.#shuffled(this.#ports);
  }

  /** Takes a port; false when it is taken already. Port 0 is never taken. */
  reserve(port: number): boolean {
    if (port === 0) return true;
    if (this.#reserved.has(port)) return false;
    this.#reserved.add(port);
    return true;
  }

  /** Gives a port back. */
  release(port: number): void {
    this.#reserved.delete(port);
  }

  /**
   * Linux looks for a free port step by step: once half of them are in use or
   * wait out their minute (TIME_WAIT), as after 14,000 transfers, that takes
   * a hundred times as long as to be given one.
   */
  *#dynamicCandidates(): Generator<number, void, undefined> {
    for (let attempt = 0; attempt < DYNAMIC_ATTEMPTS; attempt++) {
      const count = DYNAMIC_TO - DYNAMIC_FROM + 1;
      const port = DYNAMIC_FROM + this.#random.below(count);
      if (!this.#reserved.has(port)) yield port;
    }
    yield 0;
  }

  *#shuffled(ports: readonly number[]): Generator<number, void, undefined> {
    // A shuffle that remembers only what it moved: as a rule the first port
    // will do, and a range may have 60,000.
    const moved = new Map<number, number>();
    for (let left = ports.length; left > 0; left--) {
      const at = this.#random.below(left);
      const chosen = moved.get(at) ?? at;
      moved.set(at, moved.get(left - 1) ?? left - 1);
      const port = ports[chosen]!;
      if (!this.#reserved.has(port)) yield port;
    }
  }
}

function isList(range: PortRange): range is readonly number[] {
  return Array.isArray(range);
}

function checkPort(port: number, shown: string): void {
  if (Number.isInteger(port) && port >= 1 && port <= PORT_MAX) return;
  throw new ConfigError(
    `Cannot use passive ports ${shown}: a port is from 1 to ${PORT_MAX}`,
  );
}
