import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  test,
} from "vitest";
import { DATA_MODES } from "../support/data_channel.ts";
import { sampleBytes, sha256, until, within } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";
import { HostileFixture } from "../support/hostile_fixture.ts";
import { serverKind, type TestServer } from "../support/server.ts";

/**
 * pyftpdlib mixes transfers (row 1.12.10) and loses the tail of a download
 * when the client sends something meanwhile.
 */
const upstream = serverKind() === "pyftpdlib";

describe("Hostile moments in transfers", () => {
  let hostile: HostileFixture;
  let server: TestServer;

  beforeAll(async () => {
    hostile = await HostileFixture.start();
    server = hostile.server;
  });

  beforeEach(() => hostile.mark());

  afterAll(() => hostile?.close());

  test.skipIf(upstream)(
    "garbage from a client that downloads harms neither side",
    async () => {
      const client = await FtpClient.login(server);
      for (const mode of DATA_MODES) {
        const data = await client.openData(mode);
        await client.expect("RETR big", 125, 150);
        // Not awaited: nobody may ever take these.
        for (let count = 0; count < 20; count++) {
          data.write(sampleBytes(1000)).catch(() => undefined);
        }
        expect(sha256(await within("the file", data.readAll(), 10_000)))
          .toBe(hostile.bigHash);
        await client.expect(null, 226);
      }
      await client.quit();
      await hostile.leftNothing();
    },
  );

  test("a slow reader gets everything, and NOOP and STAT meanwhile", async () => {
    const client = await FtpClient.login(server);
    const data = await client.openData();
    await client.expect("RETR big", 125, 150);
    await until("bytes", () => data.received > 0);
    await data.pause();
    await within("NOOP", client.expect("NOOP", 200));
    const status = await within("STAT", client.expect("STAT", 211));
    expect(status.raw).toMatch(/Total bytes sent: [1-9]/);
    await data.resume();
    expect(await data.readHash()).toBe(hostile.bigHash);
    await client.expect(null, 226);
    await client.quit();
  });

  test("ABOR in a transfer: 426, then 226; the next transfer is whole", async () => {
    for (const line of ["RETR big", "STOR aborted"]) {
      const before = await hostile.ended();
      const client = await FtpClient.login(server);
      const data = await client.openData();
      await client.expect(line, 125, 150);
      if (line === "RETR big") {
        await until("bytes", () => data.received > 0);
        await data.pause();
      } else {
        await data.write(Buffer.from("some"));
        await until("bytes", async () => {
          const status = await client.expect("STAT", 211);
          return status.raw.includes("received: 4");
        });
      }
      const aborted = await within("426", client.expect("ABOR", 426));
      expect(aborted.raw).toBe("426 Transfer aborted via ABOR.");
      await within("226", client.expect(null, 226));
      expect(await hostile.endOf(before)).toMatch(/^incomplete-/);
      data.destroy();
      expect(await client.retrieveHash("RETR big")).toBe(hostile.bigHash);
      await client.quit();
    }
    await hostile.leftNothing();
  });

  test.skipIf(upstream)(
    "a second transfer in a transfer is refused or waits, and the first is whole",
    async () => {
      for (const second of ["RETR big", "LIST", "STOR second", "NLST"]) {
        const client = await FtpClient.login(server);
        const data = await client.openData();
        await client.expect("RETR big", 125, 150);
        await until("bytes", () => data.received > 0);
        await data.pause();
        await client.send(second);
        await client.expect("NOOP", 200, 425, 450, 503);
        await data.resume();
        expect(await within("the file", data.readHash())).toBe(hostile.bigHash);
        await until("its end", () => client.unread.length > 0);
        client.destroy();
      }
      await hostile.leftNothing();
    },
  );

  test("QUIT in a transfer lets it finish", async () => {
    const client = await FtpClient.login(server);
    const data = await client.openData();
    await client.expect("RETR big", 125, 150);
    await until("bytes", () => data.received > 0);
    await client.expect("QUIT", 221);
    expect(await within("the file", data.readHash())).toBe(hostile.bigHash);
    await within("226", client.expect(null, 226));
    await within("the end", client.closed);
    await hostile.leftNothing();
  });
});
