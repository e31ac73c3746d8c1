import { ConfigError, messageOf, TransportError } from "../base/errors.ts";
import { formatEndpoint } from "../protocol/address.ts";
import type { ListenPlace } from "../server/listen_address.ts";
import type { Clock } from "../spi/clock.ts";
import type { Endpoint } from "../spi/transport.ts";
import type { ConfigListener } from "./config.ts";
import type { CliServer, InheritedSocket } from "./host.ts";
import type { Logger } from "./logger.ts";
import type { CliOptions } from "./options.ts";

/** A place where the command listens. */
export interface OpenListener {
  readonly wanted: ConfigListener;
  /** As the server says it; for a socket without an address a stand-in. */
  readonly endpoint: Endpoint;
  /** For people. */
  readonly name: string;
}

/** How often, and with what pauses, an address is tried that is in use. */
const ATTEMPTS = 10;
const PAUSE_MS = 50;

/** Names of sockets that systemd opened for clients that begin with TLS. */
const IMPLICIT_NAMES: readonly string[] = ["ftps", "implicit", "implicit-tls"];

/**
 * Where to listen: on the sockets that were handed over, else where the
 * options say.
 */
export function wantedListeners(
  options: CliOptions,
  sockets: readonly InheritedSocket[],
): readonly ConfigListener[] {
  if (sockets.length > 0) {
    return sockets.map(({ descriptor, name }) => ({
      descriptor,
      implicitTls: IMPLICIT_NAMES.includes(name.replace(/\.socket$/, "")),
    }));
  }
  const address = options.interface === null
    ? {}
    : { address: options.interface };
  const implicitPort = options.tls?.implicitPort ?? null;
  return [
    ...options.config?.listen ?? [{ ...address, port: options.port }],
    ...(implicitPort === null
      ? []
      : [{ ...address, port: implicitPort, implicitTls: true }]),
  ];
}

/**
 * Opens the listeners that are wanted, at the start.
 *
 * @throws {TransportError | ConfigError} when one cannot be opened
 */
export async function openListeners(
  wanted: readonly ConfigListener[],
  open: OpenListener[],
  server: CliServer,
): Promise<void> {
  for (const listener of missing(wanted, open)) {
    open.push(await openOne(listener, server));
  }
}

/**
 * Opens the listeners that are wanted and closes those that are not any more.
 * One that stays the same stays open. What cannot be opened is logged, and the
 * others serve.
 *
 * @param open those that there are; changed in place
 * @returns whether all are there
 */
export async function changeListeners(
  wanted: readonly ConfigListener[],
  open: OpenListener[],
  server: CliServer,
  logger: Logger,
  clock: Clock,
): Promise<boolean> {
  const keep = new Set(wanted.map(keyOf));
  for (const listener of open.splice(0)) {
    if (keep.has(keyOf(listener.wanted))) {
      open.push(listener);
    } else {
      server.stopListening(listener.endpoint);
      logger.log("info", `not listening on ${listener.name} any more`);
    }
  }
  let isComplete = true;
  for (const listener of missing(wanted, open)) {
    try {
      const opened = await patiently(clock, () => openOne(listener, server));
      open.push(opened);
      logger.log("info", `listening on ${opened.name} too`);
    } catch (error) {
      if (!isExpected(error)) throw error;
      isComplete = false;
      logger.log("error", messageOf(error));
    }
  }
  return isComplete;
}

/** Each once, in the order that is wanted. */
function missing(
  wanted: readonly ConfigListener[],
  open: readonly OpenListener[],
): readonly ConfigListener[] {
  const there = new Set(open.map(({ wanted }) => keyOf(wanted)));
  return wanted.filter((listener) => {
    const key = keyOf(listener);
    if (there.has(key)) return false;
    there.add(key);
    return true;
  });
}

/**
 * Tries again for a moment when the address is in use: on Deno, a listener
 * that we have just closed holds it for a little longer.
 */
async function patiently<T>(
  clock: Clock,
  open: () => Promise<T>,
): Promise<T> {
  for (let left = ATTEMPTS;; left--) {
    try {
      return await open();
    } catch (error) {
      const isInUse = error instanceof TransportError &&
        error.code === "address-in-use";
      if (!isInUse || left === 1) throw error;
      await new Promise<void>((resolve) => clock.after(PAUSE_MS, resolve));
    }
  }
}

/** Closes all that can be opened in another way. */
export function closeListeners(open: OpenListener[], server: CliServer): void {
  for (const listener of open.splice(0)) {
    if (listener.wanted.descriptor !== undefined) open.push(listener);
    else server.stopListening(listener.endpoint);
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof TransportError || error instanceof ConfigError;
}

/** What two listeners have to share to be the same one. */
function keyOf(listener: ConfigListener): string {
  const { address, port = 2121, path, descriptor, implicitTls } = listener;
  return JSON.stringify([
    path ?? descriptor ?? [address ?? null, port],
    implicitTls ?? false,
  ]);
}

async function openOne(
  wanted: ConfigListener,
  server: CliServer,
): Promise<OpenListener> {
  const { address, port = 2121, path, descriptor, implicitTls = false } =
    wanted;
  const on = (where: ListenPlace): Promise<Endpoint> =>
    server.listen(where, { implicitTls });
  if (path !== undefined) {
    return { wanted, endpoint: await on({ path }), name: path };
  }
  const endpoint = descriptor !== undefined
    ? await on({ descriptor })
    : address !== undefined
    ? await on({ hostname: withoutBrackets(address), port })
    : await onAll((hostname) => on({ hostname, port }));
  const isSocketFile = descriptor !== undefined && endpoint.port === 0;
  const name = isSocketFile
    ? `descriptor ${descriptor}`
    : formatEndpoint(endpoint);
  return { wanted, endpoint, name };
}

/** `[::1]`, as URLs write it, means `::1`. */
function withoutBrackets(address: string): string {
  return /^\[(.*)\]$/.exec(address)?.[1] ?? address;
}

/** Without an address: IPv6 and IPv4 together, else IPv4 alone. */
async function onAll(
  on: (hostname: string) => Promise<Endpoint>,
): Promise<Endpoint> {
  try {
    return await on("::");
  } catch (error) {
    if (!(error instanceof TransportError) || !lacksIpv6(error)) throw error;
    return await on("0.0.0.0");
  }
}

/** Systems without IPv6 say so with different errors. */
function lacksIpv6(error: TransportError): boolean {
  return error.code !== "address-in-use" && error.code !== "not-permitted";
}
