import { rmSync } from "node:fs";
import { join } from "node:path";
import type { FtpClient } from "../client/ftp_client.ts";
import * as steps from "../measure/steps.ts";
import type { RunningPeer } from "../peer/runner.ts";
import {
  BIG_NAME,
  MANY_NAME,
  Reserve,
  SMALL_BYTES,
  SMALL_NAME,
  UPLOAD_NAME,
} from "./files.ts";
import {
  counted,
  type Load,
  type Sample,
  settle,
  type Shape,
  takeSample,
  transferred,
} from "./sample.ts";

/**
 * Turns of logins before anything is measured: servers that compile what they
 * run need some thousand calls.
 */
const WARM_UP_TURNS = 10;

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
    await settle();
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

  async #sample(work: () => Promise<number>, shape: Shape): Promise<void> {
    this.#samples.push(await takeSample(this.#peer.pid, shape, work));
  }

  async #transfers(): Promise<void> {
    const { bytes, smallFiles } = this.#load;
    const client = await steps.login(this.#target);
    await this.#sample(async () => {
      const moved = await steps.downloadOnce(client, this.#name(BIG_NAME));
      this.#check(moved.bytes, bytes);
      return moved.seconds;
    }, transferred("download", bytes));
    this.#reserve.release();
    await this.#sample(
      async () =>
        (await steps.uploadOnce(client, this.#name(UPLOAD_NAME), bytes))
          .seconds,
      transferred("upload", bytes),
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
      counted("small files", smallFiles),
    );
    await client.quit();
    await settle();
  }

  async #logins(): Promise<void> {
    const { logins } = this.#load;
    let clients: FtpClient[] = [];
    await this.#sample(
      () =>
        steps.timed(async () => {
          clients = await steps.loginMany(this.#target, logins);
        }),
      counted("logins", logins),
    );
    await steps.quitAll(clients);
    await settle();
  }

  async #concurrent(): Promise<void> {
    const { clients: count, clientBytes } = this.#load;
    const clients = await steps.loginMany(this.#target, count);
    await this.#sample(
      () => steps.downloadAll(clients, this.#name(MANY_NAME)),
      transferred(`${count} downloads at once`, count * clientBytes),
    );
    await this.#sample(
      () => steps.uploadAll(clients, this.#name(UPLOAD_NAME), clientBytes),
      transferred(`${count} uploads at once`, count * clientBytes),
    );
    this.#removeUpload();
    await steps.quitAll(clients);
    await settle();
  }

  #removeUpload(): void {
    rmSync(join(this.#peer.folder, UPLOAD_NAME), { force: true });
    this.#reserve.refill();
  }
}
