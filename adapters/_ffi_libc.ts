/** The C library by the name that glibc has, and that musl knows as its own. */
export const LIBC = "libc.so.6";

/** The functions of Linux's C library that moving files takes. */
export interface Libc {
  /** `ssize_t sendfile(int, int, off_t *, size_t)`. */
  sendfile(
    socket: number,
    file: number,
    offset: BigInt64Array<ArrayBuffer>,
    length: number,
  ): number | bigint;
  /** `ssize_t splice(int, NULL, int, off_t *, size_t, unsigned)`. */
  splice(
    from: number,
    to: number,
    offset: BigInt64Array<ArrayBuffer> | null,
    length: number,
    flags: number,
  ): number | bigint;
  /** `ssize_t read(int, void *, size_t)`, for all of `into`. */
  read(descriptor: number, into: Uint8Array<ArrayBuffer>): number | bigint;
  /** `int pipe2(int[2], int)`. */
  pipe2(ends: Int32Array<ArrayBuffer>, flags: number): number;
  /** `int fcntl(int, int, int)`, for commands with one number. */
  fcntl(descriptor: number, command: number, argument: number): number;
  /** `int close(int)`. */
  close(descriptor: number): number;
  /** What went wrong in the call just made. */
  errno(): number;
}
