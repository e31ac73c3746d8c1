import { readFileSync, statSync } from "node:fs";
import process from "node:process";
import type {
  SystemLogin,
  SystemProof,
  SystemRefusal,
  SystemUser,
  SystemUsers,
} from "../lib/auth/system_users.ts";
import { ConfigError, messageOf } from "../lib/base/errors.ts";
import { resolvePath } from "../lib/protocol/path.ts";
import type { FileSystem } from "../lib/spi/file_system.ts";
import { denoFileCalls } from "./_deno_file_calls.ts";
import { DescriptorJail } from "./_descriptor_jail.ts";
import { nodeFileCalls, withFileCalls } from "./_file_calls.ts";
import { describeCode, fileErrorCode } from "./_file_errors.ts";
import { hostPath } from "./_host_path.ts";
import { identityCalls } from "./_identity_calls.ts";
import { LoginThread } from "./_login_thread.ts";
import { LocalFileSystem } from "./_local_file_system.ts";
import { runtimeName } from "./_runtime.ts";
import { sharedFolder } from "./_shared_folder.ts";
import { type UnixAccount, UnixAccounts } from "./_unix_accounts.ts";
import { UnixCrypt } from "./_unix_crypt.ts";
import { prepareIdentity, UnixIdentities } from "./_unix_identity.ts";
import type { UnixLoginAnswer, UnixLoginOrder } from "./_unix_login_check.ts";

/** What an account without a shell gets, passwd(5). */
const STANDARD_SHELL = "/bin/sh";

const SHELLS = "/etc/shells";

const DENO_NEEDS = "--allow-all is required";

const CLIENT_GONE: SystemRefusal = {
  kind: "refused",
  reason: "the client is gone",
};

/** The users of this Linux. */
export class UnixUsers implements SystemUsers {
  readonly needsPasswords = false;
  readonly #accounts: UnixAccounts;
  readonly #identities: UnixIdentities;
  readonly #logins = new LoginThread<UnixLoginOrder, UnixLoginAnswer>(
    "_unix_login_thread",
  );

  /** @throws {ConfigError} this program may or can not act as others */
  constructor() {
    const { accounts, identities } = openSystem();
    this.#accounts = accounts;
    this.#identities = identities;
  }

  find(username: string): SystemUser | null {
    const account = this.#accounts.find(username);
    return account === null ? null : systemUser(account);
  }

  hasValidShell({ shell }: SystemUser): boolean {
    let text: string;
    try {
      text = readFileSync(SHELLS, "utf8");
    } catch {
      // Where there is no list, everything goes.
      return true;
    }
    return isListedShell(text, shell ?? "");
  }

  hasFolder(path: string): boolean {
    try {
      return statSync(hostPath(path)).isDirectory();
    } catch {
      return false;
    }
  }

  async logIn(
    username: string,
    proof: SystemProof,
    signal: AbortSignal,
  ): Promise<SystemLogin | SystemRefusal> {
    const answer = await this.#logins.ask({
      username,
      password: proof.kind === "none" ? null : proof.password,
      mustMatch: proof.kind === "password",
    }, signal);
    if (answer === null) return CLIENT_GONE;
    if (answer.kind === "refused") return answer;
    const { account } = answer;
    return {
      kind: "accepted",
      user: systemUser(account),
      open: (folder, jail) => ({
        fileSystem: this.#open(account, folder, jail),
        home: jail ? "/" : resolvePath("/", folder),
      }),
    };
  }

  #open(account: UnixAccount, folder: string, jail: boolean): FileSystem {
    if (!folder.startsWith("/")) {
      throw new ConfigError(`Cannot share "${folder}": not a whole path`);
    }
    const identity = prepareIdentity(account);
    const as = <T>(act: () => T): T => this.#identities.as(identity, act);
    const calls = runtimeName() === "deno" ? denoFileCalls() : nodeFileCalls;
    const sets = identityCalls(calls.blocking, as);
    return as(() => {
      sharedFolder(folder);
      requireSearch(folder);
      return new LocalFileSystem(jail ? folder : "/", withFileCalls({}, sets));
    });
  }
}

/** A home that its user may not enter is none. */
function requireSearch(folder: string): void {
  try {
    statSync(hostPath(`${folder}/.`));
  } catch (error) {
    const why = describeCode(fileErrorCode(error));
    throw new ConfigError(`Cannot share "${folder}": ${why}`);
  }
}

function systemUser(account: UnixAccount): SystemUser {
  const { name, home, shell, uid } = account;
  return {
    name,
    home,
    shell: shell === "" ? STANDARD_SHELL : shell,
    isSuperuser: uid === 0,
  };
}

/** Whether shells(5) names a shell. */
export function isListedShell(text: string, shell: string): boolean {
  return text.split("\n").some((line) =>
    line.replace(/#.*/, "").trim() === shell
  );
}

function openSystem(): {
  readonly accounts: UnixAccounts;
  readonly identities: UnixIdentities;
} {
  const refuse = (problem: string): ConfigError =>
    new ConfigError(`Cannot use the users of the system: ${problem}`);
  if (process.platform !== "linux") throw refuse("this is no Linux");
  let accounts: UnixAccounts | null;
  let identities: UnixIdentities | null;
  let crypt: UnixCrypt | null;
  try {
    identities = UnixIdentities.open();
    accounts = UnixAccounts.open();
    crypt = UnixCrypt.open();
  } catch (error) {
    throw refuse(messageOf(error));
  }
  if (identities === null || accounts === null || crypt === null) {
    throw refuse(noNativeCalls());
  }
  if (!identities.isSuperuser) {
    throw refuse("super user privileges are required");
  }
  // The weaker jail would do nothing against the links of /proc.
  if (DescriptorJail.probe("/") === null) {
    throw refuse(
      runtimeName() === "deno"
        ? DENO_NEEDS
        : "/proc is not mounted, or does not work",
    );
  }
  return { accounts, identities };
}

/** How to have what is missing to call C. */
function noNativeCalls(): string {
  switch (runtimeName()) {
    case "deno":
      return DENO_NEEDS;
    case "bun":
      return "this processor is not supported";
    case "node":
      return 'the package "koffi" is required, or Node 26';
  }
}
