import type { FileSystem } from "./file_system.ts";
import type { Endpoint } from "./transport.ts";

/** What a client wants to do; pyftpdlib's letters are in `auth/permissions.ts`. */
export type Action =
  | "enter"
  | "list"
  | "read"
  | "append"
  | "delete"
  | "rename"
  | "mkdir"
  | "write"
  | "chmod"
  | "touch";

/** What a client offered. The password is never logged. */
export interface LoginRequest {
  /** The argument of USER. */
  readonly username: string;
  /** The argument of PASS. */
  readonly password: string;
  /** The client. */
  readonly remote: Endpoint;
  /** The address that the client reached. */
  readonly local: Endpoint;
  /** Whether the control connection is encrypted. */
  readonly secure: boolean;
  /** DER, when the client showed a certificate. */
  readonly peerCertificate: Uint8Array | null;
}

/** The path that a permission is asked for. */
export interface PermissionTarget {
  /** Absolute virtual path. */
  readonly path: string;
  /** Whether it is a folder today; false when it does not exist. */
  isDirectory(): Promise<boolean>;
}

/** A user who is logged in. */
export interface Account {
  /** For hooks, limits and the log. */
  readonly name: string;
  /** What the user sees. */
  readonly fileSystem: FileSystem;
  /**
   * The folder in which the session starts.
   * @default {"/"}
   */
  readonly home?: string;
  /**
   * The text of 230.
   * @default {"Login successful."}
   */
  readonly loginMessage?: string;
  /**
   * The text of 221.
   * @default {"Goodbye."}
   */
  readonly quitMessage?: string;
  /** Left out: none but those of the server. */
  readonly limits?: AccountLimits;
  /** What is asked of the user's connections; left out: what the server asks. */
  readonly tls?: TlsDemands;
  /**
   * False says that `allows` does not look at the path, which spares a look-up
   * of links for every command.
   * @default {true}
   */
  readonly pathRules?: boolean;
  /**
   * Called for every command on a path; asked again each time. What is below a
   * folder is renamed with it: who has rules for a path should refuse to
   * `rename` the folders above it, or the rules stay behind.
   */
  allows(
    action: Action,
    target: PermissionTarget,
  ): boolean | Promise<boolean>;
}

/**
 * What is asked of a connection: `off` never TLS, `allowed` as the client
 * likes, `required` never clear.
 */
export type TlsPolicy = "off" | "allowed" | "required";

/** What a user asks beyond the server; the stricter of both holds. */
export interface TlsDemands {
  /** The connection that commands travel on; looked at when logging in. */
  readonly control?: TlsPolicy;
  /** The connections that files and listings travel on. */
  readonly data?: TlsPolicy;
}

/** Limits of one user, over all of the user's sessions. */
export interface AccountLimits {
  /** Bytes per second over all sessions of the user; 0 is no limit. */
  readonly downloadRate?: number;
  /** Bytes per second over all sessions of the user; 0 is no limit. */
  readonly uploadRate?: number;
  /** Sessions at the same time; 0 is no limit. */
  readonly sessions?: number;
}

/**
 * Looks users up. `null` refuses with the default text,
 * {@linkcode AuthenticationError} with its own; any other error is logged and
 * refuses too.
 */
export interface Authorizer {
  /**
   * Looks a user up. The signal is aborted when the client is gone; a function
   * that declares one parameter only is given one that never is.
   */
  authenticate(
    request: LoginRequest,
    signal: AbortSignal,
  ): Promise<Account | null>;
  /**
   * Asked after USER when the client showed a certificate: the account of who
   * needs no password, who is then logged in (232, RFC 2228 section 5); `null`
   * to ask for the password.
   */
  recognize?(
    request: Omit<LoginRequest, "password">,
    signal: AbortSignal,
  ): Promise<Account | null>;
}
