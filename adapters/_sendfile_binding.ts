import process from "node:process";
import { type LinuxLibc, linuxLibc } from "./_linux_libc.ts";

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
  /** Bytes read. */
  read(descriptor: number, into: Uint8Array<ArrayBuffer>): number;
  /** The reading and the writing end, or an error. */
  pipe(): { readonly from: number; readonly to: number } | number;
  /** Another descriptor of the same, that no child process inherits. */
  duplicate(descriptor: number): number;
  /**
   * Whether packets that are not full wait for more, a fifth of a second at
   * most; what can have none is left as it is.
   */
  cork(socket: number, on: boolean): void;
  /**
   * Lets the peer send so many bytes ahead at least, as far as the system
   * allows; it goes on to adapt that by itself.
   */
  widen(socket: number, bytes: number): void;
  close(descriptor: number): void;
}

const SIGNATURES = {
  sendfile: { parameters: ["i32", "i32", "buffer", "address"], result: "i64" },
  splice: {
    parameters: ["i32", "buffer", "i32", "buffer", "address", "u32"],
    result: "i64",
  },
  read: { parameters: ["i32", "buffer", "address"], result: "i64" },
  pipe2: { parameters: ["buffer", "i32"], result: "i32" },
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** Numbers of `fcntl` and `pipe2` on Linux. */
const F_DUPFD_CLOEXEC = 1030;
const F_SETPIPE_SZ = 1031;
const O_CLOEXEC = 0o2000000;

/** Of `setsockopt`. */
const SOL_SOCKET = 1;
const SO_RCVLOWAT = process.arch === "ppc64" ? 16 : 18;
const IPPROTO_TCP = 6;
const TCP_CORK = 3;

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
  if (known === undefined) {
    const linux = linuxLibc(WIDE, SIGNATURES);
    known = linux === null ? null : bindingOf(linux);
  }
  return known;
}

function bindingOf(
  { libc, told }: LinuxLibc<keyof typeof SIGNATURES>,
): SendfileBinding {
  const at = new BigInt64Array(1);
  const flag = new Int32Array(1);
  return {
    sendfile(socket, file, offset, length) {
      at[0] = BigInt(offset);
      return told(libc.sendfile(socket, file, at, length));
    },
    splice(from, to, offset, length, flags) {
      if (offset !== null) at[0] = BigInt(offset);
      const where = offset === null ? null : at;
      return told(libc.splice(from, null, to, where, length, flags));
    },
    read: (descriptor, into) => told(libc.read(descriptor, into, into.length)),
    pipe() {
      const ends = new Int32Array(2);
      const made = told(libc.pipe2(ends, O_CLOEXEC));
      if (made < 0) return made;
      const [from = -1, to = -1] = ends;
      // Where it is not allowed, a smaller one does.
      libc.fcntl(to, F_SETPIPE_SZ, PIPE_BYTES);
      return { from, to };
    },
    cork(socket, on) {
      flag[0] = Number(on);
      libc.setsockopt(socket, IPPROTO_TCP, TCP_CORK, flag, flag.byteLength);
    },
    widen(socket, bytes) {
      // Whoever waits for so much gets a buffer for it, and keeps it. Unlike
      // SO_RCVBUF, this makes no buffer smaller and fixes none.
      for (const mark of [bytes, 1]) {
        flag[0] = mark;
        libc.setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, flag, flag.byteLength);
      }
    },
    duplicate: (descriptor) => told(libc.fcntl(descriptor, F_DUPFD_CLOEXEC, 0)),
    close(descriptor) {
      libc.close(descriptor);
    },
  };
}
