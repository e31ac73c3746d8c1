import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of its own that goes away with the test. */
export class TemporaryFolder {
  readonly path: string;

  constructor(label = "anyftpd") {
    this.path = mkdtempSync(join(tmpdir(), `${label}-`));
  }

  /** The path of an entry. */
  at(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  /** The path of an entry whose name is raw bytes. */
  atBytes(name: Uint8Array): Buffer {
    return Buffer.concat([Buffer.from(`${this.path}/`), name]);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** SHA-256 in hex. */
export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** SHA-256 of a file on disk, in hex. */
export function fileHash(path: string | Buffer): string {
  return sha256(readFileSync(path));
}

/** Bytes that no converter leaves alone by luck: all values, CR, LF, IAC. */
export function sampleBytes(length: number): Buffer {
  return randomBytes(length);
}

/** Whether there is such a file or folder. */
export function exists(path: string | Buffer): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Waits for a condition, looking again every few milliseconds.
 *
 * @throws {Error} with `what` after the deadline
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 5000,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!await condition()) {
    if (performance.now() > end) {
      throw new Error(`Waited ${deadlineMs} ms in vain: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Fails after a time, so that a hang names what hung. */
export async function within<T>(
  what: string,
  work: Promise<T>,
  deadlineMs = 5000,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Waited ${deadlineMs} ms in vain: ${what}`)),
      deadlineMs,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
