import type { Endpoint } from "../spi/transport.ts";
import type { SessionView, TransferView } from "./view.ts";

/**
 * A session as it was at one moment: values that can be kept, and sent to
 * another process as JSON.
 */
export interface SessionSnapshot {
  /** As in {@linkcode SessionView}, like all that has no words of its own. */
  readonly id: number;
  /** The client. */
  readonly remote: Endpoint;
  /** The address that the client reached. */
  readonly local: Endpoint;
  /** Milliseconds since 1970, UTC. */
  readonly startedAt: number;
  /** The claimed name after USER, the account's after the login. */
  readonly username: string;
  /** Whether the user is known, and not claimed only. */
  readonly loggedIn: boolean;
  /** Virtual path. */
  readonly workingDirectory: string;
  /** Whether the control connection is encrypted. */
  readonly secure: boolean;
  /** The last command, without secrets; `null` before the first. */
  readonly command: string | null;
  /** When it came: milliseconds since 1970, UTC. */
  readonly commandAt: number | null;
  /** `null` when none is under way. */
  readonly transfer: TransferView | null;
}

/** What a session is like now. */
export function snapshotSession(view: SessionView): SessionSnapshot {
  return {
    id: view.id,
    remote: view.remote,
    local: view.local,
    startedAt: view.startedAt,
    username: view.username,
    loggedIn: view.account !== null,
    workingDirectory: view.workingDirectory,
    secure: view.secure,
    command: view.command,
    commandAt: view.commandAt,
    transfer: view.transfer,
  };
}
