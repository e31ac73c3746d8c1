import {
  type PasswordVerifier,
  pbkdf2Passwords,
} from "../lib/auth/password_scheme.ts";
import { argon2idPasswords } from "./_argon2.ts";
import { bcryptPasswords } from "./_bcrypt.ts";
import { md5CryptPasswords } from "./_md5_crypt.ts";
import { scryptPasswords } from "./_scrypt.ts";
import { shaCryptPasswords } from "./_sha_crypt.ts";

/**
 * All ways to check hashes that there are, for `UsersAuthorizerOptions.schemes`.
 * yescrypt (`$y$`) is not among them, as there is no library for it that runs
 * everywhere; its users keep their passwords with `anyftpd user passwd`.
 */
export const passwordVerifiers: readonly PasswordVerifier[] = [
  scryptPasswords,
  argon2idPasswords,
  pbkdf2Passwords,
  bcryptPasswords,
  shaCryptPasswords,
  md5CryptPasswords,
];
