import { readdirSync, readFileSync } from "node:fs";

/** What a process and all its descendants use, from `/proc` (Linux). */
export interface ProcessUsage {
  /** User and system time, those of descendants that ended included. */
  readonly cpuSeconds: number;
  /** Resident memory; pages that forked processes share count in each. */
  readonly rssBytes: number;
  /** Resident memory that is neither shared nor of a file. */
  readonly privateBytes: number;
  readonly processes: number;
}

/** The unit of times in `/proc/PID/stat`: fixed by the Linux ABI. */
const TICKS_PER_SECOND = 100;

const PAGE_BYTES = 4096;

const NANOSECONDS_PER_SECOND = 1e9;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** Its own time. */
  readonly seconds: number;
  /** That of children that ended and were waited for. */
  readonly childSeconds: number;
}

function readStat(pid: number): Stat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return null; // It ended in the meantime.
  }
  // The name, in parentheses, may hold anything; fields are counted after it.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    pid,
    parent: field(4),
    seconds: (field(14) + field(15)) / TICKS_PER_SECOND,
    childSeconds: (field(16) + field(17)) / TICKS_PER_SECOND,
  };
}

/**
 * The time of the threads that a process has now, to the nanosecond: fifty
 * processes that each worked for less than a tick add up to something.
 */
function threadSeconds(pid: number): number {
  let total = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const file = `/proc/${pid}/task/${thread}/schedstat`;
      total += Number(readFileSync(file, "latin1").split(" ")[0]);
    }
  } catch {
    // A thread ended, or this kernel does not tell: ticks must do.
  }
  return total / NANOSECONDS_PER_SECOND;
}

/** Resident and shared pages. */
function readPages(pid: number): readonly [number, number] {
  try {
    const fields = readFileSync(`/proc/${pid}/statm`, "latin1").split(" ");
    return [Number(fields[1]), Number(fields[2])];
  } catch {
    return [0, 0];
  }
}

function tree(root: number): readonly Stat[] {
  const all: Stat[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? readStat(pid) : null;
    if (stat !== null) all.push(stat);
  }
  const found = all.filter((stat) => stat.pid === root);
  // Grows while it is walked: children are put behind their parents.
  for (const { pid } of found) {
    found.push(...all.filter((stat) => stat.parent === pid));
  }
  return found;
}

/** @throws {Error} when there is no such process */
export function processUsage(pid: number): ProcessUsage {
  const processes = tree(pid);
  if (processes.length === 0) {
    throw new Error(`Cannot measure process ${pid}: no such process`);
  }
  let cpuSeconds = 0;
  let resident = 0;
  let shared = 0;
  for (const stat of processes) {
    // Ticks count threads that ended, the finer figure does not.
    cpuSeconds += stat.childSeconds +
      Math.max(stat.seconds, threadSeconds(stat.pid));
    const [rss, rssShared] = readPages(stat.pid);
    resident += rss;
    shared += rssShared;
  }
  return {
    cpuSeconds,
    rssBytes: resident * PAGE_BYTES,
    privateBytes: (resident - shared) * PAGE_BYTES,
    processes: processes.length,
  };
}
