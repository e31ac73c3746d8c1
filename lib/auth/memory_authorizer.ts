import { AuthenticationError, ConfigError } from "../base/errors.ts";
import { resolvePath } from "../protocol/path.ts";
import type {
  Account,
  AccountLimits,
  Authorizer,
  LoginRequest,
} from "../spi/authorizer.ts";
import type { FileSystem } from "../spi/file_system.ts";
import {
  isPasswordHash,
  type StoredPassword,
  verifyPassword,
} from "./password.ts";
import { pbkdf2Passwords } from "./password_scheme.ts";
import { PathPermissions } from "./path_permissions.ts";
import {
  hasWritePermission,
  parsePermissions,
  READ_PERMISSIONS,
} from "./permissions.ts";
import { MAX_CHECKS, Turns } from "./turns.ts";

/** What an anonymous user is made of. */
export interface AnonymousUserOptions {
  /** What the user sees as `/`. */
  readonly fileSystem: FileSystem;
  /**
   * Letters, see {@linkcode parsePermissions}.
   * @default {"elr"}
   */
  readonly permissions?: string;
  /**
   * The folder in which sessions start, as the client sees it.
   * @default {"/"}
   */
  readonly home?: string;
  /**
   * The text of the 230 reply.
   * @default {"Login successful."}
   */
  readonly loginMessage?: string;
  /**
   * The text of the 221 reply.
   * @default {"Goodbye."}
   */
  readonly quitMessage?: string;
  /** Over all sessions of the user. */
  readonly limits?: AccountLimits;
}

/** What a user is made of. */
export interface MemoryUserOptions extends AnonymousUserOptions {
  /** Told apart by the case of its letters. */
  readonly username: string;
  /** In clear, or a hash of {@linkcode hashPassword}. */
  readonly password: string | { readonly hash: string };
}

/** Options of {@linkcode MemoryAuthorizer}. */
export interface MemoryAuthorizerOptions {
  /** Told of set-ups that work and are likely a mistake. */
  readonly onWarning?: (message: string) => void;
}

interface User {
  readonly options: AnonymousUserOptions;
  /** `null`: any password will do. */
  readonly password: StoredPassword | null;
  readonly permissions: PathPermissions;
}

const ANONYMOUS = "anonymous";

/**
 * Users kept in memory. They may be added and removed while the server runs;
 * what a removed user still has open is allowed nothing any more.
 *
 * @example
 * ```ts ignore
 * const authorizer = new MemoryAuthorizer();
 * authorizer.addUser({ username: "bob", password: "secret", fileSystem });
 * authorizer.addAnonymous({ fileSystem });
 * ```
 */
export class MemoryAuthorizer implements Authorizer {
  readonly #users = new Map<string, User>();
  readonly #warn: (message: string) => void;
  readonly #turns = new Turns(MAX_CHECKS);
  /** A hash of each cost that there is; `null`: to be found out. */
  #samples: ReadonlyMap<string, string> | null = null;

  /** An authorizer that knows nobody. */
  constructor(options?: MemoryAuthorizerOptions) {
    this.#warn = options?.onWarning ?? (() => {});
  }

  /** In the order in which they were added. */
  get usernames(): readonly string[] {
    return [...this.#users.keys()];
  }

  /** Names are told apart by the case of their letters. */
  hasUser(username: string): boolean {
    return this.#users.has(username);
  }

  /**
   * Adds a user, who may log in from now on.
   *
   * @throws {ConfigError} the user exists, or an option does not hold: a
   * letter of the permissions, the form of the hash, a negative limit
   */
  addUser(user: MemoryUserOptions): void {
    const { username, password } = user;
    const refuse = (why: string) =>
      new ConfigError(`Cannot add user "${username}": ${why}`);
    if (username === "") throw refuse("the name is empty");
    if (typeof password !== "string" && typeof password?.hash !== "string") {
      throw refuse("there is no password");
    }
    if (typeof password !== "string" && !isPasswordHash(password.hash)) {
      throw refuse("the password hash is malformed");
    }
    this.#add(username, password, user);
  }

  /**
   * Adds the user `anonymous`, who gets in with any password.
   *
   * @throws {ConfigError} as {@linkcode addUser}
   */
  addAnonymous(user: AnonymousUserOptions): void {
    this.#add(ANONYMOUS, null, user);
  }

  /**
   * Removes a user, who may do nothing more in sessions that are open.
   *
   * @throws {ConfigError} there is no such user
   */
  removeUser(username: string): void {
    this.#samples = null;
    if (!this.#users.delete(username)) {
      throw new ConfigError(`Cannot remove user "${username}": no such user`);
    }
  }

  /**
   * Gives a user other permissions in one folder, also in sessions that are
   * open. The deepest folder decides; not recursive, it decides for itself and
   * the files in it, and goes before a recursive one for the same folder.
   * Given again for the same folder, it replaces what was there.
   *
   * @param directory As the client sees it, from `/` on; it must exist
   * @throws {ConfigError} no such user, letter or folder, or the folder is `/`,
   * whose permissions are the user's own
   */
  async overridePermissions(
    username: string,
    directory: string,
    permissions: string,
    options?: { readonly recursive?: boolean },
  ): Promise<void> {
    const refuse = (why: string, cause?: unknown) =>
      new ConfigError(
        `Cannot override permissions of "${username}" in "${directory}": ` +
          why,
        { cause },
      );
    const user = this.#users.get(username);
    if (user === undefined) throw refuse("no such user");
    const actions = new Set(parsePermissions(permissions));
    const { fileSystem } = user.options;
    let path = resolvePath("/", directory);
    try {
      const stat = await fileSystem.stat(path);
      if (stat.kind !== "directory") throw refuse("not a directory");
      path = await fileSystem.resolve?.(path) ?? path;
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      throw refuse("no such directory", error);
    }
    if (path === "/") throw refuse("it is the home directory");
    this.#warnOfWriting(username, permissions);
    const recursive = options?.recursive ?? false;
    user.permissions.override({ directory: path, recursive, actions });
  }

  /**
   * The account of a user whose password is right, else `null`.
   *
   * As soon as users have hashed passwords, every attempt takes the time of
   * checking one hash of each cost that there is, so that it does not tell
   * which names exist. Two are checked at the same time, the others wait.
   *
   * @throws {AuthenticationError} for `anonymous` when there is no such user
   */
  async authenticate(request: LoginRequest): Promise<Account | null> {
    const { username, password } = request;
    const user = this.#users.get(username);
    if (user === undefined && username === ANONYMOUS) {
      throw new AuthenticationError("Anonymous access not allowed.");
    }
    const right = await this.#check(user, password);
    // The user may have been removed meanwhile.
    if (!right || this.#users.get(username) !== user) return null;
    return this.account(username);
  }

  /**
   * The account of a user, whoever asks: for authorizers that have another
   * proof than the password.
   */
  account(username: string): Account | null {
    const user = this.#users.get(username);
    if (user === undefined) return null;
    return new MemoryAccount(
      username,
      user,
      () => this.#users.get(username) === user,
    );
  }

  #add(
    username: string,
    password: StoredPassword | null,
    options: AnonymousUserOptions,
  ): void {
    const refuse = (why: string) =>
      new ConfigError(`Cannot add user "${username}": ${why}`);
    if (this.#users.has(username)) throw refuse("user already exists");
    const letters = options.permissions ?? READ_PERMISSIONS;
    const permissions = new PathPermissions(parsePermissions(letters));
    for (const limit of Object.values(options.limits ?? {})) {
      if (!(limit >= 0)) throw refuse(`a limit cannot be ${limit}`);
    }
    this.#warnOfWriting(username, letters);
    this.#samples = null;
    this.#users.set(username, { options, password, permissions });
  }

  #warnOfWriting(username: string, permissions: string): void {
    if (username === ANONYMOUS && hasWritePermission(permissions)) {
      this.#warn("write permissions assigned to anonymous user.");
    }
  }

  /** Checks a hash of each cost: that of the user, else anybody's. */
  async #check(user: User | undefined, password: string): Promise<boolean> {
    if (user?.password === null) return true;
    const stored = user?.password ?? "";
    const own = typeof stored === "string" ? null : stored.hash;
    const ownCost = own && pbkdf2Passwords.cost(own);
    let right = typeof stored === "string" && user !== undefined;
    if (typeof stored === "string") {
      right = await verifyPassword(stored, password) && right;
    }
    const samples = this.#hashSamples();
    if (samples.size === 0) return right;
    await this.#turns.run(async () => {
      for (const [cost, sample] of samples) {
        const isOwn = own !== null && cost === ownCost;
        const matches = await pbkdf2Passwords.verify(
          isOwn ? own : sample,
          password,
        );
        if (isOwn) right = matches;
      }
    });
    return right;
  }

  #hashSamples(): ReadonlyMap<string, string> {
    if (this.#samples !== null) return this.#samples;
    const samples = new Map<string, string>();
    for (const { password } of this.#users.values()) {
      if (password === null || typeof password === "string") continue;
      const cost = pbkdf2Passwords.cost(password.hash);
      if (cost !== null) samples.set(cost, password.hash);
    }
    this.#samples = samples;
    return samples;
  }
}

/**
 * A class, because object literals with an accessor take long to make; with
 * members of its own, so that a copy of it is an account too.
 */
class MemoryAccount implements Account {
  readonly name: string;
  readonly fileSystem: FileSystem;
  readonly home: string;
  readonly loginMessage: string;
  readonly quitMessage: string;
  readonly limits: AccountLimits;
  readonly allows: Account["allows"];
  readonly #permissions: PathPermissions;

  /** @param isCurrent whether the user is there still */
  constructor(name: string, user: User, isCurrent: () => boolean) {
    const { permissions, options } = user;
    const { fileSystem, home, loginMessage, quitMessage, limits } = options;
    this.name = name;
    this.fileSystem = fileSystem;
    this.home = home === undefined ? "/" : resolvePath("/", home);
    this.loginMessage = loginMessage ?? "Login successful.";
    this.quitMessage = quitMessage ?? "Goodbye.";
    this.limits = limits ?? {};
    this.allows = (action, target) =>
      isCurrent() && permissions.allows(action, target);
    this.#permissions = permissions;
  }

  get pathRules(): boolean {
    return this.#permissions.hasOverrides;
  }
}
