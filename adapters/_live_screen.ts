import process from "node:process";
import type { LiveScreen } from "../lib/cli/host.ts";
import { isGranted } from "./_deno_permissions.ts";
import type { DenoPermission } from "./_runtime_types.ts";
import type { ShownBelow, TerminalOutput } from "./_terminal_output.ts";

/** What `log-update` looks at when it is loaded. */
export const SCREEN_VARIABLES: readonly string[] = [
  "TERM_PROGRAM",
  "TERM",
  "TMUX",
];

/** To stop this program oneself, as `SIGTSTP` would have done. */
const SIGNALLING: DenoPermission = { name: "run" };

/** What a terminal has that does not tell its size. */
const USUAL_COLUMNS = 80;
const USUAL_ROWS = 24;

/** See {@linkcode CliHost.openScreen}; `null` where Deno does not allow it. */
export async function openScreen(
  stream: NodeJS.WriteStream,
  output: TerminalOutput,
  lost: () => void,
): Promise<LiveScreen | null> {
  if (!mayOpenScreen()) return null;
  // Not before it is needed: a server without a terminal never does.
  const [{ createLogUpdate }, { default: stringWidth }] = await Promise.all([
    import("log-update"),
    import("string-width"),
  ]);
  return new TerminalScreen(stream, output, createLogUpdate, stringWidth, lost);
}

/** Whether the libraries may be loaded without a question of Deno's. */
export function mayOpenScreen(): boolean {
  return SCREEN_VARIABLES.every((variable) =>
    isGranted({ name: "env", variable })
  );
}

type CreateLogUpdate = typeof import("log-update").createLogUpdate;

/**
 * Lines that stay below the log. The cursor is neither hidden nor is the
 * terminal set up in any other way, so that however the program ends, the
 * terminal is as it was.
 */
class TerminalScreen implements LiveScreen, ShownBelow {
  readonly #stream: NodeJS.WriteStream;
  readonly #output: TerminalOutput;
  readonly #update: ReturnType<CreateLogUpdate>;
  readonly width: (text: string) => number;
  readonly #undo: readonly (() => void)[];
  /** What `log-update` writes, until all of it can go out at once. */
  #gathered = "";
  #lines: readonly string[] = [];
  /** A shell has the terminal. */
  #suspended = false;
  #closed = false;

  constructor(
    stream: NodeJS.WriteStream,
    output: TerminalOutput,
    createLogUpdate: CreateLogUpdate,
    width: (text: string) => number,
    lost: () => void,
  ) {
    this.#stream = stream;
    this.#output = output;
    this.width = width;
    const collector = {
      isTTY: false,
      write: (text: string) => {
        this.#gathered += text;
        return true;
      },
    };
    Object.defineProperties(collector, {
      columns: { get: () => this.columns },
      rows: { get: () => this.rows },
    });
    this.#update = createLogUpdate(
      collector as unknown as NodeJS.WriteStream,
      { showCursor: true },
    );
    output.show(this);
    this.#undo = [
      listen(stream, "resize", () => {
        this.#resized();
        lost();
      }),
      listen(process, "SIGCONT", () => {
        // Whoever had the terminal meanwhile has left it anyhow.
        this.#suspended = false;
        this.#forget();
        lost();
      }),
      ...this.#suspends(),
      // Neither a crash nor `process.exit` shall leave the view behind.
      listen(process, "uncaughtExceptionMonitor", () => this.close()),
      listen(process, "exit", () => this.close()),
    ];
  }

  get columns(): number {
    return this.#stream.columns || USUAL_COLUMNS;
  }

  get rows(): number {
    return this.#stream.rows || USUAL_ROWS;
  }

  draw(lines: readonly string[]): void {
    // A timer may run before the news that the program goes on.
    if (this.#closed || this.#suspended) return;
    this.#lines = lines;
    this.#render();
    this.#send();
  }

  writeAbove(text: string): void {
    if (this.#lines.length > 0) this.#update.clear();
    this.#gathered += text;
    this.#render();
    this.#send();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stop of this.#undo) stop();
    this.#lines = [];
    this.#update.clear();
    this.#send();
    this.#output.show(null);
  }

  #render(): void {
    if (this.#lines.length === 0) this.#update.clear();
    else this.#update(this.#lines.join("\n"));
  }

  #send(): void {
    const text = this.#gathered;
    this.#gathered = "";
    if (text !== "" && !this.#stream.destroyed) this.#stream.write(text);
  }

  /** Nothing of ours is on the screen any more. */
  #forget(): void {
    this.#lines = [];
    this.#update.done();
  }

  /** Terminals wrap lines that have become too long into several rows. */
  #resized(): void {
    const { columns } = this;
    const rows = this.#lines.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(this.width(line) / columns)),
      0,
    );
    if (rows > 0) this.#gathered += `\x1b[${rows}A\r\x1b[J`;
    this.#forget();
    this.#send();
  }

  /** Ctrl-Z: away with the view first, as a shell writes below. */
  #suspends(): readonly (() => void)[] {
    if (!isGranted(SIGNALLING)) return [];
    return [listen(process, "SIGTSTP", () => {
      this.#update.clear();
      this.#send();
      this.#forget();
      this.#suspended = true;
      process.kill(process.pid, "SIGSTOP");
    })];
  }
}

/** Listens until the answer is called; not all systems have all signals. */
function listen(
  emitter: Pick<NodeJS.EventEmitter, "on" | "off">,
  event: string,
  heard: () => void,
): () => void {
  try {
    emitter.on(event, heard);
  } catch {
    return () => {};
  }
  return () => void emitter.off(event, heard);
}
