import type { PasswordVerifier } from "../lib/auth/password_scheme.ts";

/** Two to the power of it; 16 takes some seconds in JavaScript. */
const MAX_LOG_ROUNDS = 16;
const MIN_LOG_ROUNDS = 4;

/**
 * bcrypt as `htpasswd -B`, PHP and others write it: `$2b$12$…`, also with `2a`
 * and `2y`. To read what others wrote; new hashes are better made by
 * `scryptPasswords`. Of a password 72 bytes count, as everywhere.
 *
 * The package `bcryptjs` does the work, in slices of up to 0.1 seconds in which
 * this process does nothing else: with many such logins and fast transfers,
 * hashes of another kind are better.
 */
export const bcryptPasswords: PasswordVerifier = {
  name: "bcrypt",
  cost(hash) {
    const [, digits] = /^\$2[aby]\$(\d\d)\$[./0-9A-Za-z]{53}$/.exec(hash) ?? [];
    const cost = Number(digits);
    return cost >= MIN_LOG_ROUNDS && cost <= MAX_LOG_ROUNDS
      ? String(cost)
      : null;
  },
  async verify(hash, password) {
    if (bcryptPasswords.cost(hash) === null) return false;
    // Not before it is needed: most servers never do.
    const { compare } = await import("bcryptjs");
    return await compare(password, hash);
  },
};
