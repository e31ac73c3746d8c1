import { spawn } from "node:child_process";
import process from "node:process";
import { type Datagrams, datagrams } from "./_datagram_binding.ts";

/** `AF_UNIX`, `SOCK_DGRAM | SOCK_CLOEXEC` on Linux. */
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 0o2000002;

const CLOCK_MONOTONIC = 1;

const RELOADING = "RELOADING=1";

/** What `sun_path` holds. */
const MOST_PATH_BYTES = 108;

/**
 * Sends states to `NOTIFY_SOCKET` (sd_notify(3)): a datagram, which no runtime
 * has for Unix sockets, so by the C library; where that cannot be called, by
 * the program systemd-notify, which needs `NotifyAccess=all` in the unit.
 *
 * @param address a path, or `@` and an abstract name
 * @param load `null` where the C library cannot be called
 */
export function notifySocket(
  address: string,
  load: () => Datagrams | null = datagrams,
): (state: string) => void {
  let calls: Datagrams | null | undefined;
  return (state) => {
    try {
      // Not before something is to be told: it loads a library.
      if (calls === undefined) calls = load();
      if (calls !== null && send(calls, address, state)) return;
    } catch {
      calls = null;
    }
    sendByProgram(state);
  };
}

/** `struct sockaddr_un`, as long as the name is; `null` when it is too long. */
export function socketAddress(
  address: string,
): Uint8Array<ArrayBuffer> | null {
  const name = new TextEncoder().encode(address);
  if (name.length > MOST_PATH_BYTES) return null;
  const bytes = new Uint8Array(2 + name.length);
  // In the machine's own order; Linux runs on little-endian ones.
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, true);
  bytes.set(name, 2);
  // unix(7): a name in the abstract namespace begins with a zero byte.
  if (address.startsWith("@")) bytes[2] = 0;
  return bytes;
}

function send(calls: Datagrams, address: string, state: string): boolean {
  const target = socketAddress(address);
  if (target === null) return false;
  const socket = calls.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (socket < 0) return false;
  const bytes = new TextEncoder().encode(timed(calls, state));
  const sent = calls.sendto(socket, bytes, target);
  calls.close(socket);
  return sent === bytes.length;
}

/**
 * systemd takes no reload for its own that does not say when it began
 * (`Type=notify-reload`); by its own clock, which runtimes do not show.
 */
function timed(calls: Datagrams, state: string): string {
  if (state !== RELOADING) return state;
  const time = new BigInt64Array(2);
  if (calls.clockGettime(CLOCK_MONOTONIC, time) !== 0) return state;
  const [seconds = 0n, nanoseconds = 0n] = time;
  const microseconds = seconds * 1_000_000n + nanoseconds / 1_000n;
  return `${state}\nMONOTONIC_USEC=${microseconds}`;
}

function sendByProgram(state: string): void {
  const child = spawn("systemd-notify", [
    `--pid=${process.pid}`,
    // It says the time by itself.
    state === RELOADING ? "--reloading" : state,
  ], { stdio: "ignore" });
  // Without the program nobody can be told; the unit's time-out will say so.
  child.on("error", () => {});
}
