import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { Connection } from "../../lib/spi/transport.ts";
import { secured } from "./_tls_fixture.ts";
import {
  codeOf,
  MIB,
  pattern,
  type TransportFixture,
  turn,
} from "./_transport_fixture.ts";

const LARGE = 50 * MIB;

/** Bytes arrive as they were sent, and no faster than they are taken. */
export function testTlsStreams(fixture: TransportFixture): void {
  test.each([16_384, 262_144, MIB, LARGE])(
    "50 MiB go out in writes of %i bytes",
    async (size) => {
      using secure = await secured(fixture);
      const data = pattern(LARGE);
      const send = async () => {
        for (let at = 0; at < LARGE; at += size) {
          await secure.server.write(data.subarray(at, at + size));
        }
        await secure.server.closeWrite();
      };
      const [received] = await Promise.all([
        secure.peer.do("receiveBytes"),
        send(),
      ]);
      const sha256 = createHash("sha256").update(data).digest("hex");
      expect(received).toEqual({ length: LARGE, sha256 });
    },
  );

  test("50 MiB come in", async () => {
    using secure = await secured(fixture);
    const send = async () => {
      const sha256 = await secure.peer.do("sendBytes", LARGE);
      await secure.peer.do("notify");
      return sha256;
    };
    const [received, sha256] = await Promise.all([
      receive(secure.server),
      send(),
    ]);
    expect(received).toEqual({ length: LARGE, sha256 });
  });

  test("5 MiB come in slowly", async () => {
    using secure = await secured(fixture);
    const send = async () => {
      const sha256 = await secure.peer.do("sendBytes", 5 * MIB);
      await secure.peer.do("notify");
      return sha256;
    };
    const [received, sha256] = await Promise.all([
      receive(secure.server, 2),
      send(),
    ]);
    expect(received).toEqual({ length: 5 * MIB, sha256 });
  });

  test("a peer that does not read holds writes up", async () => {
    using secure = await secured(fixture);
    let written = 0;
    const writing = codeOf((async () => {
      for (;;) {
        await secure.server.write(new Uint8Array(MIB));
        written++;
      }
    })());
    // Until it stands still, which takes a busy machine a while.
    for (let before = -1; written !== before && written < 20;) {
      before = written;
      await turn(150);
    }
    expect(written).toBeLessThan(20);
    secure.server.close();
    expect(await writing).toBe("closed");
  });

  test("a reader that does not read holds the peer up", async () => {
    using secure = await secured(fixture);
    let isThrough = false;
    const sending = secure.peer.do("sendBytes", LARGE)
      .then(() => isThrough = true, () => {});
    await turn(700);
    expect(isThrough).toBe(false);
    expect(await receiveSome(secure.server, LARGE)).toBe(LARGE);
    await sending;
  });

  test("close() rejects what waits", async () => {
    using secure = await secured(fixture);
    const reading = codeOf(secure.server.read());
    await turn(5);
    secure.server.close();
    secure.server.close();
    expect(await reading).toBe("closed");
    expect(await codeOf(secure.server.read())).toBe("closed");
    expect(await codeOf(secure.server.write(new Uint8Array(1)))).toBe("closed");
    expect(await codeOf(secure.server.closeWrite())).toBe("closed");
  });
}

async function receive(
  connection: Connection,
  pauseMs = 0,
): Promise<{ readonly length: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  let length = 0;
  for (;;) {
    const chunk = await connection.read();
    if (chunk === null) return { length, sha256: hash.digest("hex") };
    hash.update(chunk);
    length += chunk.length;
    if (pauseMs > 0) await turn(pauseMs);
  }
}

async function receiveSome(
  connection: Connection,
  length: number,
): Promise<number> {
  let received = 0;
  while (received < length) received += (await connection.read())?.length ?? 0;
  return received;
}
