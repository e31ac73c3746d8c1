import { processUsage } from "../measure/process.ts";

/** How much of everything. */
export interface Load {
  readonly bytes: number;
  readonly logins: number;
  readonly smallFiles: number;
  readonly clients: number;
  readonly clientBytes: number;
}

/** One number of one server in one round. */
export interface Sample {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly higherIsBetter: boolean;
  /** The server's CPU time, per `cpuUnit`. */
  readonly cpu: number;
  readonly cpuUnit: string;
  /** The server's memory, all its processes, when the step was over. */
  readonly privateBytes: number;
}

/** What a step is called and how it is counted. */
export interface Shape {
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
export function transferred(metric: string, bytes: number): Shape {
  return {
    metric,
    unit: "MiB/s",
    amount: bytes / MEBIBYTE,
    cpuAmount: bytes / GIBIBYTE,
    cpuUnit: "s/GiB",
  };
}

/** A step that does something so many times. */
export function counted(metric: string, count: number): Shape {
  // Milliseconds of CPU time for each.
  return {
    metric,
    unit: "1/s",
    amount: count,
    cpuAmount: count / 1000,
    cpuUnit: "ms each",
  };
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
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
