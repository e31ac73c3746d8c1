import { ConfigError, messageOf, TransportError } from "../base/errors.ts";
import { formatEndpoint } from "../protocol/address.ts";
import type { ListenPlace } from "../server/listen_address.ts";
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
 * Opens the listeners that are wanted and closes those that are not any more.
 * One that stays the same stays open.
 *
 * @param open those that there are; changed in place
 * @param when at the start, one that cannot be opened is an error; later that
 * is logged, and the others serve
 * @throws {TransportError}
 */
export async function openListeners(
  wanted: readonly ConfigListener[],
  open: OpenListener[],
  server: CliServer,
  logger: Logger,
  when: "start" | "reload",
): Promise<void> {
  const isStart = when === "start";
  const keep = new Set(wanted.map(keyOf));
  for (const listener of open.splice(0)) {
    if (keep.has(keyOf(listener.wanted))) {
      open.push(listener);
    } else {
      server.stopListening(listener.endpoint);
      logger.log("info", `not listening on ${listener.name} any more`);
    }
  }
  const there = new Set(open.map(({ wanted }) => keyOf(wanted)));
  for (const listener of wanted) {
    if (there.has(keyOf(listener))) continue;
    there.add(keyOf(listener));
    try {
      const opened = await openOne(listener, server);
      open.push(opened);
      if (!isStart) logger.log("info", `listening on ${opened.name} too`);
    } catch (error) {
      if (isStart || !isExpected(error)) throw error;
      logger.log("error", messageOf(error));
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
