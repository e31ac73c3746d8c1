import { createRequire } from "node:module";
import process from "node:process";
import { isGranted } from "./_deno_permissions.ts";
import { runtimeName } from "./_runtime.ts";
import { runtimeGlobals } from "./_runtime_types.ts";

/** The C library by the name that glibc has, and that musl knows as its own. */
export const LIBC = "libc.so.6";

/**
 * What C functions take and answer. `buffer` is memory of ours, lent for the
 * call; `address` is a pointer as a number, or a size, or what else is as wide
 * as one. Handles of Windows are addresses.
 */
export type NativeType = "i32" | "u32" | "i64" | "address" | "buffer";

/** A C function. */
export interface NativeSignature {
  readonly parameters: readonly NativeType[];
  readonly result: Exclude<NativeType, "buffer">;
}

/** What a C function is called with; `null` for no buffer. */
export type NativeValue =
  | number
  | bigint
  | ArrayBufferView<ArrayBuffer>
  | null;

/** A C function that can be called. */
export type NativeCall = (...values: NativeValue[]) => number | bigint;

/** A function of ours that C calls, on the thread that called C. */
export type NativeFunction = (...values: (number | bigint)[]) => number;

/** The functions of a C library, by their names. */
export type NativeFunctions<Name extends string> = Readonly<
  Record<Name, NativeCall>
>;

type Signatures<Name extends string> = Readonly<Record<Name, NativeSignature>>;

/**
 * Functions of a C library, called on the thread that calls them; `null` where
 * this program has no way to call C: on Deno without `--allow-ffi`, on Node
 * before 26 without the package `koffi`.
 *
 * @param library its name; `null` for what the program itself is made of, on
 * Node only
 * @throws {Error} of the runtime: there is no such library or function
 */
export function nativeFunctions<Name extends string>(
  library: string | null,
  signatures: Signatures<Name>,
): NativeFunctions<Name> | null {
  switch (runtimeName()) {
    case "deno":
      return denoFunctions(library, signatures);
    case "bun":
      return bunFunctions(library, signatures);
    case "node":
      return koffiFunctions(library, signatures) ??
        nodeFunctions(library, signatures);
  }
}

/**
 * What went wrong in the call just made, as Linux numbers it; `null` where
 * this program has no way to call C.
 *
 * @throws {Error} of the runtime: another C library
 */
export function nativeErrno(): (() => number) | null {
  switch (runtimeName()) {
    case "deno": {
      if (!isGranted({ name: "ffi" })) return null;
      const deno = runtimeGlobals.Deno as unknown as DenoFfi;
      const { symbols } = deno.dlopen(LIBC, {
        __errno_location: { parameters: [], result: "pointer" },
      });
      return () =>
        new deno.UnsafePointerView(symbols.__errno_location!()).getInt32();
    }
    case "bun": {
      const ffi: BunFfi = createRequire(import.meta.url)("bun:ffi");
      const { symbols } = ffi.dlopen(LIBC, {
        __errno_location: { args: [], returns: "ptr" },
      });
      return () => ffi.read.i32(symbols.__errno_location!(), 0);
    }
    case "node": {
      const koffi = loadKoffi();
      if (koffi !== null) return () => koffi.errno();
      const ffi = loadNodeFfi();
      if (ffi === null) return null;
      const { functions } = ffi.dlopen(LIBC, {
        __errno_location: { arguments: [], return: "pointer" },
      });
      return () => ffi.getInt32(functions.__errno_location!(), 0);
    }
  }
}

type Definitions = Readonly<Record<string, unknown>>;

function define<Name extends string>(
  signatures: Signatures<Name>,
  make: (signature: NativeSignature) => unknown,
): Definitions {
  return Object.fromEntries(
    Object.entries<NativeSignature>(signatures)
      .map(([name, signature]) => [name, make(signature)]),
  );
}

/** What is used of `Deno.dlopen` and what belongs to it. */
export interface DenoFfi {
  dlopen(library: string | null, definitions: Definitions): {
    readonly symbols: NativeFunctions<string>;
  };
  readonly UnsafePointerView: new (pointer: unknown) => { getInt32(): number };
  readonly UnsafePointer: { value(pointer: unknown): number | bigint };
  readonly UnsafeCallback: new (definition: object, call: NativeFunction) => {
    readonly pointer: unknown;
  };
}

export const DENO_TYPES: Readonly<Record<NativeType, string>> = {
  i32: "i32",
  u32: "u32",
  i64: "i64",
  address: "usize",
  buffer: "buffer",
};

function denoFunctions<Name extends string>(
  library: string | null,
  signatures: Signatures<Name>,
): NativeFunctions<Name> | null {
  // Nobody is asked.
  if (!isGranted({ name: "ffi" })) return null;
  const deno = runtimeGlobals.Deno as unknown as DenoFfi;
  const definitions = define(signatures, ({ parameters, result }) => ({
    parameters: parameters.map((type) => DENO_TYPES[type]),
    result: DENO_TYPES[result],
  }));
  return deno.dlopen(library, definitions).symbols;
}

/** What is used of `bun:ffi`. */
export interface BunFfi {
  dlopen(library: string | null, definitions: Definitions): {
    readonly symbols: NativeFunctions<string>;
  };
  readonly read: { i32(address: number | bigint, offset: number): number };
  readonly JSCallback: new (call: NativeFunction, definition: object) => {
    readonly ptr: number;
  };
}

export const BUN_TYPES: Readonly<Record<NativeType, string>> = {
  i32: "i32",
  u32: "u32",
  i64: "i64_fast",
  address: "u64_fast",
  buffer: "ptr",
};

function bunFunctions<Name extends string>(
  library: string | null,
  signatures: Signatures<Name>,
): NativeFunctions<Name> {
  const ffi: BunFfi = createRequire(import.meta.url)("bun:ffi");
  const definitions = define(signatures, ({ parameters, result }) => ({
    args: parameters.map((type) => BUN_TYPES[type]),
    returns: BUN_TYPES[result],
  }));
  return ffi.dlopen(library, definitions).symbols;
}

/** What is used of the package `koffi`. */
export interface Koffi {
  load(library: string | null): {
    func(
      name: string,
      result: string,
      parameters: readonly string[],
    ): NativeCall;
  };
  errno(): number;
  proto(result: string, parameters: readonly string[]): object;
  pointer(type: object): object;
  register(call: NativeFunction, type: object): unknown;
  address(pointer: unknown): bigint;
}

export const KOFFI_TYPES: Readonly<Record<NativeType, string>> = {
  i32: "int32_t",
  u32: "uint32_t",
  i64: "int64_t",
  address: "uintptr_t",
  buffer: "void *",
};

function koffiFunctions<Name extends string>(
  library: string | null,
  signatures: Signatures<Name>,
): NativeFunctions<Name> | null {
  const koffi = loadKoffi();
  if (koffi === null) return null;
  const loaded = koffi.load(library);
  return Object.fromEntries(
    Object.entries<NativeSignature>(signatures)
      .map(([name, { parameters, result }]) => [
        name,
        loaded.func(
          name,
          KOFFI_TYPES[result],
          parameters.map((type) => KOFFI_TYPES[type]),
        ),
      ]),
  ) as NativeFunctions<Name>;
}

/** An optional dependency. */
export function loadKoffi(): Koffi | null {
  try {
    return createRequire(import.meta.url)("koffi");
  } catch {
    return null;
  }
}

/** What is used of `node:ffi`. */
export interface NodeFfi {
  dlopen(library: string | null, definitions: Definitions): {
    readonly lib: {
      registerCallback(definition: object, call: NativeFunction): bigint;
    };
    readonly functions: Readonly<
      Record<string, (...values: readonly unknown[]) => number | bigint>
    >;
  };
  getInt32(address: number | bigint, offset: number): number;
  getRawPointer(memory: ArrayBuffer): bigint;
}

/** Node has it from 26 on; asked after koffi, as it warns that it is new. */
export function loadNodeFfi(): NodeFfi | null {
  return process.getBuiltinModule("node:ffi") as NodeFfi | undefined ?? null;
}

export const NODE_TYPES: Readonly<Record<NativeType, string>> = {
  i32: "int32",
  u32: "uint32",
  i64: "int64",
  address: "uint64",
  buffer: "pointer",
};

function nodeFunctions<Name extends string>(
  library: string | null,
  signatures: Signatures<Name>,
): NativeFunctions<Name> | null {
  const ffi = loadNodeFfi();
  if (ffi === null) return null;
  const definitions = define(signatures, ({ parameters, result }) => ({
    arguments: parameters.map((type) => NODE_TYPES[type]),
    return: NODE_TYPES[result],
  }));
  const { functions } = ffi.dlopen(library, definitions);
  return Object.fromEntries(
    Object.entries<NativeSignature>(signatures).map(([name, signature]) => {
      const call = functions[name]!;
      const { parameters } = signature;
      return [
        name,
        (...values: NativeValue[]) =>
          call(
            ...values.map((value, at) =>
              nodeValue(ffi, value, parameters[at]!)
            ),
          ),
      ];
    }),
  ) as NativeFunctions<Name>;
}

/** 64 bits are big integers, buffers are whole ones, NULL is 0. */
function nodeValue(
  ffi: NodeFfi,
  value: NativeValue,
  type: NativeType,
): unknown {
  if (value === null) return 0n;
  if (typeof value === "object") {
    const { buffer, byteOffset } = value;
    if (byteOffset === 0) return buffer;
    return ffi.getRawPointer(buffer) + BigInt(byteOffset);
  }
  return type === "i64" || type === "address" ? BigInt(value) : Number(value);
}
