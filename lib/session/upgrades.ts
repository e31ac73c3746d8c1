import type { Reply } from "../protocol/reply.ts";
import type { Connection } from "../spi/transport.ts";
import type { CommandReader } from "./command_reader.ts";
import type { Log } from "./session_log.ts";
import type { SessionLogin } from "./session_login.ts";
import type { SessionOutput } from "./session_output.ts";
import { makeDecoder, type SessionHost } from "./session_parts.ts";
import type { SessionTls } from "./session_tls.ts";

/** What becoming another connection touches of a session. */
export interface Upgrade {
  readonly host: SessionHost;
  /** The one that becomes another. */
  readonly connection: Connection;
  readonly tls: SessionTls;
  readonly reader: CommandReader;
  readonly output: SessionOutput;
  readonly login: SessionLogin;
  readonly log: Log;
  reply(answer: Reply): void;
  isOver(): boolean;
  /** Ends the session. */
  stop(): void;
}

/** The handshake on the control connection; without it the session is over. */
export async function secureControl(upgrade: Upgrade): Promise<void> {
  if (!upgrade.isOver()) goOn(upgrade, await upgrade.tls.start());
}

/** AUTH: the reply, then the handshake (RFC 4217 section 4). */
export async function startTls(
  upgrade: Upgrade,
  answer: Reply,
): Promise<void> {
  if (upgrade.reader.holdsInput) {
    // Commands that somebody put behind AUTH in clear must not be taken for
    // the user's own, inside TLS (CVE-2011-0411).
    upgrade.log.write("warn", "Clear text behind AUTH; connection closed.");
    return upgrade.stop();
  }
  upgrade.reply(answer);
  await upgrade.output.flushed();
  await upgrade.login.logOut();
  await secureControl(upgrade);
}

/** CCC: the reply inside TLS, and what follows in clear. */
export async function stopTls(upgrade: Upgrade, answer: Reply): Promise<void> {
  upgrade.reply(answer);
  await upgrade.output.flushed();
  if (!upgrade.isOver()) goOn(upgrade, await upgrade.tls.stop());
}

/** Commands are read from their beginning, or never again. */
function goOn(upgrade: Upgrade, succeeded: boolean): void {
  const { reader, host, connection } = upgrade;
  if (succeeded) return reader.restart(makeDecoder(host));
  upgrade.stop();
  connection.close();
}
