import process from "node:process";
import type { PasswordVerifier } from "../lib/auth/password_scheme.ts";
import type { CryptOrder } from "./_crypt_thread.ts";
import { LoginThread } from "./_login_thread.ts";
import { UnixCrypt } from "./_unix_crypt.ts";

/** Parameters as crypt(5) makes them, for 64 MiB of memory at most. */
const HASH = /^\$(g?y)\$(j[5-9AB][5T])\$[./0-9A-Za-z]+\$[./0-9A-Za-z]{43}$/;

const thread = new LoginThread<CryptOrder, boolean>("_crypt_thread");

/** Nobody takes a check back: the next one waits for its end anyway. */
const NEVER = new AbortController().signal;

/**
 * yescrypt, which Debian and Fedora make by default, and its variant with
 * GOST, by the system's own crypt(3): on Linux, where this program can call C.
 * Elsewhere it knows no hash. No library that runs everywhere has yescrypt.
 */
export const yescryptPasswords: PasswordVerifier = {
  name: "yescrypt",
  cost(hash) {
    const [, method, parameters] = HASH.exec(hash) ?? [];
    if (method === undefined || !hasCrypt()) return null;
    return `${method} ${parameters}`;
  },
  async verify(hash, password) {
    if (!HASH.test(hash) || !hasCrypt()) return false;
    return await thread.ask({ hash, password }, NEVER) ?? false;
  },
};

let known: boolean | undefined;

function hasCrypt(): boolean {
  if (known === undefined) known = findCrypt();
  return known;
}

function findCrypt(): boolean {
  if (process.platform !== "linux") return false;
  try {
    return UnixCrypt.open() !== null;
  } catch {
    // No libxcrypt, or it is forbidden.
    return false;
  }
}
