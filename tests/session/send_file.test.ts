// How the core uses a transport that can send files by itself.

import { expect, test } from "vitest";
import {
  type Connection,
  type FileHandle,
  type ServerOptions,
  settle,
  TransportError,
} from "../../adapters/memory.ts";
import { dialogue, drained, fetched, nextReply } from "./_dialogue.ts";
import { movingServer, type MovingStage } from "./_moving.ts";

type SendFile = NonNullable<Connection["sendFile"]>;

/** Copies a part of a file, as the kernel would. */
async function copy(
  connection: Connection,
  file: FileHandle,
  offset: number,
  length: number,
): Promise<number> {
  const bytes = new Uint8Array(length);
  const count = await file.read(bytes, offset);
  await connection.write(bytes.subarray(0, count));
  return count;
}

/** A server whose connections have this `sendFile`. */
function served(
  sendFile: (
    connection: Connection,
    ...rest: Parameters<SendFile>
  ) => Promise<number>,
  options: Partial<ServerOptions> = {},
): Promise<MovingStage> {
  const members = (connection: Connection) => ({
    sendFile: (...rest: Parameters<SendFile>) => sendFile(connection, ...rest),
  });
  return movingServer(members, options);
}

const TEN = "0123456789";

/** Copies four bytes a few times, then fails. */
function failingAfter(calls: number, error: Error): typeof copy {
  let left = calls;
  return (connection, file, offset) =>
    left-- > 0 ? copy(connection, file, offset, 4) : Promise.reject(error);
}

test("a binary download of a file with a descriptor is left to it", async () => {
  const calls: string[] = [];
  await using stage = await served((connection, file, offset, length) => {
    calls.push(`${file.fd} ${offset}`);
    return copy(connection, file, offset, Math.min(4, length));
  });
  const { client, files } = stage;
  files.writeFile("/a", TEN);
  expect(await fetched(client, "RETR a")).toBe(TEN);
  // The end is known by then.
  expect(calls.splice(0)).toEqual(["7 0", "7 4", "7 8"]);
  await client.command("REST 7");
  expect(await fetched(client, "RETR a")).toBe("789");
  expect(calls.splice(0)).toEqual(["7 7"]);
});

test("everything else is not", async () => {
  await using stage = await served(() =>
    Promise.reject(new Error("Cannot happen"))
  );
  const { client, files } = stage;
  files.writeFile("/plain", TEN);
  expect(await fetched(client, "RETR plain")).toBe(TEN);
  expect(await fetched(client, "NLST")).toBe("plain\r\n");
  expect(await client.upload("STOR b", TEN)).toMatch(/^226 /);
  await client.command("TYPE A");
  expect(await fetched(client, "RETR b")).toBe(TEN);
});

test("a transport that cannot, after all, is not asked again", async () => {
  let calls = 0;
  await using stage = await served(() => {
    calls++;
    return Promise.reject(
      new TransportError("unsupported", "Cannot send a file: not a socket"),
    );
  });
  const { client, files } = stage;
  files.writeFile("/a", TEN);
  await client.command("REST 3");
  expect(await fetched(client, "RETR a")).toBe("3456789");
  expect(calls).toBe(1);
});

test("a connection that breaks is a 426", async () => {
  await using stage = await served(
    failingAfter(1, new TransportError("reset", "Cannot go on")),
  );
  const { client, files } = stage;
  files.writeFile("/a", TEN);
  const { reply } = await client.download("RETR a");
  expect(reply).toBe("426 Transfer aborted; 4 bytes transmitted.");
});

test("what a transport gives up is copied from there on", async () => {
  const records: string[] = [];
  for (const calls of [0, 1, 2]) {
    await using stage = await served(
      failingAfter(calls, new TransportError("unsupported", "Cannot go on")),
      { log: ({ level, message }) => records.push(`${level} ${message}`) },
    );
    const { client, files } = stage;
    files.writeFile("/a", TEN);
    expect(await fetched(client, "RETR a")).toBe(TEN);
    const told = records.splice(0).filter((line) => line.includes("go on"));
    expect(told).toEqual(["warn Cannot go on; copying /a"]);
  }
});

test("without the option, files are copied", async () => {
  await using stage = await served(
    () => Promise.reject(new Error("Cannot happen")),
    { sendfile: false },
  );
  const { client, files } = stage;
  files.writeFile("/a", TEN);
  expect(await fetched(client, "RETR a")).toBe(TEN);
});

test("a throttle sets the slices, and gets back what was not needed", async () => {
  const lengths: number[] = [];
  await using stage = await served((connection, file, offset, length) => {
    lengths.push(length);
    return copy(connection, file, offset, length);
  }, { downloadRate: 1000 });
  const { client, files, clock } = stage;
  files.writeFile("/a", "x".repeat(1000));
  const data = await client.passive();
  await dialogue(client, [["RETR a", /^1/]]);
  const received = drained(data);
  await clock.advance(2_000);
  expect((await received).length).toBe(1000);
  expect(await nextReply(client)).toMatch(/^226 /);
  // A full bucket is a quarter of a second's worth.
  for (const length of lengths) expect(length).toBeLessThanOrEqual(250);
});

test("ABOR breaks off what the transport sends", async () => {
  await using stage = await served((connection, file, offset) =>
    copy(connection, file, offset, 1000)
  );
  const { client, files, transport } = stage;
  transport.window = 100;
  files.writeFile("/a", "x".repeat(5000));
  const data = await client.passive();
  await dialogue(client, [
    ["RETR a", /^1/],
    [
      "ABOR",
      "426 Transfer aborted via ABOR.",
      "226 ABOR command successful.",
    ],
  ]);
  data.close();
  await settle();
});
