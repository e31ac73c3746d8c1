import { statSync } from "node:fs";
import process from "node:process";
import type {
  SystemLogin,
  SystemProof,
  SystemRefusal,
  SystemUser,
  SystemUsers,
} from "../lib/auth/system_users.ts";
import { ConfigError, messageOf } from "../lib/base/errors.ts";
import type { FileSystem } from "../lib/spi/file_system.ts";
import { denoFileCalls } from "./_deno_file_calls.ts";
import { nodeFileCalls, withFileCalls } from "./_file_calls.ts";
import { identityCalls } from "./_identity_calls.ts";
import { LocalFileSystem } from "./_local_file_system.ts";
import { LoginThread } from "./_login_thread.ts";
import { runtimeName } from "./_runtime.ts";
import { sharedFolder } from "./_shared_folder.ts";
import { WindowsAccounts } from "./_windows_accounts.ts";
import { WindowsIdentities } from "./_windows_identity.ts";
import type {
  WindowsLoginAnswer,
  WindowsLoginOrder,
} from "./_windows_login_thread.ts";

/** The users of this Windows. */
export class WindowsUsers implements SystemUsers {
  readonly needsPasswords = true;
  readonly #accounts: WindowsAccounts;
  readonly #identities: WindowsIdentities;
  readonly #anonymousPassword: string;
  readonly #logins = new LoginThread<WindowsLoginOrder, WindowsLoginAnswer>(
    "_windows_login_thread",
  );
  /** A token lives as long as what is open with it. */
  readonly #tokens: FinalizationRegistry<bigint>;

  /**
   * @param anonymous who logs on for `anonymous`, tried at once
   * @throws {ConfigError} this is no Windows, or the program cannot act as
   * others
   */
  constructor(
    anonymous: { readonly username: string; readonly password: string } | null,
  ) {
    const { accounts, identities } = openSystem();
    this.#accounts = accounts;
    this.#identities = identities;
    this.#anonymousPassword = anonymous?.password ?? "";
    this.#tokens = new FinalizationRegistry((token) => identities.close(token));
    if (anonymous !== null) this.#try(anonymous.username);
  }

  find(username: string): SystemUser | null {
    const account = this.#accounts.find(username);
    return account === null ? null : systemUser(account.name, account.home);
  }

  hasValidShell(): boolean {
    return true;
  }

  hasFolder(path: string): boolean {
    try {
      return statSync(path).isDirectory();
    } catch {
      return false;
    }
  }

  async logIn(
    username: string,
    proof: SystemProof,
    signal: AbortSignal,
  ): Promise<SystemLogin | SystemRefusal> {
    const password = proof.kind === "none"
      ? this.#anonymousPassword
      : proof.password;
    const answer = await this.#logins.ask({ username, password }, signal);
    if (answer === null) {
      return { kind: "refused", reason: "the client is gone" };
    }
    if (answer.kind === "refused") return answer;
    const { token } = answer;
    const holder = {};
    this.#tokens.register(holder, token);
    return {
      kind: "accepted",
      user: systemUser(answer.name, answer.home),
      open: (folder, jail) => ({
        fileSystem: this.#open(folder, jail, token, holder),
        home: jail ? "/" : withinDrive(folder),
      }),
    };
  }

  #open(
    folder: string,
    jail: boolean,
    token: bigint,
    holder: object,
  ): FileSystem {
    const as = <T>(act: () => T): T => {
      // What acts holds the token open.
      void holder;
      return this.#identities.as(token, act);
    };
    const calls = runtimeName() === "deno" ? denoFileCalls() : nodeFileCalls;
    const sets = identityCalls(calls.blocking, as);
    return as(() => {
      sharedFolder(folder);
      const root = jail ? folder : driveOf(folder);
      return new LocalFileSystem(root, withFileCalls({}, sets));
    });
  }

  /** As pyftpdlib: what will not work later is told at once. */
  #try(username: string): void {
    const result = this.#accounts.logOn(username, this.#anonymousPassword);
    if ("reason" in result) {
      throw refuse(`user "${username}" cannot log on: ${result.reason}`);
    }
    this.#identities.close(result.token);
  }
}

/** `C:\Users\ann` lies on `C:\`; a tree of all drives there is not. */
export function driveOf(folder: string): string {
  return /^[A-Za-z]:[\\/]/.exec(folder)?.[0] ?? folder;
}

/** The place of a folder on its drive, as clients see it. */
export function withinDrive(folder: string): string {
  const path = folder.slice(driveOf(folder).length).replaceAll("\\", "/");
  return `/${path.replace(/\/+$/, "")}`;
}

function systemUser(name: string, home: string): SystemUser {
  return { name, home, shell: null, isSuperuser: false };
}

function openSystem(): {
  readonly accounts: WindowsAccounts;
  readonly identities: WindowsIdentities;
} {
  if (process.platform !== "win32") throw refuse("this is no Windows");
  let accounts: WindowsAccounts | null;
  let identities: WindowsIdentities | null;
  try {
    accounts = WindowsAccounts.open();
    identities = WindowsIdentities.open();
  } catch (error) {
    throw refuse(messageOf(error));
  }
  if (accounts === null || identities === null) {
    throw refuse("this program cannot call C");
  }
  return { accounts, identities };
}

function refuse(problem: string): ConfigError {
  return new ConfigError(`Cannot use the users of the system: ${problem}`);
}
