import {
  type PasswordVerifier,
  pbkdf2Passwords,
} from "../lib/auth/password_scheme.ts";
import { argon2idPasswords } from "./_argon2.ts";
import { bcryptPasswords } from "./_bcrypt.ts";
import { md5CryptPasswords } from "./_md5_crypt.ts";
import { scryptPasswords } from "./_scrypt.ts";
import { shaCryptPasswords } from "./_sha_crypt.ts";
import { yescryptPasswords } from "./_yescrypt.ts";

/**
 * All ways to check hashes that there are, for `UsersAuthorizerOptions.schemes`.
 * yescrypt (`$y$`) is checked by the system, where this program can ask it:
 * on Linux, by calling C.
 */
export const passwordVerifiers: readonly PasswordVerifier[] = [
  scryptPasswords,
  argon2idPasswords,
  pbkdf2Passwords,
  bcryptPasswords,
  shaCryptPasswords,
  md5CryptPasswords,
  yescryptPasswords,
];
