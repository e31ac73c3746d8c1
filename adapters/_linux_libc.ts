import process from "node:process";
import {
  LIBC,
  nativeErrno,
  type NativeFunctions,
  nativeFunctions,
  type NativeSignature,
} from "./_native_library.ts";

/** Functions of Linux's C library. */
export interface LinuxLibc<Name extends string> {
  readonly libc: NativeFunctions<Name>;
  /**
   * An answer as a number; below 0 it says why, an `errno` with a minus. Asked
   * at once: the next call writes over it.
   */
  told(answer: number | bigint): number;
}

/**
 * Functions of the C library, or `null` when this program cannot call them: on
 * other systems than Linux and other processors, where the runtime has no way
 * to call C or is not permitted to.
 *
 * @param processors where the signatures are right
 */
export function linuxLibc<Name extends string>(
  processors: ReadonlySet<string>,
  signatures: Readonly<Record<Name, NativeSignature>>,
): LinuxLibc<Name> | null {
  if (process.platform !== "linux" || !processors.has(process.arch)) {
    return null;
  }
  try {
    const libc = nativeFunctions(LIBC, signatures);
    const errno = nativeErrno();
    if (libc === null || errno === null) return null;
    const told = (answer: number | bigint): number => {
      const number = Number(answer);
      return number < 0 ? -errno() : number;
    };
    return { libc, told };
  } catch {
    // Another C library, or forbidden: the runtime's own ways always work.
    return null;
  }
}
