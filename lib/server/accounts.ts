import type { AccountBook, AccountLease } from "../session/login.ts";
import type { Account } from "../spi/authorizer.ts";
import type { Clock } from "../spi/clock.ts";
import {
  combineThrottles,
  type Throttle,
  TokenBucket,
} from "../transfer/throttle.ts";
import type { SharedRate } from "./admission.ts";
import type { ServerSettings } from "./options.ts";

/** What all sessions of one user share. */
interface SharedAccount {
  sessions: number;
  /** Sessions, and transfers that have outlived theirs. */
  users: number;
  /** What the last login says; 0 is no limit. */
  downloadRate: number;
  uploadRate: number;
  /** Those of before too, as a transfer may wait for one. */
  readonly rates: Map<string, SharedRate>;
}

/** Counts the sessions of each user and slows their transfers down. */
export class Accounts implements AccountBook {
  #settings: ServerSettings;
  readonly #clock: Clock;
  readonly #shared = new Map<string, SharedAccount>();

  constructor(settings: ServerSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Other rates, for transfers that run too. */
  configure(settings: ServerSettings): void {
    this.#settings = settings;
  }

  /** By our own count first, then by the one that we share with others. */
  open(account: Account): AccountLease | null | Promise<AccountLease | null> {
    const own = this.#open(account);
    const { admission } = this.#settings;
    const most = account.limits?.sessions ?? 0;
    if (own === null || admission === null || most === 0) return own;
    return admission.session(account.name, most).then((release) => {
      if (release === null) {
        own.release(Promise.resolve());
        return null;
      }
      return {
        throttle: (direction) => own.throttle(direction),
        release: (transfer) => {
          own.release(transfer);
          release();
        },
      };
    });
  }

  #open(account: Account): AccountLease | null {
    const { name, limits } = account;
    const shared: SharedAccount = this.#shared.get(name) ??
      {
        sessions: 0,
        users: 0,
        downloadRate: 0,
        uploadRate: 0,
        rates: new Map(),
      };
    const most = limits?.sessions ?? 0;
    if (most > 0 && shared.sessions >= most) return null;
    // Of each login: they may have been changed since the last one.
    shared.downloadRate = limits?.downloadRate ?? 0;
    shared.uploadRate = limits?.uploadRate ?? 0;
    shared.sessions++;
    shared.users++;
    this.#shared.set(name, shared);
    return new Accounts.#Lease(this, name, shared);
  }

  /** A class, as every session that is logged in keeps one. */
  static readonly #Lease = class implements AccountLease {
    readonly #of: Accounts;
    readonly #name: string;
    readonly #shared: SharedAccount;
    #released = false;

    constructor(accounts: Accounts, name: string, shared: SharedAccount) {
      this.#of = accounts;
      this.#name = name;
      this.#shared = shared;
    }

    throttle(direction: "send" | "receive"): () => Throttle | null {
      return this.#of.#throttle(this.#name, this.#shared, direction);
    }

    release(transfer: Promise<void>): void {
      if (this.#released) return;
      this.#released = true;
      this.#shared.sessions--;
      // Forgotten earlier, the rate would begin anew with the next login,
      // and REIN in the middle of a transfer would be a way around it.
      void transfer.then(() => this.#of.#forget(this.#name, this.#shared));
    }
  };

  /** One session or transfer less. */
  #forget(name: string, shared: SharedAccount): void {
    if (--shared.users > 0) return;
    this.#shared.delete(name);
    for (const rate of shared.rates.values()) rate.release();
  }

  /**
   * The connection's own limit and the one that the user's sessions share. A
   * bucket is kept for as long as the rate stays what it is.
   */
  #throttle(
    name: string,
    shared: SharedAccount,
    direction: "send" | "receive",
  ): () => Throttle | null {
    const isSend = direction === "send";
    let rate = -1;
    let userRate = -1;
    let throttle: Throttle | null = null;
    return () => {
      const { downloadRate, uploadRate } = this.#settings;
      const now = isSend ? downloadRate : uploadRate;
      const userNow = isSend ? shared.downloadRate : shared.uploadRate;
      if (now !== rate || userNow !== userRate) {
        rate = now;
        userRate = userNow;
        throttle = combineThrottles([
          this.#bucket(now),
          this.#userRate(shared, `${direction} ${name}`, userNow),
        ]);
      }
      return throttle;
    };
  }

  /** Kept with other servers, where there are any. */
  #userRate(
    { rates }: SharedAccount,
    key: string,
    bytesPerSecond: number,
  ): SharedRate | null {
    if (bytesPerSecond === 0) return null;
    const known = `${bytesPerSecond} ${key}`;
    const rate = rates.get(known) ?? this.#makeRate(key, bytesPerSecond);
    rates.set(known, rate);
    return rate;
  }

  #makeRate(key: string, bytesPerSecond: number): SharedRate {
    const { admission } = this.#settings;
    if (admission?.rate !== undefined) {
      return admission.rate(key, bytesPerSecond);
    }
    const bucket = new TokenBucket(this.#clock, bytesPerSecond);
    return {
      bytesPerSecond,
      take: (wanted, signal) => bucket.take(wanted, signal),
      giveBack: (unused) => bucket.giveBack(unused),
      release: () => {},
    };
  }

  #bucket(bytesPerSecond: number): Throttle | null {
    return bytesPerSecond === 0
      ? null
      : new TokenBucket(this.#clock, bytesPerSecond);
  }
}
