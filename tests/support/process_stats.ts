import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * Open files and network sockets of a process. What runtimes open for
 * themselves, whenever they like, is left out: pipes, polls, Unix sockets and
 * their caches.
 */
export function descriptorCount(pid: number): number {
  const open = descriptors(pid);
  const local = unixInodes(pid);
  return open.filter((target) => {
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined) return !local.has(inode);
    return target.startsWith("/") && !/^\/dev\/|\/\.cache\//.test(target);
  }).length;
}

function unixInodes(pid: number): Set<string | undefined> {
  const lines = readFileSync(`/proc/${pid}/net/unix`, "utf8").split("\n");
  return new Set(lines.slice(1).map((line) => line.split(/\s+/)[6]));
}

/** What each open descriptor of a process is, for messages. */
export function descriptors(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return "(gone)";
    }
  });
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(status);
  if (!line) throw new Error(`Cannot read memory of ${pid}: no VmRSS`);
  return Number(line[1]) * 1024;
}

/** Whether a process exists (a zombie does not count). */
export function isAlive(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return !/^State:\s+Z/m.test(status);
  } catch {
    return false;
  }
}

/** TCP sockets of a process that are in a state, as `port` numbers. */
export function tcpPorts(
  pid: number,
  state: "listening" | "established",
): number[] {
  const code = state === "listening" ? "0A" : "01";
  const inodes = new Set(
    descriptors(pid)
      .map((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1])
      .filter((inode) => inode !== undefined),
  );
  const ports: number[] = [];
  for (const table of ["tcp", "tcp6"]) {
    const lines = readFileSync(`/proc/${pid}/net/${table}`, "utf8").split("\n");
    for (const line of lines.slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] !== code || !inodes.has(fields[9] ?? "")) continue;
      ports.push(Number.parseInt(fields[1]!.split(":")[1]!, 16));
    }
  }
  return ports;
}
