import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import process from "node:process";

/**
 * Why tests cannot make users of the system here; `null`: they can. Only root
 * can, with Debian's tools.
 */
export const NO_SYSTEM_USERS: string | null = process.platform !== "linux"
  ? "this is no Linux"
  : process.getuid?.() !== 0
  ? "only root can make users"
  : !existsSync("/usr/sbin/useradd") || !existsSync("/usr/sbin/chpasswd")
  ? "useradd and chpasswd (Debian package passwd) are not installed"
  : null;

/** What a user of the system is made of. */
export interface NewUser {
  readonly name: string;
  readonly password: string;
  /** As chpasswd(8) names them; left out: the system's own. */
  readonly method?: "SHA512" | "SHA256" | "YESCRYPT" | "MD5";
  readonly shell?: string;
  /** Made before, by {@linkcode SystemUsersFixture.group}. */
  readonly groups?: readonly string[];
}

let count = 0;

/** Users and groups of the system that exist as long as a test needs them. */
export class SystemUsersFixture implements Disposable {
  readonly #users: string[] = [];
  readonly #groups: string[] = [];
  readonly #suffix = `${process.pid.toString(36)}${(++count).toString(36)}`;

  /** A name that nobody else on this machine uses. */
  name(name: string): string {
    return `aft-${name}-${this.#suffix}`;
  }

  /** Makes a group; answers its name. */
  group(name: string): string {
    const full = this.name(name);
    call("groupadd", [full]);
    this.#groups.push(full);
    return full;
  }

  /** Makes a user with a home that others cannot enter; answers the name. */
  user({ name, password, method, shell, groups }: NewUser): string {
    const full = this.name(name);
    call("useradd", [
      "--create-home",
      "--user-group",
      "--shell",
      shell ?? "/bin/sh",
      ...(groups === undefined ? [] : ["--groups", groups.join(",")]),
      full,
    ]);
    this.#users.push(full);
    call("chmod", ["700", `/home/${full}`]);
    const how = method === undefined ? [] : ["--crypt-method", method];
    call("chpasswd", how, `${full}:${password}\n`);
    return full;
  }

  [Symbol.dispose](): void {
    for (const user of this.#users.splice(0)) {
      // Not --remove: a test may have given the user another home.
      call("userdel", [user]);
      rmSync(`/home/${user}`, { recursive: true, force: true });
    }
    for (const group of this.#groups.splice(0)) call("groupdel", [group]);
  }
}

/** Runs a tool of the system; those of accounts lock each other out. */
export function call(
  program: string,
  args: readonly string[],
  input = "",
): string {
  for (let attempt = 1;; attempt++) {
    const { status, stdout, stderr } = spawnSync(program, args, {
      input,
      encoding: "utf8",
      env: { ...process.env, PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    });
    if (status === 0) return stdout;
    const busy = /lock/.test(stderr);
    if (!busy || attempt === 20) {
      throw new Error(`Cannot run ${program}: exit ${status}: ${stderr}`);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
  }
}
