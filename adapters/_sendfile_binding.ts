import process from "node:process";
import { bunLibc } from "./_ffi_bun.ts";
import { denoLibc } from "./_ffi_deno.ts";
import type { Libc } from "./_ffi_libc.ts";
import { nodeLibc } from "./_ffi_node.ts";
import { runtimeName } from "./_runtime.ts";

/** The same in numbers: an answer below 0 is an `errno` with a minus. */
export interface SendfileBinding {
  /** Bytes sent; `offset` and `length` are bytes too. */
  sendfile(
    socket: number,
    file: number,
    offset: number,
    length: number,
  ): number;
  /** Another descriptor of the same, that no child process inherits. */
  duplicate(descriptor: number): number;
  close(descriptor: number): void;
}

/** The number of `fcntl` on Linux. */
const F_DUPFD_CLOEXEC = 1030;

/** Where `off_t`, `size_t` and `ssize_t` have 64 bits. */
const WIDE: ReadonlySet<string> = new Set([
  "x64",
  "arm64",
  "riscv64",
  "ppc64",
  "s390x",
  "loong64",
]);

let known: SendfileBinding | null | undefined;

/**
 * How this program can call `sendfile(2)`, or `null` when it cannot: on other
 * systems than Linux, where the runtime has no way to call C or is not
 * permitted to. Looked for once, when first asked for.
 */
export function sendfileBinding(): SendfileBinding | null {
  known ??= load();
  return known;
}

function load(): SendfileBinding | null {
  if (process.platform !== "linux" || !WIDE.has(process.arch)) return null;
  try {
    const libc = loadLibc();
    return libc === null ? null : bindingOf(libc);
  } catch {
    // Not installed, another C library, forbidden: copying always works.
    return null;
  }
}

function loadLibc(): Libc | null {
  switch (runtimeName()) {
    case "deno":
      return denoLibc();
    case "bun":
      return bunLibc();
    case "node":
      return nodeLibc();
  }
}

function bindingOf(libc: Libc): SendfileBinding {
  const at = new BigInt64Array(1);
  return {
    sendfile(socket, file, offset, length) {
      at[0] = BigInt(offset);
      const sent = Number(libc.sendfile(socket, file, at, length));
      return sent < 0 ? -libc.errno() : sent;
    },
    duplicate(descriptor) {
      const made = libc.fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
      return made < 0 ? -libc.errno() : made;
    },
    close(descriptor) {
      libc.close(descriptor);
    },
  };
}
