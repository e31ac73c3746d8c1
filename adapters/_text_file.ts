import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { ConfigError } from "../lib/base/errors.ts";
import { describeCode, fileErrorCode } from "./_file_errors.ts";

/** How long another one may take to change the file. */
const PATIENCE_MS = 5_000;

/** Between two looks whether the other one is ready. */
const LOOK_AGAIN_MS = 50;

/** See `CliHost.findTextFile`. */
export async function findTextFile(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (fileErrorCode(cause) === "not-found") return null;
    throw failure("read", path, cause);
  }
}

/**
 * See `CliHost.updateTextFile`. The new text is written to a file beside it,
 * which is the lock at the same time, and then takes its place. Links stay, as
 * do owner and mode.
 */
export async function updateTextFile(
  path: string,
  update: (text: string | null) => string,
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const target = realPath(path);
  const fresh = `${target}.lock`;
  const descriptor = await lock(path, fresh, patienceMs);
  let isOpen = true;
  try {
    const text = update(await findTextFile(target));
    writeAll(descriptor, new TextEncoder().encode(text));
    fsyncSync(descriptor);
    closeSync(descriptor);
    isOpen = false;
    keepOwner(target, fresh);
    renameSync(fresh, target);
  } catch (error) {
    if (isOpen) closeSync(descriptor);
    rmSync(fresh, { force: true });
    throw error instanceof ConfigError ? error : failure("write", path, error);
  }
}

/** Makes the file that nobody else can make meanwhile. */
async function lock(
  path: string,
  fresh: string,
  patienceMs: number,
): Promise<number> {
  const end = performance.now() + patienceMs;
  for (;;) {
    try {
      return openSync(fresh, "wx", 0o600);
    } catch (cause) {
      if (fileErrorCode(cause) !== "exists") {
        throw failure("write", path, cause);
      }
    }
    if (performance.now() > end) {
      throw new ConfigError(
        `Cannot write "${path}": somebody else is changing it; if that is ` +
          `not so, remove "${fresh}"`,
      );
    }
    await setTimeout(LOOK_AGAIN_MS);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) at += writeSync(descriptor, bytes, at);
}

/** The new file shall be read by whom the old one could be read. */
function keepOwner(target: string, fresh: string): void {
  let old: ReturnType<typeof statSync>;
  try {
    old = statSync(target);
  } catch (error) {
    if (fileErrorCode(error) === "not-found") return;
    throw error;
  }
  const { uid, gid } = statSync(fresh);
  if (old.uid !== uid || old.gid !== gid) chownSync(fresh, old.uid, old.gid);
  chmodSync(fresh, old.mode & 0o7777);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path); // There is none yet.
  }
}

function failure(verb: string, path: string, cause: unknown): ConfigError {
  const reason = describeCode(fileErrorCode(cause));
  return new ConfigError(`Cannot ${verb} "${path}": ${reason}`, { cause });
}
