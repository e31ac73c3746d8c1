import { localFileSystem } from "../../adapters/_local_files.ts";
import { localFileSystem as denoFileSystem } from "../../adapters/deno.ts";

/** Deno has a second set of file calls; see `denoFileCalls`. */
export const ON_DENO: boolean = "Deno" in globalThis;

/** The `localFileSystem` that the adapter of this runtime offers. */
export const adapterFileSystem: typeof localFileSystem = ON_DENO
  ? denoFileSystem
  : localFileSystem;
