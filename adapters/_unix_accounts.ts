import { endianness } from "node:os";
import { textCodec } from "../lib/protocol/text_codec.ts";
import {
  LIBC,
  type NativeFunctions,
  nativeFunctions,
} from "./_native_library.ts";

/** A user as the system's databases know it. */
export interface UnixAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** All groups, `gid` among them. */
  readonly groups: readonly number[];
  readonly home: string;
  /** As it stands there: empty for the standard shell. */
  readonly shell: string;
}

/** What the system knows of a user's password. */
export interface UnixSecret {
  /** As crypt(3) writes it; `null`: there is none that lets anybody in. */
  readonly hash: string | null;
  /** Why the account may not be used today; `null`: it may. */
  readonly problem: string | null;
}

const SIGNATURES = {
  getpwnam_r: {
    parameters: ["buffer", "buffer", "buffer", "address", "buffer"],
    result: "i32",
  },
  getspnam_r: {
    parameters: ["buffer", "buffer", "buffer", "address", "buffer"],
    result: "i32",
  },
  getgrouplist: {
    parameters: ["buffer", "u32", "buffer", "buffer"],
    result: "i32",
  },
  strlen: { parameters: ["address"], result: "address" },
  memcpy: { parameters: ["buffer", "address", "address"], result: "address" },
} as const;

type Libc = NativeFunctions<keyof typeof SIGNATURES>;

/** `struct passwd` and `struct spwd` where pointers have 64 bits. */
const PASSWD = { size: 48, hash: 8, uid: 16, gid: 20, home: 32, shell: 40 };
const SPWD = { size: 72, hash: 8, changed: 16, max: 32, expires: 56 };

const ERANGE = 34;
const MAX_RECORD_BYTES = 1 << 20;

/** As many groups as Linux lets a process have. */
const MAX_GROUPS = 65_536;

const LITTLE = endianness() === "LE";
const DAY_MS = 86_400_000;
const codec = textCodec("utf-8", "preserve");

/**
 * The users of a Unix, as its C library knows them: those of files and those
 * of a directory service. Each question may take as long as that service.
 */
export class UnixAccounts {
  readonly #libc: Libc;

  private constructor(libc: Libc) {
    this.#libc = libc;
  }

  /**
   * `null` where this program cannot call C.
   *
   * @throws {Error} of the runtime: another C library
   */
  static open(): UnixAccounts | null {
    const libc = nativeFunctions(LIBC, SIGNATURES);
    return libc === null ? null : new UnixAccounts(libc);
  }

  /** `null` when there is no such user. */
  find(username: string): UnixAccount | null {
    const record = this.#record("getpwnam_r", username, PASSWD.size);
    if (record === null) return null;
    const name = this.#text(record, 0);
    const gid = record.getUint32(PASSWD.gid, LITTLE);
    return {
      name,
      uid: record.getUint32(PASSWD.uid, LITTLE),
      gid,
      groups: this.#groups(name, gid),
      home: this.#text(record, PASSWD.home),
      shell: this.#text(record, PASSWD.shell),
    };
  }

  /** @param now milliseconds since 1970 */
  secret(username: string, now: number): UnixSecret {
    const shadow = this.#record("getspnam_r", username, SPWD.size);
    if (shadow !== null) {
      const days = (at: number): number =>
        Number(shadow.getBigInt64(at, LITTLE));
      return {
        hash: usableHash(this.#text(shadow, SPWD.hash)),
        problem: problemOf(
          days(SPWD.changed),
          days(SPWD.max),
          days(SPWD.expires),
          Math.floor(now / DAY_MS),
        ),
      };
    }
    // Systems without shadow passwords, and those of some directory services.
    const record = this.#record("getpwnam_r", username, PASSWD.size);
    const hash = record === null ? "" : this.#text(record, PASSWD.hash);
    return { hash: usableHash(hash), problem: null };
  }

  #record(
    call: "getpwnam_r" | "getspnam_r",
    username: string,
    size: number,
  ): Found | null {
    if (username === "" || username.includes("\0")) return null;
    const record = new Uint8Array(size);
    const found = new Uint8Array(8);
    for (let bytes = 4096; bytes <= MAX_RECORD_BYTES; bytes *= 4) {
      const strings = new Uint8Array(bytes);
      const error = this.#libc[call](
        cString(username),
        record,
        strings,
        bytes,
        found,
      );
      if (error === ERANGE) continue;
      if (found.every((byte) => byte === 0)) return null;
      return new Found(record.buffer, strings);
    }
    return null;
  }

  #groups(username: string, gid: number): readonly number[] {
    const count = new Int32Array([64]);
    for (;;) {
      const groups = new Uint32Array(count[0]!);
      const list = new Uint8Array(groups.buffer);
      const size = new Uint8Array(count.buffer);
      const room = count[0]!;
      const ok = Number(
        this.#libc.getgrouplist(cString(username), gid, list, size),
      );
      if (ok >= 0) return [...new Set(groups.subarray(0, count[0]))];
      // musl does not say how many there are.
      count[0] = Math.max(count[0]!, room * 4);
      if (room >= MAX_GROUPS) {
        throw new Error(`Cannot look up the groups of "${username}"`);
      }
    }
  }

  /** The text that a pointer in a record leads to. */
  #text(record: Found, at: number): string {
    const address = record.getBigUint64(at, LITTLE);
    if (address === 0n) return "";
    const bytes = new Uint8Array(Number(this.#libc.strlen(address)));
    if (bytes.length === 0) return "";
    this.#libc.memcpy(bytes, address, bytes.length);
    return codec.decode(bytes) ?? "";
  }
}

/** A record whose pointers lead into memory that lives as long. */
class Found extends DataView<ArrayBuffer> {
  readonly strings: Uint8Array;

  constructor(record: ArrayBuffer, strings: Uint8Array) {
    super(record);
    this.strings = strings;
  }
}

/** A text as C has it. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  const bytes = codec.encode(text);
  const terminated = new Uint8Array(bytes.length + 1);
  terminated.set(bytes);
  return terminated;
}

/** What stands for a password may also say that there is none. */
export function usableHash(text: string): string | null {
  return text === "" || text === "x" || /^[!*]/.test(text) ? null : text;
}

/**
 * Why an account may not be used on a day, as pam_unix(8) has it; `null`: it
 * may. All numbers are days since 1970, -1 where nothing is set.
 *
 * @param changed when the password was changed; 0: it must be now
 * @param max days that a password lasts
 * @param expires when the account ends
 */
export function problemOf(
  changed: number,
  max: number,
  expires: number,
  today: number,
): string | null {
  if (expires !== -1 && today >= expires) return "the account has expired";
  if (changed === 0) return "the password must be changed";
  const old = changed !== -1 && max !== -1 && today - changed > max;
  return old ? "the password has expired" : null;
}
