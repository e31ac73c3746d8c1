import { expect, test } from "vitest";
import type { RuntimeGap } from "../../adapters/_runtime_gaps.ts";
import { concatBytes } from "../../lib/base/bytes.ts";
import { TransportError } from "../../lib/base/errors.ts";
import type {
  Connection,
  Endpoint,
  Listener,
  ListenOptions,
  Transport,
} from "../../lib/spi/transport.ts";

/** A peer that can do what a {@link Connection} cannot: break off. */
export interface RawPeer {
  write(bytes: Uint8Array): void;
  /** Sends RST. */
  reset(): void;
}

/** What a transport brings to its contract. */
export interface TransportFixture {
  readonly transport: Transport;
  /** Connects to `to` from outside; resolves once connected. */
  dial(to: Endpoint): Promise<RawPeer>;
  /** Sockets that are open in this program, where they can be counted. */
  handles?(): number;
  /**
   * Whether the transport itself keeps what waits to be accepted, and closes
   * what exceeds the backlog; otherwise the system does in its own way.
   */
  readonly queues: boolean;
  /** What this transport is known not to do on this runtime. */
  readonly gaps?: readonly RuntimeGap[];
}

/** A test that must fail while the gap is there, so that its end is seen. */
export function testBut(
  fixture: TransportFixture,
  gap: RuntimeGap,
): typeof test | typeof test.fails {
  const missing = gap.here && (fixture.gaps ?? []).includes(gap);
  return missing ? test.fails : test;
}

/** Two ends of one connection. */
export interface Pair extends Disposable {
  readonly client: Connection;
  readonly server: Connection;
}

export const MIB = 1024 * 1024;
export const LOCAL = "127.0.0.1";

/** A listener on a free port of 127.0.0.1. */
export function listenLocal(
  transport: Transport,
  options: Partial<ListenOptions> = {},
): Promise<Listener> {
  return transport.listen({ hostname: LOCAL, port: 0, ...options });
}

/** Both ends of a new connection; the listener is closed already. */
export async function makePair(
  transport: Transport,
  options: Partial<ListenOptions> = {},
): Promise<Pair> {
  const listener = await listenLocal(transport, options);
  const [client, server] = await Promise.all([
    transport.connect(listener.local),
    accepted(listener),
  ]);
  listener.close();
  return paired(client, server);
}

/** The two ends, which a `using` closes. */
export function paired(client: Connection, server: Connection): Pair {
  return {
    client,
    server,
    [Symbol.dispose]() {
      client.close();
      server.close();
    },
  };
}

/** A connection that a raw peer made, and the peer. */
export async function acceptRaw(
  fixture: TransportFixture,
  options: Partial<ListenOptions> = {},
): Promise<{ readonly server: Connection; readonly peer: RawPeer }> {
  const listener = await listenLocal(fixture.transport, options);
  const [peer, server] = await Promise.all([
    fixture.dial(listener.local),
    accepted(listener),
  ]);
  listener.close();
  return { server, peer };
}

/** The next connection, which must be there. */
export async function accepted(listener: Listener): Promise<Connection> {
  const connection = await listener.accept();
  if (connection === null) throw new Error("the listener is closed");
  return connection;
}

/** Everything up to the end, copied. */
export async function readAll(connection: Connection): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await connection.read();
    if (chunk === null) return concatBytes(chunks);
    chunks.push(new Uint8Array(chunk));
  }
}

/** Exactly `length` bytes, copied; the end before that is an error. */
export async function readBytes(
  connection: Connection,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const chunk = await connection.read();
    if (chunk === null) throw new Error(`ended after ${at} bytes`);
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** The byte at a place of the pattern; no power of two repeats it. */
export function patternAt(at: number): number {
  return (at % 65_521) * 31 + (at >> 16) & 0xff;
}

/** `length` bytes in which any shift, loss or doubling shows. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = patternAt(at);
  return bytes;
}

/** Reads to the end, checks the pattern, answers the number of bytes. */
export async function readPattern(
  connection: Connection,
  pause: () => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  let at = 0;
  for (;;) {
    const chunk = await connection.read();
    if (chunk === null) return at;
    for (let index = 0; index < chunk.length; index++) {
      if (chunk[index] !== patternAt(at + index)) {
        throw new Error(`wrong byte at ${at + index}`);
      }
    }
    at += chunk.length;
    await pause();
  }
}

/** The code that the promise rejects with; fails when it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    expect(error).toBeInstanceOf(TransportError);
    return (error as TransportError).code;
  }
  throw new Error("the promise was fulfilled");
}

/** `null` at the end or the code of the failure, after whatever comes. */
export async function endOf(connection: Connection): Promise<string | null> {
  try {
    await readAll(connection);
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(TransportError);
    return (error as TransportError).code;
  }
}

/** Waits until `value` has been the same for a while; answers it. */
export async function settled(value: () => number): Promise<number> {
  let last = value();
  for (let same = 0; same < 5;) {
    await turn(15);
    const next = value();
    same = next === last ? same + 1 : 0;
    last = next;
  }
  return last;
}

/** Lets the system do its work. */
export function turn(milliseconds = 0): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** ASCII. */
export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
