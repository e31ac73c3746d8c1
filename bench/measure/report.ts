import { type ProcessUsage, processUsage } from "./process.ts";
import { formatSize } from "./size.ts";

/** One measured step. */
export interface Measurement {
  /** A stable short name, for programs. */
  readonly step: string;
  /** The same for people. */
  readonly title: string;
  readonly value: number;
  readonly unit: "MiB/s" | "s" | "1/s";
  /** Further numbers, kept in JSON only. */
  readonly detail?: Readonly<Record<string, number>>;
}

const TITLE_COLUMNS = 50;
const GREEN = "\x1b[92m";
const PLAIN = "\x1b[0m";

function usageText(usage: ProcessUsage, cpuSeconds: number): string {
  return `  rss ${formatSize(usage.rssBytes)}` +
    `  private ${formatSize(usage.privateBytes)}` +
    `  cpu ${cpuSeconds.toFixed(2)} s`;
}

/** Prints measurements as they come, with the server's usage beside them. */
export class Reporter {
  readonly #json: boolean;
  readonly #pid: number | null;
  #before: ProcessUsage | null = null;

  constructor(
    options: { readonly json: boolean; readonly pid: number | null },
  ) {
    this.#json = options.json;
    this.#pid = options.pid;
  }

  /** Notes the server's CPU time: the next step starts here. */
  begin(): void {
    if (this.#pid !== null) this.#before = processUsage(this.#pid);
  }

  /** The step that began last is over. */
  print(measurement: Measurement): void {
    const after = this.#pid === null ? null : processUsage(this.#pid);
    const cpuSeconds = after === null
      ? 0
      : after.cpuSeconds - (this.#before?.cpuSeconds ?? 0);
    if (this.#json) {
      const usage = after === null ? {} : { ...after, cpuSeconds };
      this.#write(JSON.stringify({ ...measurement, ...usage }));
      return;
    }
    const value = `${measurement.value.toFixed(2).padStart(8)} ` +
      measurement.unit;
    const shown = process.stdout.isTTY ? `${GREEN}${value}${PLAIN}` : value;
    this.#write(
      measurement.title.padEnd(TITLE_COLUMNS) + " " + shown +
        (after === null ? "" : usageText(after, cpuSeconds)),
    );
  }

  /** A line for people only. */
  note(text: string): void {
    if (!this.#json) this.#write(text);
  }

  #write(line: string): void {
    process.stdout.write(`${line}\n`);
  }
}
