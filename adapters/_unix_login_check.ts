import { readFileSync } from "node:fs";
import { type UnixAccount, UnixAccounts } from "./_unix_accounts.ts";
import { costOf, sampleHashes, UnixCrypt } from "./_unix_crypt.ts";

/** A login to be looked at. */
export interface UnixLoginOrder {
  readonly username: string;
  /**
   * `null`: nothing is checked but the account. Otherwise the check takes the
   * same time for everybody.
   */
  readonly password: string | null;
  /** Whether the password has to be that of the system. */
  readonly mustMatch: boolean;
}

/** The answer: the account, or why not. */
export type UnixLoginAnswer =
  | { readonly kind: "accepted"; readonly account: UnixAccount }
  | { readonly kind: "refused"; readonly reason: string };

/** Looks at logins on the thread that calls it, which it holds up. */
export class UnixLoginCheck {
  readonly #accounts: Pick<UnixAccounts, "find" | "secret">;
  readonly #crypt: Pick<UnixCrypt, "verify">;
  readonly #shadow: () => string;

  /** @param shadow the text of /etc/shadow, for samples of hashes */
  constructor(
    accounts: Pick<UnixAccounts, "find" | "secret">,
    crypt: Pick<UnixCrypt, "verify">,
    shadow: () => string,
  ) {
    this.#accounts = accounts;
    this.#crypt = crypt;
    this.#shadow = shadow;
  }

  /**
   * That of the system.
   *
   * @throws {Error} this program cannot call C, or a library is missing
   */
  static open(): UnixLoginCheck {
    const accounts = UnixAccounts.open();
    const crypt = UnixCrypt.open();
    if (accounts === null || crypt === null) throw new Error("cannot call C");
    return new UnixLoginCheck(accounts, crypt, readShadow);
  }

  /** Looks the user up anew. */
  answer(order: UnixLoginOrder): UnixLoginAnswer {
    const { username, password, mustMatch } = order;
    const account = this.#accounts.find(username);
    const secret = this.#accounts.secret(username, Date.now());
    const right = password !== null && this.#check(secret.hash, password);
    if (account === null) return refused("no such user");
    if (password !== null && mustMatch && !right) {
      return refused(
        secret.hash === null ? "the account has no password" : "wrong password",
      );
    }
    if (secret.problem !== null) return refused(secret.problem);
    return { kind: "accepted", account };
  }

  /** Checks a hash of each cost: that of the user, else anybody's. */
  #check(own: string | null, password: string): boolean {
    const samples = new Map(sampleHashes(this.#shadow()));
    if (own !== null) samples.set(costOf(own), own);
    let right = false;
    for (const hash of samples.values()) {
      const matches = this.#crypt.verify(hash, password);
      if (hash === own) right = matches;
    }
    return right;
  }
}

function refused(reason: string): UnixLoginAnswer {
  return { kind: "refused", reason };
}

function readShadow(): string {
  try {
    return readFileSync("/etc/shadow", "utf8");
  } catch {
    return "";
  }
}
