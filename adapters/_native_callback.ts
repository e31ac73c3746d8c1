import { createRequire } from "node:module";
import {
  BUN_TYPES,
  type BunFfi,
  DENO_TYPES,
  type DenoFfi,
  KOFFI_TYPES,
  loadKoffi,
  loadNodeFfi,
  type NativeFunction,
  NODE_TYPES,
} from "./_native_library.ts";
import { runtimeName } from "./_runtime.ts";
import { runtimeGlobals } from "./_runtime_types.ts";

/** What is lent to C for good must not be collected. */
const lent: unknown[] = [];

/**
 * The address of a function of ours for C to call: it takes `count` addresses
 * and answers with an `int`. It lives as long as the program, so make few. It
 * must not throw, and C may call it only while we are calling C.
 *
 * @throws {Error} where this program has no way to call C
 */
export function nativeCallback(
  count: number,
  call: NativeFunction,
): number | bigint {
  switch (runtimeName()) {
    case "deno": {
      const deno = runtimeGlobals.Deno as unknown as DenoFfi;
      const callback = new deno.UnsafeCallback({
        parameters: Array(count).fill(DENO_TYPES.address),
        result: DENO_TYPES.i32,
      }, call);
      lent.push(callback);
      return deno.UnsafePointer.value(callback.pointer);
    }
    case "bun": {
      const ffi: BunFfi = createRequire(import.meta.url)("bun:ffi");
      const callback = new ffi.JSCallback(call, {
        args: Array(count).fill(BUN_TYPES.address),
        returns: BUN_TYPES.i32,
      });
      lent.push(callback);
      return callback.ptr;
    }
    case "node":
      return nodeCallback(count, call);
  }
}

function nodeCallback(count: number, call: NativeFunction): bigint {
  const koffi = loadKoffi();
  if (koffi !== null) {
    const parameters = Array<string>(count).fill(KOFFI_TYPES.address);
    const type = koffi.proto(KOFFI_TYPES.i32, parameters);
    const callback = koffi.register(call, koffi.pointer(type));
    lent.push(callback);
    return koffi.address(callback);
  }
  const ffi = loadNodeFfi();
  if (ffi === null) throw new Error("Cannot be called by C: there is no way");
  const { lib } = ffi.dlopen(null, {});
  const callback = lib.registerCallback({
    arguments: Array(count).fill(NODE_TYPES.address),
    return: NODE_TYPES.i32,
  }, call);
  lent.push(lib);
  return callback;
}
