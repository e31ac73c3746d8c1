import { AuthenticationError, LoginUnavailableError } from "../base/errors.ts";
import type { Account, Authorizer, LoginRequest } from "../spi/authorizer.ts";
import type { Throttle } from "../transfer/throttle.ts";
import type { Log } from "./session_log.ts";
import { violation } from "./tls_policy.ts";

/** A user's place on the server, for as long as a session is logged in. */
export interface AccountLease {
  /**
   * For one transfer of this session: what slows it down now; `null` lets it
   * run.
   */
  throttle(direction: "send" | "receive"): () => Throttle | null;
  /**
   * Frees the place; what a transfer that still runs shares with the user's
   * other sessions stays until that is over. Idempotent.
   */
  release(transfer: Promise<void>): void;
}

/** Keeps count of who is logged in. */
export interface AccountBook {
  /** `null` when the user has too many sessions already. */
  open(account: Account): AccountLease | null | Promise<AccountLease | null>;
}

/** How a login went. */
export type Login =
  | {
    readonly kind: "accepted";
    readonly account: Account;
    readonly lease: AccountLease;
  }
  | { readonly kind: "refused"; readonly text: string }
  | { readonly kind: "unavailable" };

/** For who says that one parameter is enough. */
const NEVER = new AbortController().signal;

/** What a login needs besides the request. */
export interface LoginHost {
  readonly authorizer: Authorizer;
  /** Aborted when nobody waits for the login any more. */
  signal(): AbortSignal;
  readonly accounts: AccountBook;
  readonly log: Log;
}

/**
 * Asks the authorizer. Whatever goes wrong keeps the client out: an authorizer
 * that throws lets nobody in.
 */
export async function logIn(
  host: LoginHost,
  request: LoginRequest,
): Promise<Login> {
  const { authorizer, log } = host;
  let account: Account | null;
  try {
    account = await authorizer.authenticate(
      request,
      // Most do not look at it, and making one costs more than all the rest.
      authorizer.authenticate.length === 1 ? NEVER : host.signal(),
    );
  } catch (error) {
    if (error instanceof AuthenticationError && error.message !== "") {
      return { kind: "refused", text: error.message };
    }
    if (error instanceof LoginUnavailableError) {
      log.error("Cannot tell whether a login is right", error);
      return { kind: "unavailable" };
    }
    if (!(error instanceof AuthenticationError)) {
      log.error("Cannot ask the authorizer", error);
    }
    account = null;
  }
  return account === null
    ? { kind: "refused", text: "Authentication failed." }
    : await admit(host, account, request.secure);
}

/**
 * Asks the authorizer whether the client's certificate is enough; `null` when
 * a password is needed, or something goes wrong.
 */
export async function recognize(
  host: LoginHost,
  request: Omit<LoginRequest, "password">,
): Promise<Login | null> {
  const { authorizer, log } = host;
  if (request.peerCertificate === null) return null;
  if (authorizer.recognize === undefined) return null;
  try {
    const account = await authorizer.recognize(request, host.signal());
    return account === null ? null : await admit(host, account, request.secure);
  } catch (error) {
    if (!(error instanceof AuthenticationError)) {
      log.error("Cannot ask the authorizer", error);
    }
    return null;
  }
}

async function admit(
  host: LoginHost,
  account: Account,
  secure: boolean,
): Promise<Login> {
  const wrong = violation(secure, account.tls?.control);
  if (wrong !== null) {
    return {
      kind: "refused",
      text: wrong === "required"
        ? "SSL/TLS required on the control channel."
        : "SSL/TLS not allowed on the control channel.",
    };
  }
  const lease = await host.accounts.open(account);
  return lease === null
    ? { kind: "refused", text: "Too many sessions of this user." }
    : { kind: "accepted", account, lease };
}
