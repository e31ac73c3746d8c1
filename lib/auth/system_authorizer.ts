import { AuthenticationError, ConfigError } from "../base/errors.ts";
import type {
  Account,
  Action,
  Authorizer,
  LoginRequest,
} from "../spi/authorizer.ts";
import type { LogLevel } from "../spi/log.ts";
import {
  hasWritePermission,
  parsePermissions,
  READ_PERMISSIONS,
  WRITE_PERMISSIONS,
} from "./permissions.ts";
import type { SystemAuthorizerOptions } from "./system_options.ts";
import { type SystemOverride, SystemOverrides } from "./system_overrides.ts";
import type {
  SystemLogin,
  SystemProof,
  SystemRefusal,
  SystemUser,
  SystemUsers,
} from "./system_users.ts";

const ANONYMOUS = "anonymous";

/**
 * Lets the users of an operating system in, with their own passwords, homes
 * and rights. What the system knows of a user is read at each login.
 *
 * The superuser gets in only when `allowedUsers` names it, or `anonymousUser`.
 */
export class SystemAuthorizer implements Authorizer {
  readonly #options: SystemAuthorizerOptions;
  readonly #users: SystemUsers;
  readonly #allowed: ReadonlySet<string> | null;
  readonly #rejected: ReadonlySet<string>;
  readonly #overrides = new SystemOverrides();
  readonly #letters: string;

  /**
   * Asks the system for the users that the options name.
   *
   * @throws {ConfigError} when an option does not hold
   */
  constructor(options: SystemAuthorizerOptions) {
    const { allowedUsers, rejectedUsers, anonymousUser } = options;
    this.#options = options;
    this.#users = options.users;
    this.#letters = options.permissions ?? READ_PERMISSIONS + WRITE_PERMISSIONS;
    parsePermissions(this.#letters);
    if (allowedUsers !== undefined && rejectedUsers !== undefined) {
      throw refuse("allowedUsers and rejectedUsers are mutually exclusive");
    }
    this.#allowed = allowedUsers === undefined ? null : new Set(allowedUsers);
    this.#rejected = new Set(rejectedUsers);
    if (anonymousUser !== undefined) {
      this.#requireHome(this.#find(anonymousUser, "no such user"));
    }
    for (const name of [...allowedUsers ?? [], ...rejectedUsers ?? []]) {
      if (name === ANONYMOUS) throw refuse(`invalid username "${name}"`);
      this.#find(name, "unknown user");
    }
    for (const name of allowedUsers ?? []) {
      const user = this.#find(name, "unknown user");
      this.#requireHome(user);
      this.#requireShell(user);
    }
  }

  /** Whether there is such a user, who may be kept out all the same. */
  hasUser(username: string): boolean {
    return this.#systemUser(username) !== null;
  }

  /**
   * Gives one user something of its own, in place of what an earlier call
   * gave; `anonymous` may be the name.
   *
   * @throws {ConfigError} there is no such user, the user may not log in, or
   * something that is given does not hold
   */
  overrideUser(username: string, override: SystemOverride): void {
    const why = (text: string): ConfigError =>
      new ConfigError(`Cannot override user "${username}": ${text}`);
    if (!this.#isAdmitted(username)) throw why("not an allowed user");
    if (username === ANONYMOUS && override.password !== undefined) {
      throw why("anonymous has no password");
    }
    if (override.password !== undefined && this.#users.needsPasswords) {
      throw why("this system needs the user's own password");
    }
    const user = this.#systemUser(username);
    if (user === null) throw why("no such user");
    if (username !== ANONYMOUS && !this.#hasShell(user)) {
      throw why("not a valid shell");
    }
    const { home, permissions } = override;
    if (home !== undefined && !this.#users.hasFolder(home)) {
      throw why(`no such directory "${home}"`);
    }
    this.#overrides.set(username, override);
    // The name that the system knows the user by may be written in another way.
    if (username !== ANONYMOUS) this.#overrides.set(user.name, override);
    if (username === ANONYMOUS && hasWritePermission(permissions ?? "")) {
      this.#log("warn", "write permissions assigned to anonymous user.");
    }
  }

  /**
   * The account of a user whom the system lets in, else `null`.
   *
   * @throws {AuthenticationError} for `anonymous` when there is no such user,
   * and for who has no valid shell, once the password was right
   * @throws {ConfigError} the home is not there
   */
  async authenticate(
    request: LoginRequest,
    signal: AbortSignal,
  ): Promise<Account | null> {
    const { username, password, remote } = request;
    const { anonymousUser } = this.#options;
    if (username === ANONYMOUS) {
      if (anonymousUser === undefined) {
        throw new AuthenticationError("Anonymous access not allowed.");
      }
      const login = await this.#users
        .logIn(anonymousUser, { kind: "none" }, signal);
      return login.kind === "accepted"
        ? this.#account(username, login)
        : this.#refused(username, remote.hostname, login.reason);
    }
    const own = await this.#overrides.check(username, password);
    const proof: SystemProof = own === "none"
      ? { kind: "password", password }
      : { kind: "replaced", password };
    const login = await this.#users.logIn(username, proof, signal);
    if (own === "wrong") {
      return this.#refused(username, remote.hostname, "wrong password");
    }
    // The system's password does not hold for who has one here, however the
    // name is written.
    const isReplaced = login.kind === "accepted" && own === "none" &&
      this.#overrides.of(login.user.name).password !== undefined;
    return isReplaced
      ? this.#refused(username, remote.hostname, "the password is replaced")
      : this.#admit(username, remote.hostname, login);
  }

  /**
   * The account of a user whom the system lets in, without a password: for
   * authorizers that have another proof, such as `CertificateAuthorizer`.
   *
   * @throws {AuthenticationError} the user has no valid shell
   * @throws {ConfigError} the home is not there, or this system lets nobody
   * act as a user without the password (Windows)
   */
  async account(
    username: string,
    request: Pick<LoginRequest, "remote">,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Account | null> {
    if (this.#users.needsPasswords) {
      throw refuse("without a password nobody is let in here");
    }
    const login = await this.#users.logIn(username, { kind: "none" }, signal);
    return this.#admit(username, request.remote.hostname, login);
  }

  #admit(
    username: string,
    hostname: string,
    login: SystemLogin | SystemRefusal,
  ): Account | null {
    if (login.kind === "refused") {
      return this.#refused(username, hostname, login.reason);
    }
    const objection = this.#objection(username, login.user);
    if (objection !== null) return this.#refused(username, hostname, objection);
    if (this.#hasShell(login.user)) return this.#account(username, login);
    this.#refused(username, hostname, "the shell is not valid");
    throw new AuthenticationError(
      `User ${username} doesn't have a valid shell.`,
    );
  }

  /** Why a user is kept out whose password is right; `null`: is not. */
  #objection(username: string, user: SystemUser): string | null {
    if (!this.#isAdmitted(username)) return "the user is not allowed";
    // Names can be written in several ways on some systems.
    if (!this.#isAdmitted(user.name)) return "the user is not allowed";
    if (user.isSuperuser && this.#allowed === null) {
      return "the superuser must be among the allowed users";
    }
    return null;
  }

  #account(username: string, login: SystemLogin): Account {
    const { loginMessage, quitMessage, limits, jail, share } = this.#options;
    const own = this.#overrides.of(
      username === ANONYMOUS ? username : login.user.name,
    );
    const { fileSystem, home } = login.open(
      own.home ?? login.user.home,
      jail ?? true,
    );
    const letters = own.permissions ??
      (username === ANONYMOUS ? READ_PERMISSIONS : this.#letters);
    const actions: ReadonlySet<Action> = new Set(parsePermissions(letters));
    return {
      name: username === ANONYMOUS ? username : login.user.name,
      fileSystem: share?.(fileSystem) ?? fileSystem,
      home,
      loginMessage: own.loginMessage ?? loginMessage ?? "Login successful.",
      quitMessage: own.quitMessage ?? quitMessage ?? "Goodbye.",
      limits: own.limits ?? limits ?? {},
      pathRules: false,
      allows: (action) => actions.has(action),
    };
  }

  #refused(username: string, hostname: string, reason: string): null {
    const name = JSON.stringify(username);
    this.#log("info", `refused user ${name} from ${hostname}: ${reason}`);
    return null;
  }

  #isAdmitted(username: string): boolean {
    if (username === ANONYMOUS) return true;
    if (this.#rejected.has(username)) return false;
    return this.#allowed?.has(username) ?? true;
  }

  #systemUser(username: string): SystemUser | null {
    if (username !== ANONYMOUS) return this.#users.find(username);
    const { anonymousUser } = this.#options;
    return anonymousUser === undefined ? null : this.#users.find(anonymousUser);
  }

  #find(name: string, problem: string): SystemUser {
    const user = this.#users.find(name);
    if (user === null) throw refuse(`${problem} "${name}"`);
    return user;
  }

  #requireHome({ name, home }: SystemUser): void {
    if (home !== "" && this.#users.hasFolder(home)) return;
    throw refuse(`no valid home set for user "${name}"`);
  }

  #requireShell(user: SystemUser): void {
    if (this.#hasShell(user)) return;
    throw refuse(`user "${user.name}" has not a valid shell`);
  }

  #hasShell(user: SystemUser): boolean {
    const { requireValidShell = true } = this.#options;
    return !requireValidShell || this.#users.hasValidShell(user);
  }

  #log(level: LogLevel, message: string): void {
    this.#options.log?.(level, message);
  }
}

function refuse(problem: string): ConfigError {
  return new ConfigError(`Cannot use the users of the system: ${problem}`);
}
