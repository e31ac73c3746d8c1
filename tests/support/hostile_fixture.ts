import { writeFileSync } from "node:fs";
import {
  sampleBytes,
  sha256,
  TemporaryFolder,
  until,
  within,
} from "./files.ts";
import { FtpClient } from "./ftp_client.ts";
import { descriptorCount, tcpPorts } from "./process_stats.ts";
import { startServer, type TestServer } from "./server.ts";

/** More than socket buffers hold, so that a transfer is really under way. */
const BIG_BYTES = 24 * 2 ** 20;

/** A server that must survive, and what it had open before. */
export class HostileFixture {
  readonly folder: TemporaryFolder;
  readonly server: TestServer;
  /** The content of the shared file `big`. */
  readonly big: Buffer;
  readonly bigHash: string;
  #open = 0;
  #listening = 0;

  private constructor(
    folder: TemporaryFolder,
    server: TestServer,
    big: Buffer,
  ) {
    this.folder = folder;
    this.server = server;
    this.big = big;
    this.bigHash = sha256(big);
  }

  static async start(): Promise<HostileFixture> {
    const folder = new TemporaryFolder();
    const big = sampleBytes(BIG_BYTES);
    writeFileSync(folder.at("big"), big);
    const server = await startServer({
      directory: folder.path,
      passiveTimeoutMs: 1000,
    });
    const fixture = new HostileFixture(folder, server, big);
    await fixture.serves();
    return fixture;
  }

  /** Passive and other ports that the server listens on now. */
  get listening(): number {
    return tcpPorts(this.server.pid, "listening").length;
  }

  /**
   * Takes what is open now as the state to come back to. Done for each test
   * anew: one that fails shall not take the others along.
   */
  mark(): void {
    this.#open = descriptorCount(this.server.pid);
    this.#listening = this.listening;
  }

  /** Checks that an ordinary client is served. */
  async serves(): Promise<void> {
    const client = await within("a login", FtpClient.login(this.server));
    const list = await within("a listing", client.list("NLST"));
    if (!list.includes("big")) throw new Error("Cannot see big in the listing");
    await within("QUIT", client.quit());
  }

  /** Checks that the server goes on and holds nothing of former clients. */
  async leftNothing(): Promise<void> {
    await this.serves();
    await until(
      "no descriptor is left",
      () => descriptorCount(this.server.pid) <= this.#open,
    );
    await until(
      "no passive port is left",
      () => this.listening <= this.#listening,
    );
  }

  /** File transfers that have ended so far. */
  async ended(): Promise<number> {
    return (await this.server.events()).length;
  }

  /** How the transfer after the first `before` ended, once it has. */
  async endOf(before: number): Promise<string> {
    await until("an event", async () => await this.ended() > before);
    return (await this.server.events())[before]!.type;
  }

  async close(): Promise<void> {
    await this.server.close();
    this.folder.remove();
  }
}
