import { escapeText } from "../protocol/command_line.ts";
import { LineDecoder } from "../protocol/line_decoder.ts";
import type { Platform } from "../spi/clock.ts";
import type { Connection } from "../spi/transport.ts";
import type { Lingering } from "../transfer/linger.ts";
import type { PortPool } from "../transfer/port_pool.ts";
import { CommandReader } from "./command_reader.ts";
import type { IdleWatch } from "./idle_timer.ts";
import type { AccountBook } from "./login.ts";
import { Log } from "./session_log.ts";
import type { Settings } from "./settings.ts";
import type { SessionState } from "./state.ts";

/** What a server gives its sessions. */
export interface SessionHost {
  readonly platform: Platform;
  readonly settings: Settings;
  readonly ports: PortPool;
  readonly lingering: Lingering;
  readonly idle: IdleWatch;
  readonly accounts: AccountBook;
  /** Counts a data connection in; `null` when there are too many. */
  admitData(): (() => void) | null | Promise<(() => void) | null>;
}

/** A log whose records tell whose they are. */
export function makeLog(
  id: number,
  connection: Connection,
  state: SessionState,
  { settings, platform }: SessionHost,
): Log {
  const { hostname, port } = connection.remote;
  return new Log(settings.log, settings.logLevel, platform.clock, () => ({
    id,
    remoteHostname: hostname,
    remotePort: port,
    username: escapeText(state.username),
  }));
}

/** For a stream of commands from its beginning. */
export function makeDecoder({ settings }: SessionHost): LineDecoder {
  const { maxLineBytes, lineEnding } = settings;
  return new LineDecoder({ maxBytes: maxLineBytes, lineEnding });
}

/** For the commands of a client, who is known by little before the login. */
export function makeReader(
  connection: Connection,
  state: SessionState,
  host: SessionHost,
): CommandReader {
  const { maxBytesBeforeLogin } = host.settings;
  return new CommandReader(
    connection,
    makeDecoder(host),
    () => state.account === null ? maxBytesBeforeLogin : 0,
  );
}
