import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LoadClient, LoadSessions } from "../client/load_client.ts";
import type { RunningPeer } from "../peer/runner.ts";
import { UPLOAD_NAME } from "./files.ts";
import {
  figureSample,
  type Load,
  type Sample,
  settle,
  type Shape,
  takeSample,
} from "./sample.ts";

/** One server's turn at one metric. */
export class Turn {
  readonly peer: RunningPeer;
  readonly load: Load;
  readonly #client: LoadClient;
  readonly #samples: Sample[] = [];

  constructor(peer: RunningPeer, load: Load, client: LoadClient) {
    this.peer = peer;
    this.load = load;
    this.#client = client;
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** What the file is called for this server's clients. */
  name(file: string): string {
    return this.peer.prefix + file;
  }

  /**
   * Gives `work` a client with `count` sessions, logged in at the same time as
   * far as the servers care, and ends it.
   */
  async with(
    count: number,
    work: (sessions: LoadSessions) => Promise<void>,
  ): Promise<void> {
    const sessions = this.#client.start(this.peer);
    try {
      if (count > 0) await sessions.login(count, 1, false);
      await work(sessions);
    } finally {
      await sessions.end();
    }
    await settle();
  }

  /** See `takeSample`. */
  async take(shape: Shape, work: () => Promise<number>): Promise<void> {
    this.#samples.push(await takeSample(this.peer.pid, shape, work));
  }

  /** A number that `work` found out by itself. */
  note(
    sample: Pick<
      Sample,
      "key" | "metric" | "value" | "unit" | "higherIsBetter"
    >,
  ): void {
    this.#samples.push(figureSample(this.peer.pid, sample));
  }

  /** @returns seconds */
  async download(
    sessions: LoadSessions,
    count: number,
    times: number,
    file: { readonly name: string; readonly bytes: number },
  ): Promise<number> {
    const command = `RETR ${this.name(file.name)}`;
    const moved = await sessions.fetch(count, times, command);
    this.check(moved.bytes, file.bytes * count * times);
    return moved.seconds;
  }

  /** @returns seconds */
  async upload(
    sessions: LoadSessions,
    count: number,
    bytes: number,
  ): Promise<number> {
    const moved = await sessions.store(count, bytes, this.name(UPLOAD_NAME));
    this.check(moved.bytes, bytes * count);
    if (!this.peer.discards) {
      this.check(statSync(join(this.peer.folder, UPLOAD_NAME)).size, bytes);
    }
    return moved.seconds;
  }

  /** After uploads: what they left. */
  clearUp(): void {
    rmSync(join(this.peer.folder, UPLOAD_NAME), { force: true });
  }

  /** A server that does less than it should is not a fast one. */
  check(got: number, wanted: number): void {
    if (got === wanted) return;
    throw new Error(
      `Cannot measure ${this.peer.name}: it moved ${got} of ${wanted} bytes`,
    );
  }
}
