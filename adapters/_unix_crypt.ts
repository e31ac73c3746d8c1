import { equalBytes } from "../lib/base/bytes.ts";
import { type NativeFunctions, nativeFunctions } from "./_native_library.ts";
import { cString } from "./_unix_accounts.ts";

/** libxcrypt, by the names that distributions give it. */
const LIBRARIES = ["libcrypt.so.1", "libcrypt.so.2"] as const;

const SIGNATURES = {
  crypt_rn: {
    parameters: ["buffer", "buffer", "buffer", "i32"],
    result: "address",
  },
} as const;

/** Of `struct crypt_data`; the hash comes first in it. */
const DATA_BYTES = 32_768;

/** Every login checks a hash of each cost: more are a mistake. */
const MAX_COSTS = 4;

/**
 * The hash of a user who does not exist, on a system where nobody has one:
 * what Debian and Fedora make by default.
 */
const DEFAULT_SETTING = "$y$j9T$uvVd3ZmS4zXq1cG0aB.Pe1$";

/**
 * The system's crypt(3), in the version of libxcrypt that tells a failure from
 * an answer: yescrypt, SHA-crypt, bcrypt and what else the system knows. It
 * takes long and holds its thread up.
 */
export class UnixCrypt {
  readonly #library: NativeFunctions<"crypt_rn">;
  readonly #data: Uint8Array<ArrayBuffer> = new Uint8Array(DATA_BYTES);

  private constructor(library: NativeFunctions<"crypt_rn">) {
    this.#library = library;
  }

  /**
   * `null` where this program cannot call C.
   *
   * @throws {Error} of the runtime: there is no libxcrypt
   */
  static open(): UnixCrypt | null {
    let last: unknown;
    for (const name of LIBRARIES) {
      try {
        const library = nativeFunctions(name, SIGNATURES);
        return library === null ? null : new UnixCrypt(library);
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  /** Whether the password is that of the hash. */
  verify(hash: string, password: string): boolean {
    // C would see its first part only.
    if (password.includes("\0")) return false;
    const data = this.#data;
    const phrase = cString(password);
    const setting = cString(hash);
    const result = this.#library.crypt_rn(phrase, setting, data, data.length);
    const made = data.slice(0, data.indexOf(0));
    data.fill(0);
    phrase.fill(0);
    // "*0" and "*1" stand for failures.
    if (Number(result) === 0 || made[0] === 0x2a) return false;
    return equalBytes(made, setting.subarray(0, -1));
  }
}

/**
 * A hash of each cost that there is, of four at most.
 *
 * @param shadow the text of /etc/shadow
 */
export function sampleHashes(shadow: string): ReadonlyMap<string, string> {
  const samples = new Map<string, string>();
  for (const line of shadow.split("\n")) {
    const hash = line.split(":", 2)[1] ?? "";
    if (!hash.startsWith("$")) continue;
    if (samples.size < MAX_COSTS) samples.set(costOf(hash), hash);
  }
  if (samples.size === 0) {
    samples.set(costOf(DEFAULT_SETTING), DEFAULT_SETTING);
  }
  return samples;
}

/** Hashes with the same answer take the same time: method and rounds. */
export function costOf(hash: string): string {
  const [empty, method = "", parameters = ""] = hash.split("$");
  if (empty !== "") return "";
  // scrypt: fixed places, with the salt right behind them.
  if (method === "7") return hash.slice(0, 14);
  const counts = /^(y|gy|2[abxy]|sha1)$/.test(method) ||
    parameters.startsWith("rounds=");
  return counts ? `${method}$${parameters}` : method;
}
