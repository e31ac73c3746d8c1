// Clients that break off at any point: a descriptor that is used a moment too
// long belongs to another client by then.

import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TemporaryFolder, until } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";
import { descriptorCount } from "../support/process_stats.ts";
import { SeededRandom } from "../support/random.ts";
import { passivePort } from "../support/reply_error.ts";
import { resetSocket } from "../support/reset.ts";
import { startServer, type TestServer } from "../support/server.ts";

const CLIENTS = 1000;
const AT_ONCE = 25;
/** One in five of the clients stays to the end. */
const ENDINGS = ["destroy", "reset", "quit", "abor", "complete"] as const;
/** Each is filled with its number. */
const FILES = 32;
const FILE_BYTES = 2_500_000;
/** More than the sockets of any runtime give at once. */
const MOST_CHUNK_BYTES = 2 ** 20;

describe(`${CLIENTS} clients that break off`, () => {
  let folder: TemporaryFolder;
  let server: TestServer;

  beforeAll(async () => {
    folder = new TemporaryFolder();
    for (let file = 0; file < FILES; file++) {
      writeFileSync(folder.at(`${file}`), Buffer.alloc(FILE_BYTES, file));
    }
    server = await startServer({ directory: folder.path });
  });

  afterAll(async () => {
    await server.close();
    folder.remove();
  });

  test("get nothing of another's file, and leave nothing behind", async () => {
    const random = new SeededRandom(5);
    await download(server, 0, "complete", Infinity);
    const open = descriptorCount(server.pid);
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < CLIENTS) {
        const file = next++ % FILES;
        const most = random.below(FILE_BYTES);
        await download(server, file, random.pick(ENDINGS), most);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    await until(
      `descriptors back to ${open}`,
      () => descriptorCount(server.pid) <= open,
      10_000,
    );
    await download(server, 7, "complete", Infinity);
    expect(server.errors).toBe("");
  }, 120_000);
});

/** Takes a file up to `most` bytes or to its end, and looks at every byte. */
async function download(
  server: TestServer,
  file: number,
  ending: typeof ENDINGS[number],
  most: number,
): Promise<void> {
  const client = await FtpClient.login(server);
  const port = passivePort(await client.expect("PASV", 227));
  const socket = connect({ host: server.hostname, port });
  const received = receive(
    socket,
    file,
    ending === "complete" ? Infinity : most,
  );
  await client.expect(`RETR ${file}`, 125, 150);
  const count = await received;
  switch (ending) {
    case "destroy":
      socket.destroy();
      break;
    case "reset":
      resetSocket(socket);
      break;
    case "quit":
      client.destroy();
      socket.destroy();
      return;
    case "abor":
      await client.expect("ABOR", 426, 225, 226);
      socket.destroy();
      break;
    case "complete":
      expect(count).toBe(FILE_BYTES);
      await client.expect(null, 226);
  }
  client.destroy();
}

/** Resolves with the number of bytes at the end, or after `most`. */
function receive(socket: Socket, value: number, most: number): Promise<number> {
  const expected = Buffer.alloc(MOST_CHUNK_BYTES, value);
  return new Promise((resolve, reject) => {
    let count = 0;
    socket.on("error", () => resolve(count));
    socket.on("close", () => resolve(count));
    socket.on("data", (chunk: Uint8Array) => {
      count += chunk.length;
      if (!expected.subarray(0, chunk.length).equals(chunk)) {
        socket.destroy();
        return reject(new Error(`a byte that is not of file ${value}`));
      }
      if (count < most) return;
      socket.pause();
      resolve(count);
    });
  });
}
