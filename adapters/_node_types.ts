// The members of `node:net` that are used of what a host may hand over, and no
// more: published declarations must not need the types of Node.

/** A `net.Socket`, or what resembles one. */
export interface NodeSocket {
  allowHalfOpen: boolean;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /** What has arrived, or `null`. */
  read(): unknown;
  /** Calls back when the bytes are out. */
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown;
  /** Sends FIN. */
  end(done: (error?: Error | null) => void): unknown;
  destroy(): unknown;
  resume(): unknown;
  setNoDelay(noDelay?: boolean): unknown;
  setKeepAlive(enable?: boolean, initialDelayMs?: number): unknown;
  /** `error` comes with what failed, the others with nothing. */
  on(
    event: "readable" | "end" | "error" | "close",
    listener: (error: Error) => void,
  ): unknown;
}

/** A `net.Server`, or what resembles one. */
export interface NodeServer {
  /** Where it listens; a text for a pipe. */
  address():
    | { readonly address: string; readonly port: number }
    | string
    | null;
  close(): unknown;
  listen(
    options: {
      readonly host?: string;
      readonly port?: number;
      readonly fd?: number;
      readonly backlog?: number;
    },
    listening: () => void,
  ): unknown;
  /** `connection` comes with a {@linkcode NodeSocket}. */
  on(
    event: "connection" | "error",
    listener: (accepted: NodeSocket) => void,
  ): unknown;
  once(
    event: "listening" | "error",
    listener: (error: Error) => void,
  ): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}
