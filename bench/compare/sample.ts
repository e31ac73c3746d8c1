import { processUsage } from "../measure/process.ts";

/** How much of everything. */
export interface Load {
  /** Of the big file. */
  readonly bytes: number;
  readonly logins: number;
  readonly smallFiles: number;
  /** Clients at once. */
  readonly clients: number;
  /** What each of these moves. */
  readonly clientBytes: number;
  /** Listings one after the other. */
  readonly listings: number;
  /** Clients at once while replies are timed. */
  readonly lagClients: number;
  /** Idle sessions when memory is measured. */
  readonly sessions: number;
}

/** One number of one server in one round. */
export interface Sample {
  /** A stable short name, for programs. */
  readonly key: string;
  /** The same for people. */
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly higherIsBetter: boolean;
  /** The server's CPU time, per `cpuUnit`; NaN where it says nothing. */
  readonly cpu: number;
  readonly cpuUnit: string;
  /** The server's memory, all its processes, when the step was over. */
  readonly privateBytes: number;
}

/** What a step is called and how it is counted. */
export interface Shape {
  readonly key: string;
  readonly metric: string;
  readonly unit: string;
  /** What was done, in `unit` without the time. */
  readonly amount: number;
  /** What was done, as `cpuUnit` counts it. */
  readonly cpuAmount: number;
  readonly cpuUnit: string;
}

/** Bytes. */
export const MEBIBYTE: number = 1024 * 1024;
const GIBIBYTE = 1024 * MEBIBYTE;

/** How long servers have to take note that clients have left. */
const SETTLE_MS = 300;

/** A step that moves so many bytes. */
export function transferred(key: string, metric: string, bytes: number): Shape {
  return {
    key,
    metric,
    unit: "MiB/s",
    amount: bytes / MEBIBYTE,
    cpuAmount: bytes / GIBIBYTE,
    cpuUnit: "s/GiB",
  };
}

/** A step that does something so many times. */
export function counted(key: string, metric: string, count: number): Shape {
  // Milliseconds of CPU time for each.
  return {
    key,
    metric,
    unit: "1/s",
    amount: count,
    cpuAmount: count / 1000,
    cpuUnit: "ms each",
  };
}

/** A number that is no rate, and has no CPU time of its own. */
export function figureSample(
  pid: number,
  sample: Pick<
    Sample,
    "key" | "metric" | "value" | "unit" | "higherIsBetter"
  >,
): Sample {
  const { privateBytes } = processUsage(pid);
  return { ...sample, cpu: NaN, cpuUnit: "", privateBytes };
}

/**
 * Runs one step and takes its time and the server's CPU time.
 *
 * @param work resolves with the seconds that it took; NaN when the server
 * cannot do this
 */
export async function takeSample(
  pid: number,
  shape: Shape,
  work: () => Promise<number>,
): Promise<Sample> {
  const before = processUsage(pid);
  const seconds = await work();
  const after = processUsage(pid);
  return {
    key: shape.key,
    metric: shape.metric,
    value: shape.amount / seconds,
    unit: shape.unit,
    higherIsBetter: true,
    cpu: Number.isNaN(seconds)
      ? NaN
      : (after.cpuSeconds - before.cpuSeconds) / shape.cpuAmount,
    cpuUnit: shape.cpuUnit,
    privateBytes: after.privateBytes,
  };
}

/** Waits until servers have taken note that clients have left. */
export function settle(ms: number = SETTLE_MS): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
