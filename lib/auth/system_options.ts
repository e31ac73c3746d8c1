import type { AccountLimits } from "../spi/authorizer.ts";
import type { FileSystem } from "../spi/file_system.ts";
import type { LogLevel } from "../spi/log.ts";
import type { SystemUsers } from "./system_users.ts";

/** What the users of every system can be given. */
export interface SystemAccessOptions {
  /**
   * Letters for all but `anonymous`, see {@linkcode parsePermissions}; what
   * the system allows a user is another matter, and both must.
   * @default {"elradfmwMT"}
   */
  readonly permissions?: string;
  /** Nobody else gets in; left out: everybody of the system. */
  readonly allowedUsers?: readonly string[];
  /** They do not get in; not together with `allowedUsers`. */
  readonly rejectedUsers?: readonly string[];
  /**
   * The user of the system whose home and rights `anonymous` has, with any
   * password, to read unless overridden; left out: no anonymous logins.
   */
  readonly anonymousUser?: string;
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
  /** Of each user, over all of the user's sessions. */
  readonly limits?: AccountLimits;
  /**
   * Whether a user's home is all that the user sees. False: the whole tree of
   * the system, as far as the user's rights go, beginning in the home.
   * @default {true}
   */
  readonly jail?: boolean;
  /** Puts something around what a user sees, such as `atomicUploads`. */
  readonly share?: (fileSystem: FileSystem) => FileSystem;
  /** Told of users who are kept out, and of likely mistakes. */
  readonly log?: (level: LogLevel, message: string) => void;
}

/** Options of {@linkcode SystemAuthorizer}. */
export interface SystemAuthorizerOptions extends SystemAccessOptions {
  /** The system. */
  readonly users: SystemUsers;
  /**
   * Whether users need a shell that the system lists; `anonymous` needs none.
   * @default {true}
   */
  readonly requireValidShell?: boolean;
}
