import { createRequire } from "node:module";
import process from "node:process";
import { isGranted } from "./_deno_permissions.ts";
import { LIBC } from "./_ffi_libc.ts";
import { runtimeName } from "./_runtime.ts";
import { runtimeGlobals } from "./_runtime_types.ts";

/** The functions of Linux's C library that a notification takes. */
export interface Datagrams {
  /** `int clock_gettime(clockid_t, struct timespec *)`: two numbers. */
  clockGettime(clock: number, time: BigInt64Array<ArrayBuffer>): number;
  /** `int socket(int, int, int)`. */
  socket(family: number, type: number, protocol: number): number;
  /** `ssize_t sendto(int, const void *, size_t, int, …)` without flags. */
  sendto(socket: number, bytes: Uint8Array, address: Uint8Array): number;
  /** `int close(int)`. */
  close(descriptor: number): number;
}

/** `MSG_NOSIGNAL`: no signal when nobody listens. */
const FLAGS = 0x4000;

/** `null` where the C library cannot be called; nobody is asked. */
export function datagrams(): Datagrams | null {
  if (process.platform !== "linux") return null;
  switch (runtimeName()) {
    case "deno":
      return denoDatagrams();
    case "bun":
      return bunDatagrams();
    case "node":
      return koffiDatagrams() ?? nodeDatagrams();
  }
}

/** What is used of `Deno.dlopen`. */
interface DenoFfi {
  dlopen(library: string, definitions: object): {
    readonly symbols: {
      socket(family: number, type: number, protocol: number): number;
      sendto(
        socket: number,
        bytes: Uint8Array,
        length: bigint,
        flags: number,
        address: Uint8Array,
        addressLength: number,
      ): bigint;
      close(descriptor: number): number;
      clock_gettime(clock: number, time: BigInt64Array<ArrayBuffer>): number;
    };
  };
}

function denoDatagrams(): Datagrams | null {
  if (!isGranted({ name: "ffi" })) return null;
  const deno = runtimeGlobals.Deno as unknown as DenoFfi;
  const { symbols } = deno.dlopen(LIBC, {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    sendto: {
      parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"],
      result: "isize",
    },
    close: { parameters: ["i32"], result: "i32" },
    clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  });
  return {
    socket: (...given) => symbols.socket(...given),
    sendto: (socket, bytes, address) =>
      Number(
        symbols.sendto(
          socket,
          bytes,
          BigInt(bytes.length),
          FLAGS,
          address,
          address.length,
        ),
      ),
    close: (descriptor) => symbols.close(descriptor),
    clockGettime: (clock, time) => symbols.clock_gettime(clock, time),
  };
}

/** What is used of `bun:ffi` and, by other names, of `node:ffi`. */
interface Ffi {
  dlopen(library: string, definitions: object): {
    readonly symbols?: Functions;
    readonly functions?: Functions;
  };
}

interface Functions {
  socket(family: number, type: number, protocol: number): number;
  sendto(
    socket: number,
    bytes: Uint8Array | ArrayBufferLike,
    length: number | bigint,
    flags: number,
    address: Uint8Array | ArrayBufferLike,
    addressLength: number,
  ): number | bigint;
  close(descriptor: number): number;
  clock_gettime(
    clock: number,
    time: BigInt64Array<ArrayBuffer> | ArrayBuffer,
  ): number;
}

function bunDatagrams(): Datagrams | null {
  const ffi: Ffi = createRequire(import.meta.url)("bun:ffi");
  const { symbols } = ffi.dlopen(LIBC, {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    sendto: {
      args: ["i32", "ptr", "u64", "i32", "ptr", "u32"],
      returns: "i64",
    },
    close: { args: ["i32"], returns: "i32" },
    clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
  });
  if (symbols === undefined) return null;
  return {
    socket: (...given) => symbols.socket(...given),
    sendto: (socket, bytes, address) =>
      Number(
        symbols.sendto(
          socket,
          bytes,
          bytes.length,
          FLAGS,
          address,
          address.length,
        ),
      ),
    close: (descriptor) => symbols.close(descriptor),
    clockGettime: (clock, time) => symbols.clock_gettime(clock, time),
  };
}

/** What is used of the package `koffi`. */
interface Koffi {
  load(library: string | null): {
    func(
      name: string,
      result: string,
      parameters: readonly string[],
      // deno-lint-ignore no-explicit-any -- as the C function
    ): (...values: any[]) => any;
  };
}

function koffiDatagrams(): Datagrams | null {
  let koffi: Koffi;
  try {
    koffi = createRequire(import.meta.url)("koffi");
  } catch {
    return null;
  }
  const program = koffi.load(null);
  const sendto = program.func("sendto", "int64_t", [
    "int",
    "const uint8_t *",
    "size_t",
    "int",
    "const uint8_t *",
    "uint32_t",
  ]);
  return {
    socket: program.func("socket", "int", ["int", "int", "int"]),
    sendto: (socket, bytes, address) =>
      Number(
        sendto(socket, bytes, bytes.length, FLAGS, address, address.length),
      ),
    close: program.func("close", "int", ["int"]),
    clockGettime: program.func("clock_gettime", "int", ["int", "int64_t *"]),
  };
}

/** Node has it from 26 on. */
function nodeDatagrams(): Datagrams | null {
  const ffi = process.getBuiltinModule?.("node:ffi") as Ffi | undefined;
  if (ffi === undefined) return null;
  const { functions } = ffi.dlopen(LIBC, {
    socket: { arguments: ["int32", "int32", "int32"], return: "int32" },
    sendto: {
      arguments: ["int32", "pointer", "uint64", "int32", "pointer", "uint32"],
      return: "int64",
    },
    close: { arguments: ["int32"], return: "int32" },
    clock_gettime: { arguments: ["int32", "pointer"], return: "int32" },
  });
  if (functions === undefined) return null;
  return {
    socket: (...given) => functions.socket(...given),
    sendto: (socket, bytes, address) =>
      Number(
        functions.sendto(
          socket,
          bytes.buffer,
          BigInt(bytes.length),
          FLAGS,
          address.buffer,
          address.length,
        ),
      ),
    close: (descriptor) => functions.close(descriptor),
    clockGettime: (clock, time) => functions.clock_gettime(clock, time.buffer),
  };
}
