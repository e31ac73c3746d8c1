import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { buildForNode } from "./build.ts";
import type { TlsConfig, TlsOptions } from "../../lib/mod.ts";
import { runtimeProgram } from "./runtimes.ts";

/** What serves: ours on a runtime, or Debian's pyftpdlib for comparison. */
export type ServerKind = "node" | "deno" | "bun" | "pyftpdlib";

/** A user of a test server; the letters are pyftpdlib's. */
export interface TestUser {
  readonly username: string;
  readonly password: string;
  readonly directory: string;
  readonly permissions: string;
}

/** What a test may choose; each kind translates it. */
export interface TestServerOptions {
  /** The folder of `user`/`pass`, who may do everything. */
  readonly directory: string;
  /** Further users. */
  readonly users?: readonly TestUser[];
  readonly hostname?: string;
  readonly banner?: string;
  readonly idleTimeoutMs?: number;
  readonly dataTimeoutMs?: number;
  readonly passiveTimeoutMs?: number;
  readonly failedLoginDelayMs?: number;
  readonly maxLoginAttempts?: number;
  readonly passivePorts?: readonly [number, number];
  readonly downloadRate?: number;
  /** Not for pyftpdlib. */
  readonly tls?: TlsOptions & { readonly config: TlsConfig };
  /** Users are known by the common name of their certificates. */
  readonly certificate?: "enough" | "needed";
  /** Listens on another port too, for clients that begin with TLS. */
  readonly implicitTls?: boolean;
}

/** How a transfer of a file ended, as the server's own hooks tell it. */
export interface TransferEvent {
  readonly type:
    | "received"
    | "sent"
    | "incomplete-received"
    | "incomplete-sent";
  readonly path: string;
}

/** Bytes. */
export interface MemoryReport {
  readonly rss: number;
  /** After a forced collection, where the runtime has one. */
  readonly heapUsed: number;
}

/** The kind under test: `E2E_SERVER`, else ours on the runtime we run on. */
export function serverKind(): ServerKind {
  const wanted = process.env["E2E_SERVER"];
  if (wanted === undefined || wanted === "") {
    if ("Deno" in globalThis) return "deno";
    return "Bun" in globalThis ? "bun" : "node";
  }
  if (!["node", "deno", "bun", "pyftpdlib"].includes(wanted)) {
    throw new Error(
      `Cannot test server ${JSON.stringify(wanted)}: no such kind`,
    );
  }
  return wanted as ServerKind;
}

/** A server in a process of its own. */
export class TestServer {
  readonly kind: ServerKind;
  readonly hostname: string;
  readonly port: number;
  /** 0 without implicit TLS. */
  readonly implicitPort: number;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #waiting: ((message: Message) => void)[];
  readonly #errors: string[];

  constructor(
    kind: ServerKind,
    child: ChildProcess,
    ready: Message["ready"],
    waiting: ((message: Message) => void)[],
    errors: string[],
  ) {
    this.kind = kind;
    this.hostname = ready!.hostname;
    this.port = ready!.port;
    this.implicitPort = ready!.implicitPort ?? 0;
    this.pid = ready!.pid;
    this.#child = child;
    this.#waiting = waiting;
    this.#errors = errors;
  }

  /** What the server printed on standard error. */
  get errors(): string {
    return this.#errors.join("");
  }

  /** Memory after a collection of garbage. */
  async memory(): Promise<MemoryReport> {
    return (await this.#ask("memory")).memory!;
  }

  /**
   * Bytes of heap in use: the least of several looks, since collectors take
   * their time with what nobody holds any more.
   */
  async heap(): Promise<number> {
    let least = Infinity;
    for (let look = 0; look < 5; look++) {
      least = Math.min(least, (await this.memory()).heapUsed);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return least;
  }

  /** Ends of file transfers so far, oldest first. */
  async events(): Promise<readonly TransferEvent[]> {
    return (await this.#ask("events")).events!;
  }

  /** Gives the server another certificate. */
  async reloadTls(config: TlsConfig): Promise<void> {
    await this.#ask(`reload ${JSON.stringify(config)}`);
  }

  /** Stops the process and waits for its end. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin!.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(timer);
  }

  #ask(request: string): Promise<Message> {
    if (this.#child.exitCode !== null) {
      throw new Error(`Cannot ask server: it ended: ${this.errors}`);
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin!.write(`${request}\n`);
    });
  }
}

interface Message {
  readonly ready?: {
    readonly hostname: string;
    readonly port: number;
    readonly implicitPort?: number;
    readonly pid: number;
  };
  readonly memory?: MemoryReport;
  readonly events?: readonly TransferEvent[];
}

/**
 * Starts a server and waits until it listens.
 *
 * @throws {Error} with what it printed, when it ends instead
 */
export async function startServer(
  options: TestServerOptions,
  kind: ServerKind = serverKind(),
): Promise<TestServer> {
  const [program, ...parameters] = commandOf(kind);
  const child = spawn(program!, [
    ...parameters,
    JSON.stringify(fullOptions(options)),
  ], { stdio: ["pipe", "pipe", "pipe"] });
  const errors: string[] = [];
  const waiting: ((message: Message) => void)[] = [];
  child.stdin.on("error", () => undefined);
  child.stderr.on("data", (chunk: Buffer) => errors.push(String(chunk)));
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (!line.startsWith("{")) errors.push(`${line}\n`);
    else waiting.shift()?.(JSON.parse(line) as Message);
  });
  const ready = await new Promise<Message>((resolve, reject) => {
    waiting.push(resolve);
    child.once("error", reject);
    child.once("exit", (code) => {
      reject(
        new Error(
          `Cannot start ${kind} server: exit ${code}: ${errors.join("")}`,
        ),
      );
    });
  });
  return new TestServer(kind, child, ready.ready, waiting, errors);
}

function fullOptions(options: TestServerOptions): Record<string, unknown> {
  const { directory, users, ...rest } = options;
  return {
    hostname: "127.0.0.1",
    banner: "Ready.",
    idleTimeoutMs: 300_000,
    dataTimeoutMs: 300_000,
    passiveTimeoutMs: 30_000,
    failedLoginDelayMs: 0,
    maxLoginAttempts: 3,
    passivePorts: null,
    ...rest,
    users: [
      {
        username: "user",
        password: "pass",
        directory,
        permissions: "elradfmwMT",
      },
      ...users ?? [],
    ],
  };
}

/** How a runtime is started, and which adapter is its own. */
export interface RuntimeCommand {
  readonly program: string;
  readonly parameters: readonly string[];
  /** The path of the adapter: built for Node, the source elsewhere. */
  readonly adapter: string;
}

/** The command that runs one of our programs on a runtime. */
export function runtimeCommand(kind: ServerKind): RuntimeCommand {
  switch (kind) {
    case "pyftpdlib":
      throw new Error("Cannot run our programs on pyftpdlib");
    case "node":
      return {
        program: "node",
        parameters: ["--expose-gc"],
        adapter: buildForNode(),
      };
    case "deno":
      return {
        program: runtimeProgram("deno"),
        parameters: ["run", "-A", "--no-lock", "--v8-flags=--expose-gc"],
        adapter: here("../../adapters/deno.ts"),
      };
    case "bun":
      return {
        program: runtimeProgram("bun"),
        parameters: [],
        adapter: here("../../adapters/bun.ts"),
      };
  }
}

function commandOf(kind: ServerKind): string[] {
  if (kind === "pyftpdlib") {
    return ["/usr/bin/python3", here("servers/pyftpdlib_child.py")];
  }
  const { program, parameters, adapter } = runtimeCommand(kind);
  return [program, ...parameters, here("servers/anyftpd_child.mjs"), adapter];
}

function here(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
