// The members of `node:net` that are used of what a host may hand over, and no
// more: published declarations must not need the types of Node.

/** A `net.Socket`, or what resembles one. */
export interface NodeSocket {
  /** Whether our side stays open when the peer has finished. */
  allowHalfOpen: boolean;
  /** An IP address; `undefined` once the socket is closed. */
  readonly localAddress?: string | undefined;
  /** `undefined` once the socket is closed. */
  readonly localPort?: number | undefined;
  /** An IP address; `undefined` once the socket is closed. */
  readonly remoteAddress?: string | undefined;
  /** `undefined` once the socket is closed. */
  readonly remotePort?: number | undefined;
  /** Bytes that were written and have not gone out yet. */
  readonly writableLength?: number;
  /** What has arrived, or `null`. */
  read(): unknown;
  /** Calls back when the bytes are out. */
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown;
  /** Sends FIN. */
  end(done: (error?: Error | null) => void): unknown;
  /** Closes it now. */
  destroy(): unknown;
  /** Begins to read. */
  resume(): unknown;
  /** Reads no more. */
  pause(): unknown;
  /** Gives back what was read. */
  unshift(bytes: Uint8Array): unknown;
  /** Whether small writes go out at once. */
  setNoDelay(noDelay?: boolean): unknown;
  /** Whether the system looks after an idle peer. */
  setKeepAlive(enable?: boolean, initialDelayMs?: number): unknown;
  /** `error` comes with what failed, the others with nothing. */
  on(
    event: "readable" | "end" | "error" | "close",
    listener: (error: Error) => void,
  ): unknown;
  /** Each piece that comes, as it comes. */
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  /** No more calls for an event. */
  off(event: "data", listener: (bytes: Uint8Array) => void): unknown;
}

/** A `net.Server`, or what resembles one. */
export interface NodeServer {
  /** Where it listens; a text for a pipe. */
  address():
    | { readonly address: string; readonly port: number }
    | string
    | null;
  /** Accepts no more. */
  close(): unknown;
  /** Calls back once it listens. */
  listen(
    options: {
      readonly host?: string;
      readonly port?: number;
      readonly fd?: number;
      readonly path?: string;
      readonly backlog?: number;
    },
    listening: () => void,
  ): unknown;
  /** `connection` comes with a {@linkcode NodeSocket}. */
  on(
    event: "connection" | "error",
    listener: (accepted: NodeSocket) => void,
  ): unknown;
  /** The first event of the kind; `error` comes with what failed. */
  once(
    event: "listening" | "error",
    listener: (error: Error) => void,
  ): unknown;
  /** No more calls for an event. */
  off(event: "error", listener: (error: Error) => void): unknown;
}
