import { ConfigError } from "../base/errors.ts";
import type { AccountLimits } from "../spi/authorizer.ts";
import {
  isPasswordHash,
  type StoredPassword,
  verifyPassword,
} from "./password.ts";
import { pbkdf2Passwords } from "./password_scheme.ts";
import { parsePermissions } from "./permissions.ts";
import { MAX_CHECKS, Turns } from "./turns.ts";

/** What is different for one user; what is left out is as for all. */
export interface SystemOverride {
  /**
   * In place of the system's: in clear, or a hash of
   * {@linkcode hashPassword}.
   */
  readonly password?: StoredPassword;
  /** In place of the system's: a path of the system. */
  readonly home?: string;
  /** Letters, see {@linkcode parsePermissions}. */
  readonly permissions?: string;
  /** The text of the 230 reply. */
  readonly loginMessage?: string;
  /** The text of the 221 reply. */
  readonly quitMessage?: string;
  /** Over all sessions of the user. */
  readonly limits?: AccountLimits;
}

/** The users who are different in something, by name. */
export class SystemOverrides {
  readonly #entries = new Map<string, SystemOverride>();
  /** A hash of each cost that there is. */
  readonly #samples = new Map<string, string>();
  readonly #turns = new Turns(MAX_CHECKS);

  /** What is different for a user; nothing is `{}`. */
  of(username: string): SystemOverride {
    return this.#entries.get(username) ?? {};
  }

  /**
   * Replaces what was there for the user.
   *
   * @throws {ConfigError} a letter or the form of the hash does not hold, or
   * nothing is given
   */
  set(username: string, override: SystemOverride): void {
    const { password, permissions } = override;
    if (Object.values(override).every((value) => value === undefined)) {
      throw new ConfigError(
        `Cannot override user "${username}": nothing is given`,
      );
    }
    if (permissions !== undefined) parsePermissions(permissions);
    if (typeof password === "object") {
      const { hash } = password;
      if (!isPasswordHash(hash)) {
        throw new ConfigError(
          `Cannot override user "${username}": the password hash is malformed`,
        );
      }
      this.#samples.set(pbkdf2Passwords.cost(hash) ?? "", hash);
    }
    this.#entries.set(username, override);
  }

  /**
   * Whether a user has a password here, and it is this one. It takes the same
   * time for everybody: a hash of each cost is checked.
   */
  async check(
    username: string,
    password: string,
  ): Promise<"right" | "wrong" | "none"> {
    const own = this.of(username).password;
    const text = typeof own === "string" ? own : "";
    let right = await verifyPassword(text, password) && typeof own === "string";
    const ownHash = typeof own === "object" ? own.hash : null;
    const ownCost = ownHash === null ? null : pbkdf2Passwords.cost(ownHash);
    const checkAll = async (): Promise<void> => {
      for (const [cost, sample] of this.#samples) {
        const isOwn = cost === ownCost;
        const hash = isOwn ? ownHash! : sample;
        const matches = await verifyPassword({ hash }, password);
        if (isOwn) right = matches;
      }
    };
    if (this.#samples.size > 0) await this.#turns.run(checkAll);
    if (own === undefined) return "none";
    return right ? "right" : "wrong";
  }
}
