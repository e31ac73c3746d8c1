/** The two limits; 0 is none. */
export interface LimitSettings {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

/** Why a control connection was not admitted. */
export type Refusal = "too-many" | "too-many-of-address";

/**
 * Counts connections. `maxConnections` is about everything that costs a
 * descriptor: control connections, passive ports and data connections; the
 * server's own listening sockets are not counted.
 */
export class ConnectionLimits {
  #settings: LimitSettings;
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  constructor(settings: LimitSettings) {
    this.#settings = settings;
  }

  /** Other limits, for whoever comes from now on. */
  configure(settings: LimitSettings): void {
    this.#settings = settings;
  }

  /** The answer releases the place and may be called once. */
  admitControl(address: string): (() => void) | Refusal {
    if (this.#isFull()) return "too-many";
    const { maxConnectionsPerAddress } = this.#settings;
    const count = this.#byAddress.get(address) ?? 0;
    if (maxConnectionsPerAddress > 0 && count >= maxConnectionsPerAddress) {
      return "too-many-of-address";
    }
    this.#total++;
    this.#byAddress.set(address, count + 1);
    return () => {
      this.#total--;
      const left = (this.#byAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, left);
    };
  }

  /** `null` when there are too many; the answer may be called once. */
  admitData(): (() => void) | null {
    if (this.#isFull()) return null;
    this.#total++;
    return () => {
      this.#total--;
    };
  }

  #isFull(): boolean {
    const { maxConnections } = this.#settings;
    return maxConnections > 0 && this.#total >= maxConnections;
  }
}
