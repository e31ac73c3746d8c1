import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  test,
} from "vitest";
import { connect } from "node:net";
import { DATA_MODES, type DataMode } from "../support/data_channel.ts";
import { until, within } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";
import { HostileFixture } from "../support/hostile_fixture.ts";
import { passivePort } from "../support/reply_error.ts";
import { serverKind, type TestServer } from "../support/server.ts";

/**
 * Besides 426: a connection that is broken before the server has accepted it
 * is none, on some runtimes, and the wait for one runs out.
 */
const NEVER_COMPLETE = [426, 425, 421];
const PASSIVE_MODES: readonly DataMode[] = ["PASV", "EPSV"];
/**
 * pyftpdlib takes a reset for the end of an upload (row 1.12.5) and goes
 * silent after an early one (1.5.17).
 */
const upstream = serverKind() === "pyftpdlib";

describe("Hostile data connections", () => {
  let hostile: HostileFixture;
  let server: TestServer;

  beforeAll(async () => {
    hostile = await HostileFixture.start();
    server = hostile.server;
  });

  beforeEach(() => hostile.mark());

  afterAll(() => hostile?.close());

  describe.each(DATA_MODES)("%s", (mode) => {
    test("a download that the client resets is never complete", async () => {
      const before = await hostile.ended();
      const client = await FtpClient.login(server);
      const data = await client.openData(mode);
      await client.expect("RETR big", 125, 150);
      await until("bytes", () => data.received > 0);
      await data.reset();
      const end = await within("a final reply", client.expect(null, 426));
      expect(end.raw).not.toMatch(/None|undefined|null/);
      expect(await hostile.endOf(before)).toBe("incomplete-sent");
      expect(await client.retrieveHash("RETR big", mode)).toBe(hostile.bigHash);
      await client.quit();
      await hostile.leftNothing();
    });

    test("a download that the client closes is never complete", async () => {
      const before = await hostile.ended();
      const client = await FtpClient.login(server);
      const data = await client.openData(mode);
      await client.expect("RETR big", 125, 150);
      await until("bytes", () => data.received > 0);
      data.destroy();
      await within("a final reply", client.expect(null, 426));
      expect(await hostile.endOf(before)).toBe("incomplete-sent");
      await client.quit();
      await hostile.leftNothing();
    });

    test.skipIf(upstream).each([0, 1, 100_000, 5_000_000])(
      "an upload that the client resets after %i bytes is never complete",
      async (length) => {
        const before = await hostile.ended();
        const client = await FtpClient.login(server);
        const data = await client.openData(mode);
        await client.expect("STOR cut", 125, 150);
        if (length > 0) await data.write(hostile.big.subarray(0, length));
        await data.reset();
        const end = await within(
          "a final reply",
          client.expect(null, ...NEVER_COMPLETE),
        );
        if (end.code === 426) {
          expect(await hostile.endOf(before)).toBe("incomplete-received");
        }
        const events = (await server.events()).slice(before);
        expect(events.map(({ type }) => type)).not.toContain("received");
        await client.expect("DELE cut", 250);
        await client.quit();
        await hostile.leftNothing();
      },
    );

    test("a client that is gone in a transfer leaves nothing behind", async () => {
      for (const line of ["RETR big", "STOR gone", "APPE gone", "STOU gone"]) {
        const before = await hostile.ended();
        const client = await FtpClient.login(server);
        const data = await client.openData(mode);
        await client.expect(line, 125, 150);
        if (line === "RETR big") {
          await until("bytes", () => data.received > 0);
          await data.pause();
        } else await data.write(Buffer.from("some"));
        client.reset();
        expect(await hostile.endOf(before)).toMatch(/^incomplete-/);
        await data.reset();
        await hostile.leftNothing();
      }
    });
  });

  describe.each(PASSIVE_MODES)("%s", (mode) => {
    test.skipIf(upstream)(
      "a reset before the command is answered by a final reply",
      async () => {
        const client = await FtpClient.login(server);
        const data = await client.openData(mode);
        await data.reset();
        const reply = await client.cmd("NLST");
        if (reply.code < 200) {
          await within(
            "a final reply",
            client.expect(null, 226, ...NEVER_COMPLETE),
          );
        } else expect([425, 426]).toContain(reply.code);
        expect(await client.list("NLST", mode)).toContain("big");
        await client.quit();
        await hostile.leftNothing();
      },
    );

    test("a port that nobody comes to goes away with the session", async () => {
      const listening = hostile.listening;
      const client = await FtpClient.login(server);
      await client.expect(mode, 227, 229);
      expect(hostile.listening).toBe(listening + 1);
      client.reset();
      await hostile.leftNothing();
    });

    test("a hundred ports in a row are one port at a time", async () => {
      const listening = hostile.listening;
      const client = await FtpClient.login(server);
      for (let count = 0; count < 100; count++) {
        await client.expect(mode, 227, 229);
      }
      await until(
        "one passive port",
        () => hostile.listening === listening + 1,
      );
      await client.quit();
      await hostile.leftNothing();
    });

    test("a stranger's address is turned away and the client still served", async () => {
      const client = await FtpClient.login(server);
      const reply = await client.expect(mode, 227, 229);
      const stranger = connect({
        host: server.hostname,
        port: passivePort(reply),
        localAddress: "127.0.0.2",
      });
      stranger.on("error", () => undefined);
      const refused = await within("425", client.expect(null, 425));
      expect(refused.raw).toMatch(/foreign address 127\.0\.0\.2:\d+\.$/);
      stranger.destroy();
      const ours = connect({
        host: server.hostname,
        port: passivePort(reply),
      });
      const pieces: Buffer[] = [];
      ours.on("data", (piece: Buffer) => pieces.push(piece));
      await client.expect("NLST", 125, 150);
      await client.expect(null, 226);
      await until(
        "the listing",
        () => Buffer.concat(pieces).toString().includes("big\r\n"),
      );
      await client.quit();
      await hostile.leftNothing();
    });
  });
});
