import process from "node:process";
import {
  LIBC,
  type NativeFunctions,
  nativeFunctions,
} from "./_native_library.ts";

/** Whose rights files are touched with. */
export interface UnixIdentity {
  readonly uid: number;
  readonly gid: number;
  /** All groups; `gid` may be among them. */
  readonly groups: readonly number[];
}

const SIGNATURES = {
  geteuid: { parameters: [], result: "u32" },
  getgroups: { parameters: ["i32", "buffer"], result: "i32" },
  setfsuid: { parameters: ["u32"], result: "i32" },
  setfsgid: { parameters: ["u32"], result: "i32" },
  syscall: { parameters: ["i64", "i64", "buffer"], result: "i64" },
} as const;

type Libc = NativeFunctions<keyof typeof SIGNATURES>;

/**
 * The number of setgroups(2). The function of the C library would set the
 * groups of every thread of the process.
 */
const SETGROUPS: Readonly<Record<string, number>> = {
  x64: 116,
  arm64: 159,
  riscv64: 159,
  loong64: 159,
  ppc64: 81,
  s390x: 206,
};

/** For `setfsuid` and `setfsgid`: changes nothing, answers what is. */
const ASK = 0xffff_ffff;

/**
 * Acts as one user after the other, on Linux.
 *
 * Linux keeps credentials for each thread. A section sets those of this thread
 * that files are judged by (fsuid, fsgid, supplementary groups), acts, and sets
 * them back, all without giving way: nothing else of the program runs on this
 * thread meanwhile, and no other thread, those of the pool included, sees any
 * of it. Setting the fsuid takes from the thread the powers over files that
 * root has (capabilities(7)) and gives them back afterwards.
 */
export class UnixIdentities {
  readonly #libc: Libc;
  readonly #setgroups: number;
  readonly #own: PreparedIdentity;
  #inside = false;

  private constructor(libc: Libc, setgroups: number) {
    this.#libc = libc;
    this.#setgroups = setgroups;
    const groups = new Uint32Array(Number(libc.getgroups(0, null)));
    if (groups.length > 0) {
      libc.getgroups(groups.length, new Uint8Array(groups.buffer));
    }
    this.#own = prepareIdentity({
      uid: Number(libc.setfsuid(ASK)) >>> 0,
      gid: Number(libc.setfsgid(ASK)) >>> 0,
      groups: [...groups],
    });
  }

  /**
   * `null` where there are no such credentials, or no way to call C.
   *
   * @throws {Error} of the runtime: another C library
   */
  static open(): UnixIdentities | null {
    const setgroups = SETGROUPS[process.arch];
    if (process.platform !== "linux" || setgroups === undefined) return null;
    const libc = nativeFunctions(LIBC, SIGNATURES);
    return libc === null ? null : new UnixIdentities(libc, setgroups);
  }

  /** Whether this program is root's, and may act as others. */
  get isSuperuser(): boolean {
    return Number(this.#libc.geteuid()) === 0;
  }

  /**
   * What `act` answers, called with the rights of a user. It must not give
   * way: no promise, no pool of threads.
   *
   * @throws {Error} this program may not act as that user; what `act` throws
   */
  as<T>(identity: PreparedIdentity, act: () => T): T {
    // A section in a section would end with the wrong rights.
    if (this.#inside) throw new Error("Cannot change identity: in a section");
    this.#inside = true;
    try {
      this.#become(identity);
      const result = act();
      if (result instanceof Promise) {
        throw new Error("Cannot act as a user: the act gives way");
      }
      return result;
    } finally {
      this.#become(this.#own);
      this.#inside = false;
    }
  }

  #become({ uid, gid, count, groups }: PreparedIdentity): void {
    const libc = this.#libc;
    const refused = Number(libc.syscall(this.#setgroups, count, groups)) !== 0;
    libc.setfsgid(gid);
    libc.setfsuid(uid);
    // These two tell no failure: they are asked what came of it.
    const isOther = Number(libc.setfsuid(ASK)) >>> 0 !== uid ||
      Number(libc.setfsgid(ASK)) >>> 0 !== gid;
    if (refused || isOther) {
      throw new Error(`Cannot act as user ${uid}: the system refuses`);
    }
  }
}

/** An identity in the form that a section needs; made once for many. */
export interface PreparedIdentity {
  readonly uid: number;
  readonly gid: number;
  readonly count: number;
  /** An array of `gid_t`; `null` for none. */
  readonly groups: Uint8Array<ArrayBuffer> | null;
}

/** See {@linkcode PreparedIdentity}. */
export function prepareIdentity(identity: UnixIdentity): PreparedIdentity {
  const { uid, gid } = identity;
  const list = new Uint32Array(identity.groups);
  const groups = list.length === 0 ? null : new Uint8Array(list.buffer);
  return { uid, gid, count: list.length, groups };
}
