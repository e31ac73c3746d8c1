// Places that all workers share: the parent counts them, so that the limits
// hold for all processes together.

import {
  ConnectionLimits,
  type LimitSettings,
  type Refusal,
} from "../lib/server/limits.ts";

/** Gives a place back; may be called once. */
export type Release = () => void;

/** Connections of all workers, and sessions of each user. */
export class PlaceBook {
  readonly #limits: ConnectionLimits;
  readonly #users = new Map<string, number>();

  constructor(settings: LimitSettings) {
    this.#limits = new ConnectionLimits(settings);
  }

  /** Other limits, for whoever comes from now on. */
  configure(settings: LimitSettings): void {
    this.#limits.configure(settings);
  }

  /** For a client that has just come. */
  admitControl(address: string): Release | Refusal {
    return this.#limits.admitControl(address);
  }

  /** For a data connection or a passive port; `null`: too many. */
  admitData(): Release | null {
    return this.#limits.admitData();
  }

  /** For a session of a user who may have so many; `null`: too many. */
  admitUser(username: string, most: number): Release | null {
    const count = this.#users.get(username) ?? 0;
    if (count >= most) return null;
    this.#users.set(username, count + 1);
    return () => {
      const left = (this.#users.get(username) ?? 1) - 1;
      if (left === 0) this.#users.delete(username);
      else this.#users.set(username, left);
    };
  }
}
