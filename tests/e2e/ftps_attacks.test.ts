// What attackers do to FTP over TLS, with real sockets and a real OpenSSL.

import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TlsOptions } from "../../lib/mod.ts";
import { sampleBytes, TemporaryFolder, until } from "../support/files.ts";
import { FtpsClient, received } from "../support/ftps_client.ts";
import { descriptorCount } from "../support/process_stats.ts";
import { recorded, type Recording } from "../support/recorder.ts";
import {
  startServer,
  type TestServer,
  type TestServerOptions,
} from "../support/server.ts";
import { OTHER, SERVER } from "../support/tls_certificates.ts";

const VERSIONS = ["1.2", "1.3"] as const;

const MUST_RESUME =
  "522 TLS session of the control connection must be resumed.";

let folder: TemporaryFolder;
let content: Buffer;

beforeAll(() => {
  folder = new TemporaryFolder("anyftpd-attacks");
  content = sampleBytes(3_000_000);
  writeFileSync(folder.at("a.bin"), content);
});

afterAll(() => folder.remove());

async function withServer(
  tls: Partial<TlsOptions>,
  body: (server: TestServer) => Promise<void>,
  options: Partial<TestServerOptions> = {},
): Promise<void> {
  const server = await startServer({
    directory: folder.path,
    tls: { config: SERVER, ...tls } as NonNullable<TestServerOptions["tls"]>,
    implicitTls: true,
    ...options,
  });
  try {
    await body(server);
  } finally {
    await server.close();
  }
}

test(
  "D2: commands behind AUTH TLS in clear are never executed",
  () =>
    withServer({}, async ({ port }) => {
      using client = new FtpsClient(port);
      await client.expect(null, 220);
      client.write("AUTH TLS\r\nUSER injected\r\n");
      expect(await client.reply()).toBeNull();
    }),
  30_000,
);

test(
  "nobody logs in without TLS where it is required",
  () =>
    withServer({ control: "required", data: "required" }, async ({ port }) => {
      using client = new FtpsClient(port);
      await client.expect(null, 220);
      await client.expect("USER user", 550);
      await client.expect("PBSZ 0", 503);
      expect((await client.expect("FEAT", 211)).raw).toContain("AUTH TLS");
    }),
  30_000,
);

test(
  "D3: PROT C after PASV opens nothing",
  () =>
    withServer({ data: "required" }, async ({ port }) => {
      using client = await FtpsClient.login(port);
      const data = await client.passive();
      const { raw } = await client.expect("PROT C", 534);
      expect(raw).toBe("534 SSL/TLS required on the data channel.");
      await client.expect("RETR a.bin", 125, 150);
      const secure = await client.protect(data);
      const result = await received(secure);
      expect(result.content.equals(content)).toBe(true);
      await client.expect(null, 226);
    }),
  30_000,
);

describe.each(VERSIONS)("TLS %s, bound", (version) => {
  test(
    "a stranger on the data port is refused, the client is not",
    () =>
      withServer({ resumption: "required" }, async ({ port }) => {
        using client = await FtpsClient.login(port, { version });
        // Another session of a valid client, with the same certificate.
        using stranger = await FtpsClient.login(port, { version });
        await stranger.expect("NOOP", 200);
        expect(stranger.session).toBeDefined();
        for (const session of [null, stranger.session]) {
          const theirs = await client.retrieve("RETR a.bin", session);
          expect(theirs.content).toHaveLength(0);
          expect(theirs.reply?.raw).toBe(MUST_RESUME);
        }
        for (let turn = 0; turn < 50; turn++) {
          const ours = await client.retrieve("RETR a.bin");
          expect(ours.reply?.code).toBe(226);
          expect(ours.content.equals(content)).toBe(true);
        }
      }),
    60_000,
  );
});

describe.each(VERSIONS)("TLS %s", (version) => {
  test(
    "an upload that is cut is not complete, one that ends is",
    () =>
      withServer({}, async (server) => {
        using client = await FtpsClient.login(server.port, { version });
        for (const end of ["cut", "reset", "whole"] as const) {
          const raw = await client.passive();
          await client.expect(`STOR ${end}.bin`, 125, 150);
          const secure = await client.protect(raw);
          await new Promise((resolve) =>
            secure.write(content.subarray(0, 200_000), resolve)
          );
          if (end === "whole") secure.end();
          // FIN below TLS, as whoever can forge packets may send it.
          else if (end === "cut") raw.end();
          else raw.resetAndDestroy();
          await client.expect(null, end === "whole" ? 226 : 426);
        }
        const events = await server.events();
        expect(events.map(({ type }) => type)).toEqual([
          "incomplete-received",
          "incomplete-received",
          "received",
        ]);
      }),
    30_000,
  );

  test(
    "downloads end with close_notify",
    () =>
      withServer({}, async ({ port }) => {
        using client = await FtpsClient.login(port, { version });
        const { end, content: all } = await client.retrieve("RETR a.bin");
        expect(end).toBe("end");
        expect(all.equals(content)).toBe(true);
      }),
    30_000,
  );
});

test(
  "handshakes that stall or talk nonsense cost only their connection",
  () =>
    withServer({ handshakeTimeoutMs: 1_000 }, async (server) => {
      using client = await FtpsClient.login(server.port);
      const before = descriptorCount(server.pid);
      for (const attack of ["", "\x16\x03\x01", "GET / HTTP/1.1\r\n\r\n"]) {
        // On the control connection, implicit and explicit.
        const control = connect(server.implicitPort, "127.0.0.1");
        control.on("error", () => {});
        control.write(attack);
        using explicit = new FtpsClient(server.port);
        await explicit.expect(null, 220);
        await explicit.expect("AUTH TLS", 234);
        explicit.write(attack);
        // On the data connection.
        const data = await client.passive();
        await client.expect("RETR a.bin", 125, 150);
        data.write(attack);
        const { raw } = await client.expect(null, 522);
        expect(raw).toBe("522 SSL handshake failed.");
        expect(await explicit.reply()).toBeNull();
        data.destroy();
        control.destroy();
      }
      const { content: all } = await client.retrieve("RETR a.bin");
      expect(all.equals(content)).toBe(true);
      await until(
        "connections are closed",
        () => descriptorCount(server.pid) <= before,
      );
    }),
  30_000,
);

test(
  "500 half-open handshakes leave a client alone",
  () =>
    withServer({ handshakeTimeoutMs: 3_000 }, async (server) => {
      using client = await FtpsClient.login(server.port);
      const before = descriptorCount(server.pid);
      const strangers = Array.from({ length: 500 }, (_, number) => {
        const socket = connect(server.implicitPort, "127.0.0.1");
        socket.on("error", () => {});
        // Half of a ClientHello, or nothing at all.
        if (number % 2 === 0) socket.write("\x16\x03\x01\x02\x00\x01\x00");
        return socket;
      });
      await Promise.all(
        strangers.map((socket) =>
          new Promise((resolve) => socket.once("connect", resolve))
        ),
      );
      for (let turn = 0; turn < 10; turn++) {
        const { content: all } = await client.retrieve("RETR a.bin");
        expect(all.equals(content)).toBe(true);
      }
      using another = await FtpsClient.login(server.port);
      await another.expect("PWD", 257);
      await Promise.all(
        strangers.map((socket) =>
          socket.destroyed ||
          new Promise((resolve) => socket.once("close", resolve))
        ),
      );
      await until(
        "connections are closed",
        () => descriptorCount(server.pid) <= before + 2,
      );
    }),
  30_000,
);

test(
  "a rate holds under TLS, and the bytes are encrypted",
  () =>
    withServer({}, async ({ port }) => {
      const recordings: Recording[] = [];
      using client = await FtpsClient.login(port, {
        detour: detourTo(recordings),
      });
      const raw = await client.passive();
      await client.expect("RETR a.bin", 125, 150);
      const begun = performance.now();
      const secure = await client.protect(raw);
      let length = 0;
      await new Promise<void>((resolve) => {
        secure.on("data", (chunk: Buffer) => {
          length += chunk.length;
          if (length > 800_000) resolve();
        });
      });
      const rate = length / ((performance.now() - begun) / 1000);
      expect(rate).toBeLessThan(1_500_000);
      const { bytes = Buffer.alloc(0) } = recordings[0] ?? {};
      expect(bytes.length).toBeGreaterThan(length);
      expect(bytes.includes(content.subarray(0, 64))).toBe(false);
      await client.expect("ABOR", 426);
      await client.expect(null, 226);
    }, { downloadRate: 500_000 }),
  30_000,
);

test(
  "a renewed certificate serves the next client, nobody is interrupted",
  () =>
    withServer({}, async (server) => {
      const shown = async (): Promise<string> => {
        const client = new FtpsClient(server.port);
        await client.expect(null, 220);
        await client.expect("AUTH TLS", 234);
        const secure = await client.secure();
        client[Symbol.dispose]();
        return String(secure.getPeerCertificate().subject?.CN);
      };
      using client = await FtpsClient.login(server.port);
      expect(await shown()).toBe("localhost");
      await server.reloadTls(OTHER);
      expect(await shown()).toBe("other.test");
      const { content: all } = await client.retrieve("RETR a.bin");
      expect(all.equals(content)).toBe(true);
    }),
  30_000,
);

describe.each(VERSIONS)("TLS %s", (version) => {
  /** The last record is an alert: on 1.3 two bytes, hidden in 19. */
  function expectNotify(recording: Recording | undefined): void {
    const record = recording?.lastRecord();
    if (version === "1.2") expect(record?.type).toBe(21);
    else expect(record).toEqual({ type: 23, length: 19 });
  }

  test(
    "a stalled upload ends both connections with close_notify",
    () =>
      withServer({}, async ({ implicitPort }) => {
        const control = await recorded(implicitPort);
        const recordings: Recording[] = [];
        using client = await FtpsClient.implicit(control.port, {
          version,
          detour: detourTo(recordings),
        });
        const raw = await client.passive();
        await client.expect("STOR stalled.bin", 125, 150);
        const data = received(await client.protect(raw));
        await client.expect(null, 421);
        await data;
        await client.closed;
        expectNotify(recordings[0]);
        expectNotify(control.recording);
      }, { dataTimeoutMs: 400 }),
    30_000,
  );

  test(
    "an idle session ends with close_notify",
    () =>
      withServer({}, async ({ implicitPort }) => {
        const { port, recording } = await recorded(implicitPort);
        using client = await FtpsClient.implicit(port, { version });
        await client.expect(null, 421);
        await client.closed;
        expectNotify(recording);
      }, { idleTimeoutMs: 400 }),
    30_000,
  );
});

/** Leads data connections through recorders. */
function detourTo(
  recordings: Recording[],
): (passive: number) => Promise<number> {
  return async (passive) => {
    const { port, recording } = await recorded(passive);
    recordings.push(recording);
    return port;
  };
}
