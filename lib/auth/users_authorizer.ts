import { AuthenticationError, ConfigError, messageOf } from "../base/errors.ts";
import type { Account, Authorizer, LoginRequest } from "../spi/authorizer.ts";
import type { Clock } from "../spi/clock.ts";
import type { FileSystem } from "../spi/file_system.ts";
import type { LogLevel } from "../spi/log.ts";
import { type PasswordVerifier, pbkdf2Passwords } from "./password_scheme.ts";
import {
  hasWritePermission,
  parsePermissions,
  READ_PERMISSIONS,
} from "./permissions.ts";
import { MAX_CHECKS, Turns } from "./turns.ts";
import { UserAccount } from "./user_account.ts";
import { openFolderOf, openForUser, type QuotaKeeper } from "./user_folders.ts";
import {
  ANONYMOUS,
  type KnownHash,
  parseUsers,
  refusalOf,
  type UserRecord,
  type UsersTable,
} from "./users_file.ts";
import type { UsersFormat } from "./users_format.ts";
import { UserRules } from "./user_rules.ts";

/** Options of {@linkcode UsersAuthorizer}. */
export interface UsersAuthorizerOptions {
  /**
   * All of the users file. Called for every login and every command, so it
   * remembers; the same text as before costs nothing. `atOnce`: now, however
   * short ago it looked.
   *
   * @throws {ConfigError} when it cannot be read
   */
  readonly text: (atOnce: boolean) => string;
  /**
   * How the text is written; `usersFormat` of the adapters knows TOML.
   * @default {jsonUsers}
   */
  readonly format?: UsersFormat;
  /**
   * Opens what a user sees as `/`; called once for each folder.
   *
   * @throws {ConfigError} when there is no such folder
   */
  readonly openFolder: (directory: string) => FileSystem;
  /** For users who have no folder of their own; left out: all must have one. */
  readonly fileSystem?: FileSystem;
  /**
   * Letters for users who have none of their own.
   * @default {"elr"}
   */
  readonly permissions?: string;
  /**
   * How passwords may be hashed.
   * @default {[pbkdf2Passwords]}
   */
  readonly schemes?: readonly PasswordVerifier[];
  /** For users with quotas; left out: there must be none. */
  readonly quotas?: QuotaKeeper;
  /** For dates of expiry. */
  readonly clock: Pick<Clock, "wallTime">;
  /** Told of a file that is broken, and of users who are kept out. */
  readonly log?: (level: LogLevel, message: string) => void;
}

/**
 * Users of a file that may be changed while the server runs: see
 * `schema/users.schema.json`. What is changed holds for open sessions too,
 * from their next command on. As long as the file is broken the last good one
 * serves on, and the log tells once.
 *
 * A login takes the same time whether there is such a user or not, and
 * whatever else keeps the user out: for every attempt one hash of each cost
 * that is in the file is checked, so all of one cost is best. Two passwords
 * are checked at the same time, the others wait.
 *
 * @example
 * ```ts ignore
 * const authorizer = new UsersAuthorizer({
 *   text: watchedFile("users.json"),
 *   openFolder: localFileSystem,
 *   schemes: [scryptPasswords, pbkdf2Passwords],
 *   quotas: new QuotaBook(),
 *   clock: platform().clock,
 * });
 * ```
 */
export class UsersAuthorizer implements Authorizer {
  readonly #options: UsersAuthorizerOptions;
  readonly #schemes: readonly PasswordVerifier[];
  readonly #log: (level: LogLevel, message: string) => void;
  readonly #folders = new Map<string, FileSystem>();
  readonly #rules: UserRules;
  readonly #turns = new Turns(MAX_CHECKS);
  /** What was looked at last, good or not. */
  #text: string;
  #table: UsersTable;
  /** Why the file could not be read; `null`: it could. */
  #unread: string | null = null;

  /**
   * Reads the users.
   *
   * @throws {ConfigError} the file cannot be read or has a mistake
   */
  constructor(options: UsersAuthorizerOptions) {
    this.#options = options;
    this.#schemes = options.schemes ?? [pbkdf2Passwords];
    this.#log = options.log ?? (() => {});
    this.#rules = new UserRules(
      parsePermissions(options.permissions ?? READ_PERMISSIONS),
    );
    this.#text = options.text(true);
    this.#table = this.#parse(this.#text);
    this.#warn();
  }

  /** In the order of the file. */
  get usernames(): readonly string[] {
    return [...this.#current(false).users.keys()];
  }

  /** Looks at the file now; the log tells what is wrong with it. */
  reload(): void {
    this.#current(true);
  }

  /**
   * The account of a user whose password is right and who may log in from
   * there today, else `null`.
   *
   * @throws {AuthenticationError} for `anonymous` when there is no such user
   * @throws {ConfigError} the user's folder is not there
   */
  async authenticate(
    request: LoginRequest,
    signal: AbortSignal,
  ): Promise<Account | null> {
    const { username, password, remote } = request;
    const { users, samples } = this.#current(false);
    const user = users.get(username);
    if (user === undefined && username === ANONYMOUS) {
      throw new AuthenticationError("Anonymous access not allowed.");
    }
    if (user?.password !== null) {
      const own = user?.password ?? null;
      const right = await this.#turns.run(
        () => checkAll(samples, own, password),
        signal,
      );
      if (right !== true) return null;
    }
    // Checking takes its time, and the file may have been changed meanwhile.
    const now = this.#current(false).users.get(username);
    if (now?.password?.text !== user?.password?.text) return null;
    return now === undefined ? null : await this.#admit(now, remote.hostname);
  }

  /**
   * The account of a user who may log in from there today, without a password:
   * for authorizers that have another proof, such as `CertificateAuthorizer`.
   *
   * @throws {ConfigError} the user's folder is not there
   */
  async account(
    username: string,
    request: Pick<LoginRequest, "remote">,
  ): Promise<Account | null> {
    const user = this.#current(false).users.get(username);
    return user === undefined
      ? null
      : await this.#admit(user, request.remote.hostname);
  }

  async #admit(user: UserRecord, hostname: string): Promise<Account | null> {
    const why = this.#refusal(user, hostname);
    if (why === null) return await this.#account(user, hostname);
    this.#log(
      "info",
      `refused user ${JSON.stringify(user.name)} from ${hostname}: ${why}`,
    );
    return null;
  }

  async #account(user: UserRecord, hostname: string): Promise<Account> {
    const { directory } = user.entry;
    const current = (): UserRecord | null => {
      const now = this.#current(false).users.get(user.name);
      // The rules of another folder say nothing about this one.
      return now === undefined || now.entry.directory !== directory ||
          this.#refusal(now, hostname) !== null
        ? null
        : now;
    };
    const fileSystem = openForUser(
      user,
      this.#options,
      () => (current() ?? user).entry.quota ?? null,
      this.#folders,
    );
    await this.#rules.of(user, fileSystem);
    return new UserAccount(user, fileSystem, this.#rules, current);
  }

  #refusal(user: UserRecord, hostname: string): string | null {
    return refusalOf(user, hostname, this.#options.clock.wallTime());
  }

  /** The users as the file has them, or had them when it was good. */
  #current(atOnce: boolean): UsersTable {
    let text: string;
    try {
      text = this.#options.text(atOnce);
      this.#unread = null;
    } catch (error) {
      const message = messageOf(error);
      if (message !== this.#unread) this.#complain(message);
      this.#unread = message;
      return this.#table;
    }
    if (text === this.#text) return this.#table;
    this.#text = text;
    try {
      this.#table = this.#parse(text);
      this.#log("info", `users read again: ${this.#table.users.size}.`);
      this.#warn();
    } catch (error) {
      this.#complain(messageOf(error));
    }
    return this.#table;
  }

  #parse(text: string): UsersTable {
    const table = parseUsers(text, this.#schemes, this.#options.format);
    if (this.#options.quotas !== undefined) return table;
    for (const { name, entry } of table.users.values()) {
      if (entry.quota === undefined) continue;
      throw new ConfigError(
        `Cannot use the users file: user ${JSON.stringify(name)} has a ` +
          "quota, and no quotas are kept here",
      );
    }
    return table;
  }

  #complain(message: string): void {
    this.#log("error", `${message}; the last good users serve on`);
  }

  /** Tells of what works and is likely a mistake. */
  #warn(): void {
    for (const user of this.#table.users.values()) {
      const letters = user.entry.permissions ?? this.#options.permissions ?? "";
      if (user.name === ANONYMOUS && hasWritePermission(letters)) {
        this.#log("warn", "write permissions assigned to anonymous user.");
      }
      try {
        openFolderOf(user, this.#options, this.#folders);
      } catch (error) {
        const name = JSON.stringify(user.name);
        this.#log("warn", `user ${name} cannot log in: ${messageOf(error)}`);
      }
    }
  }
}

/** Checks a hash of each cost: that of the user, else anybody's. */
async function checkAll(
  samples: readonly KnownHash[],
  own: KnownHash | null,
  password: string,
): Promise<boolean> {
  let right = false;
  for (const sample of samples) {
    const isOwn = own?.cost === sample.cost;
    const { scheme, text } = isOwn ? own : sample;
    const matches = await scheme.verify(text, password);
    if (isOwn) right = matches;
  }
  return right;
}
