import { hashIterations, hashPassword, verifyPassword } from "./password.ts";

/** A way to check stored passwords. */
export interface PasswordVerifier {
  /** For people: `scrypt`. */
  readonly name: string;
  /**
   * What it takes to check a hash: hashes with the same answer take the same
   * time. `null`: it is no hash of this kind, or one that asks for too much.
   */
  cost(hash: string): string | null;
  /** Whether the password is the one of the hash. */
  verify(hash: string, password: string): Promise<boolean>;
}

/** A way to store passwords. */
export interface PasswordScheme extends PasswordVerifier {
  /** A new hash, salted. */
  hash(password: string): Promise<string>;
}

/** PBKDF2 with SHA-256, which every runtime has: see `hashPassword`. */
export const pbkdf2Passwords: PasswordScheme = {
  name: "pbkdf2",
  cost(hash) {
    const iterations = hashIterations(hash);
    // The time grows with the length of what is derived, too.
    return iterations === null ? null : `pbkdf2 ${iterations} ${hash.length}`;
  },
  verify: (hash, password) => verifyPassword({ hash }, password),
  hash: (password) => hashPassword(password),
};
