import type { TlsConfig } from "../lib/spi/transport.ts";

/** What a client of a pretended TLS connection can resume on another one. */
export interface MemoryTlsSession {
  /**
   * The server's configuration: resuming works with the same object.
   *
   * @internal
   */
  readonly config: TlsConfig;
}

/** A session that connections of this configuration accept. */
export function memoryTlsSession(config: TlsConfig): MemoryTlsSession {
  return { config };
}
