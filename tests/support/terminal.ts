import { randomBytes } from "node:crypto";
import { requireProgram, run } from "./program.ts";
import { until } from "./files.ts";

/** How a terminal begins. */
export interface TerminalOptions {
  /** @default {80} */
  readonly columns?: number;
  /** @default {24} */
  readonly rows?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A terminal with a shell in it, by tmux, that shows what a person sees. */
export class Terminal implements AsyncDisposable {
  readonly #socket = `anyftpd-${randomBytes(6).toString("hex")}`;
  readonly #tmux: string = requireProgram("tmux", "tmux");

  static async open(options: TerminalOptions = {}): Promise<Terminal> {
    const terminal = new Terminal();
    const { columns = 80, rows = 24, cwd = "/", env = {} } = options;
    const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    await terminal.#ask(
      "-f",
      "/dev/null",
      "new-session",
      "-d",
      ...[
        ["-x", String(columns), "-y", String(rows), "-c", cwd],
        ["env", "-u", "NO_COLOR", "-u", "FORCE_COLOR", "PS1=ready> ", ...set],
        ["bash", "--norc", "--noprofile", "-i"],
      ].flat(),
    );
    await terminal.shows("a prompt", (screen) => screen.includes("ready>"));
    return terminal;
  }

  /** Types a line. */
  async type(line: string): Promise<void> {
    await this.#ask("send-keys", "-l", line);
    await this.#ask("send-keys", "Enter");
  }

  /** Presses a key, `C-c` say. */
  async press(key: string): Promise<void> {
    await this.#ask("send-keys", key);
  }

  async resize(columns: number, rows: number): Promise<void> {
    const size = ["-x", String(columns), "-y", String(rows)];
    await this.#ask("resize-window", ...size);
  }

  /** The lines that are not empty, those that left the screen too. */
  async rows(): Promise<readonly string[]> {
    const text = await this.#ask("capture-pane", "-p", "-J", "-S", "-");
    return text.split("\n").map((row) => row.trimEnd())
      .filter((row) => row !== "");
  }

  /** What the cursor's column and row are, and whether it is seen. */
  async cursor(): Promise<string> {
    const format = "#{cursor_x} #{cursor_flag}";
    return (await this.#ask("display-message", "-p", format)).trim();
  }

  /** Waits until the screen is as it should be. */
  async shows(
    what: string,
    holds: (screen: string) => boolean,
  ): Promise<string> {
    let screen = "";
    try {
      await until(what, async () => {
        screen = (await this.rows()).join("\n");
        return holds(screen);
      }, 15_000);
    } catch (cause) {
      throw new Error(`Cannot see ${what} on:\n${screen}`, { cause });
    }
    return screen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ask("kill-server");
  }

  async #ask(...args: readonly string[]): Promise<string> {
    const result = await run(this.#tmux, ["-L", this.#socket, ...args]);
    if (result.code === 0) return result.stdout.toString("utf8");
    throw new Error(`Cannot use tmux: ${result.text}`);
  }
}
