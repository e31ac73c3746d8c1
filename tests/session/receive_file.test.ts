// How the core uses a transport that can receive files by itself.

import { expect, test } from "vitest";
import {
  type Connection,
  type FileHandle,
  MemoryAuthorizer,
  type ServerOptions,
  TransportError,
} from "../../adapters/memory.ts";
import { dialogue, nextReply, text, utf8 } from "./_dialogue.ts";
import { movingServer, type MovingStage } from "./_moving.ts";

type ReceiveFile = NonNullable<Connection["receiveFile"]>;

/** More than is copied before the transport is asked. */
const LARGE = "0123456789".repeat(60_000);

/** Copies the next piece, as the kernel would. */
async function copy(
  connection: Connection,
  file: FileHandle,
  offset: number,
): Promise<number> {
  const piece = await connection.read();
  if (piece === null) return 0;
  await file.write(piece, offset);
  return piece.length;
}

/** A server whose connections have this `receiveFile`. */
function served(
  receiveFile: (
    connection: Connection,
    ...rest: Parameters<ReceiveFile>
  ) => Promise<number>,
  options: Partial<ServerOptions> = {},
): Promise<MovingStage> {
  const members = (connection: Connection) => ({
    receiveFile: (...rest: Parameters<ReceiveFile>) =>
      receiveFile(connection, ...rest),
  });
  return movingServer(members, options);
}

const never = () => Promise.reject(new Error("Cannot happen"));

test("a large binary upload is left to it", async () => {
  const offsets: number[] = [];
  await using stage = await served((connection, file, offset) => {
    expect(file.fd).toBe(7);
    offsets.push(offset);
    return copy(connection, file, offset);
  });
  const { client, files } = stage;
  expect(await client.upload("STOR a", LARGE)).toMatch(/^226 /);
  expect(text(files.readFile("/a"))).toBe(LARGE);
  expect(offsets.length).toBeGreaterThan(1);
  expect(offsets[0]).toBeGreaterThanOrEqual(16_384);
  expect(offsets.at(-1)).toBe(LARGE.length);
});

test("so it is from a place on", async () => {
  await using stage = await served(copy);
  const { client, files } = stage;
  files.writeFile("/a", "abcdef");
  await client.command("REST 3");
  expect(await client.upload("STOR a", LARGE)).toMatch(/^226 /);
  expect(text(files.readFile("/a"))).toBe(`abc${LARGE}`);
});

test("everything else is not", async () => {
  await using stage = await served(never);
  const { client, files } = stage;
  expect(await client.upload("STOR small", "x".repeat(16_000)))
    .toMatch(/^226 /);
  expect(await client.upload("STOR plain", LARGE)).toMatch(/^226 /);
  await client.command("TYPE A");
  expect(await client.upload("STOR ascii", LARGE)).toMatch(/^226 /);
  expect(text(files.readFile("/ascii"))).toBe(LARGE);
  await using other = await served(never, { sendfile: false });
  expect(await other.client.upload("STOR a", LARGE)).toMatch(/^226 /);
  await using slow = await served(never, { uploadRate: 1e9 });
  expect(await slow.client.upload("STOR a", LARGE)).toMatch(/^226 /);
});

test("what a transport gives up is copied from there on", async () => {
  const records: string[] = [];
  for (const calls of [0, 1, 2]) {
    let left = calls;
    await using stage = await served(
      (connection, file, offset) =>
        left-- > 0 ? copy(connection, file, offset) : Promise.reject(
          new TransportError("unsupported", "Cannot go on"),
        ),
      { log: ({ level, message }) => records.push(`${level} ${message}`) },
    );
    const { client, files } = stage;
    expect(await client.upload("STOR a", LARGE)).toMatch(/^226 /);
    expect(text(files.readFile("/a"))).toBe(LARGE);
    const told = records.splice(0).filter((line) => line.includes("go on"));
    expect(told).toEqual(["warn Cannot go on; copying to /a"]);
  }
});

test("a connection that breaks leaves no complete upload", async () => {
  await using stage = await served(() =>
    Promise.reject(new TransportError("reset", "Cannot go on"))
  );
  const { client } = stage;
  const data = await client.passive();
  await dialogue(client, [["STOR a", /^1/]]);
  await data.write(utf8(LARGE)).catch(() => {});
  expect(await nextReply(client)).toMatch(/^426 /);
});

test("a rate that comes during the upload slows it down", async () => {
  let pieces = 0;
  await using stage = await served(async (connection, file, offset) => {
    const length = await copy(connection, file, offset);
    if (pieces++ === 0) {
      const authorizer = new MemoryAuthorizer();
      stage.server.reconfigure({ authorizer, uploadRate: 10_000 });
    }
    return length;
  });
  const { client, clock } = stage;
  let reply = "";
  const upload = client.upload("STOR a", LARGE)
    .then((last) => reply = last);
  for (let second = 0; second < 10; second++) await clock.advance(1_000);
  expect(pieces).toBeGreaterThan(0);
  expect(reply).toBe("");
  for (let second = 0; second < 60; second++) await clock.advance(1_000);
  await upload;
  expect(reply).toMatch(/^226 /);
});
