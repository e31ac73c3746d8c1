import {
  ConfigError,
  LoginUnavailableError,
  messageOf,
} from "../base/errors.ts";
import type { Account, Authorizer, LoginRequest } from "../spi/authorizer.ts";
import type { Clock } from "../spi/clock.ts";
import type { LogLevel } from "../spi/log.ts";
import type { ClientCertificate } from "./certificate_authorizer.ts";
import { parsePermissions, READ_PERMISSIONS } from "./permissions.ts";
import { Turns } from "./turns.ts";
import { UserAccount } from "./user_account.ts";
import { type FolderSource, openForUser } from "./user_folders.ts";
import { parseAccount, refusalOf, type UserRecord } from "./users_file.ts";
import { UserRules } from "./user_rules.ts";

/** What is asked of whoever knows the users; sent as JSON. */
export interface LoginQuestion {
  /** The argument of USER. */
  readonly user: string;
  /**
   * The argument of PASS; `null`: whether the certificate is enough. Bytes that
   * are not text are lone surrogates, U+DC80 to U+DCFF.
   */
  readonly password: string | null;
  /** The client's IP address. */
  readonly address: string;
  /** The client's port. */
  readonly port: number;
  /** The IP address that the client reached. */
  readonly localAddress: string;
  /** The port that the client reached. */
  readonly localPort: number;
  /** Whether the control connection is encrypted. */
  readonly tls: boolean;
  /** What the client's certificate says; `null` without one. */
  readonly certificate: Omit<ClientCertificate, "der"> | null;
}

/** What {@linkcode ExternalAuthorizer} asks. */
export interface AccountSource {
  /**
   * The account of a user who may log in, as `schema/account.schema.json` has
   * it; `null` for nobody.
   *
   * @throws {LoginUnavailableError} it cannot be told now
   * @throws {AuthenticationError} a refusal with a text for the client
   */
  ask(question: LoginQuestion, signal: AbortSignal): Promise<unknown>;
}

/** Options of {@linkcode ExternalAuthorizer}. */
export interface ExternalAuthorizerOptions extends FolderSource {
  /**
   * Letters for users whose account has none.
   * @default {"elr"}
   */
  readonly permissions?: string;
  /**
   * Logins that are asked for at the same time; others wait.
   * @default {16}
   */
  readonly maxConcurrent?: number;
  /**
   * Whether to ask about clients with a certificate before a password: with
   * `password: null`. Who then has an account needs none.
   * @default {false}
   */
  readonly certificates?: boolean;
  /**
   * For dates of expiry.
   * @default {Date.now}
   */
  readonly clock?: Pick<Clock, "wallTime">;
  /** Told of users who are kept out, and of accounts that cannot be. */
  readonly log?: (level: LogLevel, message: string) => void;
}

const DEFAULT_MAX_CONCURRENT = 16;

/**
 * Asks something else who may log in, and what to share with whom; behind
 * `httpAuthorizer` and `programAuthorizer`. What it answers holds for the
 * session, dates of expiry included.
 *
 * @example A directory that only the company knows
 * ```ts
 * import { ExternalAuthorizer, MemoryFileSystem } from "anyftpd/core";
 * const authorizer = new ExternalAuthorizer({
 *   ask: ({ user, password }) =>
 *     Promise.resolve(
 *       user === "ann" && password === "secret" ? { permissions: "elr" } : null,
 *     ),
 * }, { fileSystem: new MemoryFileSystem() });
 * console.assert(authorizer.authenticate.length === 2);
 * ```
 */
export class ExternalAuthorizer implements Authorizer {
  readonly #source: AccountSource;
  readonly #options: ExternalAuthorizerOptions;
  readonly #rules: UserRules;
  readonly #turns: Turns;
  readonly #read: ((der: Uint8Array) => ClientCertificate) | null;
  /** The account of who needs no password; only there with `certificates`. */
  readonly recognize?: NonNullable<Authorizer["recognize"]>;

  /**
   * An authorizer that asks `source`.
   *
   * @param read of the adapter: `readCertificate`; without it nothing is said
   * of certificates
   * @throws {ConfigError} an option does not hold
   */
  constructor(
    source: AccountSource,
    options: ExternalAuthorizerOptions,
    read: ((der: Uint8Array) => ClientCertificate) | null = null,
  ) {
    const { fileSystem, openFolder, permissions, certificates } = options;
    const { maxConcurrent = DEFAULT_MAX_CONCURRENT } = options;
    const refuse = (why: string): ConfigError =>
      new ConfigError(`Cannot make an authorizer: ${why}`);
    if (fileSystem === undefined && openFolder === undefined) {
      throw refuse("one of fileSystem and openFolder is needed");
    }
    if (!Number.isSafeInteger(maxConcurrent) || maxConcurrent < 1) {
      throw refuse(`maxConcurrent cannot be ${maxConcurrent}`);
    }
    if (certificates === true && read === null) {
      throw refuse("certificates cannot be read here");
    }
    this.#source = source;
    this.#options = options;
    this.#read = read;
    this.#rules = new UserRules(
      parsePermissions(permissions ?? READ_PERMISSIONS),
    );
    this.#turns = new Turns(maxConcurrent);
    if (certificates === true) {
      this.recognize = (request, signal) => this.#ask(request, null, signal);
    }
  }

  /** The account of a user, if the source has one. */
  authenticate(
    request: LoginRequest,
    signal: AbortSignal,
  ): Promise<Account | null> {
    return this.#ask(request, request.password, signal);
  }

  async #ask(
    request: Omit<LoginRequest, "password">,
    password: string | null,
    signal: AbortSignal,
  ): Promise<Account | null> {
    const { username, remote, peerCertificate } = request;
    if (password === null && peerCertificate === null) return null;
    const question = questionOf(request, password, this.#read);
    const answer = await this.#turns.run(
      () => this.#source.ask(question, signal),
      signal,
    ) ?? null;
    if (answer === null) return null;
    const user = accountOf(username, answer);
    const refusal = this.#refusal(user, remote.hostname);
    if (refusal === null) return await this.#account(user, remote.hostname);
    this.#options.log?.(
      "info",
      `refused user ${JSON.stringify(username)} from ${remote.hostname}: ` +
        refusal,
    );
    return null;
  }

  async #account(user: UserRecord, hostname: string): Promise<Account> {
    const { quota } = user.entry;
    if (quota !== undefined && this.#options.quotas === undefined) {
      throw new ConfigError(
        `Cannot let user ${JSON.stringify(user.name)} in: there is a quota, ` +
          "and no quotas are kept here",
      );
    }
    const fileSystem = openForUser(user, this.#options, () => quota ?? null);
    await this.#rules.of(user, fileSystem);
    return new UserAccount(
      user,
      fileSystem,
      this.#rules,
      () => this.#refusal(user, hostname) === null ? user : null,
    );
  }

  #refusal(user: UserRecord, hostname: string): string | null {
    const time = this.#options.clock?.wallTime() ?? Date.now();
    return refusalOf(user, hostname, time);
  }
}

function questionOf(
  request: Omit<LoginRequest, "password">,
  password: string | null,
  read: ((der: Uint8Array) => ClientCertificate) | null,
): LoginQuestion {
  const { username, remote, local, secure, peerCertificate } = request;
  return {
    user: username,
    password,
    address: remote.hostname,
    port: remote.port,
    localAddress: local.hostname,
    localPort: local.port,
    tls: secure,
    certificate: peerCertificate === null || read === null
      ? null
      : describe(read, peerCertificate),
  };
}

function describe(
  read: (der: Uint8Array) => ClientCertificate,
  der: Uint8Array,
): Omit<ClientCertificate, "der"> {
  const { der: _, ...rest } = read(der);
  return rest;
}

/**
 * The text of an answer as a value.
 *
 * @throws {LoginUnavailableError} it is no JSON; the message quotes none of it
 */
export function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new LoginUnavailableError("Cannot use the answer: it is no JSON");
  }
}

/** @throws {LoginUnavailableError} the source does not know its part */
function accountOf(name: string, answer: unknown): UserRecord {
  try {
    return parseAccount(name, answer);
  } catch (cause) {
    throw new LoginUnavailableError(messageOf(cause), { cause });
  }
}
