import type { Field } from "../peers.ts";
import type { Sample } from "./sample.ts";

/** All numbers of a run, in the order in which they came. */
export interface Taken {
  readonly samples: readonly (readonly [peer: string, sample: Sample])[];
  /** Server and reason. */
  readonly skipped: readonly (readonly [string, string])[];
  /** Metric with server, and reason. */
  readonly failed: readonly (readonly [string, string])[];
}

/** Collects what comes, and what goes wrong. */
export class Journal implements Taken {
  readonly samples: [string, Sample][] = [];
  readonly skipped: [string, string][] = [];
  readonly failed: [string, string][] = [];

  /** A server that fails once at a metric is not asked again. */
  isOut(key: string, peer: string): boolean {
    return this.failed.some(([what]) => what === `${key}, ${peer}`);
  }

  fail(key: string, peer: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${key}, ${peer} failed: ${reason}\n`);
    this.failed.push([`${key}, ${peer}`, reason]);
  }

  skip(name: string, reason: string): void {
    if (this.skipped.some(([known]) => known === name)) return;
    process.stdout.write(`${name} skipped: ${reason}\n`);
    this.skipped.push([name, reason]);
  }
}

/** Ends servers when the program is interrupted: they would not notice. */
export async function withField<T>(
  field: Field,
  work: () => Promise<T>,
): Promise<T> {
  const interrupt = (): void => {
    void field.stop().finally(() => process.exit(130));
  };
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    return await work();
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
    await field.stop();
  }
}
