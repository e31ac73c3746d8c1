import type { FileSystem } from "../spi/file_system.ts";

/** A user as the system knows it at this moment. */
export interface SystemUser {
  /** As the system writes it. */
  readonly name: string;
  /** The home folder, a path of the system; empty when the user has none. */
  readonly home: string;
  /** The program that a login starts; `null` where systems have none. */
  readonly shell: string | null;
  /** Whether the user may do everything: `root` of Unix. */
  readonly isSuperuser: boolean;
}

/** What a login has to prove. */
export type SystemProof =
  /** That the password is the one that the system knows. */
  | { readonly kind: "password"; readonly password: string }
  /**
   * Nothing, as the password is another one, which is checked elsewhere; it
   * takes as long as the check of the system's would.
   */
  | { readonly kind: "replaced"; readonly password: string }
  /** Nothing: an anonymous login. */
  | { readonly kind: "none" };

/** Why the system refuses a login, for the log. */
export interface SystemRefusal {
  /** Always the same. */
  readonly kind: "refused";
  /** Without a final period: `the account has expired`. */
  readonly reason: string;
}

/** A login that the system accepts. */
export interface SystemLogin {
  /** Always the same. */
  readonly kind: "accepted";
  /** As the system knows the user now. */
  readonly user: SystemUser;
  /**
   * A folder, used with the rights of this user and no others.
   *
   * @param jail whether it is all that there is; false: the whole tree of the
   * system, with `home` as the place of the folder in it
   * @throws {ConfigError} there is no such folder, or the user may not use it
   */
  open(
    folder: string,
    jail: boolean,
  ): { readonly fileSystem: FileSystem; readonly home: string };
}

/** The users of an operating system: what an authorizer needs of a host. */
export interface SystemUsers {
  /**
   * Whether the system lets nobody act as a user without the user's password;
   * no password can be replaced then.
   */
  readonly needsPasswords: boolean;
  /** `null` when there is none. May take long: asked when options are read. */
  find(username: string): SystemUser | null;
  /** Whether the user may log in by the shell that the account has. */
  hasValidShell(user: SystemUser): boolean;
  /** Whether there is such a folder, whoever may use it. */
  hasFolder(path: string): boolean;
  /**
   * Asks the system, which looks the user up anew.
   *
   * A refusal for a wrong password takes as long as one for a missing user.
   *
   * @param signal aborted when the client is gone
   */
  logIn(
    username: string,
    proof: SystemProof,
    signal: AbortSignal,
  ): Promise<SystemLogin | SystemRefusal>;
}
