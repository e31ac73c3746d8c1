import { type ChildProcess, spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildForNode } from "./build.ts";
import type { ClientTarget } from "./ftp_client.ts";
import { until } from "./files.ts";
import { runtimeProgram } from "./runtimes.ts";
import { serverKind } from "./server.ts";

const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** How to start a command of ours. */
export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** @default {"ignore"} */
  readonly stdin?: "ignore" | "pipe";
  /** What runs the command, in place of {@linkcode commandLine}. */
  readonly program?: readonly [string, ...string[]];
}

/**
 * The program and first arguments that run `cli.ts` on the runtime under test,
 * which need not be the one of the tests; see {@linkcode serverKind}.
 */
export function commandLine(): readonly [string, ...string[]] {
  const source = join(ROOT, "cli.ts");
  switch (serverKind()) {
    case "deno":
      return [runtimeProgram("deno"), "run", "-A", "--no-lock", source];
    case "bun":
      return [runtimeProgram("bun"), source];
    default:
      return ["node", builtCommand()];
  }
}

/** The command as Node runs it from the package. */
export function builtCommand(): string {
  return join(dirname(buildForNode()), "../cli.js");
}

/** `anyftpd` in a process of its own, on the runtime under test. */
export class Command {
  readonly child: ChildProcess;
  /** The exit code; -1 after a signal. */
  readonly exit: Promise<number>;
  stdout = "";
  stderr = "";

  constructor(args: readonly string[], options: CommandOptions = {}) {
    const [program, ...first] = options.program ?? commandLine();
    const { NO_COLOR: _1, FORCE_COLOR: _2, ...env } = process.env;
    this.child = spawn(program, [...first, ...args], {
      cwd: options.cwd ?? ROOT,
      env: { ...env, ...options.env },
      stdio: [options.stdin ?? "ignore", "pipe", "pipe"],
    });
    this.child.stdout!.on("data", (chunk) => this.stdout += String(chunk));
    this.child.stderr!.on("data", (chunk) => this.stderr += String(chunk));
    this.exit = new Promise((resolve, reject) => {
      this.child.once("error", reject);
      this.child.once("close", (code) => resolve(code ?? -1));
    });
  }

  /** Waits until standard error holds a text. */
  async logs(text: string | RegExp): Promise<void> {
    await until(
      `the command logs ${text}; it logged:\n${this.stderr}`,
      () => {
        if (this.child.exitCode !== null) {
          throw new Error(
            `Cannot wait for the command: it ended: ${this.stderr}`,
          );
        }
        return typeof text === "string"
          ? this.stderr.includes(text)
          : text.test(this.stderr);
      },
      10_000,
    );
  }

  /** Waits until the server listens; answers where. */
  async listening(): Promise<ClientTarget> {
    await this.logs("<<<");
    const [, port] = /starting FTP server on \S*:(\d+), pid=/.exec(
      this.stderr,
    )!;
    return { hostname: "127.0.0.1", port: Number(port) };
  }

  signal(signal: NodeJS.Signals): void {
    // Not child.kill(), after which Deno reports that the signal ended the
    // child even when the child handled it and exited by itself.
    process.kill(this.child.pid!, signal);
  }

  /** Stops the process the hard way, should it still run. */
  async close(): Promise<void> {
    if (this.child.exitCode === null) this.child.kill("SIGKILL");
    await this.exit;
  }
}
