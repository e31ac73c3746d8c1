import { expect, test } from "vitest";
import type { FileHandle } from "../../lib/spi/file_system.ts";
import type { Connection, ReceiveFile } from "../../lib/spi/transport.ts";
import { TlsPeer } from "../support/tls_peer.ts";
import { config, outcome, VERSIONS } from "./_tls_fixture.ts";
import {
  accepted,
  codeOf,
  listenLocal,
  readBytes,
  text,
  type TransportFixture,
  turn,
} from "./_transport_fixture.ts";

/** TLS that ends while the connection goes on: RFC 4217, 6. */
export function testTlsStopping(fixture: TransportFixture): void {
  for (const version of VERSIONS) {
    test(`${version}: after close_notify both ways, clear text`, async () => {
      using both = await stoppable(fixture, version);
      const { server, peer } = both;
      await server.write(text("200 CCC\r\n"));
      expect(await peer.do("receive", 9)).toBe("200 CCC\r\n");
      const stopped = server.stopTls?.();
      // Sends close_notify, and waits for ours.
      await peer.do("unwrap");
      await stopped;
      expect(server.tls).toBeNull();
      await peer.do("raw", "NOOP\r\n");
      expect(await readBytes(server, 6)).toEqual(text("NOOP\r\n"));
      await server.write(text("200 ok\r\n"));
      expect(await peer.do("rawReceive", 8)).toBe("200 ok\r\n");
    });

    test(`${version}: clear text in one segment with close_notify`, async () => {
      using both = await stoppable(fixture, version);
      const { server, peer } = both;
      const stopped = server.stopTls?.();
      await peer.do("notifyAndRaw", "PWD\r\n");
      await stopped;
      expect(await readBytes(server, 5)).toEqual(text("PWD\r\n"));
    });

    test(`${version}: the client may wait for our close_notify`, async () => {
      using both = await stoppable(fixture, version);
      const { server, peer } = both;
      const stopped = server.stopTls?.();
      expect(await peer.do("waitForNotify")).toBe("close_notify");
      await peer.do("notify");
      await stopped;
      await peer.do("raw", "NOOP\r\n");
      expect(await readBytes(server, 6)).toEqual(text("NOOP\r\n"));
    });

    test(`${version}: TLS may begin again, with all that it can do`, async () => {
      using both = await stoppable(fixture, version);
      const { server, peer } = both;
      const receive = async (): Promise<void> => {
        await peer.do("send", "ab");
        const bytes = server.receiveFile === undefined
          ? await readBytes(server, 2)
          : await receivedBytes(server.receiveFile);
        expect(bytes).toEqual(text("ab"));
      };
      await receive();
      await Promise.all([server.stopTls?.(), peer.do("unwrap")]);
      const [code] = await Promise.all([
        outcome(server, config()),
        peer.do("handshake"),
      ]);
      expect(code).toBeNull();
      await receive();
    });

    test(`${version}: a client that sends no close_notify`, async () => {
      using both = await stoppable(fixture, version);
      const { server, peer } = both;
      const stopped = server.stopTls?.();
      expect(await peer.do("waitForNotify")).toBe("close_notify");
      // As curl does with --ftp-ssl-ccc-mode passive.
      await peer.do("raw", "NOOP\r\n");
      await stopped;
      expect(await readBytes(server, 6)).toEqual(text("NOOP\r\n"));
    });

    test(`${version}: a client that only closes is no clear client`, async () => {
      using both = await stoppable(fixture, version);
      const { server, peer } = both;
      const stopped = codeOf(server.stopTls?.() ?? Promise.resolve());
      await peer.do("fin");
      expect(await stopped).toBe("truncated");
    });

    test(`${version}: a client that does nothing is closed`, async () => {
      using both = await stoppable(fixture, version);
      const stopped = codeOf(both.server.stopTls?.() ?? Promise.resolve());
      both.server.close();
      expect(await stopped).toBe("closed");
    });

    test(`${version}: a reader that does not read holds the peer up`, async () => {
      using both = await stoppable(fixture, version);
      let isThrough = false;
      const sending = both.peer.do("sendBytes", 50_000_000)
        .then(() => isThrough = true, () => {});
      await turn(500);
      expect(isThrough).toBe(false);
      both.server.close();
      await sending;
    });

    test(`${version}: many bytes pass both ways before`, async () => {
      using both = await stoppable(fixture, version);
      const { server, peer } = both;
      const sent = peer.do("sendBytes", 3_000_000);
      let received = 0;
      while (received < 3_000_000) {
        received += (await server.read())?.length ?? Infinity;
      }
      await sent;
      expect(received).toBe(3_000_000);
      const writing = server.write(new Uint8Array(3_000_000))
        .then(() => server.closeWrite());
      expect(await peer.do("receiveBytes")).toMatchObject({
        length: 3_000_000,
      });
      await writing;
    });
  }
}

/** What one call writes to a file. */
async function receivedBytes(receiveFile: ReceiveFile): Promise<Uint8Array> {
  let bytes = new Uint8Array(0);
  const file: FileHandle = {
    size: 0,
    read: () => Promise.reject(new Error("nobody reads")),
    write: (given) => {
      bytes = given.slice();
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const count = await receiveFile(file, 0);
  expect(count).toBe(bytes.length);
  return bytes;
}

/** A connection with TLS that can be ended. */
async function stoppable(
  fixture: TransportFixture,
  version: string,
): Promise<
  Disposable & { readonly server: Connection; readonly peer: TlsPeer }
> {
  const peer = new TlsPeer();
  await peer.do("context", { version });
  const listener = await listenLocal(fixture.transport, { stoppable: true });
  const [server] = await Promise.all([
    accepted(listener),
    peer.do("connect", listener.local.port),
  ]);
  listener.close();
  const [code] = await Promise.all([
    outcome(server, config()),
    peer.do("handshake"),
  ]);
  expect(code).toBeNull();
  return {
    server,
    peer,
    [Symbol.dispose]() {
      server.close();
      peer[Symbol.dispose]();
    },
  };
}
