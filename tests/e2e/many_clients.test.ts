import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DataMode } from "../support/data_channel.ts";
import {
  sampleBytes,
  sha256,
  TemporaryFolder,
  until,
} from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";
import { descriptorCount, tcpPorts } from "../support/process_stats.ts";
import { startServer, type TestServer } from "../support/server.ts";

const CLIENTS = 500;
const MIB = 2 ** 20;
/** What a heap may keep after the clients are gone: caches, compiled code. */
const HEAP_SLACK_BYTES = 8 * MIB;

describe(`${CLIENTS} clients at once`, () => {
  let folder: TemporaryFolder;
  let server: TestServer;

  beforeAll(async () => {
    folder = new TemporaryFolder();
    server = await startServer({ directory: folder.path });
  });

  afterAll(async () => {
    await server.close();
    folder.remove();
  });

  test("move their files whole and leave nothing behind", async () => {
    // Lazily made buffers and compiled code belong to the server, not to the
    // clients that come first.
    await round(server, 20);
    const memory = await server.heap();
    const open = descriptorCount(server.pid);
    expect(tcpPorts(server.pid, "listening")).toEqual([server.port]);

    await round(server, CLIENTS);

    await until(
      `descriptors back to ${open}`,
      () => descriptorCount(server.pid) <= open,
    );
    expect(tcpPorts(server.pid, "listening")).toEqual([server.port]);
    const events = await server.events();
    const ends = (type: string): number =>
      events.filter((event) => event.type === type).length;
    expect(ends("received")).toBe(CLIENTS + 20);
    expect(ends("sent")).toBe(CLIENTS + 20);
    expect(ends("incomplete-sent") + ends("incomplete-received")).toBe(0);
    const after = await server.heap();
    expect(after - memory).toBeLessThan(HEAP_SLACK_BYTES);
    expect(server.errors).toBe("");
  }, 90_000);
});

/**
 * Every client stands before any of them uploads, and every upload is whole
 * before any of them downloads.
 */
async function round(server: TestServer, count: number): Promise<void> {
  const shared = sampleBytes(MIB);
  const numbers = Array.from({ length: count }, (_, number) => number);
  const clients = await Promise.all(
    numbers.map(() => FtpClient.login(server)),
  );
  const mode = (number: number): DataMode =>
    (["PASV", "EPSV", "PORT", "EPRT"] as const)[number % 4]!;
  const hashes = await Promise.all(clients.map(async (client, number) => {
    const content = Buffer.concat([Buffer.from(`${number} `), shared])
      .subarray(0, MIB);
    await client.store(`STOR file-${number}`, content, mode(number));
    return sha256(content);
  }));
  const received = await Promise.all(
    clients.map((client, number) =>
      client.retrieveHash(`RETR file-${number}`, mode(number))
    ),
  );
  expect(received).toEqual(hashes);
  await Promise.all(clients.map(async (client, number) => {
    await client.expect(`DELE file-${number}`, 250);
    await client.quit();
  }));
}
