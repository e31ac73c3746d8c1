import { spawn, spawnSync } from "node:child_process";

/** How a client program ended. */
export interface ProgramResult {
  /** -1 when it was killed. */
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Both outputs as text, for messages. */
  readonly text: string;
}

/** How to run a client program. */
export interface ProgramOptions {
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** @default {15_000} */
  readonly timeoutMs?: number;
  /** Called with each piece of output. */
  readonly onOutput?: (text: string, interrupt: () => void) => void;
}

/**
 * Makes sure that a client is there.
 *
 * @throws {Error} naming the Debian package that brings it
 */
export function requireProgram(name: string, debianPackage: string): string {
  const found = spawnSync("sh", ["-c", `command -v "$0"`, name], {
    encoding: "utf8",
  });
  const path = found.stdout.trim();
  if (found.status !== 0 || path === "") {
    throw new Error(
      `Cannot run ${name}: not installed; ` +
        `it comes with the Debian package ${debianPackage} (see .ci/packages)`,
    );
  }
  return path;
}

/**
 * Runs a program to its end. Parameters that are bytes need a shell: runtimes
 * pass text only.
 */
export function run(
  program: string,
  parameters: readonly (string | Buffer)[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const raw = parameters.some((parameter) => Buffer.isBuffer(parameter));
  const command = raw ? "sh" : program;
  const words = raw
    ? ["-c", `exec ${[program, ...parameters].map(shellWord).join(" ")}`]
    : parameters as readonly string[];
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, {
      cwd: options.cwd,
      env: { ...process.env, LC_ALL: "C.UTF-8", ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const interrupt = (): void => void child.kill("SIGINT");
    const timer = setTimeout(
      () => child.kill("SIGKILL"),
      options.timeoutMs ?? 15_000,
    );
    child.stdout.on("data", (chunk: Buffer) => {
      stdout.push(chunk);
      options.onOutput?.(chunk.toString("latin1"), interrupt);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr.push(chunk);
      options.onOutput?.(chunk.toString("latin1"), interrupt);
    });
    // A client that ends early does not read its input to the end.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      const out = Buffer.concat(stdout);
      const err = Buffer.concat(stderr);
      resolve({
        code: code ?? -1,
        stdout: out,
        stderr: err,
        text: `${out.toString("utf8")}\n${err.toString("utf8")}`,
      });
    });
  });
}

function shellWord(parameter: string | Buffer): string {
  if (typeof parameter === "string") {
    return `'${parameter.replaceAll("'", "'\\''")}'`;
  }
  const octal = Array.from(
    parameter,
    (byte) => `\\${byte.toString(8).padStart(3, "0")}`,
  );
  return `"$(printf '${octal.join("")}')"`;
}
