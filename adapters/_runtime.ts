import type { LocalFileSystemOptions } from "./_local_files.ts";
import type { FtpServer } from "../lib/server/server.ts";
import type { Platform } from "../lib/spi/clock.ts";
import type { FileSystem } from "../lib/spi/file_system.ts";
import type { TlsEngineOptions } from "./_openssl_transport.ts";
import type { ServeOptions } from "./_serve.ts";

/** A runtime that has an adapter. */
export type RuntimeName = "node" | "deno" | "bun";

/** What every adapter offers, under the same names. */
export interface Adapter {
  platform(options?: TlsEngineOptions): Platform;
  localFileSystem(
    root: string,
    options?: LocalFileSystemOptions,
  ): FileSystem;
  serve(options: ServeOptions): Promise<FtpServer>;
}

/**
 * The runtime of this program. Deno and Bun say so themselves; both also
 * pretend to be Node, so it is asked last.
 */
export function runtimeName(): RuntimeName {
  if ("Deno" in globalThis) return "deno";
  if ("Bun" in globalThis) return "bun";
  return "node";
}

/** Loads the adapter of this runtime, and none of the others. */
export async function loadAdapter(): Promise<Adapter> {
  switch (runtimeName()) {
    case "deno":
      return await import("./deno.ts");
    case "bun":
      return await import("./bun.ts");
    case "node":
      return await import("./node.ts");
  }
}
