/**
 * Measures any FTP server as a client sees it: the same steps as the program
 * of the same name that comes with pyftpdlib.
 *
 * @module
 */
import type { FtpClient } from "./client/ftp_client.ts";
import { ceiling, tlsCeiling } from "./measure/ceiling.ts";
import {
  type BenchOptions,
  parseOptions,
  USAGE,
  UsageError,
} from "./measure/options.ts";
import { type Measurement, Reporter } from "./measure/report.ts";
import { formatSize } from "./measure/size.ts";
import * as steps from "./measure/steps.ts";
import { isProgram } from "./paths.ts";

const MEBIBYTE = 1024 * 1024;

function rate(step: string, title: string, moved: steps.Moved): Measurement {
  const value = moved.bytes / MEBIBYTE / moved.seconds;
  return { step, title, value, unit: "MiB/s", detail: { ...moved } };
}

function duration(step: string, title: string, seconds: number): Measurement {
  return { step, title, value: seconds, unit: "s" };
}

class Bench {
  readonly #options: BenchOptions;
  readonly #target: steps.Target;
  readonly #reporter: Reporter;

  constructor(options: BenchOptions) {
    this.#options = options;
    this.#reporter = new Reporter(options);
    const trace = options.debug
      ? { trace: (line: string) => void process.stderr.write(`${line}\n`) }
      : {};
    this.#target = {
      address: {
        hostname: options.hostname,
        port: options.port,
        timeoutMs: options.timeoutMs,
        ...trace,
      },
      account: { user: options.user, password: options.password },
    };
  }

  async run(): Promise<void> {
    await steps.checkWriteAccess(this.#target, this.#options.file);
    const kind = this.#options.kind;
    try {
      if (kind !== "concurrence") await this.#transfers(kind);
      if (kind === "concurrence" || kind === "all") await this.#concurrence();
    } finally {
      await this.#cleanUp();
    }
  }

  async #measure(work: () => Promise<Measurement>): Promise<void> {
    this.#reporter.begin();
    this.#reporter.print(await work());
  }

  async #transfers(kind: BenchOptions["kind"]): Promise<void> {
    const client = await steps.login(this.#target);
    if (kind === "download") await this.#prepareFile(client);
    else await this.#upload(client, "STOR (client -> server)", "stor");
    if (kind !== "upload") {
      await this.#download(client, "RETR (server -> client)", "retr");
    }
    await client.quit();
  }

  async #prepareFile(client: FtpClient): Promise<void> {
    await client.binary();
    await client.store(this.#options.file, this.#options.sizeBytes);
  }

  #upload(client: FtpClient, title: string, step: string): Promise<void> {
    const { once, sizeBytes, seconds } = this.#options;
    return this.#measure(async () => {
      const moved = once
        ? await steps.uploadOnce(client, this.#options.file, sizeBytes)
        : await steps.uploadFor(client, this.#options.file, seconds);
      return rate(step, title, moved);
    });
  }

  #download(client: FtpClient, title: string, step: string): Promise<void> {
    const { once, seconds } = this.#options;
    return this.#measure(async () => {
      const moved = once
        ? await steps.downloadOnce(client, this.#options.file)
        : await steps.downloadFor(client, this.#options.file, seconds);
      return rate(step, title, moved);
    });
  }

  async #concurrence(): Promise<void> {
    const { clients: count, sizeBytes } = this.#options;
    const size = formatSize(sizeBytes);
    let clients: FtpClient[] = [];
    await this.#measure(async () => {
      const seconds = await steps.timed(async () => {
        clients = await steps.loginMany(this.#target, count);
      });
      return duration("login", `${count} clients (connect, login)`, seconds);
    });
    const extra = await steps.login(this.#target);
    const idle = `1 file with ${count} idle clients`;
    await this.#upload(extra, `STOR (${idle})`, "stor-idle");
    await this.#download(extra, `RETR (${idle})`, "retr-idle");
    await this.#prepareFile(extra);
    await extra.quit();
    await this.#measure(async () => {
      const seconds = await steps.downloadAll(clients, this.#options.file);
      const title = `${count} concurrent clients (RETR ${size} file)`;
      return duration("retr-all", title, seconds);
    });
    await this.#measure(async () => {
      const seconds = await steps.uploadAll(
        clients,
        this.#options.file,
        sizeBytes,
      );
      const title = `${count} concurrent clients (STOR ${size} file)`;
      return duration("stor-all", title, seconds);
    });
    await this.#measure(async () => {
      const seconds = await steps.quitAll(clients);
      return duration("quit", `${count} concurrent clients (QUIT)`, seconds);
    });
  }

  async #cleanUp(): Promise<void> {
    try {
      const client = await steps.login(this.#target);
      await client.remove(this.#options.file);
      await client.quit();
    } catch {
      // What went wrong before is what the user must see.
    }
  }
}

async function measureCeiling(options: BenchOptions): Promise<void> {
  const reporter = new Reporter({ json: options.json, pid: null });
  const measure = options.tls ? tlsCeiling : ceiling;
  for await (const row of measure(options.sizeBytes, options.clients)) {
    reporter.print(row);
  }
}

/** @returns the exit code: 0, 1 when the server failed, 2 for bad usage */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === null) process.stdout.write(USAGE);
    else if (options.ceiling) await measureCeiling(options);
    else await new Bench(options).run();
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`ftpbench: error: ${message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

if (isProgram(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}
