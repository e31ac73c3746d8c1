import { rmSync } from "node:fs";
import { join } from "node:path";
import type { TlsClient, TlsTarget, TlsWork } from "../client/tls_client.ts";
import type { RunningPeer } from "../peer/runner.ts";
import {
  BIG_NAME,
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

/** As many turns of handshakes before anything is measured. */
const WARM_UP_TURNS = 2;

/** One server's turn over TLS. */
export class TlsTurn {
  readonly #peer: RunningPeer;
  readonly #load: Load;
  readonly #client: TlsClient;
  readonly #target: TlsTarget;
  readonly #reserve: Reserve;
  readonly #samples: Sample[] = [];

  constructor(peer: RunningPeer, load: Load, client: TlsClient) {
    this.#peer = peer;
    this.#load = load;
    this.#client = client;
    this.#target = peer;
    this.#reserve = new Reserve(peer, load.bytes);
  }

  /** What a server that has just been started is owed. */
  async warmUp(): Promise<void> {
    for (let turn = 0; turn < WARM_UP_TURNS; turn++) {
      await this.#client.handshakes(
        this.#peer.port,
        this.#load.logins,
        "full",
      );
    }
    await settle();
  }

  async run(): Promise<readonly Sample[]> {
    await this.#transfers();
    await this.#handshakes();
    return this.#samples;
  }

  async #transfers(): Promise<void> {
    const { bytes, smallFiles } = this.#load;
    const { prefix } = this.#peer;
    const client = this.#client;
    await this.#sample(transferred("TLS download", bytes), async () => {
      const done = await client.download(this.#target, prefix + BIG_NAME);
      this.#check(done.bytes, bytes);
      return done.seconds;
    });
    await settle();
    this.#reserve.release();
    const name = prefix + UPLOAD_NAME;
    await this.#sample(transferred("TLS upload", bytes), async () => {
      return (await client.upload(this.#target, name, bytes)).seconds;
    });
    rmSync(join(this.#peer.folder, UPLOAD_NAME), { force: true });
    this.#reserve.refill();
    await settle();
    await this.#sample(counted("TLS small files", smallFiles), async () => {
      const small = prefix + SMALL_NAME;
      const done = await client.small(this.#target, small, smallFiles);
      this.#check(done.bytes, SMALL_BYTES * smallFiles);
      return secondsIfResumed(done);
    });
    await settle();
  }

  async #handshakes(): Promise<void> {
    const { logins } = this.#load;
    const { port } = this.#peer;
    const metric = "TLS handshakes";
    await this.#sample(counted(`${metric}, full`, logins), async () => {
      return (await this.#client.handshakes(port, logins, "full")).seconds;
    });
    await settle();
    await this.#sample(counted(`${metric}, resumed`, logins), async () => {
      return secondsIfResumed(
        await this.#client.handshakes(port, logins, "resumed"),
      );
    });
    await settle();
  }

  async #sample(
    shape: Shape,
    work: () => Promise<number | null>,
  ): Promise<void> {
    this.#samples.push(await takeSample(this.#peer.pid, shape, work));
  }

  /** A server that sends less than it should is not a fast one. */
  #check(got: number, wanted: number): void {
    if (got === wanted) return;
    throw new Error(
      `Cannot measure ${this.#peer.name}: it sent ${got} of ${wanted} bytes`,
    );
  }
}

function secondsIfResumed(done: TlsWork): number | null {
  return done.resumed === done.handshakes ? done.seconds : null;
}
