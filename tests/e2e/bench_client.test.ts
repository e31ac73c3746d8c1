import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LoadClient } from "../../bench/client/load_client.ts";
import { compileHelper } from "../../bench/measure/helper.ts";
import { limit } from "../../bench/peer/limit.ts";
import { LISTED_FILES } from "../../bench/peer/peer.ts";
import { type RunningPeer, startPeer } from "../../bench/peer/runner.ts";

const FILE_BYTES = 300_000;

/** The benchmark needs a C compiler and Linux, the project does not. */
const isHere = process.platform === "linux" &&
  await compileHelper("load_peer") !== null;

describe.runIf(isHere)("the client of the benchmark", () => {
  let area: string;
  let server: RunningPeer;
  let client: LoadClient;

  beforeAll(async () => {
    area = mkdtempSync(join(tmpdir(), "anyftpd-bench-"));
    server = await startPeer(limit, area);
    writeFileSync(join(server.folder, "file"), "x".repeat(FILE_BYTES));
    client = await LoadClient.prepare();
  });

  afterAll(async () => {
    await server?.stop();
    rmSync(area, { recursive: true, force: true });
  });

  test("moves all bytes of all sessions, in both directions", async () => {
    const sessions = client.start(server);
    await sessions.login(40, 8, true);
    const down = await sessions.fetch(40, 3, "RETR file");
    expect(down.bytes).toBe(40 * 3 * FILE_BYTES);
    expect(down.seconds).toBeGreaterThan(0);
    const up = await sessions.store(7, 2_500_000, "upload");
    expect(up.bytes).toBe(7 * 2_500_000);
    expect(await sessions.quit()).toBeGreaterThan(0);
    await sessions.end();
  });

  test("counts the lines of listings", async () => {
    const sessions = client.start(server);
    await sessions.login(1, 1, false);
    const { lines } = await sessions.fetch(1, 2, "MLSD");
    expect(lines).toBe(2 * LISTED_FILES);
    await sessions.end();
  });

  test("times NOOPs until it is told to stop", async () => {
    const sessions = client.start(server);
    await sessions.login(1, 1, false);
    const stop = sessions.noop(1);
    const lag = await stop();
    expect(lag.count).toBeGreaterThanOrEqual(1);
    expect(lag.longestMs).toBeGreaterThanOrEqual(lag.medianMs);
    expect(lag.medianMs).toBeGreaterThan(0);
    await sessions.end();
  });

  test("fails when the server refuses", async () => {
    const sessions = client.start(server);
    await sessions.login(1, 1, false);
    await expect(sessions.fetch(1, 1, "RETR missing")).rejects
      .toThrow("Cannot measure: 'fetch 1 1 RETR missing' failed");
    await sessions.end();
  });
});
