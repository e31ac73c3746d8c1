import { expect } from "vitest";
import { TransportError } from "../../lib/base/errors.ts";
import type {
  Connection,
  StartTlsOptions,
  TlsConfig,
} from "../../lib/spi/transport.ts";
import { SERVER } from "../support/tls_certificates.ts";
import {
  type PeerOptions,
  type PeerSession,
  TlsPeer,
} from "../support/tls_peer.ts";
import {
  accepted,
  listenLocal,
  type TransportFixture,
} from "./_transport_fixture.ts";

/** Both versions that there are. */
export const VERSIONS = ["1.2", "1.3"] as const;

/** How a connection came about; we are the server of TLS on both. */
export const WAYS = ["accepted", "dialled"] as const;

/** Our end of a connection, clear yet, and a strict peer. */
export interface Upgrade extends Disposable {
  readonly server: Connection;
  readonly peer: TlsPeer;
}

/** Both ends after the handshake. */
export interface Secured extends Upgrade {
  readonly session: PeerSession;
}

/** A context of its own. */
export function config(options: Partial<TlsConfig> = {}): TlsConfig {
  return { ...SERVER, ...options };
}

/** A connection to a peer that has said nothing yet. */
export async function connected(
  fixture: TransportFixture,
  options: PeerOptions = {},
  way: (typeof WAYS)[number] = "accepted",
): Promise<Upgrade> {
  const peer = new TlsPeer();
  await peer.do("context", options);
  const server = way === "accepted"
    ? await acceptFrom(fixture, peer)
    : await dial(fixture, peer);
  return {
    server,
    peer,
    [Symbol.dispose]() {
      server.close();
      peer[Symbol.dispose]();
    },
  };
}

/** The next connection of `peer`, accepted by us. */
export async function acceptFrom(
  fixture: TransportFixture,
  peer: TlsPeer,
): Promise<Connection> {
  const listener = await listenLocal(fixture.transport, { upgradable: true });
  const [server] = await Promise.all([
    accepted(listener),
    peer.do("connect", listener.local.port),
  ]);
  listener.close();
  return server;
}

async function dial(
  fixture: TransportFixture,
  peer: TlsPeer,
): Promise<Connection> {
  const port = await peer.do<number>("listen");
  const [server] = await Promise.all([
    fixture.transport.connect({
      hostname: "127.0.0.1",
      port,
      upgradable: true,
    }),
    peer.do("accept"),
  ]);
  return server;
}

/** Our half of a handshake: `null`, or the code of the failure. */
export async function outcome(
  server: Connection,
  tls: TlsConfig,
  options: StartTlsOptions = {},
): Promise<string | null> {
  try {
    await startTls(server, tls, options);
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(TransportError);
    return (error as TransportError).code;
  }
}

/** `startTls`, which must be there. */
export function startTls(
  server: Connection,
  tls: TlsConfig,
  options: StartTlsOptions = {},
): Promise<void> {
  if (server.startTls === undefined) throw new Error("no startTls");
  return server.startTls(tls, options);
}

/** Both halves of a handshake: our outcome, and what the peer says. */
export async function shake(
  upgrade: Upgrade,
  tls: TlsConfig,
  options: { readonly serverName?: string; readonly resume?: boolean } = {},
): Promise<readonly [string | null, PeerSession | string]> {
  return await Promise.all([
    outcome(upgrade.server, tls),
    upgrade.peer.do<PeerSession | string>("handshake", options),
  ]);
}

/** A connection with TLS. */
export async function secured(
  fixture: TransportFixture,
  tls: TlsConfig = config(),
  options: PeerOptions = {},
  way: (typeof WAYS)[number] = "accepted",
): Promise<Secured> {
  const upgrade = await connected(fixture, options, way);
  const [code, session] = await shake(upgrade, tls);
  expect(code).toBeNull();
  if (typeof session === "string") throw new Error(session);
  return { ...upgrade, session };
}
