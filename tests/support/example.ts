import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transformWithOxc } from "vite";
import { TemporaryFolder, until } from "./files.ts";
import { runtimeCommand, type ServerKind, serverKind } from "./server.ts";

const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

const ENTRIES = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"))
  .exports as Readonly<Record<string, string>>;

/** A program of `examples/` that runs. */
export interface Example extends AsyncDisposable {
  /** Where it listens; 0 when it does not. */
  readonly port: number;
  /** What it printed so far, errors included. */
  readonly output: string;
  /** The folder that it works in. */
  readonly folder: TemporaryFolder;
  /** Its lines on standard output, as soon as one contains `text`. */
  printed(text: string): Promise<string>;
}

/** What a program may be told. */
export interface ExampleOptions {
  /** Texts to put in the place of others, for times that no test can wait. */
  readonly replace?: Readonly<Record<string, string>>;
  /** Other programs of `examples/` that it loads. */
  readonly with?: readonly string[];
  /** Files in its folder, by name. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/**
 * Where a name of the package leads to: the sources on Deno and Bun, the build
 * on Node.
 *
 * @throws {Error} for a name that the package does not have
 */
export function entryOf(specifier: string, kind: ServerKind): string {
  const source = ENTRIES[specifier.replace(/^anyftpd/, ".")];
  if (source === undefined) {
    throw new Error(`Cannot find ${specifier}: no entry`);
  }
  if (kind !== "node") return pathToFileURL(join(ROOT, source)).href;
  // The adapter lies in `adapters/` of the build.
  const built = join(dirname(dirname(runtimeCommand(kind).adapter)), source);
  return pathToFileURL(built.replace(/\.ts$/, ".js")).href;
}

/**
 * A program as it can run anywhere: on any free port, with the package that is
 * tested, and on Node without types, which not every release reads.
 */
export async function runnable(
  source: string,
  kind: ServerKind,
): Promise<string> {
  const text = source
    .replace(
      /"(anyftpd(?:\/\w+)?)"/g,
      (_, name: string) => JSON.stringify(entryOf(name, kind)),
    )
    .replace(/port: 2121\b/g, "port: 0");
  if (kind !== "node") return text;
  const { code } = await transformWithOxc(text, "example.ts");
  return code.replace(/("\.\/\w+)\.ts"/g, '$1.mjs"');
}

/** How a program of `examples/` is started. */
export interface ExampleCommand extends Disposable {
  readonly program: string;
  readonly parameters: readonly string[];
  /** The folder for it to work in. */
  readonly folder: TemporaryFolder;
}

/** Makes a program of `examples/` ready for the runtime under test. */
export async function exampleCommand(
  name: string,
  options: ExampleOptions = {},
): Promise<ExampleCommand> {
  const kind = serverKind();
  const programs = new TemporaryFolder("anyftpd-program");
  const folder = new TemporaryFolder("anyftpd-example");
  const extension = kind === "node" ? ".mjs" : ".ts";
  for (const each of [name, ...options.with ?? []]) {
    let source = readFileSync(join(ROOT, "examples", `${each}.ts`), "utf8");
    for (const [from, to] of Object.entries(options.replace ?? {})) {
      if (each === name && !source.includes(from)) {
        throw new Error(`Cannot replace ${from}: not in ${name}`);
      }
      source = source.replaceAll(from, to);
    }
    const text = await runnable(source, kind);
    writeFileSync(programs.at(`${each}${extension}`), text);
  }
  for (const [path, content] of Object.entries(options.files ?? {})) {
    mkdirSync(dirname(folder.at(path)), { recursive: true });
    writeFileSync(folder.at(path), content);
  }
  const { program, parameters } = runtimeCommand(kind);
  return {
    program,
    parameters: [...parameters, programs.at(`${name}${extension}`)],
    folder,
    [Symbol.dispose]() {
      folder.remove();
      programs.remove();
    },
  };
}

/**
 * Starts a program of `examples/` in a folder of its own, on the runtime under
 * test, and waits until it says where it listens.
 *
 * @throws {Error} with what it printed, when it ends instead
 */
export async function startExample(
  name: string,
  options: ExampleOptions = {},
): Promise<Example> {
  const command = await exampleCommand(name, options);
  const child = spawn(command.program, command.parameters, {
    cwd: command.folder.path,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return await ready(name, child, command);
}

async function ready(
  name: string,
  child: ChildProcess,
  command: ExampleCommand,
): Promise<Example> {
  let output = "";
  let over = false;
  const ended = new Promise<void>((resolve) =>
    child.once("exit", () => {
      over = true;
      resolve();
    })
  );
  child.stdout!.on("data", (chunk) => output += String(chunk));
  child.stderr!.on("data", (chunk) => output += String(chunk));
  const printed = async (text: string): Promise<string> => {
    await until(
      `${name} prints ${JSON.stringify(text)}`,
      () => output.includes(text) || over,
      15_000,
    );
    if (output.includes(text)) return output;
    throw new Error(`Cannot run ${name}: it ended: ${output}`);
  };
  const dispose = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
    command[Symbol.dispose]();
  };
  let port: number;
  try {
    await printed("Listening on port ");
    port = Number(/Listening on port (\d+)/.exec(output)?.[1]);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    port,
    folder: command.folder,
    get output() {
      return output;
    },
    printed,
    [Symbol.asyncDispose]: dispose,
  };
}
