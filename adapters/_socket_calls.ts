import { EINTR } from "./_errno.ts";
import { type LinuxLibc, linuxLibc } from "./_linux_libc.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * The socket calls of Linux's C library, for IPv4. An answer below 0 is an
 * `errno` with a minus; none of them waits.
 */
export interface SocketCalls {
  /** A socket that may have an address that waits out its minute. */
  open(): number;
  bind(socket: number, hostname: string, port: number): number;
  listen(socket: number, backlog: number): number;
  /** The port that a socket is bound to. */
  port(socket: number): number;
  /** A connection that has come, and from where. */
  accept(listener: number): Accepted | number;
  /** Sends FIN. */
  finish(socket: number): number;
  send(socket: number, bytes: Bytes): number;
  /** 0 when the peer has finished. */
  receive(socket: number, into: Bytes): number;
  sendfile(
    socket: number,
    file: number,
    offset: number,
    length: number,
  ): number;
  close(socket: number): void;
}

/** What {@linkcode SocketCalls.accept} answers. */
export interface Accepted {
  readonly descriptor: number;
  readonly hostname: string;
  readonly port: number;
}

const SIGNATURES = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "address", "i32"], result: "i64" },
  recv: { parameters: ["i32", "buffer", "address", "i32"], result: "i64" },
  sendfile: { parameters: ["i32", "i32", "buffer", "address"], result: "i64" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** Numbers of Linux, on every processor below. */
const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SHUT_WR = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const ADDRESS_BYTES = 16;

/** Where these numbers and the widths of types are as above. */
const PROCESSORS: ReadonlySet<string> = new Set(["x64", "arm64", "riscv64"]);

let known: SocketCalls | null | undefined;

/**
 * The calls, or `null` when this program cannot make them: on other systems
 * than Linux, where the runtime has no way to call C or is not permitted to.
 * Looked for once, when first asked for.
 */
export function socketCalls(): SocketCalls | null {
  if (known === undefined) {
    const linux = linuxLibc(PROCESSORS, SIGNATURES);
    known = linux === null ? null : callsOf(linux);
  }
  return known;
}

function callsOf(
  { libc, told }: LinuxLibc<keyof typeof SIGNATURES>,
): SocketCalls {
  const again = (call: () => number | bigint): number => {
    for (;;) {
      const answer = told(call());
      if (answer !== EINTR) return answer;
    }
  };
  // Lent for the time of a call, which nobody else can be in.
  const one = new Int32Array([1]);
  const address = new Uint8Array(ADDRESS_BYTES);
  const view = new DataView(address.buffer);
  const family = new Uint16Array(address.buffer);
  const length = new Uint32Array(1);
  const at = new BigInt64Array(1);
  return {
    open() {
      const type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
      const made = told(libc.socket(AF_INET, type, 0));
      if (made >= 0) libc.setsockopt(made, SOL_SOCKET, SO_REUSEADDR, one, 4);
      return made;
    },
    bind(socket, hostname, port) {
      address.fill(0);
      family[0] = AF_INET;
      view.setUint16(2, port);
      hostname.split(".").forEach((part, index) => {
        address[4 + index] = Number(part);
      });
      return told(libc.bind(socket, address, ADDRESS_BYTES));
    },
    listen: (socket, backlog) => told(libc.listen(socket, backlog)),
    port(socket) {
      length[0] = ADDRESS_BYTES;
      const answer = told(libc.getsockname(socket, address, length));
      return answer < 0 ? answer : view.getUint16(2);
    },
    accept(listener) {
      const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
      const descriptor = again(() => {
        length[0] = ADDRESS_BYTES;
        return libc.accept4(listener, address, length, flags);
      });
      if (descriptor < 0) return descriptor;
      const hostname = `${address[4]}.${address[5]}.${address[6]}.${
        address[7]
      }`;
      return { descriptor, hostname, port: view.getUint16(2) };
    },
    finish: (socket) => told(libc.shutdown(socket, SHUT_WR)),
    send(socket, bytes) {
      const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
      return again(() => libc.send(socket, bytes, bytes.length, flags));
    },
    receive: (socket, into) =>
      again(() => libc.recv(socket, into, into.length, MSG_DONTWAIT)),
    sendfile: (socket, file, offset, length) =>
      again(() => {
        at[0] = BigInt(offset);
        return libc.sendfile(socket, file, at, length);
      }),
    close(socket) {
      libc.close(socket);
    },
  };
}
