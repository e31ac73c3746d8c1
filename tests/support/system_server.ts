import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type {
  SystemOverride,
  UnixAuthorizerOptions,
} from "../../adapters/node.ts";
import type { ClientTarget } from "./ftp_client.ts";
import { runtimeCommand, serverKind } from "./server.ts";

/** What of the options JSON can carry. */
export interface SystemServerOptions
  extends Omit<UnixAuthorizerOptions, "share" | "log"> {
  readonly overrides?: Readonly<Record<string, SystemOverride>>;
}

/** A server for the users of the system, in a process of its own. */
export class SystemServer implements ClientTarget, AsyncDisposable {
  readonly hostname = "127.0.0.1";
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #errors: string[];

  private constructor(child: ChildProcess, port: number, errors: string[]) {
    this.#child = child;
    this.port = port;
    this.#errors = errors;
  }

  /** On the runtime under test; `as` runs it with setpriv(1) arguments. */
  static async start(
    options: SystemServerOptions = {},
    setpriv: readonly string[] = [],
  ): Promise<SystemServer> {
    const { program, parameters, adapter } = runtimeCommand(serverKind());
    const [command, ...args] = [
      ...(setpriv.length === 0 ? [] : ["setpriv", ...setpriv]),
      program,
      ...parameters,
      fileURLToPath(new URL("servers/system_child.mjs", import.meta.url)),
      adapter,
      JSON.stringify(options),
    ];
    const child = spawn(command!, args, { stdio: ["pipe", "pipe", "pipe"] });
    const errors: string[] = [];
    child.stderr.on("data", (chunk) => errors.push(String(chunk)));
    const ended = new Promise<never>((_, reject) => {
      child.once("exit", (code) => {
        reject(new Error(`Cannot start: exit ${code}: ${errors.join("")}`));
      });
    });
    ended.catch(() => {});
    const line = await Promise.race([
      new Promise<string>((resolve) => {
        createInterface({ input: child.stdout }).once("line", resolve);
      }),
      ended,
    ]);
    return new SystemServer(child, Number(line), errors);
  }

  /** What the server logged. */
  get errors(): string {
    return this.#errors.join("");
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin!.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(timer);
  }
}
