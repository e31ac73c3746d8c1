import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { FtpClient } from "../client/ftp_client.ts";
import { processUsage } from "../measure/process.ts";
import * as steps from "../measure/steps.ts";
import type { RunningPeer } from "../peer/runner.ts";

/** How much of everything. */
export interface Load {
  readonly bytes: number;
  readonly logins: number;
  readonly smallFiles: number;
  readonly clients: number;
  readonly clientBytes: number;
}

/** One number of one server in one round. */
export interface Sample {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly higherIsBetter: boolean;
  /** The server's CPU time, per `cpuUnit`. */
  readonly cpu: number;
  readonly cpuUnit: string;
  /** The server's memory, all its processes, when the step was over. */
  readonly privateBytes: number;
}

const MEBIBYTE = 1024 * 1024;
const GIBIBYTE = 1024 * MEBIBYTE;
const SMALL_BYTES = 1024;
const BIG_NAME = "big";
const SMALL_NAME = "small";
const MANY_NAME = "many";
const UPLOAD_NAME = "upload";

/**
 * Turns of logins before anything is measured: servers that compile what they
 * run need some thousand calls.
 */
const WARM_UP_TURNS = 10;

/** How long servers have to take note that clients have left. */
const SETTLE_MS = 300;

function fill(path: string, bytes: number): void {
  const block = Buffer.alloc(MEBIBYTE, "x");
  const file = openSync(path, "w", 0o644);
  for (let left = bytes; left > 0; left -= block.length) {
    writeSync(file, block, 0, Math.min(left, block.length));
  }
  closeSync(file);
}

/**
 * Puts the same files, not copies, into every server's folder: each serves the
 * very same pages of memory.
 */
export function provide(peers: readonly RunningPeer[], load: Load): void {
  const first = peers[0];
  if (first === undefined) return;
  const store = join(dirname(dirname(first.folder)), "store");
  mkdirSync(store);
  const files: readonly (readonly [string, number])[] = [
    [BIG_NAME, load.bytes],
    [SMALL_NAME, SMALL_BYTES],
    [MANY_NAME, load.clientBytes],
  ];
  for (const [name, bytes] of files) {
    fill(join(store, name), bytes);
    for (const { folder } of peers) {
      linkSync(join(store, name), join(folder, name));
    }
  }
}

/**
 * Memory that is ready for an upload. Virtual machines hand free memory back
 * to their host, and getting it again costs more than the whole transfer; so
 * it is held in a file, and let go right before it is needed.
 */
class Reserve {
  readonly #path: string;
  readonly #bytes: number;

  constructor(peer: RunningPeer, bytes: number) {
    this.#path = join(dirname(dirname(peer.folder)), "reserve");
    this.#bytes = bytes;
    this.refill();
  }

  release(): void {
    rmSync(this.#path, { force: true });
  }

  refill(): void {
    if (!existsSync(this.#path)) fill(this.#path, this.#bytes);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** One server's turn. */
export class Turn {
  readonly #peer: RunningPeer;
  readonly #load: Load;
  readonly #target: steps.Target;
  readonly #reserve: Reserve;
  readonly #samples: Sample[] = [];

  constructor(peer: RunningPeer, load: Load) {
    this.#peer = peer;
    this.#load = load;
    this.#reserve = new Reserve(peer, load.bytes);
    this.#target = {
      address: { hostname: "127.0.0.1", port: peer.port, timeoutMs: 120_000 },
      account: peer.account,
    };
  }

  /** What a server that has just been started is owed. */
  async warmUp(): Promise<void> {
    for (let turn = 0; turn < WARM_UP_TURNS; turn++) {
      const { logins } = this.#load;
      await steps.quitAll(await steps.loginMany(this.#target, logins));
    }
    await pause(SETTLE_MS);
  }

  async run(): Promise<readonly Sample[]> {
    await this.#transfers();
    await this.#logins();
    await this.#concurrent();
    return this.#samples;
  }

  /** A server that sends less than it should is not a fast one. */
  #check(got: number, wanted: number): void {
    if (got === wanted) return;
    throw new Error(
      `Cannot measure ${this.#peer.name}: it sent ${got} of ${wanted} bytes`,
    );
  }

  #name(file: string): string {
    return this.#peer.prefix + file;
  }

  /** Runs one step and takes its time and the server's CPU time. */
  async #sample(
    work: () => Promise<number>,
    shape: {
      readonly metric: string;
      readonly unit: string;
      /** What was done, in `unit` without the time. */
      readonly amount: number;
      /** What was done, as `cpuUnit` counts it. */
      readonly cpuAmount: number;
      readonly cpuUnit: string;
    },
  ): Promise<void> {
    const before = processUsage(this.#peer.pid);
    const seconds = await work();
    const after = processUsage(this.#peer.pid);
    this.#samples.push({
      metric: shape.metric,
      value: shape.amount / seconds,
      unit: shape.unit,
      higherIsBetter: true,
      cpu: (after.cpuSeconds - before.cpuSeconds) / shape.cpuAmount,
      cpuUnit: shape.cpuUnit,
      privateBytes: after.privateBytes,
    });
  }

  #transferred(metric: string, bytes: number) {
    return {
      metric,
      unit: "MiB/s",
      amount: bytes / MEBIBYTE,
      cpuAmount: bytes / GIBIBYTE,
      cpuUnit: "s/GiB",
    };
  }

  #counted(metric: string, count: number) {
    // Milliseconds of CPU time for each.
    return {
      metric,
      unit: "1/s",
      amount: count,
      cpuAmount: count / 1000,
      cpuUnit: "ms each",
    };
  }

  async #transfers(): Promise<void> {
    const { bytes, smallFiles } = this.#load;
    const client = await steps.login(this.#target);
    await this.#sample(async () => {
      const moved = await steps.downloadOnce(client, this.#name(BIG_NAME));
      this.#check(moved.bytes, bytes);
      return moved.seconds;
    }, this.#transferred("download", bytes));
    this.#reserve.release();
    await this.#sample(
      async () =>
        (await steps.uploadOnce(client, this.#name(UPLOAD_NAME), bytes))
          .seconds,
      this.#transferred("upload", bytes),
    );
    this.#removeUpload();
    await this.#sample(
      () =>
        steps.timed(async () => {
          for (let i = 0; i < smallFiles; i++) {
            const got = await client.retrieve(this.#name(SMALL_NAME));
            this.#check(got, SMALL_BYTES);
          }
        }),
      this.#counted("small files", smallFiles),
    );
    await client.quit();
    await pause(SETTLE_MS);
  }

  async #logins(): Promise<void> {
    const { logins } = this.#load;
    let clients: FtpClient[] = [];
    await this.#sample(
      () =>
        steps.timed(async () => {
          clients = await steps.loginMany(this.#target, logins);
        }),
      this.#counted("logins", logins),
    );
    await steps.quitAll(clients);
    await pause(SETTLE_MS);
  }

  async #concurrent(): Promise<void> {
    const { clients: count, clientBytes } = this.#load;
    const clients = await steps.loginMany(this.#target, count);
    await this.#sample(
      () => steps.downloadAll(clients, this.#name(MANY_NAME)),
      this.#transferred(`${count} downloads at once`, count * clientBytes),
    );
    await this.#sample(
      () => steps.uploadAll(clients, this.#name(UPLOAD_NAME), clientBytes),
      this.#transferred(`${count} uploads at once`, count * clientBytes),
    );
    this.#removeUpload();
    await steps.quitAll(clients);
    await pause(SETTLE_MS);
  }

  #removeUpload(): void {
    rmSync(join(this.#peer.folder, UPLOAD_NAME), { force: true });
    this.#reserve.refill();
  }
}
