import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TlsClient, TlsStep, TlsWork } from "../client/tls_client.ts";
import type { RunningPeer } from "../peer/runner.ts";
import { BIG_NAME, SMALL_BYTES, SMALL_NAME, UPLOAD_NAME } from "./files.ts";
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
  readonly #samples: Sample[] = [];

  constructor(peer: RunningPeer, load: Load, client: TlsClient) {
    this.#peer = peer;
    this.#load = load;
    this.#client = client;
  }

  /** What a server that has just been started is owed. */
  async warmUp(): Promise<void> {
    for (let turn = 0; turn < WARM_UP_TURNS; turn++) {
      const step = await this.#handshake("full");
      await step.run();
      await step.end();
    }
    await settle();
  }

  async run(): Promise<readonly Sample[]> {
    const { bytes, smallFiles, logins } = this.#load;
    await this.#download(bytes);
    await this.#upload(bytes);
    await this.#small(smallFiles);
    await this.#sample(
      counted("tls-full", "TLS handshakes, full", logins),
      await this.#handshake("full"),
      ({ seconds }) => seconds,
    );
    await this.#sample(
      counted("tls-resumed", "TLS handshakes, resumed", logins),
      await this.#handshake("resumed"),
      secondsIfResumed,
    );
    return this.#samples;
  }

  async #download(bytes: number): Promise<void> {
    const name = this.#peer.prefix + BIG_NAME;
    await this.#sample(
      transferred("tls-download", "TLS download", bytes),
      await this.#client.download(this.#peer, name),
      (done) => {
        this.#check(done.bytes, bytes);
        return done.seconds;
      },
    );
  }

  async #upload(bytes: number): Promise<void> {
    const name = this.#peer.prefix + UPLOAD_NAME;
    const step = await this.#client.upload(this.#peer, name, bytes);
    await this.#sample(
      transferred("tls-upload", "TLS upload", bytes),
      step,
      ({ seconds }) => seconds,
    );
    const file = join(this.#peer.folder, UPLOAD_NAME);
    this.#check(statSync(file).size, bytes);
    rmSync(file);
  }

  async #small(count: number): Promise<void> {
    const name = this.#peer.prefix + SMALL_NAME;
    await this.#sample(
      counted("tls-small", "TLS small files", count),
      await this.#client.small(this.#peer, name, count),
      (done) => {
        this.#check(done.bytes, SMALL_BYTES * count);
        return secondsIfResumed(done);
      },
    );
  }

  #handshake(kind: "full" | "resumed"): Promise<TlsStep> {
    return this.#client.handshakes(this.#peer.port, this.#load.logins, kind);
  }

  async #sample(
    shape: Shape,
    step: TlsStep,
    seconds: (done: TlsWork) => number,
  ): Promise<void> {
    try {
      this.#samples.push(
        await takeSample(
          this.#peer.pid,
          shape,
          async () => seconds(await step.run()),
        ),
      );
    } finally {
      await step.end();
      await settle();
    }
  }

  /** A server that moves less than it should is not a fast one. */
  #check(got: number, wanted: number): void {
    if (got === wanted) return;
    throw new Error(
      `Cannot measure ${this.#peer.name}: it moved ${got} of ${wanted} bytes`,
    );
  }
}

/** NaN when the server has not resumed every session. */
function secondsIfResumed({ resumed, handshakes, seconds }: TlsWork): number {
  return resumed === handshakes ? seconds : NaN;
}
