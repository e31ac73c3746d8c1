/** The C library by the name that glibc has, and that musl knows as its own. */
export const LIBC = "libc.so.6";

/** The functions of Linux's C library that sending a file takes. */
export interface Libc {
  /** `ssize_t sendfile(int, int, off_t *, size_t)`. */
  sendfile(
    socket: number,
    file: number,
    offset: BigInt64Array<ArrayBuffer>,
    length: number,
  ): number | bigint;
  /** `int fcntl(int, int, int)`, for commands with one number. */
  fcntl(descriptor: number, command: number, argument: number): number;
  /** `int close(int)`. */
  close(descriptor: number): number;
  /** What went wrong in the call just made. */
  errno(): number;
}
