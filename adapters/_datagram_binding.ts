import process from "node:process";
import { LIBC, nativeFunctions } from "./_native_library.ts";

/** The functions of Linux's C library that a notification takes. */
export interface Datagrams {
  /** `int clock_gettime(clockid_t, struct timespec *)`: two numbers. */
  clockGettime(clock: number, time: BigInt64Array<ArrayBuffer>): number;
  /** `int socket(int, int, int)`. */
  socket(family: number, type: number, protocol: number): number;
  /** `ssize_t sendto(int, const void *, size_t, int, …)` without flags. */
  sendto(
    socket: number,
    bytes: Uint8Array<ArrayBuffer>,
    address: Uint8Array<ArrayBuffer>,
  ): number;
  /** `int close(int)`. */
  close(descriptor: number): number;
}

/** `MSG_NOSIGNAL`: no signal when nobody listens. */
const FLAGS = 0x4000;

const SIGNATURES = {
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  sendto: {
    parameters: ["i32", "buffer", "address", "i32", "buffer", "u32"],
    result: "i64",
  },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** `null` where the C library cannot be called; nobody is asked. */
export function datagrams(): Datagrams | null {
  if (process.platform !== "linux") return null;
  const libc = nativeFunctions(LIBC, SIGNATURES);
  if (libc === null) return null;
  return {
    clockGettime: (clock, time) => Number(libc.clock_gettime(clock, time)),
    socket: (...given) => Number(libc.socket(...given)),
    sendto: (socket, bytes, address) =>
      Number(
        libc.sendto(
          socket,
          bytes,
          bytes.length,
          FLAGS,
          address,
          address.length,
        ),
      ),
    close: (descriptor) => Number(libc.close(descriptor)),
  };
}
