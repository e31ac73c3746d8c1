// Progress on real sockets, whichever way the bytes take.

import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadAdapter } from "../../adapters/_runtime.ts";
import { MemoryAuthorizer } from "../../lib/auth/memory_authorizer.ts";
import type { TransferProgressEvent } from "../../lib/session/events.ts";
import { sampleBytes, TemporaryFolder } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";

const SIZE = 24_000_000;

let folder: TemporaryFolder;
let content: Buffer;

beforeAll(() => {
  folder = new TemporaryFolder();
  content = sampleBytes(SIZE);
  writeFileSync(folder.at("a.bin"), content);
});
afterAll(() => folder.remove());

test.each(
  [
    ["download", true],
    ["download", false],
    ["upload", true],
    ["upload", false],
  ] as const,
)("a %s tells its progress, sendfile: %s", async (way, sendfile) => {
  const adapter = await loadAdapter();
  const authorizer = new MemoryAuthorizer();
  authorizer.addAnonymous({
    fileSystem: adapter.localFileSystem(folder.path),
    permissions: "elrw",
  });
  const events: TransferProgressEvent[] = [];
  await using server = await adapter.serve({
    authorizer,
    port: 0,
    sendfile,
    hooks: { transferProgress: (event) => void events.push(event) },
    progressIntervalMs: 1,
  });
  const client = await FtpClient.login(server.address, "anonymous", "");
  await client.expect("TYPE I", 200);
  if (way === "download") {
    expect((await client.retrieve("RETR a.bin")).equals(content)).toBe(true);
  } else {
    await client.expect(`ALLO ${SIZE}`, 202);
    await client.store("STOR b.bin", content);
  }
  await client.quit();
  const seen = events.map(({ transfer }) => transfer.bytes);
  expect(seen.length).toBeGreaterThan(3);
  expect(seen).toEqual(seen.toSorted((one, other) => one - other));
  expect(seen[0]).toBeLessThan(SIZE / 2);
  expect(seen.at(-1)).toBeGreaterThan(SIZE / 2);
  for (const { transfer } of events) {
    expect(transfer.totalBytes).toBe(SIZE);
    expect(transfer.bytes).toBeLessThanOrEqual(SIZE);
  }
  expect(events.at(-1)?.transfer.bytesPerSecond).toBeGreaterThan(0);
});
