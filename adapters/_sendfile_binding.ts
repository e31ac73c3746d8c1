import process from "node:process";
import { bunLibc } from "./_ffi_bun.ts";
import { denoLibc } from "./_ffi_deno.ts";
import type { Libc } from "./_ffi_libc.ts";
import { nodeLibc } from "./_ffi_node.ts";
import { runtimeName } from "./_runtime.ts";

/** The calls in numbers: an answer below 0 is an `errno` with a minus. */
export interface SendfileBinding {
  /** Bytes sent; `offset` and `length` are bytes too. */
  sendfile(
    socket: number,
    file: number,
    offset: number,
    length: number,
  ): number;
  /** Bytes moved between a pipe and another; `offset` is into a file. */
  splice(
    from: number,
    to: number,
    offset: number | null,
    length: number,
    flags: number,
  ): number;
  /** Bytes read; for `into` from its buffer's begin on. */
  read(descriptor: number, into: Uint8Array<ArrayBuffer>): number;
  /** The reading and the writing end, or an error. */
  pipe(): { readonly from: number; readonly to: number } | number;
  /** Another descriptor of the same, that no child process inherits. */
  duplicate(descriptor: number): number;
  close(descriptor: number): void;
}

/** Numbers of `fcntl` and `pipe2` on Linux. */
const F_DUPFD_CLOEXEC = 1030;
const F_SETPIPE_SZ = 1031;
const O_CLOEXEC = 0o2000000;

/** What unprivileged programs may have; packets of a network fill it badly. */
const PIPE_BYTES = 1024 * 1024;

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
  // `null` is an answer too.
  if (known === undefined) known = load();
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
    splice(from, to, offset, length, flags) {
      if (offset !== null) at[0] = BigInt(offset);
      const where = offset === null ? null : at;
      const moved = Number(libc.splice(from, to, where, length, flags));
      return moved < 0 ? -libc.errno() : moved;
    },
    read(descriptor, into) {
      const count = Number(libc.read(descriptor, into));
      return count < 0 ? -libc.errno() : count;
    },
    pipe() {
      const ends = new Int32Array(2);
      if (libc.pipe2(ends, O_CLOEXEC) < 0) return -libc.errno();
      const [from = -1, to = -1] = ends;
      // Where it is not allowed, a smaller one does.
      libc.fcntl(to, F_SETPIPE_SZ, PIPE_BYTES);
      return { from, to };
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
