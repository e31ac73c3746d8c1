import { DEFAULT_FACTS, type FactName } from "../protocol/facts.ts";
import type { Account } from "../spi/authorizer.ts";

const ANONYMOUS = "anonymous";

/** A command that came. */
export interface PastCommand {
  /** As the table has it. */
  readonly verb: string;
  /** As the client sent it: a password, perhaps. */
  readonly argument: string;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
}

/**
 * What a session remembers between commands: data, and the few changes that
 * touch several of them at once.
 */
export class SessionState {
  /** The name of USER; empty before it and after a failed login. */
  username = "";
  /** `null` until PASS succeeded. */
  account: Account | null = null;
  /** Since a user proved who it is: neither REIN nor AUTH gives new attempts. */
  failedLogins = 0;
  /** Virtual path. */
  workingDirectory = "/";
  /** TYPE; RFC 959 starts in ASCII. */
  type: "ascii" | "binary" = "ascii";
  /** The file that RNFR named. */
  renameFrom: string | null = null;
  /** EPSV ALL was sent (RFC 2428 section 4). */
  extendedPassiveOnly = false;
  /** The facts of MLSx; they outlive REIN, as the client's taste does. */
  facts: readonly FactName[] = DEFAULT_FACTS;
  /** PBSZ was sent, as PROT wants it (RFC 4217 section 9). */
  bufferSizeAgreed = false;
  /** PROT P: data connections are encrypted. */
  protectsData = false;
  /** The last one that the table knows; `null` before the first. */
  command: PastCommand | null = null;
  /** The size that ALLO announced for the next upload. */
  #announced: number | null = null;
  #restart = 0;

  /** The position that REST set, in bytes; 0 when none is pending. */
  get restart(): number {
    return this.#restart;
  }

  set restart(position: number) {
    this.#restart = position;
  }

  /** The pending position, which is thereby used up. */
  takeRestart(): number {
    const position = this.#restart;
    this.#restart = 0;
    return position;
  }

  /** ALLO: what the next upload will bring, as far as the client knows. */
  announceSize(bytes: number | null): void {
    this.#announced = bytes;
  }

  /** What ALLO said, which is thereby used up. */
  takeAnnouncedSize(): number | null {
    const bytes = this.#announced;
    this.#announced = null;
    return bytes;
  }

  /** From here on the session is the account's. */
  logIn(account: Account): void {
    this.account = account;
    this.username = account.name;
    // Anybody can be anonymous, which would give everybody new attempts.
    if (account.name !== ANONYMOUS) this.failedLogins = 0;
    this.workingDirectory = account.home ?? "/";
  }

  /** REIN, and USER of somebody who is logged in (RFC 959 section 4.1.1). */
  resetLogin(): void {
    this.username = "";
    this.account = null;
    this.workingDirectory = "/";
    this.type = "ascii";
    this.renameFrom = null;
    this.extendedPassiveOnly = false;
    this.bufferSizeAgreed = false;
    this.protectsData = false;
    this.#announced = null;
    this.#restart = 0;
  }
}
